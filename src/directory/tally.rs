//! Findings by kind: of each kind the first few are kept and the rest is counted, so that a large directory in which
//! everything is wrong takes no more memory than another. Also how many rows each file has.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::source::{Finding, Place, Severity};

/// How the messages end that say of a row that it doesn't count.
const SKIPPED: &str = "is skipped";

/// Findings by kind, and rows by file.
#[derive(Debug)]
pub struct Tally {
    /// Findings that are kept of each kind.
    most: usize,
    kinds: BTreeMap<(Severity, Arc<str>, String), Kind>,
    rows: BTreeMap<Arc<str>, Rows>,
    /// The row that was skipped last.
    last: Option<(Arc<str>, u64)>,
}

/// Findings that differ only in what they name.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub findings: Vec<Finding>,
}

/// The rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// All of them, without the header.
    pub read: u64,
    /// Those that say they are deleted.
    pub deleted: u64,
    /// Those that can't be used.
    pub skipped: u64,
}

impl Tally {
    /// Keeps so many findings of each kind.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, kinds: BTreeMap::new(), rows: BTreeMap::new(), last: None }
    }

    /// Counts a finding.
    pub fn add(&mut self, finding: Finding) {
        let kind = self.count(finding.severity, &finding.place.file, &finding.message);
        if kind.count <= self.most {
            let kind = self.kind(finding.severity, &finding.place.file, &finding.message);
            kind.findings.push(finding);
        }
    }

    /// The kinds of findings, errors first, then by file.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    /// The rows of each file that was read.
    #[must_use]
    pub fn rows(&self) -> &BTreeMap<Arc<str>, Rows> {
        &self.rows
    }

    /// How many errors and how many warnings there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let all = |severity| self.kinds.iter().filter(move |((of, ..), _)| *of == severity).map(|(_, kind)| kind.count);
        (all(Severity::Error).sum(), all(Severity::Warning).sum())
    }

    /// Counts a finding about the row that begins at a byte of a file; its place is asked for only where it is kept.
    pub(super) fn about_row(
        &mut self,
        severity: Severity,
        (file, byte): (&Arc<str>, u64),
        message: String,
        help: Option<String>,
        place: impl FnOnce() -> Place,
    ) {
        if message.ends_with(SKIPPED) && self.last.as_ref().is_none_or(|last| last.1 != byte || last.0 != *file) {
            self.last = Some((Arc::clone(file), byte));
            self.rows.entry(Arc::clone(file)).or_default().skipped += 1;
        }
        if self.count(severity, file, &message).count <= self.most {
            let kind = self.kind(severity, file, &message);
            kind.findings.push(Finding { severity, code: None, place: place(), message, help });
        }
    }

    /// Notes how many rows a file has.
    pub(super) fn end(&mut self, file: &Arc<str>, read: u64, deleted: u64) {
        let rows = self.rows.entry(Arc::clone(file)).or_default();
        (rows.read, rows.deleted) = (read, deleted);
    }

    fn count(&mut self, severity: Severity, file: &Arc<str>, message: &str) -> &Kind {
        let kind = self.kind(severity, file, message);
        kind.count += 1;
        kind
    }

    fn kind(&mut self, severity: Severity, file: &Arc<str>, message: &str) -> &mut Kind {
        self.kinds.entry((severity, Arc::clone(file), pattern(message))).or_default()
    }
}

/// A message without what it names: neither what stands in backticks nor numbers.
fn pattern(message: &str) -> String {
    let (mut pattern, mut quoted) = (String::with_capacity(message.len()), false);
    for c in message.chars() {
        match c {
            '`' => {
                quoted = !quoted;
                pattern.push(c);
            }
            _ if quoted => {}
            '0'..='9' if pattern.ends_with('#') => {}
            '0'..='9' => pattern.push('#'),
            _ => pattern.push(c),
        }
    }
    pattern
}
