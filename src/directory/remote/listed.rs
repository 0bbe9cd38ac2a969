//! What was read of a directory for one search or plan, and what it wanted beside that.
//!
//! A search waits for nothing: what is not here counts as nothing and is noted. A run that noted anything is thrown away,
//! and made again once that was read. Notes of one run are bounded, so that going through everybody takes several rounds,
//! and what is read in all of them is, so that nobody goes through a whole district that way.

mod part;
mod wanted;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::census::places::Places;
use super::reading::{Brought, Group, List, Wants};
use super::{Frame, Human};
use crate::policy::census::{By, Census, Rows, User};
use crate::policy::facts::{Facts, Org, Person, Section};
use crate::policy::request::Stored;
use crate::policy::search::Page;
use part::Part;
use wanted::Noted;

/// More people and records than these are not read for one search or plan.
const MOST: usize = 20_000;
/// More classes, which are smaller.
const MOST_SECTIONS: usize = 100_000;
/// Rows of long lists that are read for one.
const MOST_ROWS: usize = 400_000;
/// Found or not there.
type Known<K, T> = HashMap<K, Option<T>>;

/// What was read.
#[derive(Debug)]
pub struct Listed {
    frame: Arc<Frame>,
    tree: Places,
    orgs: HashMap<u32, Arc<Org>>,
    /// Where the page begins among candidates.
    begin: AtomicU64,
    people: Known<Arc<str>, Arc<Human>>,
    people_at: Known<u32, Arc<Human>>,
    sections: Known<Arc<str>, (u32, Arc<Section>)>,
    sections_at: Known<u32, Arc<Section>>,
    sections_of: HashMap<Arc<str>, Vec<u32>>,
    records: HashMap<Arc<str>, Known<Arc<str>, Arc<Stored>>>,
    records_at: Known<u32, (Arc<str>, Arc<Stored>)>,
    parts: HashMap<List, Part>,
    groups: HashMap<Group, Vec<u32>>,
    places: HashMap<Arc<str>, Vec<u32>>,
    /// So many known students were counted, up to so many.
    students: Option<(usize, usize)>,
    noted: Mutex<Noted>,
}

/// More would have to be read than is for one search or plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this goes through more of the directory than is asked for at once: ask about a smaller part of it, or keep the directory as a folder"
)]
pub struct TooMuch;

impl Listed {
    /// How many candidates and entries a page goes through at most: it costs as many look-ups.
    pub const VISITS: usize = 4_096;

    /// Nothing but the frame.
    #[must_use]
    pub fn new(frame: Arc<Frame>) -> Self {
        let placed = || frame.orgs.values().map(|placed| (placed.row, &placed.org));
        let (tree, orgs) = (Places::new(placed()), placed().map(|(row, org)| (row, Arc::clone(org))).collect());
        Self {
            frame,
            tree,
            orgs,
            begin: AtomicU64::new(0),
            people: HashMap::new(),
            people_at: HashMap::new(),
            sections: HashMap::new(),
            sections_at: HashMap::new(),
            sections_of: HashMap::new(),
            records: HashMap::new(),
            records_at: HashMap::new(),
            parts: HashMap::new(),
            groups: HashMap::new(),
            places: HashMap::new(),
            students: None,
            noted: Mutex::default(),
        }
    }

    /// A page as it is gone through here; lists are read from where it begins.
    #[must_use]
    pub fn page(&self, page: Page) -> Page {
        self.begin.store(page.after.map_or(0, |after| after.number().saturating_add(1)), Ordering::Relaxed);
        Page { visits: page.visits.min(Self::VISITS), ..page }
    }

    /// Whether anything is wanted that is not here.
    #[must_use]
    pub fn has_missed(&self) -> bool {
        !self.noted().is_empty()
    }

