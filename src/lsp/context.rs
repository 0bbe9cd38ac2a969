//! Where in a file somebody is writing: below which keys, in which list, at a key or at a value. Read from the lines above
//! by their indent, for a file that is being written is no YAML yet.

use crate::policy::outline::FileKind;

/// A step on the way down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Item,
}

/// What is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    Key,
    Value,
    /// The beginning of a line, which may become either.
    Either,
}

/// Where somebody is writing.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) kind: FileKind,
    /// The way to the map whose key, or to the value, that is being written.
    path: Vec<Step>,
    pub(super) typing: Typing,
    /// As much of it as is there.
    pub(super) prefix: String,
    /// The other keys of the same map, with their values where these stand on the same line.
    pub(super) siblings: Vec<(String, String)>,
}

impl Context {
    /// What is being written at a place: line and column from 1, in characters. Nothing in a comment.
    pub(super) fn at(lines: &[&str], line: u32, column: u32) -> Option<Self> {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        let text = lines.get(at)?;
        let before = usize::try_from(column).ok()?.saturating_sub(1);
        let head: String = text.chars().take(before).collect();
        let tail: String = text.chars().skip(before).collect();
        let row = Row::of(&head)?;
        let (above, below) = (lines.get(..at)?, lines.get(at + 1..).unwrap_or_default());
        let (key, rest) = row.key().map_or((None, row.content), |(key, value)| (Some(key), value));
        let flow = Flow::of(rest);
        let mut path = way(above, &row);
        path.extend(key.map(|key| Step::Key(key.to_owned())));
        path.extend(flow.steps());
        let inside = !flow.frames.is_empty();
        let typing = match (flow.at_key(), key.is_some() || inside) {
            (true, _) => Typing::Key,
            (false, true) => Typing::Value,
            (false, false) => Typing::Either,
        };
        let siblings = flow.siblings(&tail).unwrap_or_else(|| siblings(above, &row, below));
        Some(Self { kind: kind(lines), path, typing, prefix: flow.token.trim_start().to_owned(), siblings })
    }

    /// The same for the whole of the word at a place.
    pub(super) fn around(lines: &[&str], line: u32, column: u32) -> Option<Self> {
        let text = lines.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
        let begun = usize::try_from(column).ok()?.saturating_sub(1);
        let more = text.chars().skip(begun).take_while(|c| c.is_alphanumeric() || *c == '_').count();
        Self::at(lines, line, column + u32::try_from(more).ok()?)
    }

    /// The way, with `-` for an item of a list.
    pub(super) fn path(&self) -> Vec<&str> {
        self.path
            .iter()
            .map(|step| match step {
                Step::Key(key) => key.as_str(),
                Step::Item => "-",
            })
            .collect()
    }

    /// The key that stands here, with the way to its map.
    pub(super) fn key(&self) -> Option<(Vec<&str>, &str)> {
        (self.typing != Typing::Value && !self.prefix.is_empty()).then(|| (self.path(), self.prefix.as_str()))
    }

    /// The value of another key of the same map.
    pub(super) fn sibling(&self, key: &str) -> Option<&str> {
        self.siblings.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// What the file says it is.
fn kind(lines: &[&str]) -> FileKind {
    let said = lines.iter().find_map(|line| line.strip_prefix("hallpass:"));
    let word = said.and_then(|said| said.split_whitespace().next()).unwrap_or_default();
    FileKind::named(word.trim_matches(['"', '\'']))
}

/// A line: its dashes, and what stands after them.
struct Row<'t> {
    /// The columns of the dashes, from 0.
    dashes: Vec<usize>,
    /// The column at which the rest begins.
    column: usize,
    content: &'t str,
}

impl<'t> Row<'t> {
    /// `None` for a comment.
    fn of(text: &'t str) -> Option<Self> {
        let (mut dashes, mut column, mut rest) = (Vec::new(), 0, text);
        loop {
            let trimmed = rest.trim_start_matches(' ');
            column += rest.len() - trimmed.len();
            rest = trimmed;
            match rest.strip_prefix('-').filter(|after| after.is_empty() || after.starts_with(' ')) {
                Some(after) => {
                    dashes.push(column);
                    column += 1;
                    rest = after;
                }
                None => break,
            }
        }
        let comment = rest.starts_with('#') || rest.contains(" #");
        (!comment).then_some(Self { dashes, column, content: rest })
    }

