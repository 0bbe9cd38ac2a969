//! The directory folder: who there is, where they belong, what they teach and attend, and which roles they hold, read
//! from a OneRoster 1.1 or 1.2 set of CSV files with `role_assignments.csv` and `records.csv` beside it.
//!
//! A [`Roster`] is immutable, and compact enough to hold a large district whole. It says what the files say; what that
//! means for a decision stands in `policy`. Finding the files, watching and hashing them is for others.

mod census;
mod enrolments;
mod files;
#[cfg(feature = "server")]
pub mod generate;
mod holders;
#[cfg(feature = "server")]
mod lint;
mod manifest;
mod names;
mod orgs;
mod people;
#[cfg(feature = "server")]
pub mod postgres;
mod records;
#[cfg(feature = "server")]
pub mod remote;
mod sections;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod tree;
mod users;
mod window;
#[cfg(feature = "server")]
pub mod zip;

#[cfg(feature = "server")]
use std::cell::RefCell;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use files::{Open, at_hand};
pub use tally::{Kind, Rows as FileRows, Tally};

use crate::policy::census::{By, Census, Rows, User};
use crate::policy::facts::{Assignment, Facts, Org, Person, Section};
use crate::policy::request::Stored;
use crate::policy::source::{Finding, Place, Source};
use census::Lists;
use files::Files;
use names::Book;
use people::People;
use records::Records;

/// Every file of a folder that is read.
const FILES: [&str; 10] = [
    "academicSessions.csv",
    "classes.csv",
    "courses.csv",
    "enrollments.csv",
    "manifest.csv",
    "orgs.csv",
    "records.csv",
    holders::FILE,
    "roles.csv",
    "users.csv",
];

/// Whether a folder's file of this name is read; all others are left alone.
#[must_use]
pub fn wanted(name: &str) -> bool {
    FILES.contains(&name)
}

/// All that a directory folder says.
#[derive(Debug)]
pub struct Roster {
    orgs: Book<Arc<Org>>,
    sections: Book<Arc<Section>>,
    people: People,
    records: Records,
    lists: Lists,
    zone: Option<TimeZone>,
}

/// A roster, and what was left out of it.
#[derive(Debug)]
pub struct Loaded {
    /// The roster.
    pub roster: Roster,
    /// Rows and values that don't count, each with its place. Of one file at most 1,000 are listed.
    pub warnings: Vec<Finding>,
}

/// How much a roster holds. Deleted and skipped rows don't count, deleted users do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Organisations.
    pub orgs: usize,
    /// Users.
    pub people: usize,
    /// Classes.
    pub sections: usize,
    /// Enrolments of students and teachers.
    pub enrolments: usize,
    /// Role assignments.
    pub assignments: usize,
    /// Records.
    pub records: usize,
}

impl Roster {
    /// Reads a set of files at hand; files that aren't [`wanted`] are ignored. `declared` names the properties X of
    /// users to keep, from columns `metadata.X`.
    ///
    /// # Errors
    /// Whatever refuses the set as a whole: a required file or column that is missing, a file that isn't CSV in UTF-8,
    /// two rows with one `sourcedId`, no organisation.
    pub fn load(files: &[Source], declared: &[&str]) -> Result<Loaded, Vec<Finding>> {
        let names: Vec<Arc<str>> = files.iter().map(|file| Arc::clone(&file.name)).collect();
        Self::read(&names, &at_hand(files), declared)
    }

    /// The same, for files that are read as they are parsed, so that a large set is never in memory as text. A file is
    /// opened a second time where two of its ids look the same.
    ///
    /// # Errors
    /// As [`Roster::load`]; also a file that can't be opened or read.
    pub fn read(names: &[Arc<str>], open: &Open<'_>, declared: &[&str]) -> Result<Loaded, Vec<Finding>> {
        let files = Files::new(names, open);
        let roster = Self::parse(&files, declared);
        Ok(Loaded { warnings: files.verdict()?, roster: roster.unwrap_or_default() })
    }

    /// The same with every finding counted by kind, and with many more that never keep a set from being read: what the
    /// standard asks for, what can't be meant, and what must not lie there. `None` where the set is refused.
    #[cfg(feature = "server")]
    pub fn check(names: &[Arc<str>], open: &Open<'_>, declared: &[&str], tally: &RefCell<Tally>) -> Option<Self> {
        let roster = Self::parse(&Files::new(names, open).tallied(tally, false), declared);
        lint::lint(&Files::new(names, open).tallied(tally, true));
        roster
    }

