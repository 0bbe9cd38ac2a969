//! Every list of the census holds what going through everybody finds, in order and once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::directory::Roster;
use crate::policy::census::{By, Census, Grouped, Packed, Rows};
use crate::policy::facts::{Facts, OrgKind, Person};
use crate::policy::source::Source;

type Found<K> = BTreeMap<K, BTreeSet<u32>>;

fn demo() -> Roster {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/district");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<Source> = names
        .map(|path| Source {
            name: path.file_name().unwrap().to_string_lossy().into(),
            bytes: Arc::from(std::fs::read(&path).unwrap()),
        })
        .collect();
    Roster::load(&files, &[]).unwrap().roster
}

fn assert_lists<K: Ord + Copy + std::fmt::Debug>(
    what: &str,
    found: &Found<K>,
    keys: impl Iterator<Item = K>,
    rows: impl Fn(K) -> Vec<u32>,
) {
    for key in keys {
        let expected: Vec<u32> = found.get(&key).into_iter().flatten().copied().collect();
        assert_eq!(rows(key), expected, "{what} {key:?}");
    }
    assert!(!found.is_empty(), "{what}");
}

fn people(roster: &Roster) -> impl Iterator<Item = (u32, Person<'_>)> {
    (0..roster.users()).map(|row| (row, roster.user_at(row).unwrap().person))
}

#[test]
fn users_stand_under_what_they_have_to_do_with() {
    let roster = demo();
    let (mut members, mut students, mut teachers) = (Found::new(), Found::new(), Found::new());
    let mut holders: BTreeMap<(String, u32), BTreeSet<u32>> = BTreeMap::new();
    let org = |id: &str| roster.org_row(id).unwrap();
    let section = |id: &str| roster.section_row(id).unwrap();
    for (row, person) in people(&roster) {
        for attended in person.attends {
            members.entry(org(attended.section.school.id())).or_default().insert(row);
            students.entry(section(&attended.section.id)).or_default().insert(row);
        }
        for taught in person.teaches {
            teachers.entry(section(&taught.section.id)).or_default().insert(row);
        }
        for membership in person.orgs {
            members.entry(org(membership.org.id())).or_default().insert(row);
        }
        for held in person.assignments {
            holders.entry((held.role.to_string(), org(held.org.id()))).or_default().insert(row);
        }
    }
    assert_lists("people", &members, 0..roster.orgs() + 1, |org| roster.people_of(org).collect());
    assert_lists("students", &students, 0..roster.sections() + 1, |at| roster.students_of(at).collect());
    assert_lists("teachers", &teachers, 0..roster.sections() + 1, |at| roster.teachers_of(at).collect());
    for ((role, at), rows) in &holders {
        assert_eq!(roster.holders(role, *at).collect::<BTreeSet<_>>(), *rows, "{role} {at}");
        assert!(roster.places_of(role).contains(at));
    }
    let places: usize = holders
        .keys()
        .map(|(role, _)| role)
        .collect::<BTreeSet<_>>()
        .iter()
        .map(|role| roster.places_of(role).len())
        .sum();
    assert_eq!(places, holders.len());
    assert!(roster.holders("misis.nobody", 0).is_empty() && roster.places_of("misis.nobody").is_empty());
}

#[test]
fn rows_and_ids_lead_to_each_other() {
    let roster = demo();
    for row in 0..roster.users() {
        let user = roster.user_at(row).unwrap();
        assert_eq!(roster.user_row(user.id), Some(row));
        assert_eq!(roster.person(user.id).unwrap().active, user.person.active);
    }
    assert!(roster.user_at(roster.users()).is_none() && roster.user_row("nobody").is_none());
    for row in (0..roster.orgs()).filter(|row| roster.org_at(*row).is_some()) {
        let org = roster.org_at(row).unwrap();
        assert_eq!(roster.org_row(org.id()), Some(row));
        let below = |at: &u32| roster.org_at(*at).is_some_and(|other| other.lies_in(org));
        assert_eq!(roster.subtree(row).first(), Some(&row));
        assert_eq!(
            roster.subtree(row).iter().copied().collect::<BTreeSet<_>>(),
            (0..roster.orgs()).filter(below).collect()
        );
        let held = |at: &u32| roster.section_at(*at).is_some_and(|section| section.school.id() == org.id());
        assert_eq!(
            roster.sections_of(row).collect::<Vec<_>>(),
            (0..roster.sections()).filter(held).collect::<Vec<_>>()
        );
    }
}

