//! What the directory has to say to a plan: who lies in which subtree, as lists of rows and ids, found by index and kept
//! while the plan is made.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::among::Among;
use super::draft::{Draft, Sketch};
use super::row::Columns;
use super::test::{Classes, Column, Test};
use crate::policy::census::Census;
use crate::policy::compiled::Policy;
use crate::policy::day::Day;
use crate::policy::facts::{Enrolment, Org, OrgKind, Person};
use crate::policy::reach::{attends, attends_in, belongs_in, holds};

/// Ids of some kind.
pub(super) type Ids = Among<Arc<str>>;

/// The directory on a day, for columns.
pub(super) struct World<'a, C> {
    pub(super) policy: &'a Policy,
    pub(super) census: &'a C,
    pub(super) today: Day,
    columns: &'a Columns,
    orgs: RefCell<HashMap<Arc<str>, Ids>>,
    sections: RefCell<HashMap<Arc<str>, Ids>>,
    within: RefCell<HashMap<(Arc<str>, Column), Sketch>>,
    strangers: OnceCell<Ids>,
}

impl<'a, C: Census> World<'a, C> {
    pub(super) fn new(policy: &'a Policy, census: &'a C, today: Day, columns: &'a Columns) -> Self {
        let (orgs, sections, within) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { policy, census, today, columns, orgs, sections, within, strangers: OnceCell::new() }
    }

    /// The organisations of a subtree.
    pub(super) fn orgs_in(&self, org: &Org) -> Ids {
        kept(&self.orgs, Arc::from(org.id()), || Among::these(self.subtree(org).map(|org| Arc::from(org.id()))))
    }

    /// The sections that organisations of a subtree hold.
    pub(super) fn sections_in(&self, org: &Org) -> Ids {
        kept(&self.sections, Arc::from(org.id()), || {
            let rows = self.rows_of(org).flat_map(|row| self.census.sections_of(row));
            Among::these(rows.filter_map(|row| self.census.section_at(row)).map(|section| Arc::clone(&section.id)))
        })
    }

    /// Rows whose student is a known one with a school in a subtree.
    pub(super) fn students_in(&self, column: &Column, org: &Org) -> Sketch {
        kept(&self.within, (Arc::from(org.id()), column.clone()), || match self.columns.enrolments {
            None => Sketch::is(Draft::known(column, self.known_in(org))),
            Some(_) => self.enrolled_in(column, org),
        })
    }

    /// Rows whose student attends a section.
    pub(super) fn students_of(&self, column: &Column, section: &Enrolment) -> Sketch {
        if self.columns.enrolments.is_some() {
            let classes = Classes::Sections(Among::these([Arc::clone(&section.section.id)]));
            return enrolled(column, classes, true);
        }
        let rows = self.census.section_row(&section.section.id).into_iter();
        let rows = rows.flat_map(|row| self.census.students_of(row));
        let attending = rows.filter(|row| self.student(*row).is_some_and(|it| attends(&it, section, self.today)));
        Sketch::is(Draft::known(column, Among::these(attending)))
    }

    /// Rows whose student attends the row's own section, by the table of enrolments where there is one.
    pub(super) fn students_of_same(&self, column: &Column, section: Column) -> Option<Sketch> {
        self.columns.enrolments.map(|_| enrolled(column, Classes::Same(section), true))
    }

    /// All sections.
    pub(super) fn sections(&self) -> Ids {
        let sections = self.census.all_sections().filter_map(|row| self.census.section_at(row));
        Among::these(sections.map(|section| Arc::clone(&section.id)))
    }

    /// All schools.
    pub(super) fn schools(&self) -> Ids {
        let orgs = self.census.all_orgs().filter_map(|row| self.census.org_at(row));
        Among::these(orgs.filter(|org| org.kind == OrgKind::School).map(|org| Arc::from(org.id())))
    }

    /// Rows without a student, or with one that nobody knows.
    pub(super) fn no_known_student(&self, column: &Column) -> Sketch {
        if self.columns.enrolments.is_none() {
            return Sketch::is(Draft::Students {
                column: column.clone(),
                known: Among::none(),
                unknown: true,
                null: true,
            });
        }
        let ids = self.strangers.get_or_init(|| {
            let rows = self.census.all_users().filter(|row| self.student(*row).is_some_and(|it| !self.enrolled(&it)));
            // An empty text is nobody's id: it is malformed.
            Among::these(rows.filter_map(|row| self.id(row)).chain([Arc::from("")])).not()
        });
        let not_listed = Test::Ids { column: column.clone(), ids: ids.clone(), null: true };
        Sketch::all([enrolled(column, Classes::Any, false), Sketch::is(Draft::Test(not_listed))])
    }

    /// Users of whom an organisation lies in a subtree.
    pub(super) fn users_in(&self, org: &Org) -> Ids {
        let users = self.people_of(self.rows_of(org)).filter_map(|row| self.census.user_at(row));
        let within = users.filter(|user| belongs_in(&user.person, org, self.today) == Some(true));
        Among::these(within.map(|user| Arc::from(user.id)))
    }