    /// A line that says something, with its comment taken off.
    fn said(text: &'t str) -> Option<Self> {
        let text = text.split(" #").next().unwrap_or_default().trim_end();
        Self::of(text).filter(|row| !row.content.is_empty() || !row.dashes.is_empty())
    }

    fn key(&self) -> Option<(&'t str, &'t str)> {
        let (key, value) = match self.content.split_once(": ") {
            Some(parts) => parts,
            None => (self.content.strip_suffix(':')?, ""),
        };
        let plain = !key.is_empty() && !key.contains(['[', '{', '"', '\'', ',', ' ']);
        plain.then_some((key, value))
    }

    /// The column of its first dash, or of what it says.
    fn first(&self) -> usize {
        self.dashes.first().copied().unwrap_or(self.column)
    }
}

/// The way to the map or list that a row stands in, the row's own dashes included.
fn way(above: &[&str], row: &Row<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut limit, mut dash) = (row.column, false);
    for at in row.dashes.iter().rev() {
        steps.push(Step::Item);
        (limit, dash) = (*at, true);
    }
    for row in above.iter().rev().filter_map(|text| Row::said(text)) {
        if let Some((key, value)) = row.key()
            && (row.column < limit || (dash && row.column == limit && value.trim().is_empty()))
        {
            steps.push(Step::Key(key.to_owned()));
            (limit, dash) = (row.column, false);
        }
        for at in row.dashes.iter().rev().filter(|at| **at < row.column) {
            if *at < limit {
                steps.push(Step::Item);
                (limit, dash) = (*at, true);
            }
        }
        if limit == 0 && !dash {
            break;
        }
    }
    steps.reverse();
    steps
}

/// The other keys of the map that a row stands in.
fn siblings(above: &[&str], row: &Row<'_>, below: &[&str]) -> Vec<(String, String)> {
    let column = row.column;
    let mut found = Vec::new();
    let mut take = |row: &Row<'_>| {
        found.extend(row.key().filter(|_| row.column == column).map(|(k, v)| (k.to_owned(), v.trim().to_owned())));
    };
    let before = above.iter().rev().filter_map(|text| Row::said(text)).take_while(|_| row.dashes.is_empty());
    for row in before {
        if row.column >= column {
            take(&row);
        }
        if row.first() < column {
            break;
        }
    }
    for row in below.iter().filter_map(|text| Row::said(text)).take_while(|row| row.first() >= column) {
        take(&row);
    }
    found
}

/// Brackets and braces that are open.
#[derive(Default)]
struct Flow {
    frames: Vec<Frame>,
    token: String,
}

#[derive(Default)]
struct Frame {
    list: bool,
    key: Option<String>,
    entries: Vec<(String, String)>,
}

impl Flow {
    fn of(text: &str) -> Self {
        let (mut flow, mut quote) = (Self::default(), None);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let ends = characters.peek().is_none_or(|next| *next == ' ');
            match character {
                _ if quote == Some(character) => quote = None,
                _ if quote.is_some() => flow.token.push(character),
                '"' | '\'' if flow.token.trim().is_empty() => quote = Some(character),
                '[' | '{' if flow.token.trim().is_empty() => {
                    flow.frames.push(Frame { list: character == '[', ..Frame::default() });
                    flow.token.clear();
                }
                ']' | '}' if !flow.frames.is_empty() => {
                    let closed = flow.frames.pop();
                    flow.token = closed.map(|frame| frame.words(&flow.token)).unwrap_or_default();
                }
                ',' => flow.next(),
                ':' if ends => flow.named(),
                _ => flow.token.push(character),
            }
        }
        flow
    }

    /// A comma: the next item, or the next key.
    fn next(&mut self) {
        let token = std::mem::take(&mut self.token);
        if let Some(frame) = self.frames.last_mut() {
            let key = frame.key.take().unwrap_or_default();
            frame.entries.push((key, token.trim().to_owned()));
        }
    }

    /// A colon: what was read is a key.
    fn named(&mut self) {
        let token = std::mem::take(&mut self.token);
        if let Some(frame) = self.frames.last_mut().filter(|frame| !frame.list && frame.key.is_none()) {
            frame.key = Some(token.trim().to_owned());
        }
    }

    fn steps(&self) -> impl Iterator<Item = Step> {
        self.frames.iter().filter_map(|frame| match (frame.list, &frame.key) {
            (true, _) => Some(Step::Item),
            (false, key) => key.clone().map(Step::Key),
        })
    }

    fn at_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| !frame.list && frame.key.is_none())
    }

    /// The keys of the innermost braces, with those that follow.
    fn siblings(&self, tail: &str) -> Option<Vec<(String, String)>> {
        let at = self.frames.iter().rposition(|frame| !frame.list)?;
        let mut found = self.frames.get(at)?.entries.clone();
        let depth = self.frames.len() - at;
        let mut rest = Self::of(&format!("{{{}", after(tail, depth - 1)));
        rest.next();
        found.extend(rest.frames.pop().map(|frame| frame.entries).unwrap_or_default());
        found.retain(|(key, _)| !key.is_empty());
        Some(found)
    }
}