#[test]
fn records_stand_under_what_ties_them() {
    let kinds = "sourcedId,type,properties\n\
        r0,k,\"{\"\"school\"\":[\"\"s1\"\",\"\"s2\"\",\"\"s1\"\"],\"\"student\"\":\"\"p\"\"}\"\n\
        r1,k,\"{\"\"section\"\":\"\"c2\"\",\"\"created_by\"\":\"\"t\"\"}\"\n\
        r2,k,\"{\"\"student\"\":\"\"p\"\",\"\"referred_to\"\":[\"\"s2\"\",\"\"nowhere\"\"]}\"\n\
        r3,k,\"{\"\"student\"\":\"\"stranger\"\"}\"\n\
        r4,k,not json\n\
        r5,other,{}\n";
    let roster = super::load(&[("records.csv", kinds)]).unwrap().roster;
    let org = |id: &str| roster.org_row(id).unwrap();
    let section = |id: &str| roster.section_row(id).unwrap();
    let cases: [(By, &[&str]); 13] = [
        (By::Type, &["r0", "r1", "r2", "r3", "r4"]),
        (By::School(org("s1")), &["r0"]),
        (By::School(org("s2")), &["r0"]),
        (By::NoSchool, &["r1", "r2", "r3"]),
        (By::Place(org("s1")), &["r0", "r2"]),
        (By::Place(org("s2")), &["r0", "r1"]),
        (By::Place(org("d")), &[]),
        (By::NoPlace, &["r3"]),
        (By::Section(section("c1")), &["r0", "r2"]),
        (By::Section(section("c2")), &["r1"]),
        (By::NoSection, &["r3"]),
        (By::Maker(roster.user_row("t").unwrap()), &["r1"]),
        (By::Referred(org("s2")), &["r2"]),
    ];
    for (by, expected) in cases {
        let ids: Vec<&str> = roster.records("k", by).map(|row| roster.record_at(row).unwrap().0).collect();
        assert_eq!(ids, expected, "{by:?}");
    }
    assert!(roster.records("nothing", By::Type).is_empty());
}

/// Deleted users keep their row; a student among them stays known.
#[test]
fn deleted_users_are_told() {
    let users = "sourcedId,status,enabledUser,role\nt,,true,\np,,true,\ngone,tobedeleted,true,\nleft,tobedeleted,true,student\noff,,false,\n";
    let roster = super::load(&[("users.csv", users)]).unwrap().roster;
    let listed: Vec<String> = (0..roster.users())
        .map(|row| roster.user_at(row).unwrap())
        .map(|user| format!("{} {} {} {}", user.id, user.deleted, user.person.active, user.person.student))
        .collect();
    assert_eq!(
        listed,
        [
            "t false true false",
            "p false true true",
            "gone true false false",
            "left true false true",
            "off false false false"
        ]
    );
    assert_eq!(roster.org_at(roster.org_row("s1").unwrap()).unwrap().kind, OrgKind::School);
}

#[test]
fn a_list_begins_anywhere() {
    let rows = [0, 1, 5, 127, 128, 129, 16_511, 16_512, 3_000_000, 4_000_000_000];
    let packed = Packed::new(3, || rows.iter().flat_map(|row| [(1, *row), (1, *row)]));
    let grouped = Grouped::new(rows.iter().rev().flat_map(|row| [(7, *row), (7, *row)]).collect());
    let firsts = || rows.iter().flat_map(|row| [*row, row + 1]);
    for first in firsts() {
        let expected: Vec<u32> = rows.iter().copied().filter(|row| *row >= first).collect();
        assert_eq!(packed.get(1).from(first).collect::<Vec<_>>(), expected, "packed from {first}");
        assert_eq!(grouped.get(7).from(first).collect::<Vec<_>>(), expected, "grouped from {first}");
    }
    assert_eq!(Rows::below(5).from(3).collect::<Vec<_>>(), [3, 4]);
    for empty in [packed.get(0), packed.get(2), packed.get(9), grouped.get(6), grouped.get(8), Rows::below(2).from(2)] {
        assert!(empty.is_empty());
    }
}
