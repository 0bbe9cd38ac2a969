//! Canonical paths: those with one spelling, which every server behind a gateway reads alike. Any other is refused,
//! never repaired.

use std::borrow::Cow;

/// The longest path, in bytes, without its query.
const LONGEST: usize = 4_096;

/// The segments of a request's target (a path, and perhaps a query, which says nothing here), as they were sent; `None`
/// where the path is not canonical:
///
/// - it begins with `/`; no segment is empty, but for the last of a path that ends in `/`; none is made of dots alone;
/// - it is made of letters, digits and `-._~!$&'()*+,=:@` (so neither `;` nor `\`, no blank, nothing beyond ASCII);
/// - `%` and two digits stand for a character that needs it: a blank within a segment, or one of the printable ASCII
///   characters that is no letter or digit, and none of `-._~/\;%?#`, for which servers differ in what they make of it;
/// - there is no `#` and no control character, in the query either.
pub(super) fn segments(target: &str) -> Option<Vec<&str>> {
    let clean = target.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'#');
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if !clean || path.len() > LONGEST {
        return None;
    }
    let mut segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let last = segments.pop()?;
    if !segments.iter().all(|segment| canonical(segment)) || !(last.is_empty() || canonical(last)) {
        return None;
    }
    segments.push(last);
    Some(segments)
}

fn canonical(segment: &str) -> bool {
    let mut rest = segment.bytes();
    let mut decoded_ends = [None, None];
    while let Some(byte) = rest.next() {
        let encoded = byte == b'%';
        let byte = if encoded {
            hex(rest.next()).zip(hex(rest.next())).map(|(high, low)| high << 4 | low)
        } else {
            Some(byte)
        };
        let fits = |byte: &u8| if encoded { needs_encoding(*byte) } else { plain(*byte) };
        let Some(byte) = byte.filter(fits) else { return false };
        decoded_ends = [decoded_ends[0].or(Some(byte)), Some(byte)];
    }
    let dots = segment.bytes().all(|byte| byte == b'.');
    !dots && decoded_ends.iter().all(|end| *end != Some(b' '))
}

/// Stands in a path as it is.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte)
}

/// Means the same to everybody when it is encoded.
fn needs_encoding(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !byte.is_ascii_alphanumeric() && !b"-._~/\\;%?#".contains(&byte)
}

fn hex(digit: Option<u8>) -> Option<u8> {
    char::from(digit?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A canonical segment as the text that it means.
pub(super) fn decoded(segment: &str) -> Cow<'_, str> {
    if !segment.contains('%') {
        return Cow::Borrowed(segment);
    }
    let mut text = String::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        let decoded = match byte {
            b'%' => hex(rest.next()).zip(hex(rest.next())).map(|(high, low)| high << 4 | low),
            _ => Some(byte),
        };
        text.extend(decoded.map(char::from));
    }
    Cow::Owned(text)
}