    /// What was wanted since this was asked last. Nothing: the run that was made counts.
    ///
    /// # Errors
    /// It would be too much.
    pub fn wants(&mut self) -> Result<Wants, TooMuch> {
        let noted = std::mem::take(self.noted.get_mut().unwrap_or_else(PoisonError::into_inner));
        let begin = *self.begin.get_mut();
        let row = u32::try_from(begin & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        let mut wants = noted.wants(if begin >> 32 == 0 { [row, 0] } else { [0, row] });
        for (list, part) in &mut self.parts {
            wants.parts.extend(part.next(list));
        }
        let facts = self.people_at.len().max(self.people.len()) + self.records_at.len();
        let rows: usize = self.parts.values().map(Part::len).sum();
        let many = facts > MOST || self.sections_at.len() > MOST_SECTIONS || rows > MOST_ROWS;
        if many && !wants.is_empty() { Err(TooMuch) } else { Ok(wants) }
    }

    /// Adds what was brought.
    pub fn add(&mut self, wants: Wants, brought: Brought) {
        let Wants { people, people_at, sections, sections_at, sections_of, records, records_at, .. } = wants;
        people.into_iter().for_each(|id| _ = self.people.entry(id).or_default());
        people_at.into_iter().for_each(|row| _ = self.people_at.entry(row).or_default());
        sections.into_iter().for_each(|id| _ = self.sections.entry(id).or_default());
        sections_at.into_iter().for_each(|row| _ = self.sections_at.entry(row).or_default());
        records_at.into_iter().for_each(|row| _ = self.records_at.entry(row).or_default());
        records.into_iter().for_each(|(kind, id)| _ = self.records.entry(kind).or_default().entry(id).or_default());
        for human in brought.people {
            self.people_at.insert(human.row, Some(Arc::clone(&human)));
            self.people.insert(Arc::clone(&human.id), Some(human));
        }
        sections_of.into_iter().for_each(|org| _ = self.sections_of.entry(org).or_default());
        for (row, section) in brought.sections {
            if let Some(rows) = self.sections_of.get_mut(section.school.id())
                && let Err(at) = rows.binary_search(&row)
            {
                rows.insert(at, row);
            }
            self.sections_at.insert(row, Some(Arc::clone(&section)));
            self.sections.insert(Arc::clone(&section.id), Some((row, section)));
        }
        for record in brought.records {
            self.records_at.insert(record.row, Some((Arc::clone(&record.id), Arc::clone(&record.stored))));
            self.records.entry(record.kind).or_default().insert(record.id, Some(record.stored));
        }
        for (part, rows) in wants.parts.into_iter().zip(brought.parts) {
            let known = self.parts.entry(part.list).or_insert_with(|| Part::beginning(part.from));
            known.add(part.from, part.most, rows);
        }
        self.groups.extend(wants.groups.into_iter().zip(brought.groups).map(|(group, mut rows)| {
            rows.sort_unstable();
            rows.dedup();
            (group, rows)
        }));
        for (role, orgs) in wants.places.into_iter().zip(brought.places) {
            let rows: HashSet<u32> = orgs.iter().filter_map(|id| self.org_row(id)).collect();
            let mut rows: Vec<u32> = rows.into_iter().collect();
            rows.sort_unstable();
            self.places.insert(role, rows);
        }
        self.students = wants.students.map(|most| (brought.students, most)).or(self.students);
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn org_id(&self, row: u32) -> Option<Arc<str>> {
        self.orgs.get(&row).map(|org| Arc::from(org.id()))
    }

    fn part(&self, list: List) -> Rows<'_> {
        match self.parts.get(&list) {
            Some(part) => part.rows(),
            None => {
                self.noted().part(list);
                Rows::NONE
            }
        }
    }

    fn group(&self, group: Group) -> Rows<'_> {
        match self.groups.get(&group) {
            Some(rows) => Rows::plain(rows),
            None => {
                self.noted().groups.insert(group);
                Rows::NONE
            }
        }
    }

    fn human(&self, id: &str) -> Option<&Arc<Human>> {
        match self.people.get(id) {
            Some(known) => known.as_ref(),
            None => {
                self.noted().person(id);
                None
            }
        }
    }

    fn numbered(&self, id: &str) -> Option<&(u32, Arc<Section>)> {
        match self.sections.get(id) {
            Some(known) => known.as_ref(),
            None => {
                self.noted().section(id);
                None
            }
        }
    }
}

impl Facts for Listed {
    fn person(&self, id: &str) -> Option<Person<'_>> {
        self.human(id).map(|human| human.person())
    }

    fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.frame.org(id)
    }

    fn section(&self, id: &str) -> Option<&Arc<Section>> {
        self.numbered(id).map(|(_, section)| section)
    }

    fn record(&self, resource_type: &str, id: &str) -> Option<&Stored> {
        let kind = self.frame.record_types.get(resource_type)?;
        match self.records.get(kind).and_then(|known| known.get(id)) {
            Some(known) => known.as_deref(),
            None => {
                self.noted().record(kind, id);
                None
            }
        }
    }
}

