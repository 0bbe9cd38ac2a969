//! A page of prose with blocks: files to write, changes to make in them, and commands with what they print.

/// A line `…` stands for any lines, and `…` within a line for anything.
const ANYTHING: &str = "…";

/// One block.
pub(crate) enum Block {
    File { name: String, text: String },
    Change { name: String, before: String, after: String },
    Commands(Vec<Command>),
}

/// A line that is typed, and the lines that are shown as its answer.
pub(crate) struct Command {
    pub(crate) typed: String,
    pub(crate) shown: Vec<String>,
}

/// A page: its lines, and its blocks, each with the line of its fence.
pub(crate) struct Page {
    lines: Vec<String>,
    pub(crate) blocks: Vec<(usize, Block)>,
    /// Lines to take in place of others: from, to.
    instead: Vec<(usize, usize, Vec<String>)>,
}

impl Page {
    /// Reads a page. A line in bold that is a path names the file that the next block is about.
    pub(crate) fn read(text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let (mut blocks, mut name, mut at) = (Vec::new(), None, 0);
        while at < lines.len() {
            if let Some(path) = lines[at].strip_prefix("**`").and_then(|rest| rest.strip_suffix("`**")) {
                name = Some(path.to_owned());
            }
            let Some(kind) = lines[at].strip_prefix("```") else {
                at += 1;
                continue;
            };
            let length = lines[at + 1..].iter().position(|line| line == "```").expect("a block that ends");
            let body = &lines[at + 1..at + 1 + length];
            blocks.extend(block(kind, name.take(), body).map(|block| (at, block)));
            at += length + 2;
        }
        Self { lines, blocks, instead: Vec::new() }
    }

    /// Shows what the commands of a block print, where it is not what is shown.
    pub(crate) fn show(&mut self, at: usize, printed: &[String]) {
        let (fence, Block::Commands(commands)) = &self.blocks[at] else { return };
        let mut line = fence + 1;
        for (command, printed) in commands.iter().zip(printed) {
            let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
            let end = line + 1 + command.shown.len();
            let shown: Vec<&str> = command.shown.iter().map(String::as_str).collect();
            if !are_lines_as(&printed, &shown) {
                self.instead.push((line + 1, end, printed.into_iter().map(str::to_owned).collect()));
            }
            line = end;
        }
    }

    /// The page with what is printed.
    pub(crate) fn text(&self) -> String {
        let mut lines = self.lines.clone();
        for (from, to, instead) in self.instead.iter().rev() {
            lines.splice(from..to, instead.iter().cloned());
        }
        lines.join("\n") + "\n"
    }
}

fn block(kind: &str, name: Option<String>, body: &[String]) -> Option<Block> {
    let joined = |lines: Vec<&str>| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let but = |sign: char| {
        let kept = body.iter().filter(|line| !line.starts_with(sign));
        joined(kept.map(|line| line.get(1..).unwrap_or_default()).collect())
    };
    match (kind, name) {
        ("console", _) => Some(Block::Commands(commands(body))),
        ("diff", Some(name)) => Some(Block::Change { name, before: but('+'), after: but('-') }),
        (_, Some(name)) => Some(Block::File { name, text: joined(body.iter().map(String::as_str).collect()) }),
        (_, None) => None,
    }
}

fn commands(body: &[String]) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for line in body {
        if let Some(typed) = line.strip_prefix("$ ") {
            commands.push(Command { typed: typed.to_owned(), shown: Vec::new() });
        } else {
            commands.last_mut().expect("a block begins with a command").shown.push(line.clone());
        }
    }
    commands
}

/// Whether printed lines are as shown.
pub(crate) fn are_lines_as(printed: &[&str], shown: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&ANYTHING, rest)) => (0..=printed.len()).any(|skipped| are_lines_as(&printed[skipped..], rest)),
        Some((first, rest)) => {
            printed.split_first().is_some_and(|(line, more)| is_line_as(line, first) && are_lines_as(more, rest))
        }
    }
}

fn is_line_as(printed: &str, shown: &str) -> bool {
    let Some((before, after)) = shown.split_once(ANYTHING) else { return printed == shown };
    let Some(rest) = printed.strip_prefix(before) else { return false };
    (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|rest| is_line_as(rest, after))
}
