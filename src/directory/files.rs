//! The files of a set, opened one after another, and what is found wrong with them.
//!
//! Nothing here knows what a file means, or keeps a file's text.

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::Arc;

use crate::policy::source::{Finding, Place, Severity};

/// Opens a file of a set by its name. A file may be opened twice, and must say the same then.
pub type Open<'a> = dyn Fn(&str) -> io::Result<Box<dyn Read>> + 'a;

/// The names in a set, and the way to their text.
pub(super) struct Files<'a> {
    names: &'a [Arc<str>],
    open: &'a Open<'a>,
    findings: RefCell<Vec<Finding>>,
}

impl<'a> Files<'a> {
    /// A set whose files are yet to be opened.
    pub(super) fn new(names: &'a [Arc<str>], open: &'a Open<'a>) -> Self {
        Self { names, open, findings: RefCell::default() }
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
        self.findings.borrow_mut().push(finding);
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
