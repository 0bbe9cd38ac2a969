//! What a directory knows about those a request names, as plain values.
//!
//! Nothing here holds an id of some snapshot's own: a folder of CSV files and a remote database supply the same
//! values. What they *mean* (who is known, what is in effect, what lies in a subtree) stands in the sibling module `reach`.

use std::sync::Arc;

use super::day::{Day, Period};
use super::key::{Key, key};
use super::request::{Stored, Value};

/// Looks up what is already at hand: no I/O, no waiting, the same answer for as long as one decision takes.
pub trait Facts {
    /// The user with this `sourcedId`: `None` where the directory knows none (deleted counts as unknown, but see [`Person::student`]).
    fn person(&self, id: &str) -> Option<Person<'_>>;
    /// The organisation with this `sourcedId`, deleted ones excepted.
    fn org(&self, id: &str) -> Option<&Arc<Org>>;
    /// The class with this `sourcedId`, deleted ones excepted.
    fn section(&self, id: &str) -> Option<&Arc<Section>>;
    /// The stored properties of a record, by resource type and id.
    fn record(&self, resource_type: &str, id: &str) -> Option<&Stored>;
}

/// One user: who they are, which roles they hold, what they teach and attend.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// Neither deleted nor disabled: may be the subject of a request.
    pub active: bool,
    /// Stands in users.csv with a student's row or student enrolments, deleted or not.
    pub student: bool,
    /// Role assignments whose rows are active, in or out of their dates; none for a deleted user.
    pub assignments: &'a [Assignment],
    /// Teacher enrolments whose row, class and school are active, sorted by the section's key.
    pub teaches: &'a [Enrolment],
    /// Student enrolments whose row, class and school are active, sorted by the section's key.
    pub attends: &'a [Enrolment],
    /// Organisations by users.csv and roles.csv.
    pub orgs: &'a [Membership],
    /// Declared `metadata.` columns of users.csv.
    pub properties: &'a [(String, Value)],
}

impl Person<'_> {
    /// Somebody of whom nothing is known.
    pub(super) const NOBODY: Self = Self {
        active: false,
        student: false,
        assignments: &[],
        teaches: &[],
        attends: &[],
        orgs: &[],
        properties: &[],
    };
}

/// A role held at an organisation.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The role's id, as the directory spells it.
    pub role: Arc<str>,
    /// [`key`] of the role's id.
    pub role_key: Key,
    /// When it counts.
    pub period: Period,
    /// Where it is held: it reaches the subtree of this organisation.
    pub org: Arc<Org>,
}

/// A user's part in a section, as teacher or student.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// [`key`] of the section's id, so that two lists are compared without looking into the sections.
    pub section_key: Key,
    /// When the enrolment itself counts; the section's terms bound it further.
    pub period: Period,
    /// The section.
    pub section: Arc<Section>,
}

impl Enrolment {
    /// Whether the enrolment and a term of its section are in effect.
    #[must_use]
    pub fn in_effect(&self, today: Day) -> bool {
        self.period.contains(today) && self.section.in_effect(today)
    }
}

/// An organisation that a user belongs to by users.csv or roles.csv.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The organisation.
    pub org: Arc<Org>,
    /// When it counts.
    pub period: Period,
    /// Counts among a student's schools: users.csv's own columns, and roles.csv rows with role student.
    pub as_student: bool,
}

/// What an organisation is, as far as deciding goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgKind {
    /// A school.
    School,
    /// A district.
    District,
    /// Anything else: local district, department, state.
    Other,
}

/// An organisation and its way up the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// What it is.
    pub kind: OrgKind,
    /// `metadata.level`: elementary, secondary, option, cds, nps, where given.
    pub level: Option<Arc<str>>,
    /// Ids from the organisation itself up to the topmost above it, each with its [`key`]; never empty.
    path: Box<[(Key, Arc<str>)]>,
    /// Whether it is the district's root: the nearest of kind district above it (itself included), else the topmost.
    root: bool,
}

impl Org {
    /// An organisation from the ids and kinds on its way up, itself first; `whole` says that the way ends at an
    /// organisation with nothing above it, and not where the one above is deleted or unknown: such an orphan is no
    /// district's root, or losing a row would widen what is held below it. `None` where `path` is empty.
    #[must_use]
    pub fn new(path: &[(Arc<str>, OrgKind)], whole: bool, level: Option<Arc<str>>) -> Option<Self> {
        let (_, kind) = path.first()?;
        let district = path.iter().position(|(_, kind)| *kind == OrgKind::District);
        let root = district.or(whole.then_some(path.len() - 1));
        let path = path.iter().map(|(id, _)| (key(id), Arc::clone(id))).collect();
        Some(Self { kind: *kind, level, path, root: root == Some(0) })
    }

    /// The organisation's `sourcedId`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.path.first().map_or("", |(_, id)| id)
    }

    /// Whether it lies in the subtree of `other`: is it, or hangs below it.
    #[must_use]
    pub fn lies_in(&self, other: &Self) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        let Some((key, id)) = other.path.first() else { return false };
        self.path.iter().any(|(k, i)| k == key && i == id)
    }

    /// The ids of the organisations above it, nearest first.
    pub fn above(&self) -> impl Iterator<Item = &str> {
        self.path.iter().skip(1).map(|(_, id)| &**id)
    }

    /// Whether it is the root of its district.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.root
    }
}

/// A class of the roster.
#[derive(Clone, Debug)]
pub struct Section {
    /// The class's `sourcedId`.
    pub id: Arc<str>,
    /// The school that holds the class.
    pub school: Arc<Org>,
    /// The terms that the class names, as far as they are known and active; `None` where it names none.
    pub terms: Option<Box<[Period]>>,
}

impl Section {
    /// Whether a term of the class is in effect, or it names none.
    #[must_use]
    pub fn in_effect(&self, today: Day) -> bool {
        self.terms.as_ref().is_none_or(|terms| terms.iter().any(|term| term.contains(today)))
    }
}
