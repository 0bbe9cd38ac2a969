//! The demo district under the shipped policies: every action of every type, for everybody, as checks would answer.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::directory::Roster;
use hallpass::policy::census::Census;
use hallpass::policy::day::Day;
use hallpass::policy::facts::Facts;
use hallpass::policy::request::Request;
use serde_json::json;

use super::enumerable::Enumerable;
use super::same::{Both, Compared};
use crate::chance::Chance;
use crate::little::{Ask, ask};
use crate::support::{path, shipped_policy, sources};

/// 2026-11-22.
const TODAY: Day = Day(20_779);

/// What is known of a record whose readers are searched.
pub(crate) fn records() -> [(&'static str, serde_json::Value); 9] {
    [
        ("", json!({})),
        ("", json!({"student": "s.0142"})),
        ("s.0142", json!({"date": "2026-11-20"})),
        ("", json!({"student": "s.0142", "school": "sch.alderwick"})),
        ("", json!({"school": "sch.fernvale", "created_by": "p.okafor", "role": "map.instructor"})),
        ("", json!({"school": ["sch.fernvale", "sch.alderwick"], "student": "nobody"})),
        ("", json!({"section": "c.alderwick-k1"})),
        ("", json!({"student": "s.0142", "referred_to": "sch.fernvale"})),
        ("t.rivera", json!({"created_by": "t.rivera"})),
    ]
}

/// What an id is besides, by resource type, as the oracle's table has it.
pub(crate) fn ids() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path("tests/data/ids.tsv")).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| row.split_once('\t').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

struct Demo {
    policy: hallpass::policy::compiled::Policy,
    roster: Roster,
    listed: Enumerable,
    ids: BTreeMap<String, String>,
}

impl Demo {
    fn new() -> Self {
        let files = sources(&path("examples/district"));
        let roster = Roster::load(&files, &[]).unwrap().roster;
        Self { policy: shipped_policy(), roster, listed: Enumerable::read(&files), ids: ids() }
    }

    fn both(&self) -> Both<'_, Roster, Roster> {
        Both { policy: &self.policy, facts: &self.roster, census: &self.roster, today: TODAY }
    }

    fn cells(&self) -> Vec<(String, String)> {
        self.policy.catalogue().map(|(kind, action, _)| (kind.to_owned(), action.to_owned())).collect()
    }
}

#[test]
fn whoever_may_is_found() {
    let (demo, mut compared, mut chance) = (Demo::new(), Compared::default(), Chance::new(1));
    let mut missed = 0;
    for (kind, action) in demo.cells() {
        for (id, of) in records() {
            let question = ask("", &action, &kind, of).id(id);
            let before = compared.found;
            let visited = compared.subjects(&demo.both(), &question.request(), &demo.listed.users, &mut chance);
            let found = (compared.found - before) / 2;
            // The roles that may, at the school, its local district and the district; teachers of some sections.
            missed += usize::from(visited > 4 * found + 3 * demo.policy.roles().count());
        }
    }
    assert!(compared.differences.is_empty(), "{}", compared.differences.join("\n"));
    assert_eq!(missed, 0, "searches that go through too much");
    assert!(compared.found > compared.asked, "{} results of {} searches", compared.found, compared.asked);
}

#[test]
fn whatever_somebody_may_is_found() {
    let (demo, mut compared, mut chance) = (Demo::new(), Compared::default(), Chance::new(2));
    let holders: BTreeSet<&str> = demo.roster.assignments().map(|(user, ..)| user).collect();
    let listable = |kind: &str| demo.ids.contains_key(kind) || demo.listed.records.contains_key(kind);
    for (kind, action) in demo.cells() {
        let listed = demo.listed.of(&kind, demo.ids.get(&kind).map(String::as_str));
        assert_eq!(listed.is_empty(), !listable(&kind), "{kind}");
        let step = if listed.is_empty() { 40 } else { 1 };
        for subject in holders.iter().chain(&["s.0142", "nobody"]).step_by(step) {
            let given = chance
                .of(&[json!({}), json!({}), json!({"school": "sch.fernvale"}), json!({"role": "map.instructor"})])
                .clone();
            let question = ask(subject, &action, &kind, given);
            compared.resources(&demo.both(), &question.request(), &listed, &mut chance);
        }
    }
    assert!(compared.differences.is_empty(), "{}", compared.differences.join("\n"));
    assert!(compared.found > compared.asked, "{} results of {} searches", compared.found, compared.asked);
}

#[test]
fn whatever_may_be_done_is_listed() {
    let (demo, mut compared) = (Demo::new(), Compared::default());
    let kinds: BTreeSet<String> = demo.cells().into_iter().map(|(kind, _)| kind).collect();
    let holders: BTreeSet<&str> = demo.roster.assignments().map(|(user, ..)| user).collect();
    let asking = holders.iter().flat_map(|user| records().map(|record| (*user, record)));
    for (user, of) in asking.step_by(4).chain(std::iter::once(("s.0142", records()[1].clone()))) {
        for kind in kinds.iter().map(String::as_str).chain(["misis.nothing"]) {
            let question: Ask = ask(user, "", kind, of.1.clone()).id(of.0);
            compared.actions(&demo.both(), &question.request());
        }
    }
    assert!(compared.differences.is_empty(), "{}", compared.differences.join("\n"));
    assert!(compared.found * 10 > compared.asked, "{} results of {} searches", compared.found, compared.asked);
}

/// What nobody knows finds nothing, and is no error.
#[test]
fn what_nobody_knows_finds_nothing() {
    let demo = Demo::new();
    let everything = hallpass::policy::search::Page::ALL;
    for (kind, who, may, a) in [
        ("user", "nobody", "view", "misis.census.student"),
        ("user", "p.okafor", "fly", "misis.census.student"),
        ("user", "p.okafor", "view", "misis.nothing"),
        ("robot", "p.okafor", "view", "misis.census.student"),
    ] {
        let mut question = ask(who, may, a, json!({"student": "s.0142"})).id("s.0142");
        question.kind = kind.to_owned();
        let request: Request<'_> = question.request();
        let resources = demo.policy.resources(&demo.roster, &request, TODAY, everything);
        assert!(resources.results.is_empty() && resources.next.is_none(), "{request:?}");
        if who != "nobody" {
            assert!(demo.policy.subjects(&demo.roster, &request, TODAY, everything).results.is_empty(), "{request:?}");
        }
        if may != "fly" {
            assert!(demo.policy.actions(&demo.roster, &request, TODAY).is_empty(), "{request:?}");
        }
    }
    assert!(demo.roster.person("p.okafor").is_some() && demo.roster.users() > 300);
}