    /// Reads a set; `None` where it is refused.
    fn parse(files: &Files<'_>, declared: &[&str]) -> Option<Self> {
        manifest::check(files);
        let orgs = orgs::read(files);
        let sections = sections::read(files, &orgs);
        let mut users = users::read(files, &orgs, declared);
        users::read_roles(files, &orgs, &mut users);
        let holdings = holders::read(files, &orgs, &users);
        let records = records::read(files);
        let enrolments = enrolments::read(files, &sections, &mut users);
        if !files.accepted() {
            return None;
        }
        let people = People::pack(users, holdings, enrolments, &orgs.book);
        let lists = Lists::new(&orgs.book, &sections, &people, &records);
        Some(Self { orgs: orgs.book, sections, people, records, lists, zone: orgs.zone })
    }

    /// `metadata.timeZone` of the district's root, where it is given and is one.
    #[must_use]
    pub fn time_zone(&self) -> Option<&TimeZone> {
        self.zone.as_ref()
    }

    /// All role assignments, those of a person together, each with its holder and the place of its role, so that they can
    /// be read against a policy.
    pub fn assignments(&self) -> impl Iterator<Item = (&str, &Assignment, Place)> {
        let file: Arc<str> = Arc::from(holders::FILE);
        self.people.assignments().map(move |(user, assignment, (line, column))| {
            let width = names::small(assignment.role.chars().count().max(1));
            (user, assignment, Place { file: Arc::clone(&file), line, column, width })
        })
    }

    /// How much the roster holds.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            orgs: self.orgs.iter().count(),
            people: self.people.len(),
            sections: self.sections.iter().count(),
            enrolments: self.people.enrolments(),
            assignments: self.people.assignments().count(),
            records: self.records.len(),
        }
    }
}

impl Default for Roster {
    /// A roster of nobody.
    fn default() -> Self {
        let (orgs, sections) = (Book::new("orgs.csv"), Book::new("classes.csv"));
        Self {
            orgs,
            sections,
            people: People::default(),
            records: Records::default(),
            lists: Lists::default(),
            zone: None,
        }
    }
}

impl Facts for Roster {
    fn person(&self, id: &str) -> Option<Person<'_>> {
        self.people.find(id)
    }

    fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.orgs.live(id)
    }

    fn section(&self, id: &str) -> Option<&Arc<Section>> {
        self.sections.live(id)
    }

    fn record(&self, resource_type: &str, id: &str) -> Option<&Stored> {
        self.records.find(resource_type, id)
    }
}

impl Census for Roster {
    fn users(&self) -> u32 {
        names::small(self.people.len())
    }

    fn user_at(&self, row: u32) -> Option<User<'_>> {
        self.people.at(row)
    }

    fn user_row(&self, id: &str) -> Option<u32> {
        self.people.row(id)
    }

    fn orgs(&self) -> u32 {
        names::small(self.orgs.len())
    }

    fn org_at(&self, row: u32) -> Option<&Arc<Org>> {
        self.orgs.at(row)
    }

    fn org_row(&self, id: &str) -> Option<u32> {
        self.orgs.live_row(id)
    }

    fn subtree(&self, org: u32) -> &[u32] {
        self.lists.subtree(org)
    }

    fn sections(&self) -> u32 {
        names::small(self.sections.len())
    }

    fn section_at(&self, row: u32) -> Option<&Arc<Section>> {
        self.sections.at(row)
    }

    fn section_row(&self, id: &str) -> Option<u32> {
        self.sections.live_row(id)
    }

    fn sections_of(&self, org: u32) -> Rows<'_> {
        self.lists.sections.get(org)
    }

    fn people_of(&self, org: u32) -> Rows<'_> {
        self.lists.people.get(org)
    }

    fn students_of(&self, section: u32) -> Rows<'_> {
        self.lists.classes.students.get(section)
    }

    fn teachers_of(&self, section: u32) -> Rows<'_> {
        self.lists.classes.teachers.get(section)
    }

    fn holders(&self, role: &str, org: u32) -> Rows<'_> {
        self.lists.holders(role, org)
    }

    fn places_of(&self, role: &str) -> Vec<u32> {
        self.lists.places_of(role)
    }

    fn records(&self, resource_type: &str, by: By) -> Rows<'_> {
        self.lists.records(resource_type, by)
    }

    fn record_at(&self, row: u32) -> Option<(&str, &Stored)> {
        self.records.numbered(row)
    }
}
