//! Files as they were read, and findings about them: what is wrong, where, and what to do.

use std::sync::Arc;

use super::code::Code;

/// One file of a policy set or a directory: its name within the set and its text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path within the folder, `/` between its parts.
    pub name: Arc<str>,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

/// A place in a file; line and column count from 1, in characters. Line 0 is the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's name within its set.
    pub file: Arc<str>,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// How many characters it spans; at least 1.
    pub width: u32,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The set is refused.
    Error,
    /// The set is taken; something in it is left out or looks wrong.
    Warning,
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Of which kind it is, where that has a name.
    pub code: Option<Code>,
    /// Where.
    pub place: Place,
    /// What is wrong, in plain words.
    pub message: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

impl Finding {
    /// An error at a place.
    #[must_use]
    pub fn error(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code: None, place, message: message.into(), help: None }
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, code: None, place, message: message.into(), help: None }
    }

    /// The same finding with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::fmt::Display for Finding {
    /// `file:line:column: message (help)`, on one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { file, line, column, .. } = &self.place;
        match line {
            0 => write!(f, "{file}: {}", self.message)?,
            _ => write!(f, "{file}:{line}:{column}: {}", self.message)?,
        }
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}
