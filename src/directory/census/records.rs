//! Which records are tied to what: see [`By`].

use std::sync::Arc;

use super::super::names::Book;
use super::super::people::People;
use super::super::records::Records;
use super::{place, schools_of};
use crate::policy::census::{By, Grouped};
use crate::policy::facts::{Org, Person, Section};
use crate::policy::request::Stored;

/// Lists the records by type and by what ties them.
pub(super) fn list(
    records: &Records,
    types: &[Arc<str>],
    orgs: &Book<Arc<Org>>,
    sections: &Book<Arc<Section>>,
    people: &People,
) -> Grouped<(u32, By)> {
    let ties = Ties { orgs, sections, people };
    let mut entries = Vec::new();
    for ((kind, stored), row) in records.iter().zip(0..) {
        if let Some(kind) = place(types, kind) {
            entries.extend(ties.of(stored).into_iter().map(|by| ((kind, by), row)));
        }
    }
    Grouped::new(entries)
}

struct Ties<'a> {
    orgs: &'a Book<Arc<Org>>,
    sections: &'a Book<Arc<Section>>,
    people: &'a People,
}

impl Ties<'_> {
    fn of(&self, stored: &Stored) -> Vec<By> {
        let student = stored.student.as_deref().and_then(|id| self.people.find(id)).filter(|person| person.student);
        let mut found = vec![By::Type];
        match &stored.school {
            Some(schools) => found.extend(self.orgs(schools).map(By::School)),
            None => found.push(By::NoSchool),
        }
        found.extend(self.places(stored, student.as_ref()));
        found.extend(self.taught(stored, student.as_ref()));
        found.extend(stored.created_by.as_deref().and_then(|id| self.people.row(id)).map(By::Maker));
        found.extend(stored.referred_to.iter().flat_map(|ids| self.orgs(ids)).map(By::Referred));
        found
    }

    fn places(&self, stored: &Stored, student: Option<&Person<'_>>) -> Vec<By> {
        match (&stored.school, &stored.section, student) {
            (Some(schools), ..) => self.orgs(schools).map(By::Place).collect(),
            (None, Some(sections), _) => {
                let schools =
                    sections.iter().filter_map(|id| self.sections.live(id)).map(|section| section.school.id());
                schools.filter_map(|id| self.orgs.live_row(id)).map(By::Place).collect()
            }
            (None, None, Some(student)) => {
                schools_of(student).filter_map(|school| self.orgs.live_row(school.id())).map(By::Place).collect()
            }
            (None, None, None) => vec![By::NoPlace],
        }
    }

    fn taught(&self, stored: &Stored, student: Option<&Person<'_>>) -> Vec<By> {
        let row = |id: &str| self.sections.live_row(id).map(By::Section);
        match (&stored.section, student) {
            (Some(sections), _) => sections.iter().filter_map(|id| row(id)).collect(),
            (None, Some(student)) => student.attends.iter().filter_map(|attended| row(&attended.section.id)).collect(),
            (None, None) => vec![By::NoSection],
        }
    }

    fn orgs<'i>(&'i self, ids: &'i [String]) -> impl Iterator<Item = u32> + 'i {
        ids.iter().filter_map(|id| self.orgs.live_row(id))
    }
}
