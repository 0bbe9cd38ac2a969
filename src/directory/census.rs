//! The lists of a roster: who and what stands under an organisation, a section, a role, and which records are tied to
//! what. Made once, when a roster is loaded; they know nothing of days.

pub(super) mod places;
mod records;

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::names::{Book, small};
use super::people::People;
use super::records::Records;
use crate::policy::census::{By, Grouped, Packed, Rows};
use crate::policy::facts::{Enrolment, Membership, Org, OrgKind, Person, Section};
use places::Places;

/// The number of each organisation in use.
type Numbers<'a> = HashMap<&'a str, u32>;

/// Everything that is listed.
#[derive(Debug, Default)]
pub(super) struct Lists {
    places: Places,
    /// Sections by the organisation that holds them.
    pub(super) sections: Grouped<u32>,
    /// Users by the organisations that they belong to or whose sections they attend.
    pub(super) people: Grouped<u32>,
    pub(super) classes: Classes,
    /// Names of roles in order.
    roles: Vec<Arc<str>>,
    /// Users by role and organisation.
    holders: Grouped<(u32, u32)>,
    /// Names of resource types in order.
    types: Vec<Arc<str>>,
    records: Grouped<(u32, By)>,
}

/// Who teaches and who attends each section, by number.
#[derive(Debug, Default)]
pub(super) struct Classes {
    pub(super) teachers: Packed,
    pub(super) students: Packed,
}

impl Classes {
    /// Lists the enrolments of all people.
    fn new(people: &People, sections: &Book<Arc<Section>>) -> Self {
        let number = |at| Some((Arc::as_ptr(sections.at(at)?), at));
        let numbers: HashMap<*const Section, u32, FixedState> = (0..small(sections.len())).filter_map(number).collect();
        let list = |of: for<'p> fn(Person<'p>) -> &'p [Enrolment]| {
            let theirs = |row| Some((row, of(people.at(row)?.person)));
            let number = |it: &Enrolment| numbers.get(&Arc::as_ptr(&it.section)).copied();
            let all = || (0..small(people.len())).filter_map(theirs);
            Packed::new(sections.len(), || {
                all().flat_map(|(row, all)| all.iter().filter_map(number).map(move |section| (section, row)))
            })
        };
        Self { teachers: list(|person| person.teaches), students: list(|person| person.attends) }
    }
}

impl Lists {
    /// Lists what was loaded.
    pub(super) fn new(
        orgs: &Book<Arc<Org>>,
        sections: &Book<Arc<Section>>,
        people: &People,
        records: &Records,
    ) -> Self {
        let numbers: Numbers<'_> =
            (0..small(orgs.len())).filter_map(|at| orgs.at(at).map(|org| (org.id(), at))).collect();
        let number = |org: &Arc<Org>| numbers.get(org.id()).copied();
        let held = (0..small(sections.len())).filter_map(|at| Some((number(&sections.at(at)?.school)?, at)));
        let roles = names(people.assignments().map(|(_, held, _)| &held.role));
        let types = names(records.iter().map(|(kind, _)| kind));
        let (mut belonging, mut holding) = (Vec::new(), Vec::new());
        for (row, person) in (0..small(people.len())).filter_map(|row| Some((row, people.at(row)?.person))) {
            belonging.extend(orgs_of(&person, |_| true).filter_map(|org| Some((number(org)?, row))));
            holding.extend(
                person
                    .assignments
                    .iter()
                    .filter_map(|held| Some(((place(&roles, &held.role)?, number(&held.org)?), row))),
            );
        }
        Self {
            places: Places::new((0..small(orgs.len())).filter_map(|at| Some((at, orgs.at(at)?)))),
            sections: Grouped::new(held.collect()),
            people: Grouped::new(belonging),
            holders: Grouped::new(holding),
            records: records::list(records, &types, orgs, sections, people),
            classes: Classes::new(people, sections),
            roles,
            types,
        }
    }

    /// The organisations of a subtree, its top first.
    pub(super) fn subtree(&self, org: u32) -> &[u32] {
        self.places.subtree(org)
    }

    /// Who holds a role at an organisation itself.
    pub(super) fn holders(&self, role: &str, org: u32) -> Rows<'_> {
        place(&self.roles, role).map_or(Rows::NONE, |role| self.holders.get((role, org)))
    }

    /// Where a role is held.
    pub(super) fn places_of(&self, role: &str) -> Vec<u32> {
        let Some(role) = place(&self.roles, role) else { return Vec::new() };
        self.holders.keys_from((role, 0)).take_while(|(of, _)| *of == role).map(|(_, org)| org).collect()
    }

    /// Records of a type.
    pub(super) fn records(&self, resource_type: &str, by: By) -> Rows<'_> {
        place(&self.types, resource_type).map_or(Rows::NONE, |kind| self.records.get((kind, by)))
    }
}

/// Each name once, in order.
fn names<'a>(all: impl Iterator<Item = &'a Arc<str>>) -> Vec<Arc<str>> {
    let distinct: std::collections::BTreeSet<&Arc<str>> = all.collect();
    distinct.into_iter().cloned().collect()
}

/// Where a name stands among names in order.
fn place(names: &[Arc<str>], name: &str) -> Option<u32> {
    names.binary_search_by(|known| (**known).cmp(name)).ok().map(small)
}

/// The organisations that somebody belongs to, and those whose sections they attend, whatever the dates, each once.
fn orgs_of<'a>(person: &Person<'a>, counts: impl Fn(&Membership) -> bool) -> impl Iterator<Item = &'a Arc<Org>> {
    let mut found: Vec<&Arc<Org>> = Vec::new();
    let classes = person.attends.iter().map(|attended| &attended.section.school);
    let listed = person.orgs.iter().filter(|membership| counts(membership)).map(|membership| &membership.org);
    for org in classes.chain(listed) {
        if !found.iter().rev().any(|known| Arc::ptr_eq(known, org)) {
            found.push(org);
        }
    }
    found.into_iter()
}

/// The schools of a student, whatever the dates.
fn schools_of<'a>(student: &Person<'a>) -> impl Iterator<Item = &'a Arc<Org>> {
    orgs_of(student, |membership| membership.as_student).filter(|org| org.kind == OrgKind::School)
}
