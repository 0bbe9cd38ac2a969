//! What the files of a set mean together: every name resolved, every set, include and `all` written out.
//!
//! The catalogue stands in `catalogue`, named sets in `topics`, roles and their rights in `roles`, conditions and
//! deny rules in `rules`, routes in `routes`. Whatever is wrong is collected, so that an author sees it all at once.

mod catalogue;
mod includes;
mod order;
pub(crate) mod roles;
mod routes;
mod rules;
mod topics;

use std::sync::Arc;

use super::code::Code;
use super::condition::Condition;
use super::document::{Acting, Document, Read, RoleSheet, TestCase, any_error};
use super::fields::{Name, nearest, shown};
use super::lint;
use super::routes::Routes;
use super::source::{Finding, Place};
use super::yaml::whole;
pub(crate) use catalogue::{Catalogue, TypeModel};
pub(crate) use includes::Through;
pub(crate) use roles::{Grant, RoleModel};
pub(crate) use rules::Governance;

/// What kind of record a topic keeps, and so which facts tie it to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// A student's: their schools, `school` and the school of `section`.
    Student,
    /// A school's: `school` alone.
    School,
    /// The district's own.
    District,
    /// A managed user's: `school`, else the user's organisations.
    User,
    /// Tied to nothing.
    Open,
}

/// What the id of a resource is besides, where the catalogue says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdIs {
    /// The student: the property `student`.
    Student,
    /// The class: the property `section`.
    Section,
    /// The school: the property `school`.
    School,
    /// The managed user.
    User,
}

/// How far a grant reaches from the organisation at which its role is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Records of the subtree.
    Org,
    /// Records of sections that the subject teaches.
    Section,
    /// Records of the subtree that the subject made.
    Own,
    /// Records referred to the subtree.
    Referred,
}

impl Reach {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Org, Self::Section, Self::Own, Self::Referred];

    /// The one that is written so.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reach| reach.name() == name)
    }

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Org => "org",
            Self::Section => "section",
            Self::Own => "own",
            Self::Referred => "referred",
        }
    }

    /// In words, with its name.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Org => "at the organisation where it is held, and below (org)",
            Self::Section => "in sections that the holder teaches (section)",
            Self::Own => "on records that the holder made (own)",
            Self::Referred => "on what is referred to the organisation where it is held (referred)",
        }
    }
}

/// A rule that overrides every grant.
#[derive(Debug)]
pub(crate) struct DenyRule {
    pub(crate) id: String,
    /// Where its id stands.
    pub(crate) at: Place,
    pub(crate) cells: Vec<usize>,
    pub(crate) condition: Option<usize>,
    /// Roles whose holders it spares.
    pub(crate) unless: Vec<usize>,
    /// Why there is such a rule.
    pub(crate) because: String,
}

/// Kinds of places of which nobody should hold roles at more than one: advice of an application, with its reason.
#[derive(Debug)]
pub(crate) struct Apart {
    pub(crate) application: usize,
    pub(crate) kinds: Vec<String>,
    pub(crate) because: String,
}

/// A whole set.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) catalogue: Catalogue,
    pub(crate) roles: Vec<RoleModel>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) denies: Vec<DenyRule>,
    pub(crate) apart: Vec<Apart>,
    pub(crate) tests: Vec<TestCase>,
    pub(crate) routes: Routes,
}

/// Resolves a set of files that were read.
///
/// # Errors
/// Everything that is wrong with it, in the order of the files.
pub(crate) fn build(files: &[Arc<Read>]) -> Result<(Model, Vec<Finding>), Vec<Finding>> {
    let mut findings: Vec<Finding> = files.iter().flat_map(|file| file.findings()).cloned().collect();
    let model = resolve(files, &mut findings);
    if !any_error(&findings) {
        let lacking = lacking(&model, files);
        findings.extend(lacking.map_or_else(|| lint::all(&model), |lacking| vec![lacking]));
    }
    lint::plain(&mut findings);
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    if any_error(&findings) { Err(findings) } else { Ok((model, findings)) }
}

/// A set that lacks a whole kind of file.
fn lacking(model: &Model, files: &[Arc<Read>]) -> Option<Finding> {
    let place = whole(files.first().map_or(&"policies".into(), |file| &file.name));
    if model.catalogue.applications.is_empty() {
        let finding = Code::IncompleteSet.at(place, "the set has no application, so there is nothing to do");
        Some(finding.help("add a `hallpass: application/v1` file"))
    } else if model.roles.is_empty() {
        let finding = Code::IncompleteSet.at(place, "the set has no role, so nobody could do anything");
        Some(finding.help("add a `hallpass: role/v1` file"))
    } else {
        None
    }
}

/// Resolves what could be read. What may stand in a file that could not be is not reported as missing.
fn resolve(files: &[Arc<Read>], findings: &mut Vec<Finding>) -> Model {
    let (mut applications, mut role_docs, mut model, mut routes) =
        (Vec::new(), Vec::new(), Model::default(), Vec::new());
    let whole = files.iter().all(|file| file.document.is_some());
    for document in files.iter().filter_map(|file| file.document.as_ref()) {
        match document {
            Document::Application(doc) => applications.push(doc),
            Document::Role(doc) => role_docs.push(&**doc),
            Document::Tests(doc) => model.tests.extend_from_slice(&doc.cases),
            Document::Routes(doc) => routes.push(doc.clone()),
        }
    }
    model.catalogue = catalogue::build(&applications, findings);
    let scopes = topics::scopes(&applications, &model.catalogue, findings);
    let ids = roles::resolve(role_docs, &scopes, whole, &mut model, findings);
    rules::denies(&applications, &scopes, &ids, &mut model, findings);
    acting(&model.tests, &ids, findings);
    model.routes = routes::resolve(routes, &scopes, whole, &model.catalogue, findings);
    model
}

/// Tests are asked in roles that there are.
fn acting(tests: &[TestCase], ids: &roles::Ids, findings: &mut Vec<Finding>) {
    for Acting { role, at } in tests.iter().filter_map(|case| case.acting.as_ref()) {
        // Whether it is there is all that is asked; which one it is comes later.
        _ = ids.find(&Name { text: role.clone(), at: at.clone() }, findings);
    }
}

/// A report that a name means nothing, with the nearest one that does.
fn unknown<'n>(name: &Name, what: &str, names: impl Iterator<Item = &'n str>) -> Finding {
    let finding = Code::UnknownName.at(name.at.clone(), format!("there is no {what} `{}`", shown(&name.text)));
    match nearest(&name.text, names) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    }
}

/// The same with advice, where there is none yet.
fn advised(finding: Finding, help: &str) -> Finding {
    if finding.help.is_some() { finding } else { finding.help(help) }
}

fn line_of(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// A role's row for people.
pub(crate) type Sheet = RoleSheet;
