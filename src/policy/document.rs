//! What authors write, file by file, with the place of every name. Nothing is looked up here: whether a name means
//! something stands in [`super::model`].

mod application;
mod role;
mod routes_file;
mod sheet;
mod tests_file;

use std::sync::Arc;

use super::code::Code;
use super::fields::{Fields, Name, Reader, nearest, shown};
use super::source::{Finding, Severity, Source};
use super::yaml::{self, Node, whole};

pub(crate) use application::{ApplicationDoc, DenyDoc, SetDoc, TopicDoc, ValueType};
#[cfg(feature = "server")]
pub(crate) use application::{IDS, RECORDS, TYPES};
pub(crate) use role::{GrantDoc, HeldAt, RoleDoc, SCHOOL_LEVELS};
#[cfg(feature = "server")]
pub(crate) use role::{HELD_AT, LEVELS, MEASURES, REACHES};
pub use role::{RoleSheet, SecurityLevel, Staffing};
pub(crate) use routes_file::{From, PropertyDoc, RouteDoc, RoutesDoc};
#[cfg(feature = "server")]
pub(crate) use tests_file::EXPECTATIONS;
pub(crate) use tests_file::TestsDoc;
pub use tests_file::{Acting, TestCase, TestProperties};

/// One file, by its first key.
#[derive(Clone, Debug)]
pub(crate) enum Document {
    /// `application/v1`: a catalogue of resource types, with sets and deny rules.
    Application(ApplicationDoc),
    /// `role/v1`: a role and its grants.
    Role(Box<RoleDoc>),
    /// `tests/v1`: questions with expected answers.
    Tests(TestsDoc),
    /// `routes/v1`: how HTTP requests become questions.
    Routes(RoutesDoc),
}

const KINDS: &str = "application/v1, role/v1, tests/v1, routes/v1";

/// A file that was read: what it says, or what is wrong with its form. Whoever compiles a set again and again, with few of
/// its files changed, keeps this for each.
#[derive(Clone, Debug)]
pub struct Read {
    pub(crate) name: Arc<str>,
    pub(crate) document: Option<Document>,
    findings: Vec<Finding>,
}

impl Read {
    /// Reads a file.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        Self::parsed(&source.name, yaml::parse(source).as_ref())
    }

    /// The same of a file that was taken apart, or what is wrong with its YAML.
    pub(crate) fn parsed(name: &Arc<str>, node: Result<&Node, &Finding>) -> Self {
        let mut findings = Vec::new();
        let document = match node {
            Ok(node) => read(name, node, &mut findings),
            Err(finding) => {
                findings.push(finding.clone());
                None
            }
        };
        Self { name: Arc::clone(name), document, findings }
    }

    /// Everything that is wrong with its form; names are looked up once all files are read.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The row of a role, where it is a role's file, as far as it could be read.
    #[must_use]
    pub fn sheet(&self) -> Option<&RoleSheet> {
        match self.document.as_ref()? {
            Document::Role(doc) => Some(&doc.sheet),
            Document::Application(_) | Document::Tests(_) | Document::Routes(_) => None,
        }
    }
}

/// Reads one file, and reports everything that is wrong with its form. A file that is partly wrong says what it is and
/// who it is about, so that nobody is told that this does not exist; nothing where even that cannot be read.
fn read(name: &Arc<str>, node: &Node, findings: &mut Vec<Finding>) -> Option<Document> {
    let mut reader = Reader::new(name, findings).looking();
    if matches!(node.value, yaml::Kind::Null) {
        let help = format!("{}, or remove the file", begin());
        reader.report(Code::EmptyFile.at(whole(name), "the file is empty").help(help));
        return None;
    }
    let mut fields = reader.fields(node, "the file");
    let document = kind(&mut fields, &mut reader).and_then(|kind| {
        let document = by_kind(&kind, &mut fields, &mut reader);
        fields.finish(&mut reader);
        document
    });
    let whole = !any_error(findings);
    document.map(|document| document.with(whole))
}

/// Whether there is an error among findings.
pub(crate) fn any_error(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

impl Document {
    /// The same, with whether all of it could be read.
    fn with(mut self, whole: bool) -> Self {
        match &mut self {
            Self::Application(doc) => doc.whole = whole,
            Self::Role(doc) => doc.whole = whole,
            Self::Tests(_) | Self::Routes(_) => {}
        }
        self
    }
}

fn begin() -> String {
    format!("begin it with `hallpass: KIND/v1`, where KIND/v1 is one of {KINDS}")
}

/// What the file says it is.
fn kind(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Name> {
    let Some(node) = fields.optional("hallpass") else {
        fields.refuse(reader, Code::FileKind, "the file does not say what it is", &begin());
        return None;
    };
    let kind = reader.text(node, "hallpass")?;
    let known = KINDS.split(", ");
    if known.clone().any(|known| known == kind.text) {
        return Some(kind);
    }
    let message = format!("`{}` is no kind of file that this version knows", shown(&kind.text));
    let help = nearest(&kind.text, known)
        .map_or_else(|| format!("it is one of {KINDS}"), |near| format!("did you mean `{near}`?"));
    reader.report(Code::FileKind.at(kind.at, message).help(help));
    None
}

fn by_kind(kind: &Name, fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<Document> {
    match kind.text.as_str() {
        "application/v1" => application::read(fields, reader).map(Document::Application),
        "role/v1" => role::read(fields, reader).map(|role| Document::Role(Box::new(role))),
        "tests/v1" => Some(Document::Tests(tests_file::read_tests(fields, reader))),
        _ => routes_file::read(fields, reader).map(Document::Routes),
    }
}

/// A list of names under a key, or one name.
fn names(fields: &mut Fields<'_>, reader: &mut Reader<'_>, key: &'static str) -> Vec<Name> {
    fields.optional_texts(reader, key)
}
