//! What a directory can list: everybody and everything by row number, and who stands under what, so that searches and
//! plans go by index and not through everybody.
//!
//! Lists are supersets where they say so: they know nothing of days, so whoever reads one decides each entry.

mod rows;

use std::sync::Arc;

use super::facts::{Facts, Org, Person, Section};
use super::request::Stored;
pub use rows::{Grouped, Packed, Rows, Wanted};

/// A directory that can be gone through. Rows are numbers from 0 of users, organisations, sections and records each; they
/// order what is listed, and are good for this directory alone. Not every number is somebody's.
pub trait Census: Facts {
    /// Above all rows of users, deleted ones included.
    fn users(&self) -> u32;
    /// A user: `None` where no user has the row.
    fn user_at(&self, row: u32) -> Option<User<'_>>;
    /// The rows of all users, deleted ones included.
    fn all_users(&self) -> Rows<'_> {
        Rows::below(self.users())
    }
    /// The row of a user, deleted ones included.
    fn user_row(&self, id: &str) -> Option<u32>;

    /// Above all rows of organisations, deleted ones included.
    fn orgs(&self) -> u32;
    /// An organisation; `None` where no organisation has the row, or it is deleted.
    fn org_at(&self, row: u32) -> Option<&Arc<Org>>;
    /// The rows of all organisations; deleted ones may be among them.
    fn all_orgs(&self) -> Rows<'_> {
        Rows::below(self.orgs())
    }
    /// The row of an organisation that is not deleted.
    fn org_row(&self, id: &str) -> Option<u32>;
    /// The rows of the organisations in a subtree, its top first; not in the order of rows.
    fn subtree(&self, org: u32) -> &[u32];

    /// Above all rows of sections, deleted ones included.
    fn sections(&self) -> u32;
    /// A section; `None` where no section has the row, or it is deleted or was skipped.
    fn section_at(&self, row: u32) -> Option<&Arc<Section>>;
    /// The rows of all sections; deleted ones may be among them.
    fn all_sections(&self) -> Rows<'_> {
        Rows::below(self.sections())
    }
    /// The row of a section that is in use.
    fn section_row(&self, id: &str) -> Option<u32>;
    /// The sections that an organisation holds itself.
    fn sections_of(&self, org: u32) -> Rows<'_>;

    /// Users who belong to an organisation or attend a section that it holds itself, whatever the dates: the students of
    /// a school are among those of them that are students. A student without any school stands under none.
    fn people_of(&self, org: u32) -> Rows<'_>;
    /// The same of several organisations; others may be among them.
    fn people_of_any(&self, orgs: &[u32]) -> Vec<Rows<'_>> {
        orgs.iter().map(|org| self.people_of(*org)).collect()
    }
    /// Whether more known students are there than so many, as far as that is known without going through them.
    fn has_more_students(&self, _than: usize) -> bool {
        false
    }
    /// Users who attend a section, whatever the dates.
    fn students_of(&self, section: u32) -> Rows<'_>;
    /// Users who teach a section, whatever the dates.
    fn teachers_of(&self, section: u32) -> Rows<'_>;
    /// Users who hold a role at an organisation itself, whatever the dates.
    fn holders(&self, role: &str, org: u32) -> Rows<'_>;
    /// Organisations at which somebody holds a role, whatever the dates.
    fn places_of(&self, role: &str) -> Vec<u32>;

    /// Records of a resource type.
    fn records(&self, resource_type: &str, by: By) -> Rows<'_>;
    /// The same by any of several; others of the type may be among them.
    fn records_by_any(&self, resource_type: &str, by: &[By]) -> Vec<Rows<'_>> {
        by.iter().map(|by| self.records(resource_type, *by)).collect()
    }
    /// A record's id and its stored properties.
    fn record_at(&self, row: u32) -> Option<(&str, &Stored)>;
}

/// A user in the census.
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    /// The `sourcedId`.
    pub id: &'a str,
    /// The row is deleted: they are nobody, except that a student stays known.
    pub deleted: bool,
    /// What the directory knows of them.
    pub person: Person<'a>,
}

/// By what records are listed. What stands here is what is *stored*: a property that a request gives ties no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// All of the type.
    Type,
    /// Its `school`, one of the alternatives, is this organisation.
    School(u32),
    /// It has no `school`.
    NoSchool,
    /// It is tied to this organisation by the first that it has of: `school`, its section's, its known student's
    /// (whatever the dates).
    Place(u32),
    /// It has neither `school` nor `section` nor a known student.
    NoPlace,
    /// It is tied to this section by its `section`, one of the alternatives, else by its known student, who attends it
    /// (whatever the dates).
    Section(u32),
    /// It has neither a `section` nor a known student.
    NoSection,
    /// This user made it.
    Maker(u32),
    /// It is referred to this organisation, one of the alternatives.
    Referred(u32),
}
