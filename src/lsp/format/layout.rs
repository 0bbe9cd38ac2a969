//! The lines of a file, each at its level.

/// How far a level is in.
const LEVEL: usize = 2;

/// A map or a list that is open: where it stands, and where it is put.
#[derive(Clone, Copy)]
struct Frame {
    from: usize,
    to: usize,
    list: bool,
}

#[derive(Default)]
struct Layout {
    frames: Vec<Frame>,
    out: Vec<String>,
    /// Comments and empty lines that go with what follows.
    held: Vec<(usize, String)>,
    /// What the lines of a text that goes on are in: the column of its key, and how far it is moved once that is known.
    block: Option<(usize, Option<isize>)>,
    /// How many brackets are open, and in which quotes a text goes on.
    open: Open,
}

#[derive(Clone, Copy, Default)]
struct Open {
    brackets: usize,
    quote: Option<char>,
}

/// The text with its blanks put right.
pub(super) fn laid_out(text: &str) -> String {
    let ending = if text.lines().next().is_some_and(|_| text.contains("\r\n")) { "\r\n" } else { "\n" };
    let mut layout = Layout::default();
    text.lines().for_each(|line| layout.line(line));
    layout.release(0);
    while layout.out.last().is_some_and(String::is_empty) {
        layout.out.pop();
    }
    layout.out.iter().flat_map(|line| [line.as_str(), ending]).collect()
}

impl Layout {
    fn line(&mut self, line: &str) {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let (in_text, blank) = (self.open.brackets > 0 || self.open.quote.is_some(), content.trim().is_empty());
        if let Some((key, moved)) = self.block
            && (blank || indent > key)
        {
            return self.block_line(line, indent, key, moved);
        }
        self.block = None;
        match content {
            _ if blank && in_text => self.out.push(String::new()),
            _ if blank => self.held.push((0, String::new())),
            _ if in_text => self.further(content),
            _ if content.starts_with('#') => self.held.push((indent, content.trim_end().to_owned())),
            _ => self.said(indent, content),
        }
    }

    /// A line of a text under `|` or `>`.
    fn block_line(&mut self, line: &str, indent: usize, key: usize, moved: Option<isize>) {
        if line.trim().is_empty() {
            return self.out.push(String::new());
        }
        let to = self.frames.last().map_or(0, |frame| frame.to) + LEVEL;
        let moved = moved.unwrap_or_else(|| to.cast_signed() - indent.cast_signed());
        self.block = Some((key, Some(moved)));
        let blanks = indent.saturating_add_signed(moved);
        self.out.push(format!("{}{}", " ".repeat(blanks), line.trim_start_matches(' ')));
    }

    /// A line on which a text, or what stands in brackets, goes on.
    fn further(&mut self, content: &str) {
        let to = self.frames.last().map_or(0, |frame| frame.to) + LEVEL;
        self.open = after(content, self.open);
        self.out.push(format!("{}{}", " ".repeat(to), content.trim_end()));
    }

    fn said(&mut self, indent: usize, content: &str) {
        let (mut rest, mut column, mut dashes) = (content, indent, 0);
        let is_key = key_of(undashed(content)).is_some();
        let is_item = content == "-" || content.starts_with("- ");
        if !is_key && !is_item && !self.frames.is_empty() {
            self.release(indent);
            return self.further(content);
        }
        let mut first = None;
        while let Some(after) = rest.strip_prefix('-').filter(|after| after.is_empty() || after.starts_with(' ')) {
            let to = self.place(column, true);
            first = first.or(Some(to));
            let trimmed = after.trim_start_matches(' ');
            column += rest.len() - trimmed.len();
            rest = trimmed;
            dashes += 1;
        }
        let colon = key_of(rest);
        let to = if colon.is_some() { self.place(column, false) } else { 0 };
        let to = first.unwrap_or(to);
        self.release(indent);
        let text = colon.map_or_else(|| rest.trim_end().to_owned(), |colon| spaced(rest, colon));
        self.open = after(&text, Open::default());
        let value = colon.and_then(|_| text.split_once(": ")).map_or(text.as_str(), |(_, value)| value);
        if value.starts_with(['|', '>']) {
            self.block = Some((if colon.is_some() { column } else { indent }, None));
            self.open = Open::default();
        }
        self.out.push(format!("{}{}{text}", " ".repeat(to), "- ".repeat(dashes)).trim_end().to_owned());
    }

