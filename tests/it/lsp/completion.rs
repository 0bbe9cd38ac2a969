//! What is offered at a place: held against what the compiler says that may stand there.

use std::collections::BTreeSet;

use hallpass::policy::compiled::Policy;

use super::client::{Client, at};
use crate::support::source;

/// Where a key that nobody knows is put, `|`, and the keys that stand there already; what the compiler then says are the
/// keys, less these, is what must be offered.
const KEYS: &[(&str, &str, &[&str])] = &[
    ("role", "role: a.b\ntitle: T\n|", &["hallpass", "role", "title"]),
    ("role", "role: a.b\ntitle: T\ngrants:\n  - allow: view\n    |", &["allow"]),
    ("role", "role: a.b\ngrants:\n  - |\n    topics: [a]\n    clause: 1\n", &["topics", "clause"]),
    ("role", "role: a.b\ntitle: T\nheld_at: school\ngrants:\n  - {|}\n", &[]),
    (
        "role",
        "role: a.b\ngrants:\n  - allow: assign_role\n    topics: a\n    people: {not_self: true, |}\n",
        &["not_self"],
    ),
    ("role", "role: a.b\ngrants:\n  - allow: assign_role\n    topics: a\n    roles: {|}\n", &[]),
    ("role", "role: a.b\nstaffing: {|, note: x}\n", &["note"]),
    ("role", "role: a.b\nstaffing:\n  |", &[]),
    ("application", "application: a\n|", &["hallpass", "application"]),
    ("application", "application: a\nmodules:\n  m:\n    |", &[]),
    (
        "application",
        "application: a\nmodules:\n  m:\n    title: M\n    topics:\n      t:\n        record: open\n        |",
        &["record"],
    ),
    ("application", "application: a\ntypes:\n  t: {record: open, |}\n", &["record"]),
    ("application", "application: a\nsets:\n  s: {|}\n", &[]),
    ("application", "application: a\ndeny:\n  - id: x\n    |", &["id"]),
    ("application", "application: a\nproperties:\n  |", &[]),
    ("tests", "|", &["hallpass"]),
    ("tests", "tests:\n  - who: x\n    |", &["who"]),
    ("routes", "application: a\n|", &["hallpass", "application"]),
    ("routes", "application: a\nsubject: {|}\n", &[]),
    ("routes", "application: a\nroutes:\n  - match: GET /\n    |", &["match"]),
];

/// The same for values of which there are few.
const VALUES: &[(&str, &str)] = &[
    ("role", "reach: |\n"),
    ("role", "held_at: |\n"),
    ("role", "security_level: |\n"),
    ("role", "not_at: [|]\n"),
    ("role", "modules: {a: |}\n"),
    ("role", "grants:\n  - allow: a\n    topics: b\n    reach: |\n"),
    ("application", "modules:\n  m:\n    title: M\n    topics:\n      t: {actions: a, record: |}\n"),
    ("application", "modules:\n  m:\n    title: M\n    topics:\n      t: {actions: a, id_is: |}\n"),
    ("application", "types:\n  t:\n    actions: a\n    properties:\n      p: |\n"),
    ("tests", "tests:\n  - {who: a, may: b, a: c, expect: |}\n"),
    ("tests", "tests:\n  - {who: a, may: b, a: c, expect: deny, reason: |}\n"),
];

/// The names that a finding lists after some words.
fn listed(text: &str, before: &str) -> BTreeSet<String> {
    let findings = Policy::compile(&[source("f.yaml", text)]).unwrap_err();
    let mut lists = findings.iter().filter_map(|finding| finding.help.as_deref()?.split_once(before));
    let (_, list) = lists.next_back().unwrap_or_else(|| panic!("{findings:?}\n{text}"));
    list.split(", ").map(str::to_owned).collect()
}

fn offered(client: &mut Client, text: &str) -> BTreeSet<String> {
    let position = at(text, "|", 0);
    client.change("policies/f.yaml", &text.replacen('|', "", 1));
    client.offered("policies/f.yaml", position).into_iter().collect()
}

