//! Files cut off at every byte: the set is refused, or what it says is less, or the cut is reported.

use super::{BASE, load, parts};
use crate::directory::Roster;
use crate::policy::facts::Facts;

/// Everything in effect that a roster says of two people and the tree above them, item by item.
fn facts(roster: &Roster) -> Vec<String> {
    let mut facts = Vec::new();
    for (id, person) in ["t", "p"].into_iter().filter_map(|id| Some((id, roster.person(id)?))) {
        for (kind, items) in parts(&person) {
            let in_effect = items.into_iter().filter(|item| !item.ends_with('!'));
            facts.extend(in_effect.map(|item| format!("{id} {kind} {item}")));
        }
    }
    let roots = ["d", "s1", "s2"].into_iter().filter(|id| roster.org(id).is_some_and(|org| org.is_root()));
    facts.extend(roots.map(|id| format!("{id} is the root")));
    facts
}

#[test]
fn a_cut_file_never_says_more_without_a_word() {
    let whole = facts(&load(&[]).unwrap().roster);
    for (name, text) in BASE {
        for end in 0..text.len() {
            let Ok(cut) = load(&[(name, text.get(..end).unwrap())]) else { continue };
            let reported = cut.warnings.iter().any(|finding| finding.message.contains("cut off"));
            let more = facts(&cut.roster).into_iter().find(|fact| !whole.contains(fact));
            assert!(more.is_none() || reported, "{name} cut at {end}: {more:?}");
        }
    }
}

#[test]
fn a_cut_day_is_no_day() {
    let rows = "sourcedId,classSourcedId,userSourcedId,role,endDate\ne,c1,t,teacher,2025-09-01";
    for cut in 1..10 {
        let loaded = load(&[("enrollments.csv", rows.get(..rows.len() - cut).unwrap())]).unwrap();
        assert!(loaded.roster.person("t").unwrap().teaches.is_empty());
    }
}

#[test]
fn a_day_that_is_cut_off_altogether_is_reported() {
    let rows = "sourcedId,classSourcedId,userSourcedId,role,endDate\ne,c1,t,teacher,";
    let loaded = load(&[("enrollments.csv", rows)]).unwrap();
    assert_eq!(loaded.roster.person("t").unwrap().teaches.len(), 1, "it may as well be the whole row");
    assert!(loaded.warnings.iter().any(|finding| finding.message.contains("cut off")));
}

#[test]
fn noise_never_panics() {
    for (name, text) in BASE {
        for at in 0..text.len() {
            for byte in [b'"', b',', b'\n', b'\r', 0, 0xff] {
                let mut files = super::set(&[(name, "")]);
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = byte;
                files.push(super::source(name, &bytes));
                drop(Roster::load(&files, &["grade"]));
            }
        }
    }
}