impl Census for Listed {
    fn users(&self) -> u32 {
        u32::MAX
    }

    fn user_at(&self, row: u32) -> Option<User<'_>> {
        match self.people_at.get(&row) {
            Some(known) => {
                let human = known.as_deref()?;
                Some(User { id: &human.id, deleted: human.deleted, person: human.person() })
            }
            None => {
                self.noted().person_at(row);
                None
            }
        }
    }

    fn all_users(&self) -> Rows<'_> {
        self.part(List::Users)
    }

    fn user_row(&self, id: &str) -> Option<u32> {
        self.human(id).map(|human| human.row)
    }

    fn orgs(&self) -> u32 {
        self.orgs.keys().max().map_or(0, |last| last.saturating_add(1))
    }

    fn org_at(&self, row: u32) -> Option<&Arc<Org>> {
        self.orgs.get(&row)
    }

    fn org_row(&self, id: &str) -> Option<u32> {
        self.frame.orgs.get(id).map(|placed| placed.row)
    }

    fn subtree(&self, org: u32) -> &[u32] {
        self.tree.subtree(org)
    }

    fn sections(&self) -> u32 {
        u32::MAX
    }

    fn section_at(&self, row: u32) -> Option<&Arc<Section>> {
        match self.sections_at.get(&row) {
            Some(known) => known.as_ref(),
            None => {
                self.noted().section_at(row);
                None
            }
        }
    }

    fn all_sections(&self) -> Rows<'_> {
        self.part(List::Sections)
    }

    fn section_row(&self, id: &str) -> Option<u32> {
        self.numbered(id).map(|(row, _)| *row)
    }

    fn sections_of(&self, org: u32) -> Rows<'_> {
        let Some(id) = self.org_id(org) else { return Rows::NONE };
        match self.sections_of.get(&id) {
            Some(rows) => Rows::plain(rows),
            None => {
                self.noted().sections_of.insert(id);
                Rows::NONE
            }
        }
    }

    fn people_of(&self, org: u32) -> Rows<'_> {
        self.org_id(org).map_or(Rows::NONE, |id| self.part(List::People(id)))
    }

    /// Of more than a few organisations everybody is looked at: to list whom they have would take longer.
    fn people_of_any(&self, orgs: &[u32]) -> Vec<Rows<'_>> {
        const FEW: usize = 8;
        if orgs.len() > FEW {
            return vec![self.all_users()];
        }
        orgs.iter().map(|org| self.people_of(*org)).collect()
    }

    fn has_more_students(&self, than: usize) -> bool {
        match self.students {
            Some((counted, most)) if than <= most => counted > than,
            Some(_) | None => {
                self.noted().students(than);
                false
            }
        }
    }

    fn students_of(&self, section: u32) -> Rows<'_> {
        self.section_at(section).map_or(Rows::NONE, |section| self.group(Group::Students(Arc::clone(&section.id))))
    }

    fn teachers_of(&self, section: u32) -> Rows<'_> {
        self.section_at(section).map_or(Rows::NONE, |section| self.group(Group::Teachers(Arc::clone(&section.id))))
    }

    fn holders(&self, role: &str, org: u32) -> Rows<'_> {
        let holders = |org| self.group(Group::Holders { role: Arc::from(role), org });
        self.org_id(org).map_or(Rows::NONE, holders)
    }

    fn places_of(&self, role: &str) -> Vec<u32> {
        self.places.get(role).cloned().unwrap_or_else(|| {
            self.noted().places.insert(Arc::from(role));
            Vec::new()
        })
    }

    /// What ties them is for whoever decides them.
    fn records(&self, resource_type: &str, _by: By) -> Rows<'_> {
        let kind = self.frame.record_types.get(resource_type);
        kind.map_or(Rows::NONE, |kind| self.part(List::Records(Arc::clone(kind))))
    }

    fn records_by_any(&self, resource_type: &str, by: &[By]) -> Vec<Rows<'_>> {
        by.first().map(|by| self.records(resource_type, *by)).into_iter().collect()
    }

    fn record_at(&self, row: u32) -> Option<(&str, &Stored)> {
        match self.records_at.get(&row) {
            Some(known) => known.as_ref().map(|(id, stored)| (&**id, &**stored)),
            None => {
                self.noted().record_at(row);
                None
            }
        }
    }
}
