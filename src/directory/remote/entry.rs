//! What is looked up one by one: people, sections, records. An entry stands by itself and borrows from nothing.

use std::sync::Arc;

use crate::policy::facts::{Assignment, Enrolment, Membership, Person, Section};
use crate::policy::request::{Stored, Value};

/// What is looked up. Ids are compared byte for byte, and no key is a text made of parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A user, by `sourcedId`.
    Person(Arc<str>),
    /// A class, by `sourcedId`.
    Section(Arc<str>),
    /// A record of `records`, by resource type and id.
    Record {
        /// The resource type.
        kind: Arc<str>,
        /// The record's own id.
        id: Arc<str>,
    },
}

/// What the directory has to say to a key; `None` within says that it knows nothing under it.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A user.
    Person(Option<Arc<Human>>),
    /// A class.
    Section(Option<Arc<Section>>),
    /// A record's stored properties.
    Record(Option<Arc<Stored>>),
}

/// A user with everything that is theirs.
#[derive(Clone, Debug)]
pub struct Human {
    /// The `sourcedId`.
    pub id: Arc<str>,
    /// The number that orders users in searches; stable for as long as the user's row is there.
    pub row: u32,
    /// The row is deleted.
    pub deleted: bool,
    /// See [`Person::active`].
    pub active: bool,
    /// See [`Person::student`].
    pub student: bool,
    /// See [`Person::assignments`].
    pub assignments: Box<[Assignment]>,
    /// See [`Person::teaches`]: sorted by the section's key.
    pub teaches: Box<[Enrolment]>,
    /// See [`Person::attends`]: sorted by the section's key.
    pub attends: Box<[Enrolment]>,
    /// See [`Person::orgs`].
    pub orgs: Box<[Membership]>,
    /// See [`Person::properties`].
    pub properties: Box<[(String, Value)]>,
}

impl Human {
    /// The facts, as deciding wants them.
    #[must_use]
    pub fn person(&self) -> Person<'_> {
        let Self { id: _, row: _, deleted: _, active, student, assignments, teaches, attends, orgs, properties } = self;
        Person { active: *active, student: *student, assignments, teaches, attends, orgs, properties }
    }
}
