//! Formatting: blanks, and nothing but blanks. Two for each level, none at the end of a line, one after a colon, at most
//! one empty line in a row, one line end at the end. Comments stay where they belong; a file that would come to mean
//! something else, or that is no YAML, stays as it is.

mod layout;

use gen_lsp_types::{Position, Range, TextEdit};

use super::position::{Encoding, Lines};
use super::set::File;
use crate::policy::outline::same;
use crate::policy::source::Source;

/// The edits that bring a file into form: none where it is, `None` where that can't be done.
pub(super) fn edits(file: &File, encoding: Encoding) -> Option<Vec<TextEdit>> {
    let new = formatted(&file.source, &file.text)?;
    Some(difference(&file.text, &new, encoding))
}

/// The text in form.
fn formatted(source: &Source, text: &str) -> Option<String> {
    let new = layout::laid_out(text);
    let bare = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
    let made = Source { name: source.name.clone(), bytes: new.clone().into_bytes().into() };
    (bare(text) == bare(&new) && same(source, &made)).then_some(new)
}

/// One edit from the first line that differs to the last.
fn difference(old: &str, new: &str, encoding: Encoding) -> Vec<TextEdit> {
    if old == new {
        return Vec::new();
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let shorter = before.len().min(after.len());
    let head = before.iter().zip(&after).take_while(|(old, new)| old == new).count().min(shorter - 1);
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(old, new)| old == new).count();
    let tail = tail.min(shorter - head - 1);
    let lines = Lines::new(old, encoding);
    let end = u32::try_from(before.len() - tail).unwrap_or(u32::MAX);
    let mut end = lines.position(end, u32::MAX);
    let carriage = before.get(before.len() - tail - 1).is_some_and(|line| line.ends_with('\r'));
    end.character += u32::from(carriage);
    let start = Position { line: u32::try_from(head).unwrap_or(u32::MAX), character: 0 };
    let new_text = after.get(head..after.len() - tail).unwrap_or_default().join("\n");
    vec![TextEdit { range: Range { start, end }, new_text }]
}

#[cfg(test)]
mod tests {
    use super::formatted;
    use crate::policy::source::Source;

    fn of(text: &str) -> Option<String> {
        formatted(&Source { name: "f".into(), bytes: text.as_bytes().into() }, text)
    }

    #[test]
    fn blanks_are_put_right_and_comments_kept() {
        let cases = [
            ("a:   1\nb:\n    c:  2   # two\n", "a: 1\nb:\n  c: 2   # two\n"),
            ("a:\n- b:   1\n  c: 2\n-   d: 3\n    e: 4\n", "a:\n  - b: 1\n    c: 2\n  - d: 3\n    e: 4\n"),
            ("\n\na: 1  \n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
            ("a:\n    # of b\n    b: 1\n# of c\nc: 2", "a:\n  # of b\n  b: 1\n# of c\nc: 2\n"),
            ("a: 'x:   y'\nb:   \"# no\"\n", "a: 'x:   y'\nb: \"# no\"\n"),
            ("a:\n    - b\n    -   - c\n        - d\n", "a:\n  - b\n  - - c\n    - d\n"),
            ("a: |\n    text\n      more\n\n\n    end\nb: 1\n", "a: |\n  text\n    more\n\n\n  end\nb: 1\n"),
            ("a: one\n   two\nb: {c: 1,\n d: 2}\n", "a: one\n  two\nb: {c: 1,\n  d: 2}\n"),
            ("a: 1\r\nb:  2\r\n", "a: 1\r\nb: 2\r\n"),
        ];
        for (text, wanted) in cases {
            assert_eq!(of(text).as_deref(), Some(wanted), "{text}");
            assert_eq!(of(wanted).as_deref(), Some(wanted), "it stays in form: {wanted}");
        }
    }

    #[test]
    fn what_is_no_yaml_or_would_change_stays() {
        for text in ["a: [\n", "a: 1\n b: 2\n", "a: *b\n"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
