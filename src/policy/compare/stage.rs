//! A small made-up directory around one role that somebody holds somewhere, and a record that lies this way or that to it:
//! what a witness request is asked over.

use std::sync::Arc;

use super::super::facts::{Assignment, Enrolment, Facts, Membership, Org, OrgKind, Person, Section};
use super::super::model::IdIs;
use super::super::request::Stored;

/// Where somebody holds a role, seen from where the subject holds theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Seat {
    /// At the same organisation.
    Same,
    /// At the topmost one above.
    Top,
    /// At the school of the record.
    School,
    /// At a school out of the subject's reach.
    There,
}

/// Within reach of the organisation where the subject holds the role, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Here,
    There,
}

/// A student.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pupil {
    Here,
    /// Here, and in the subject's class.
    Taught,
    There,
    /// Nobody whom the directory knows.
    Stranger,
}

/// A class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Here, and the subject teaches it.
    Taught,
    Here,
    /// The subject teaches it, out of reach.
    There,
}

/// Which facts tie the record to places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tie {
    pub(super) school: Option<Spot>,
    pub(super) student: Option<Pupil>,
    pub(super) section: Option<Class>,
}

/// Who made the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    Unsaid,
    Subject,
    Somebody,
    Holder(u32, Seat),
}

/// What the record's id is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    None,
    /// One that nothing else has.
    Record,
    Subject,
    /// A user of the school.
    Managed,
    /// One who holds a role.
    Holder(u32, Seat),
    /// The student, section or school itself, in place of the property.
    Of(IdIs),
    /// Another student, section or school beside the property: out of reach where that one is within it, or the other way.
    Beside(IdIs),
}

impl Spot {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Here => Self::There,
            Self::There => Self::Here,
        }
    }
}

impl Pupil {
    pub(super) fn spot(self) -> Spot {
        if self == Self::There { Spot::There } else { Spot::Here }
    }
}

impl Class {
    pub(super) fn spot(self) -> Spot {
        if self == Self::There { Spot::There } else { Spot::Here }
    }
}

/// Names, where conditions ask for some; empty lists are the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Called {
    pub(super) subject: Option<String>,
    pub(super) student: Option<String>,
    pub(super) maker: Option<String>,
    pub(super) record: Option<String>,
    pub(super) schools: Vec<String>,
    pub(super) sections: Vec<String>,
    pub(super) targets: Vec<String>,
}

/// What is to be made.
#[derive(Clone, Debug)]
pub(super) struct World {
    /// Where the subject holds the role: the kind of organisation, and the level of the school.
    pub(super) kind: OrgKind,
    pub(super) level: Option<String>,
    /// A further role of the subject.
    pub(super) also: Option<(u32, Seat)>,
    pub(super) tie: Tie,
    pub(super) maker: Maker,
    pub(super) referred: bool,
    pub(super) id: Id,
    pub(super) called: Called,
}

/// Somebody.
#[derive(Clone, Debug, Default)]
pub struct Player {
    /// The id.
    pub id: String,
    /// Whether they are a student.
    pub student: bool,
    /// What they hold.
    pub assignments: Vec<Assignment>,
    /// What they teach.
    pub teaches: Vec<Enrolment>,
    /// What they attend.
    pub attends: Vec<Enrolment>,
    /// Where they belong.
    pub orgs: Vec<Membership>,
}

/// A made-up directory.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The organisations.
    pub orgs: Vec<Arc<Org>>,
    /// The classes.
    pub sections: Vec<Arc<Section>>,
    /// The people; the first one asks.
    pub people: Vec<Player>,
}

/// A stage, and the facts of the record that stands on it.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) subject: String,
    pub(super) id: String,
    pub(super) of: Stored,
}

impl Stage {
    /// What the subject holds before anything else.
    pub(super) fn held(&self) -> Option<&Assignment> {
        self.people.first()?.assignments.first()
    }
}

impl Facts for Stage {
    fn person(&self, id: &str) -> Option<Person<'_>> {
        let player = self.people.iter().find(|player| player.id == id)?;
        Some(Person {
            active: true,
            student: player.student,
            assignments: &player.assignments,
            teaches: &player.teaches,
            attends: &player.attends,
            orgs: &player.orgs,
            properties: &[],
        })
    }

    fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.orgs.iter().find(|org| org.id() == id)
    }

    fn section(&self, id: &str) -> Option<&Arc<Section>> {
        self.sections.iter().find(|section| *section.id == *id)
    }

    fn record(&self, _resource_type: &str, _id: &str) -> Option<&Stored> {
        None
    }
}
