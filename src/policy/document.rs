//! What authors write, file by file, with the place of every name. Nothing is looked up here: whether a name means
//! something stands in [`super::model`].

mod application;
mod role;
mod tests_file;

use super::fields::{Fields, Name, Reader};
use super::source::{Finding, Source};
use super::yaml::{self, whole};

pub(crate) use application::{ApplicationDoc, DenyDoc, SetDoc, TopicDoc, ValueType};
pub(crate) use role::{GrantDoc, HeldAt, RoleDoc};
pub use role::{RoleSheet, SecurityLevel, Staffing};
pub(crate) use tests_file::{RoutesDoc, TestsDoc};
pub use tests_file::{TestCase, TestProperties};

/// One file, by its first key.
#[derive(Debug)]
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

/// Reads one file, or reports everything that is wrong with its form.
pub(crate) fn read(source: &Source, findings: &mut Vec<Finding>) -> Option<Document> {
    let node = yaml::parse(source).map_err(|finding| findings.push(finding)).ok()?;
    let before = findings.len();
    let mut reader = Reader::new(&source.name, findings);
    if matches!(node.value, yaml::Kind::Null) {
        let help = format!("begin it with `hallpass: KIND/v1`, where KIND/v1 is one of {KINDS}, or remove it");
        reader.report(Finding::error(whole(&source.name), "the file is empty").help(help));
        return None;
    }
    let document = by_kind(reader.fields(&node, "the file"), &mut reader);
    if findings.len() == before { document } else { None }
}

/// Reads a file of a known kind to its last key, also where it can't be taken: a key that is misspelt is reported both
/// as missing and with the name that it should have.
fn by_kind(mut fields: Fields<'_>, reader: &mut Reader<'_>) -> Option<Document> {
    let kind = fields.required_text(reader, "hallpass")?;
    let document = match kind.text.as_str() {
        "application/v1" => application::read(&mut fields, reader).map(Document::Application),
        "role/v1" => role::read(&mut fields, reader).map(|role| Document::Role(Box::new(role))),
        "tests/v1" => Some(Document::Tests(tests_file::read_tests(&mut fields, reader))),
        "routes/v1" => tests_file::read_routes(&mut fields, reader).map(Document::Routes),
        other => {
            reader.report(
                Finding::error(kind.at, format!("`{other}` is no kind of file that this version knows"))
                    .help(format!("it is one of {KINDS}")),
            );
            return None;
        }
    };
    fields.finish(reader);
    document
}

/// A list of names under a key, or one name.
fn names(fields: &mut Fields<'_>, reader: &mut Reader<'_>, key: &'static str) -> Vec<Name> {
    fields.optional_texts(reader, key)
}
