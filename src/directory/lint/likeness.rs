//! Ids that people take for one another: alike but for letter case, blanks, characters that don't show, and letters of
//! other alphabets that look like Latin ones. To the directory they are different.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

const STATE: FixedState = FixedState::with_seed(1);

/// Letters that look like those below them.
const OTHERS: &str = "аеорсухіјѕԁһοαρνικτυχ";
const LATIN: &str = "aeopcyxijsdhoapviktux";

/// A hash that ids which look alike share.
pub(super) fn look(id: &str) -> u64 {
    let mut hasher = STATE.build_hasher();
    if id.is_ascii() {
        id.bytes().filter(u8::is_ascii_graphic).for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    } else {
        let shown = id.chars().filter(|c| shows(*c)).flat_map(char::to_lowercase).map(latin);
        shown.for_each(|c| match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => hasher.write_u8(byte),
            _ => hasher.write_u32(u32::from(c)),
        });
    }
    hasher.finish()
}

/// Whether a character takes room and ink.
pub(super) fn shows(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn latin(c: char) -> char {
    let wide = u32::from(c).checked_sub(0xfee0).and_then(char::from_u32);
    match wide.filter(char::is_ascii_graphic) {
        Some(narrow) => narrow.to_ascii_lowercase(),
        None => OTHERS.chars().zip(LATIN.chars()).find(|(other, _)| *other == c).map_or(c, |(_, latin)| latin),
    }
}

#[cfg(test)]
mod tests {
    use super::look;

    #[test]
    fn ids_that_look_alike_share_a_look() {
        for other in ["A.1", " a.1", "a. 1", "a.1\u{200b}", "\u{430}.1", "\u{ff41}.1", "A.\u{ff11}", "\u{feff}a.1\n"] {
            assert_eq!(look("a.1"), look(other), "{other:?}");
        }
        for other in ["a1", "a.2", "a.l", "", "\u{e4}.1", "b.1"] {
            assert_ne!(look("a.1"), look(other), "{other:?}");
        }
    }
}