    /// Where a key or a dash of this column is put.
    fn place(&mut self, from: usize, list: bool) -> usize {
        let leaves = |frame: &Frame| frame.from > from || (frame.from == from && frame.list && !list);
        while self.frames.last().is_some_and(leaves) {
            self.frames.pop();
        }
        if let Some(frame) = self.frames.last().filter(|frame| frame.from == from && frame.list == list) {
            return frame.to;
        }
        let to = self.frames.last().map_or(0, |frame| frame.to + LEVEL);
        self.frames.push(Frame { from, to, list });
        to
    }

    /// Writes held comments at the level of the line that follows, or of the map that they stand in.
    fn release(&mut self, next: usize) {
        for (indent, comment) in std::mem::take(&mut self.held) {
            let twice = comment.is_empty() && self.out.last().is_none_or(String::is_empty);
            if !twice {
                let blanks = " ".repeat(self.level(indent, next));
                self.out.push(format!("{blanks}{comment}").trim_end().to_owned());
            }
        }
    }

    /// Where a comment of this column is put, before a line of that one.
    fn level(&self, indent: usize, next: usize) -> usize {
        let own = self.frames.iter().rev().find(|frame| frame.from == indent);
        let next = self.frames.iter().rev().find(|frame| frame.from == next);
        own.or(next).map_or(0, |frame| frame.to)
    }
}

fn undashed(content: &str) -> &str {
    let mut rest = content;
    while let Some(after) = rest.strip_prefix("- ") {
        rest = after.trim_start_matches(' ');
    }
    rest
}

/// Where the colon of a key is, if a line begins with one.
fn key_of(content: &str) -> Option<usize> {
    let quote = content.chars().next().filter(|character| matches!(character, '"' | '\''));
    let begins = quote.map_or(Some(0), |quote| Some(content.get(1..)?.find(quote)? + 2))?;
    if content.starts_with(['[', '{', '#']) {
        return None;
    }
    let mut ends = content.match_indices(':').map(|(at, _)| at).filter(|at| *at >= begins);
    let colon = ends.find(|at| content.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))?;
    let comment = content.find(" #").is_some_and(|comment| comment < colon);
    (!comment).then_some(colon)
}

/// A key with one blank before its value.
fn spaced(content: &str, colon: usize) -> String {
    let (key, value) = (content.get(..colon).unwrap_or_default(), content.get(colon + 1..).unwrap_or_default());
    let bare = value.trim();
    if bare.is_empty() {
        return format!("{}:", key.trim_end());
    }
    if bare.starts_with('#') {
        return format!("{}:{}", key.trim_end(), value.trim_end());
    }
    format!("{}: {bare}", key.trim_end())
}

/// What is open at the end of a line.
fn after(text: &str, mut open: Open) -> Open {
    let mut before = ' ';
    for character in text.chars() {
        let begins = matches!(before, ' ' | '[' | '{' | ',');
        match (open.quote, character) {
            (Some(quote), _) if quote == character && before != '\\' => open.quote = None,
            (Some(_), _) => {}
            (None, '#') if before == ' ' => return open,
            (None, '"' | '\'') if begins => open.quote = Some(character),
            (None, '[' | '{') if begins || open.brackets > 0 => open.brackets += 1,
            (None, ']' | '}') => open.brackets = open.brackets.saturating_sub(1),
            (None, _) => {}
        }
        before = character;
    }
    open
}
