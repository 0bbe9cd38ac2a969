//! What a run wanted and did not find. Of each kind a few hundred are noted: then the next round goes on from there.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::super::reading::{Group, List, Part, Wants};
use super::part::FIRST_PART;

/// Of each kind so many.
const MOST: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Noted {
    people: HashSet<Arc<str>>,
    people_at: HashSet<u32>,
    sections: HashSet<Arc<str>>,
    sections_at: HashSet<u32>,
    pub(super) sections_of: HashSet<Arc<str>>,
    records: HashSet<(Arc<str>, Arc<str>)>,
    records_at: HashSet<u32>,
    parts: HashSet<List>,
    pub(super) groups: HashSet<Group>,
    pub(super) places: HashSet<Arc<str>>,
    students: Option<usize>,
}

impl Noted {
    pub(super) fn person(&mut self, id: &str) {
        note(&mut self.people, || Arc::from(id));
    }

    pub(super) fn person_at(&mut self, row: u32) {
        note(&mut self.people_at, || row);
    }

    pub(super) fn section(&mut self, id: &str) {
        note(&mut self.sections, || Arc::from(id));
    }

    pub(super) fn section_at(&mut self, row: u32) {
        note(&mut self.sections_at, || row);
    }

    pub(super) fn record(&mut self, kind: &Arc<str>, id: &str) {
        note(&mut self.records, || (Arc::clone(kind), Arc::from(id)));
    }

    pub(super) fn record_at(&mut self, row: u32) {
        note(&mut self.records_at, || row);
    }

    pub(super) fn part(&mut self, list: List) {
        self.parts.insert(list);
    }

    pub(super) fn students(&mut self, than: usize) {
        self.students = self.students.max(Some(than));
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { people, people_at, sections, sections_at, sections_of, records, records_at, .. } = self;
        let Self { parts, groups, places, students, .. } = self;
        let nobody = people.is_empty() && people_at.is_empty() && sections.is_empty() && sections_at.is_empty();
        let nothing = sections_of.is_empty() && records.is_empty() && records_at.is_empty();
        nobody && nothing && parts.is_empty() && groups.is_empty() && places.is_empty() && students.is_none()
    }

    /// All of it; lists that nothing is known of begin where the page does.
    pub(super) fn wants(self, [begin, among_records]: [u32; 2]) -> Wants {
        let part = |list: List| {
            let from = if matches!(list, List::Records(_)) { among_records } else { begin };
            Part { list, from, most: FIRST_PART }
        };
        Wants {
            people: self.people.into_iter().collect(),
            people_at: self.people_at.into_iter().collect(),
            sections: self.sections.into_iter().collect(),
            sections_at: self.sections_at.into_iter().collect(),
            sections_of: self.sections_of.into_iter().collect(),
            records: self.records.into_iter().collect(),
            records_at: self.records_at.into_iter().collect(),
            parts: self.parts.into_iter().map(part).collect(),
            groups: self.groups.into_iter().collect(),
            places: self.places.into_iter().collect(),
            students: self.students,
        }
    }
}

fn note<T: Eq + Hash>(noted: &mut HashSet<T>, what: impl FnOnce() -> T) {
    if noted.len() < MOST {
        noted.insert(what());
    }
}
