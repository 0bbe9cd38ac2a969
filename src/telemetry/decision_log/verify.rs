//! Whether a log is as it was written: every line that was removed, changed or moved is named, and so is a log that was
//! written anew by somebody without the key, and one whose end is missing. How far a log is vouched for is said, too.

mod block;
mod seals;

use std::path::PathBuf;

use super::blocks::{Logs, Unreadable};
use super::chain::{Key, Link};
use block::{About, Begin, Sealed, Summary, summary};
pub use seals::CheckpointsError;
use seals::Seals;

/// How many findings are kept; the rest are counted.
const KEPT: usize = 1000;

/// A place in the logs: a file, and a line in it, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: u64,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What.
    pub what: What,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// The line can't be read as a line of a log.
    #[error("this is no line of a decision log")]
    NoLine,
    /// The next line carries another hash of it.
    #[error("this line was changed: the line after it carries another hash of it")]
    Changed,
    /// Lines are missing before it.
    #[error("lines {from} to {to} are missing before this one")]
    Missing {
        /// The number of the first.
        from: u64,
        /// The number of the last.
        to: u64,
    },
    /// It does not stand where it was written.
    #[error("line {seq} stands out of order, behind line {behind}")]
    Moved {
        /// Its number.
        seq: u64,
        /// The number of the line before it.
        behind: u64,
    },
    /// A checkpoint's seal is not the key's.
    #[error("the seal of this checkpoint is not the key's: the log was rewritten, up to here at least")]
    Forged,
    /// A checkpoint names another key than those given.
    #[error("this checkpoint was sealed with another key")]
    OtherKey,
    /// The second place has another line for that number.
    #[error("the checkpoint `{seq}` that was kept elsewhere is another line here: the log was rewritten")]
    Differs {
        /// Its number.
        seq: u64,
    },
    /// The second place has a checkpoint behind the end.
    #[error("the end is missing: the log ends with line {last}, and the checkpoint `{seq}` was kept elsewhere")]
    Cut {
        /// The number of the last line.
        last: u64,
        /// The number of the checkpoint.
        seq: u64,
    },
    /// A checkpoint of the log is not in the second place, and later ones are.
    #[error("the checkpoint `{seq}` is not among those that were kept elsewhere")]
    Unkept {
        /// Its number.
        seq: u64,
    },
    /// A line of the second place is no checkpoint of the key's.
    #[error("this is no checkpoint that the key sealed")]
    NoCheckpoint,
    /// There is a key, and nothing that it sealed.
    #[error("there is no checkpoint: the key vouches for nothing here")]
    Unsealed,
}

impl What {
    /// Whether no checkpoint from there on vouches for what stands before it. A cut end is behind all of them.
    fn breaks(&self) -> bool {
        !matches!(self, Self::Cut { .. })
    }
}

/// What was found out about logs.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is wrong, in the order of the lines: the first thousand.
    pub findings: Vec<Finding>,
    /// How many things are wrong.
    pub wrong: u64,
    /// Lines.
    pub lines: u64,
    /// The numbers of the first line and of the last.
    pub span: Option<(u64, u64)>,
    /// Decisions that are missing, as the log itself says.
    pub gaps: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// The last checkpoint that vouches for all before it, nothing of which is wrong: its number, and where it stands.
    pub vouched: Option<(u64, Place)>,
    /// Whether the last line is not whole: it is being written, or its writer was killed.
    pub torn: bool,
}

