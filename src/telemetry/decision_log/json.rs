//! JSON as it stands in the log: one object a line, in printable ASCII alone. Whatever is in a text, it ends no line,
//! moves no cursor and passes for nothing else.

use std::fmt::Write as _;

/// Writes an object, member by member.
#[derive(Debug)]
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Object<'o> {
    /// Opens an object.
    pub(super) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Closes it.
    pub(super) fn close(self) {
        self.out.push(b'}');
    }

    /// A member whose value is to be written by the caller. Names of our own need no escapes.
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        text(name, self.out);
        self.out.push(b':');
        self.out
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        text(value, self.name(name));
    }

    pub(super) fn maybe(&mut self, name: &str, value: Option<&str>) {
        value.into_iter().for_each(|value| self.text(name, value));
    }

    pub(super) fn number(&mut self, name: &str, value: u64) {
        number(value, self.name(name));
    }

    pub(super) fn yes(&mut self, name: &str, value: bool) {
        self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A number with a fraction; one that JSON has no word for is null.
    pub(super) fn real(&mut self, name: &str, value: f64) {
        let written =
            serde_json::Number::from_f64(value).map_or_else(|| "null".to_owned(), |number| number.to_string());
        self.name(name).extend_from_slice(written.as_bytes());
    }

    pub(super) fn texts(&mut self, name: &str, values: &[&str]) {
        let out = self.name(name);
        out.push(b'[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            text(value, out);
        }
        out.push(b']');
    }

    pub(super) fn object(&mut self, name: &str, write: impl FnOnce(&mut Object<'_>)) {
        let mut inner = Object::open(self.name(name));
        write(&mut inner);
        inner.close();
    }

    /// Bytes as hexadecimal digits.
    pub(super) fn hex(&mut self, name: &str, bytes: &[u8]) {
        let out = self.name(name);
        out.push(b'"');
        hex(bytes, out);
        out.push(b'"');
    }
}

/// Writes a text.
pub(super) fn text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.extend_from_slice(text.as_bytes());
    } else {
        text.chars().for_each(|letter| escaped(letter, out));
    }
    out.push(b'"');
}

fn escaped(letter: char, out: &mut Vec<u8>) {
    match letter {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        ' '..='~' => out.extend(u8::try_from(letter)),
        _ => {
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                out.extend_from_slice(b"\\u");
                hex(&unit.to_be_bytes(), out);
            }
        }
    }
}

/// Writes bytes as hexadecimal digits, small letters.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            out.extend(DIGITS.get(usize::from(half)));
        }
    }
}

/// Reads hexadecimal digits, small letters.
pub(super) fn unhex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes: Option<Vec<u8>> =
        text.chunks(2).map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect();
    bytes?.try_into().ok()
}

fn number(value: u64, out: &mut Vec<u8>) {
    let mut digits = String::new();
    // Writing to a text cannot fail.
    _ = write!(digits, "{value}");
    out.extend_from_slice(digits.as_bytes());
}