impl Frame {
    /// All that stood in it, as words.
    fn words(self, last: &str) -> String {
        let all = self.entries.into_iter().map(|(_, value)| value).chain([last.trim().to_owned()]);
        all.collect::<Vec<_>>().join(" ")
    }
}

/// What follows the first comma of braces that lie so many brackets further out, up to their end.
fn after(tail: &str, brackets: usize) -> String {
    let (mut depth, mut kept, mut comma) = (brackets, String::new(), false);
    for character in tail.chars() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' if depth == 0 => break,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        if comma {
            kept.push(character);
        }
        comma |= character == ',' && depth == 0;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Context, Typing};

    /// The text with `|` where the cursor is.
    fn at(text: &str) -> Context {
        let before = text.split('|').next().unwrap();
        let (line, column) =
            (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap().chars().count() + 1);
        let whole = text.replacen('|', "", 1);
        let lines: Vec<&str> = whole.split('\n').collect();
        Context::at(&lines, u32::try_from(line).unwrap(), u32::try_from(column).unwrap()).unwrap()
    }

    #[test]
    fn the_way_is_read_from_the_indent() {
        let cases = [
            ("hallpass: role/v1\n|", "", Typing::Either, ""),
            ("reach: o|", "reach", Typing::Value, "o"),
            ("grants:\n  - al|", "grants/-", Typing::Either, "al"),
            ("grants:\n- allow: view\n  to|", "grants/-", Typing::Either, "to"),
            ("grants:\n  - allow: view\n    topics: [a, b|", "grants/-/topics/-", Typing::Value, "b"),
            ("grants:\n  - allow: view\n    topics:\n      - gra|", "grants/-/topics/-", Typing::Either, "gra"),
            ("grants:\n  - allow: view\n    people: {not_self: true, no|", "grants/-/people", Typing::Key, "no"),
            (
                "grants:\n  - allow: x\n    people: {not_holding: [a, m|",
                "grants/-/people/not_holding/-",
                Typing::Value,
                "m",
            ),
            ("modules:\n  g:\n    topics:\n      mark:\n        re|", "modules/g/topics/mark", Typing::Either, "re"),
            ("modules:\n  g:\n    title: G\n  h:\n    |", "modules/h", Typing::Either, ""),
            ("tests:\n  - {who: a, of: {student: s}, ex|", "tests/-", Typing::Key, "ex"),
            ("a:\n  b: 1\nc|", "", Typing::Either, "c"),
        ];
        for (text, path, typing, prefix) in cases {
            let found = at(text);
            assert_eq!(
                (found.path().join("/").as_str(), found.typing, found.prefix.as_str()),
                (path, typing, prefix),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_of_the_same_map_are_known() {
        let cases = [
            ("grants:\n  - allow: [view, update]\n    |\n    topics: x\n  - other: y\n", "allow=view update topics=x"),
            ("grants:\n  - allow: a\n  - |\n    topics: x\n", "topics=x"),
            ("tests:\n  - {who: a, may: |, a: t, of: {b: c}}\n", "who=a a=t of=c"),
            ("tests:\n  - {a: t, of: {b: [|]}}\n", ""),
        ];
        for (text, keys) in cases {
            let told =
                |(key, value): &(String, String)| format!("{key}={}", value.trim_matches(['[', ']']).replace(',', ""));
            assert_eq!(at(text).siblings.iter().map(told).collect::<Vec<_>>().join(" "), keys, "{text}");
        }
    }

    #[test]
    fn a_comment_is_no_place() {
        let lines = ["role: a # title", "# x"];
        assert!(Context::at(&lines, 1, 14).is_none());
        assert!(Context::at(&lines, 2, 4).is_none());
    }
}