    /// Where a role is held in effect, and by whom.
    pub(super) fn holders(&self, role: u32) -> Vec<(&'a Arc<Org>, Ids)> {
        let name = self.policy.roles.name(role);
        let places = self.census.places_of(name).into_iter();
        let holders = places.filter_map(|row| {
            let org = self.census.org_at(row)?;
            let here = |place: &Org| place.id() == org.id();
            let users = self.census.holders(name, row).filter_map(|row| self.census.user_at(row));
            let holding = users.filter(|user| holds(self.policy, &user.person, role, self.today, here));
            Some((org, Among::these(holding.map(|user| Arc::from(user.id)))))
        });
        holders.filter(|(_, users)| !users.is_none()).collect()
    }

    /// Known students, by row.
    pub(super) fn student(&self, row: u32) -> Option<Person<'a>> {
        self.census.user_at(row).map(|user| user.person).filter(|person| person.student)
    }

    /// A user's id.
    pub(super) fn id(&self, row: u32) -> Option<Arc<str>> {
        self.census.user_at(row).map(|user| Arc::from(user.id))
    }

    fn enrolled(&self, student: &Person<'_>) -> bool {
        student.attends.iter().any(|attended| attended.in_effect(self.today))
    }

    /// Whether a student attends a class of a school in a subtree.
    fn enrolled_at(&self, student: &Person<'_>, org: &Org) -> bool {
        student.attends.iter().any(|attended| {
            let school = &attended.section.school;
            attended.in_effect(self.today) && school.kind == OrgKind::School && school.lies_in(org)
        })
    }

    /// Known students with a school in a subtree. Those of the district's root are all but those who have schools that
    /// hang from nobody.
    fn known_in(&self, org: &Org) -> Among<u32> {
        let is_in = |row: &u32| self.student(*row).is_some_and(|student| attends_in(&student, org, self.today));
        if org.is_root() {
            let inside = self.orgs_in(org);
            let outside = self
                .census
                .all_orgs()
                .filter(|row| self.census.org_at(*row).is_some_and(|other| !inside.contains(&Arc::from(other.id()))));
            let rows = self.people_of(outside);
            return Among::these(rows.filter(|row| self.student(*row).is_some() && !is_in(row))).not();
        }
        Among::these(self.people_of(self.rows_of(org)).filter(is_in))
    }

    /// The same by the table of enrolments, with those known students who belong there without attending a class.
    fn enrolled_in(&self, column: &Column, org: &Org) -> Sketch {
        let schools = self.subtree(org).filter(|org| org.kind == OrgKind::School);
        let classes = if self.columns.enrolments.is_some_and(|table| table.school) {
            Classes::Schools(Among::these(schools.map(|school| Arc::from(school.id()))))
        } else {
            let rows =
                self.rows_of(org).filter(|row| self.census.org_at(*row).is_some_and(|org| org.kind == OrgKind::School));
            let sections = rows.flat_map(|row| self.census.sections_of(row));
            let sections = sections.filter_map(|row| self.census.section_at(row));
            let in_effect = sections.filter(|section| section.in_effect(self.today));
            Classes::Sections(Among::these(in_effect.map(|section| Arc::clone(&section.id))))
        };
        let also = |row: &u32| self.student(*row).is_some_and(|student| !self.enrolled_at(&student, org));
        let members = match self.known_in(org) {
            Among::In(rows) => Among::these(rows.iter().copied().filter(also)),
            Among::NotIn(rows) => {
                Among::these(self.census.all_users().filter(|row| rows.binary_search(row).is_err()).filter(also))
            }
        };
        Sketch::any([enrolled(column, classes, true), Sketch::is(Draft::known(column, members))])
    }

    fn people_of(&self, orgs: impl Iterator<Item = u32>) -> impl Iterator<Item = u32> {
        let orgs: Vec<u32> = orgs.collect();
        self.census.people_of_any(&orgs).into_iter().flatten()
    }

    fn rows_of(&self, org: &Org) -> impl Iterator<Item = u32> {
        let top = self.census.org_row(org.id()).into_iter();
        top.flat_map(|row| self.census.subtree(row).iter().copied())
    }

    fn subtree(&self, org: &Org) -> impl Iterator<Item = &'a Arc<Org>> {
        self.rows_of(org).filter_map(|row| self.census.org_at(row))
    }
}

/// What has been found out once.
fn kept<K: Eq + Hash, T: Clone>(known: &RefCell<HashMap<K, T>>, key: K, find: impl FnOnce() -> T) -> T {
    if let Some(found) = known.borrow().get(&key) {
        return found.clone();
    }
    let found = find();
    known.borrow_mut().insert(key, found.clone());
    found
}

fn enrolled(student: &Column, classes: Classes, present: bool) -> Sketch {
    let none = match &classes {
        Classes::Sections(ids) | Classes::Schools(ids) => ids.is_none(),
        Classes::Any | Classes::Same(_) => false,
    };
    if none {
        return Sketch::constant(!present);
    }
    Sketch::is(Draft::Test(Test::Enrolled { student: student.clone(), classes, present }))
}
