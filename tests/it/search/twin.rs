//! A census that is wrong: one entry of one of its lists is missing.

use std::sync::Arc;

use hallpass::directory::Roster;
use hallpass::policy::census::{By, Census, Rows, User};
use hallpass::policy::facts::{Facts, Org, Person, Section};
use hallpass::policy::request::Stored;

use super::world::World;
use crate::chance::Chance;

/// A list of the census.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    People,
    Students,
    Teachers,
    Sections,
    Holders,
    Places,
    Subtree,
    /// Records by something, with what it is of no matter.
    Records(By),
}

pub(crate) const LISTS: [List; 16] = [
    List::People,
    List::Students,
    List::Teachers,
    List::Sections,
    List::Holders,
    List::Places,
    List::Subtree,
    List::Records(By::Type),
    List::Records(By::School(0)),
    List::Records(By::NoSchool),
    List::Records(By::Place(0)),
    List::Records(By::NoPlace),
    List::Records(By::Section(0)),
    List::Records(By::NoSection),
    List::Records(By::Maker(0)),
    List::Records(By::Referred(0)),
];

/// A list with what it is of.
type Key = (List, String, u32);

/// The wrong census.
pub(crate) struct Twin<'a> {
    roster: &'a Roster,
    key: Key,
    kept: Vec<u32>,
}

impl<'a> Twin<'a> {
    /// Leaves one entry out of one list of this kind; `None` where none has an entry.
    pub(crate) fn without_one(world: &'a World, list: List, chance: &mut Chance) -> Option<Self> {
        let roster = &world.roster;
        let names: Vec<String> = match list {
            List::Records(_) => world.types.iter().map(|(name, _)| name.clone()).collect(),
            List::Holders | List::Places => (0..4).map(|at| format!("app.r{at}")).collect(),
            List::People | List::Students | List::Teachers | List::Sections | List::Subtree => vec![String::new()],
        };
        let keys = names.iter().flat_map(|name| (0..40).map(move |at| (list, name.clone(), at)));
        let mut full: Vec<(Key, Vec<u32>)> =
            keys.map(|key| (key.clone(), rows(roster, &key))).filter(|(_, rows)| !rows.is_empty()).collect();
        if full.is_empty() {
            return None;
        }
        let (key, mut kept) = full.swap_remove(chance.below(full.len()));
        kept.remove(chance.below(kept.len()));
        Some(Self { roster, key, kept })
    }

    /// The types whose searches may notice it.
    pub(crate) fn types<'w>(&self, world: &'w World) -> impl Iterator<Item = &'w (String, Option<&'static str>)> {
        let (list, about, _) = self.key.clone();
        let all = !matches!(list, List::Records(_));
        let times = if all { 1 } else { 12 };
        world
            .types
            .iter()
            .filter(move |(name, _)| all || *name == about)
            .flat_map(move |of| std::iter::repeat_n(of, times))
    }

    fn list(&self, list: List, name: &str, at: u32) -> Option<&[u32]> {
        let (of, known, its) = &self.key;
        (list == *of && name == known && at == *its).then_some(&*self.kept)
    }

    fn rows<'s>(&'s self, list: List, name: &str, at: u32, whole: Rows<'s>) -> Rows<'s> {
        self.list(list, name, at).map_or(whole, Rows::plain)
    }
}

/// The kind of a list of records, and what it is of.
fn split(by: By) -> (By, u32) {
    match by {
        By::School(at) => (By::School(0), at),
        By::Place(at) => (By::Place(0), at),
        By::Section(at) => (By::Section(0), at),
        By::Maker(at) => (By::Maker(0), at),
        By::Referred(at) => (By::Referred(0), at),
        by @ (By::Type | By::NoSchool | By::NoPlace | By::NoSection) => (by, 0),
    }
}

fn rows(roster: &Roster, (list, name, at): &Key) -> Vec<u32> {
    let at = *at;
    let rows = match list {
        List::People => roster.people_of(at),
        List::Students => roster.students_of(at),
        List::Teachers => roster.teachers_of(at),
        List::Sections => roster.sections_of(at),
        List::Holders => roster.holders(name, at),
        List::Places if at == 0 => return roster.places_of(name),
        List::Subtree => return roster.subtree(at).to_vec(),
        List::Records(By::School(_)) => roster.records(name, By::School(at)),
        List::Records(By::Place(_)) => roster.records(name, By::Place(at)),
        List::Records(By::Section(_)) => roster.records(name, By::Section(at)),
        List::Records(By::Maker(_)) => roster.records(name, By::Maker(at)),
        List::Records(By::Referred(_)) => roster.records(name, By::Referred(at)),
        List::Records(by) if at == 0 => roster.records(name, *by),
        List::Places | List::Records(_) => Rows::NONE,
    };
    rows.collect()
}

impl Facts for Twin<'_> {
    fn person(&self, id: &str) -> Option<Person<'_>> {
        self.roster.person(id)
    }

    fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.roster.org(id)
    }

    fn section(&self, id: &str) -> Option<&Arc<Section>> {
        self.roster.section(id)
    }

    fn record(&self, resource_type: &str, id: &str) -> Option<&Stored> {
        self.roster.record(resource_type, id)
    }
}

impl Census for Twin<'_> {
    fn users(&self) -> u32 {
        self.roster.users()
    }

    fn user_at(&self, row: u32) -> Option<User<'_>> {
        self.roster.user_at(row)
    }

    fn user_row(&self, id: &str) -> Option<u32> {
        self.roster.user_row(id)
    }

    fn orgs(&self) -> u32 {
        self.roster.orgs()
    }

    fn org_at(&self, row: u32) -> Option<&Arc<Org>> {
        self.roster.org_at(row)
    }

    fn org_row(&self, id: &str) -> Option<u32> {
        self.roster.org_row(id)
    }

    fn subtree(&self, org: u32) -> &[u32] {
        self.list(List::Subtree, "", org).unwrap_or_else(|| self.roster.subtree(org))
    }

    fn sections(&self) -> u32 {
        self.roster.sections()
    }

    fn section_at(&self, row: u32) -> Option<&Arc<Section>> {
        self.roster.section_at(row)
    }

    fn section_row(&self, id: &str) -> Option<u32> {
        self.roster.section_row(id)
    }

    fn sections_of(&self, org: u32) -> Rows<'_> {
        self.rows(List::Sections, "", org, self.roster.sections_of(org))
    }

    fn people_of(&self, org: u32) -> Rows<'_> {
        self.rows(List::People, "", org, self.roster.people_of(org))
    }

    fn students_of(&self, section: u32) -> Rows<'_> {
        self.rows(List::Students, "", section, self.roster.students_of(section))
    }

    fn teachers_of(&self, section: u32) -> Rows<'_> {
        self.rows(List::Teachers, "", section, self.roster.teachers_of(section))
    }

    fn holders(&self, role: &str, org: u32) -> Rows<'_> {
        self.rows(List::Holders, role, org, self.roster.holders(role, org))
    }

    fn places_of(&self, role: &str) -> Vec<u32> {
        self.list(List::Places, role, 0).map_or_else(|| self.roster.places_of(role), <[u32]>::to_vec)
    }

    fn records(&self, resource_type: &str, by: By) -> Rows<'_> {
        let (kind, at) = split(by);
        self.rows(List::Records(kind), resource_type, at, self.roster.records(resource_type, by))
    }

    fn record_at(&self, row: u32) -> Option<(&str, &Stored)> {
        self.roster.record_at(row)
    }
}