#[test]
fn the_keys_that_are_offered_are_those_that_the_compiler_knows() {
    let mut client = Client::on(&[("policies/f.yaml", "hallpass: role/v1\n")]);
    client.open("policies/f.yaml");
    for (kind, below, present) in KEYS {
        let text = format!("hallpass: {kind}/v1\n{below}");
        let mut known = listed(&text.replacen('|', "zzzzzzzzzzzz: 1", 1), "the keys are ");
        known.retain(|key| !present.contains(&key.as_str()));
        assert_eq!(offered(&mut client, &text), known, "{text}");
    }
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn the_values_that_are_offered_are_those_that_the_compiler_takes() {
    let mut client = Client::on(&[("policies/f.yaml", "hallpass: role/v1\n")]);
    client.open("policies/f.yaml");
    for (kind, below) in VALUES {
        let text = format!("hallpass: {kind}/v1\n{below}");
        let wrong = text.replacen('|', "zzzzzzzzzzzz", 1);
        let findings = Policy::compile(&[source("f.yaml", wrong.as_str())]).unwrap_err();
        let help = findings.iter().filter(|finding| finding.message.contains("zzzzzzzzzzzz"));
        let help = help.filter_map(|finding| finding.help.as_deref()).next().unwrap();
        let known: BTreeSet<String> = help
            .rsplit_once(" one of ")
            .or(help.rsplit_once(" are "))
            .unwrap()
            .1
            .split(", ")
            .map(str::to_owned)
            .collect();
        let mut found = offered(&mut client, &text);
        if below.contains("reason") {
            found.remove("granted");
        }
        assert_eq!(found, known, "{text}");
    }
    assert_eq!(client.leave(), Some(0));
}

const NAMES: &[(&str, &str, &[&str], &[&str])] = &[
    ("teacher", "grants:\n  - allow: |", &["view", "enter", "manage", "approve"], &["misis.teacher", "grades"]),
    ("teacher", "grants:\n  - allow: [view, |]\n    topics: [gradebook.report]\n", &["view"], &["update", "approve"]),
    (
        "teacher",
        "grants:\n  - allow: view\n    topics: [g|",
        &["grades", "grades.mark", "formal_discipline", "all"],
        &["view", "setup.user"],
    ),
    ("teacher", "grants:\n  - allow: view\n    topics:\n      - |", &["grades", "all"], &["view"]),
    ("teacher", "grants:\n  - include: |", &["misis.counselor", "map.system_administrator"], &["grades"]),
    ("teacher", "grants:\n  - allow: view\n    made_by: |", &["misis.counselor"], &["grades"]),
    ("teacher", "grants:\n  - allow: view\n    people: {not_holding: [|]}\n", &["misis.counselor"], &["grades"]),
    ("teacher", "modules: {|}\n", &["grades", "grades.mark"], &["view"]),
    ("teacher", "clauses:\n  1: one\n  2: two\ngrants:\n  - allow: view\n    clause: |", &["1", "2"], &["3", "view"]),
    ("tests", "tests:\n  - {who: t, may: |, a: misis.grades.report}\n", &["view"], &["update"]),
    ("tests", "tests:\n  - {who: t, a: |}\n", &["misis.grades.mark", "map.setup.user"], &["grades.mark"]),
    ("tests", "tests:\n  - {who: t, as: |}\n", &["misis.teacher", "map.system_administrator"], &["grades", "view"]),
    ("tests", "tests:\n  - {who: t, of: {|}}\n", &["student", "school"], &["who"]),
    ("tests", "tests:\n  - {who: t, of: {role: |}}\n", &["misis.teacher"], &["student"]),
    ("application", "sets:\n  other:\n    because: x\n    topics: [|]\n", &["grades", "formal_discipline"], &["view"]),
    ("application", "deny:\n  - id: x\n    topics: [grades.report]\n    actions: [|]\n", &["view"], &["update"]),
    ("application", "types:\n  t: {actions: [read, sign], nobody: |}\n", &["read", "sign"], &["view", "grades"]),
    (
        "application",
        "modules:\n  m:\n    topics:\n      t:\n        actions: [read, sign]\n        nobody: [|]\n",
        &["read", "sign"],
        &["view"],
    ),
    ("application", "deny:\n  - id: x\n    unless_role: |", &["misis.teacher"], &["grades"]),
];

#[test]
fn names_are_offered_where_they_may_stand() {
    let mut client = Client::shipped();
    let heads = [
        ("teacher", "hallpass: role/v1\nrole: misis.teacher\ntitle: Teacher\nheld_at: school\n"),
        ("tests", "hallpass: tests/v1\n"),
    ];
    for (file, below, wanted, unwanted) in NAMES {
        let name = format!("policies/misis/{file}.yaml");
        let shipped = client.open(&name);
        let text = match heads.iter().find(|(of, _)| of == file) {
            Some((_, head)) => format!("{head}{below}"),
            None if below.starts_with("sets:\n") => shipped.replacen("sets:\n", below, 1),
            None => format!("{shipped}{below}"),
        };
        client.change(&name, &text.replacen('|', "", 1));
        let found = client.offered(&name, at(&text, "|", 0));
        let has = |label: &&&str| found.iter().any(|known| known == **label);
        let missing: Vec<_> = wanted.iter().filter(|label| !has(label)).collect();
        let beyond: Vec<_> = unwanted.iter().filter(has).collect();
        assert!(missing.is_empty() && beyond.is_empty(), "{below}\nmissing {missing:?}, beyond {beyond:?}\n{found:?}");
        client.close(&name);
    }
    assert_eq!(client.leave(), Some(0));
}
