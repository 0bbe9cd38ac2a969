//! One block of lines by itself: what is wrong between its own lines, and what its neighbours have to know.

use serde::Deserialize;

use super::super::blocks::Block;
use super::super::chain::{Hash, Key, Link, Linked, hash};
use super::What;

/// What a block came to. Lines are counted from 1 within it.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) begin: Option<Begin>,
    /// The last line, and which it is.
    pub(super) end: Option<(Link, u64)>,
    pub(super) lines: u64,
    /// The first and last numbers of lines that follow each other.
    pub(super) runs: Vec<(u64, u64)>,
    pub(super) findings: Vec<(u64, What)>,
    pub(super) sealed: Vec<Sealed>,
    /// Decisions that are missing, as the log says.
    pub(super) gaps: u64,
    pub(super) torn: bool,
}

/// The first line of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begin {
    pub(super) seq: u64,
    pub(super) prev: Hash,
    pub(super) line: u64,
}

/// A checkpoint.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) line: u64,
    pub(super) seq: u64,
    pub(super) hash: Hash,
    /// Whether the seal is that of a key that is known; `None` where the key isn't.
    pub(super) good: Option<bool>,
}

/// Which of two lines something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Before,
    This,
}

/// Looks at a block.
pub(super) fn summary(block: Block<'_>, keys: &[Key]) -> Summary {
    let mut found = Summary::default();
    for line in block.text.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else {
            found.torn = true;
            continue;
        };
        found.lines += 1;
        match Linked::read(line) {
            Some(linked) => found.line(line, &linked, keys),
            None => found.findings.push((found.lines, What::NoLine)),
        }
    }
    found
}

impl Summary {
    fn line(&mut self, text: &[u8], linked: &Linked<'_>, keys: &[Key]) {
        let at = self.lines;
        let Linked { seq, prev, .. } = *linked;
        match self.end {
            None => self.begin = Some(Begin { seq, prev, line: at }),
            Some((last, line)) => {
                let joined = joined(last, seq, prev);
                self.findings
                    .extend(joined.map(|(about, what)| (if about == About::Before { line } else { at }, what)));
            }
        }
        match self.runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(seq) => *last = seq,
            _ => self.runs.push((seq, seq)),
        }
        let link = Link { seq, hash: hash(text) };
        self.end = Some((link, at));
        match linked.line {
            b"checkpoint" => {
                self.sealed.push(Sealed { line: at, seq, hash: link.hash, good: is_good(text, linked, keys) });
            }
            b"gap" => self.gaps += missing(text),
            _ => {}
        }
    }
}

/// What is wrong between two lines that follow each other.
pub(super) fn joined(last: Link, seq: u64, prev: Hash) -> Option<(About, What)> {
    if Some(seq) == last.seq.checked_add(1) {
        return (prev != last.hash).then_some((About::Before, What::Changed));
    }
    if seq > last.seq {
        return Some((About::This, What::Missing { from: last.seq + 1, to: seq - 1 }));
    }
    Some((About::This, What::Moved { seq, behind: last.seq }))
}

/// Of lines that seem to be missing, those that stand nowhere: what is left beside runs of lines that follow each other.
pub(super) fn nowhere(from: u64, to: u64, runs: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut left = vec![(from, to)];
    for (first, last) in runs {
        let cut = |(from, to): (u64, u64)| {
            let before = (from, to.min(first.saturating_sub(1)));
            let behind = (from.max(last.saturating_add(1)), to);
            let apart = to < *first || from > *last;
            let parts = if apart { [Some((from, to)), None] } else { [Some(before), Some(behind)] };
            parts.into_iter().flatten().filter(|(from, to)| from <= to)
        };
        left = left.into_iter().flat_map(cut).collect();
    }
    left
}

/// Whether a checkpoint's seal is that of the key that it names.
pub(super) fn is_good(text: &[u8], linked: &Linked<'_>, keys: &[Key]) -> Option<bool> {
    #[derive(Deserialize)]
    struct Named<'a> {
        key: &'a str,
    }
    let Some((seal, sealed)) = linked.sealed else { return Some(false) };
    let Ok(Named { key: id }) = serde_json::from_slice(text) else { return Some(false) };
    let key = keys.iter().find(|key| key.id() == id)?;
    Some(key.is_seal(&seal, sealed))
}

fn missing(text: &[u8]) -> u64 {
    #[derive(Deserialize)]
    struct Gap {
        missing: u64,
    }
    serde_json::from_slice(text).map_or(0, |Gap { missing }| missing)
}