/// Why logs can't be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A log can't be read.
    #[error(transparent)]
    Log(#[from] Unreadable),
    /// The checkpoints that were kept elsewhere can't be read.
    #[error(transparent)]
    Checkpoints(#[from] CheckpointsError),
}

/// Verifies logs, with the keys that may have sealed them, and the checkpoints that were kept elsewhere. `progress` is
/// told of bytes.
///
/// # Errors
/// Something can't be read.
pub fn verify(
    logs: &Logs,
    keys: &[Key],
    checkpoints: Option<&std::path::Path>,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, VerifyError> {
    let mut seals = checkpoints.map(|path| Seals::read(path, keys)).transpose()?;
    let mut walk =
        Walk { logs, keys, report: Report::default(), last: None, at: (0, 0), runs: Vec::new(), sealed: Vec::new() };
    logs.each(
        |block| summary(block, keys),
        progress,
        |file, found| -> Result<(), Unreadable> {
            found.sealed.iter().for_each(|sealed| walk.checkpoint(file, sealed, seals.as_mut()));
            walk.block(file, found);
            Ok(())
        },
    )?;
    Ok(walk.report(seals))
}

/// The way through all blocks.
struct Walk<'a> {
    logs: &'a Logs,
    keys: &'a [Key],
    report: Report,
    /// The last line, and where it stands.
    last: Option<(Link, Place)>,
    /// The file, and how many of its lines were passed.
    at: (usize, u64),
    /// The first and last numbers of lines that follow each other: what stands somewhere is not missing.
    runs: Vec<(u64, u64)>,
    /// Checkpoints that the key sealed: the number of each, its file, and its line there.
    sealed: Vec<(u64, usize, u64)>,
}

impl Walk<'_> {
    fn place(&self, file: usize, line: u64) -> Place {
        let passed = if self.at.0 == file { self.at.1 } else { 0 };
        Place { file: self.logs.path(file).to_owned(), line: passed + line }
    }

    fn find(&mut self, place: Place, what: What) {
        self.report.wrong += 1;
        if self.report.findings.len() < KEPT {
            self.report.findings.push(Finding { place, what });
        }
    }

    /// A block joins those before it.
    fn block(&mut self, file: usize, found: Summary) {
        if let (Some(Begin { seq, prev, line }), Some((last, place))) = (found.begin, self.last.clone()) {
            let here = self.place(file, line);
            match block::joined(last, seq, prev) {
                Some((About::Before, what)) => self.find(place, what),
                Some((About::This, what)) => self.find(here, what),
                None => {}
            }
        }
        for (line, what) in found.findings {
            let place = self.place(file, line);
            self.find(place, what);
        }
        if let (Some(begin), Some((end, line))) = (found.begin, found.end) {
            let first = self.report.span.map_or(begin.seq, |(first, _)| first);
            self.report.span = Some((first, end.seq));
            self.last = Some((end, self.place(file, line)));
        }
        self.runs.extend(found.runs);
        self.report.lines += found.lines;
        self.report.gaps += found.gaps;
        self.report.torn = found.torn;
        let passed = if self.at.0 == file { self.at.1 } else { 0 };
        self.at = (file, passed + found.lines);
    }

    fn checkpoint(&mut self, file: usize, sealed: &Sealed, seals: Option<&mut Seals>) {
        self.report.checkpoints += 1;
        let place = self.place(file, sealed.line);
        let elsewhere = seals.and_then(|seals| seals.meet(sealed.seq, &sealed.hash));
        if let Some(what) = elsewhere {
            self.find(place.clone(), what);
        }
        match sealed.good {
            Some(true) => self.sealed.push((sealed.seq, file, place.line)),
            Some(false) => self.find(place, What::Forged),
            None if self.keys.is_empty() => {}
            None => self.find(place, What::OtherKey),
        }
    }

    fn report(mut self, seals: Option<Seals>) -> Report {
        let (last, end) = match &self.last {
            Some((link, place)) => (link.seq, place.clone()),
            None => (0, Place { file: self.logs.path(0).to_owned(), line: 0 }),
        };
        let first = self.report.span.map_or(0, |(first, _)| first);
        let unmet = seals.map(|seals| seals.rest(first, last, &end)).unwrap_or_default();
        unmet.into_iter().for_each(|(place, what)| self.find(place, what));
        if !self.keys.is_empty() && self.report.checkpoints == 0 {
            self.find(end, What::Unsealed);
        }
        let Self { logs, mut report, runs, sealed, .. } = self;
        let before = report.findings.len() as u64;
        report.findings = report.findings.into_iter().flat_map(|finding| really(finding, &runs)).collect();
        report.findings.sort_by_key(|finding| (logs.number(&finding.place.file), finding.place.line));
        report.wrong = report.wrong.saturating_sub(before) + report.findings.len() as u64;
        let broken = report.findings.iter().filter(|finding| finding.what.breaks());
        let broken = broken.map(|finding| (logs.number(&finding.place.file), finding.place.line)).min();
        let good = sealed.iter().rfind(|(_, file, line)| broken.is_none_or(|broken| (*file, *line) < broken));
        report.vouched = good.map(|(seq, file, line)| (*seq, Place { file: logs.path(*file).to_owned(), line: *line }));
        report
    }
}

/// A finding, but for lines that only seem to be missing.
fn really(finding: Finding, runs: &[(u64, u64)]) -> Vec<Finding> {
    let What::Missing { from, to } = finding.what else { return vec![finding] };
    let left = block::nowhere(from, to, runs).into_iter();
    left.map(|(from, to)| Finding { what: What::Missing { from, to }, ..finding.clone() }).collect()
}
