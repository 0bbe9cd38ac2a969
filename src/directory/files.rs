//! The files of a set, opened one after another, and what is found wrong with them.
//!
//! Nothing here knows what a file means, or keeps a file's text.

use std::cell::{Cell, RefCell};
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::tally::Tally;

use crate::policy::source::{Finding, Place, Severity, Source};

/// Opens a file of a set by its name. A file may be opened twice, and must say the same then.
pub type Open<'a> = dyn Fn(&str) -> io::Result<Box<dyn Read>> + 'a;

/// Opens files at hand.
pub fn at_hand(files: &[Source]) -> impl Fn(&str) -> io::Result<Box<dyn Read>> {
    |name| {
        let file = files.iter().find(|file| *file.name == *name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(Arc::clone(&file.bytes))))
    }
}

/// The names in a set, and the way to their text.
pub(super) struct Files<'a> {
    names: &'a [Arc<str>],
    open: &'a Open<'a>,
    findings: RefCell<Vec<Finding>>,
    /// Where findings go instead, by kind.
    tally: Option<&'a RefCell<Tally>>,
    /// An error was found.
    refused: Cell<bool>,
    /// What refuses a file was reported by another reading of it.
    again: bool,
}

impl<'a> Files<'a> {
    /// A set whose files are yet to be opened.
    pub(super) fn new(names: &'a [Arc<str>], open: &'a Open<'a>) -> Self {
        Self { names, open, findings: RefCell::default(), tally: None, refused: Cell::new(false), again: false }
    }

    /// The same with all findings counted by kind. `again` leaves out errors.
    #[cfg(feature = "server")]
    pub(super) fn tallied(self, tally: &'a RefCell<Tally>, again: bool) -> Self {
        Self { tally: Some(tally), again, ..self }
    }

    /// Where findings are counted by kind.
    pub(super) fn tally(&self) -> Option<&'a RefCell<Tally>> {
        self.tally
    }

    /// The names of the files.
    #[cfg(feature = "server")]
    pub(super) fn names(&self) -> &'a [Arc<str>] {
        self.names
    }

    /// The name as the set holds it; `None` where it has no such file. Two of a name are an error.
    pub(super) fn find(&self, name: &str) -> Option<Arc<str>> {
        let mut found = self.names.iter().filter(|&file| **file == *name);
        let first = found.next()?;
        if found.next().is_some() {
            self.report(Finding::error(whole(first), "the set has two files of this name"));
        }
        Some(Arc::clone(first))
    }

    /// The name of a file without which the set is refused.
    pub(super) fn require(&self, name: &str) -> Option<Arc<str>> {
        let found = self.find(name);
        if found.is_none() {
            let finding = Finding::error(whole(&Arc::from(name)), "the file is missing");
            let near = self.names.iter().find(|file| file.eq_ignore_ascii_case(name));
            self.report(match near {
                Some(near) => finding.help(format!("`{near}` is there: rename it")),
                None => finding,
            });
        }
        found
    }

    /// Opens a file.
    pub(super) fn open(&self, name: &str) -> io::Result<Box<dyn Read>> {
        (self.open)(name)
    }

    /// Adds a finding.
    pub(super) fn report(&self, finding: Finding) {
        self.refuse(finding.severity);
        let Some(tally) = self.tally else {
            self.findings.borrow_mut().push(finding);
            return;
        };
        if finding.severity == Severity::Warning || !self.again {
            tally.borrow_mut().add(finding);
        }
    }

    /// Notes that something of this severity was found.
    pub(super) fn refuse(&self, severity: Severity) {
        if severity == Severity::Error {
            self.refused.set(true);
        }
    }

    /// Notes how many rows a file has, and how many of them are deleted.
    pub(super) fn end(&self, file: &Arc<str>, (read, deleted): (u64, u64)) {
        if let Some(tally) = self.tally.filter(|_| !self.again) {
            tally.borrow_mut().end(file, read, deleted);
        }
    }

    /// Whether nothing refuses the set.
    pub(super) fn accepted(&self) -> bool {
        !self.refused.get()
    }

    /// What was found: the warnings where the set can be taken, else the errors.
    pub(super) fn verdict(&self) -> Result<Vec<Finding>, Vec<Finding>> {
        let (errors, warnings): (Vec<_>, Vec<_>) =
            self.findings.take().into_iter().partition(|finding| finding.severity == Severity::Error);
        if errors.is_empty() { Ok(warnings) } else { Err(errors) }
    }
}

/// A file as a whole, as a place.
pub(super) fn whole(file: &Arc<str>) -> Place {
    Place { file: Arc::clone(file), line: 0, column: 0, width: 1 }
}
