//! Places as the protocol counts them: lines from 0, and columns in the unit that client and server agreed on.

use gen_lsp_types::{Position, PositionEncodingKind, Range};

use crate::policy::source::Place;

/// In which unit columns are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
    Utf32,
}

impl Encoding {
    /// The first that a client names and that is known here; what every client can is UTF-16.
    pub(super) fn agreed(named: &[PositionEncodingKind]) -> Self {
        let known = |kind: &PositionEncodingKind| match kind {
            PositionEncodingKind::UTF8 => Some(Self::Utf8),
            PositionEncodingKind::UTF16 => Some(Self::Utf16),
            PositionEncodingKind::UTF32 => Some(Self::Utf32),
            PositionEncodingKind::Custom(_) => None,
        };
        named.iter().find_map(known).unwrap_or(Self::Utf16)
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn units(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A text by its lines.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    lines: Vec<&'t str>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
        Self { lines, encoding }
    }

    /// The lines, without their ends.
    pub(super) fn all(&self) -> &[&'t str] {
        &self.lines
    }

    /// A place of a file, which ends with its line at the latest; the file as a whole is its beginning.
    pub(super) fn range(&self, place: &Place) -> Range {
        if place.line == 0 {
            return Range::default();
        }
        let from = place.column.saturating_sub(1);
        let end = from.saturating_add(place.width);
        Range { start: self.position(place.line, from), end: self.position(place.line, end) }
    }

    /// A line, from 1, and how many characters stand before.
    pub(super) fn position(&self, line: u32, characters: u32) -> Position {
        let text = self.line(line);
        let before = text.chars().take(usize::try_from(characters).unwrap_or(usize::MAX));
        let character = before.map(|character| self.encoding.units(character)).sum::<usize>();
        Position { line: line.saturating_sub(1), character: u32::try_from(character).unwrap_or(u32::MAX) }
    }

    /// The line and the column, both from 1, in characters.
    pub(super) fn place(&self, position: Position) -> (u32, u32) {
        let line = position.line.saturating_add(1);
        let wanted = usize::try_from(position.character).unwrap_or(usize::MAX);
        let (mut units, mut characters) = (0, 0);
        for character in self.line(line).chars() {
            units += self.encoding.units(character);
            if units > wanted {
                break;
            }
            characters += 1;
        }
        (line, characters + 1)
    }

    /// A line, from 1.
    pub(super) fn line(&self, line: u32) -> &'t str {
        let at = usize::try_from(line).unwrap_or(usize::MAX).checked_sub(1);
        at.and_then(|at| self.lines.get(at)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Lines, Place, Position};

    #[test]
    fn every_unit_leads_to_the_same_character_and_back() {
        let text = "plain\r\ntitle: é𝄞x\n";
        for (encoding, start, end) in [(Encoding::Utf8, 9, 13), (Encoding::Utf16, 8, 10), (Encoding::Utf32, 8, 9)] {
            let lines = Lines::new(text, encoding);
            let clef = Place { file: "f".into(), line: 2, column: 9, width: 1 };
            let range = lines.range(&clef);
            assert_eq!((range.start.line, range.start.character, range.end.character), (1, start, end));
            assert_eq!((lines.place(range.start), lines.place(range.end)), ((2, 9), (2, 10)));
        }
    }

    #[test]
    fn nothing_lies_beyond_the_end() {
        let lines = Lines::new("ab", Encoding::Utf16);
        let far = Place { file: "f".into(), line: 1, column: 2, width: 90 };
        assert_eq!(lines.range(&far).end, Position { line: 0, character: 2 });
        assert_eq!(lines.place(Position { line: 7, character: 7 }), (8, 1));
    }
}
