//! Folders given as text, and what a roster makes of them: facts and findings, word for word.

mod census;
mod cut;
mod facts;
mod files;
#[cfg(feature = "server")]
mod lint;
mod rows;
#[cfg(feature = "server")]
mod zips;

use std::sync::Arc;

use super::{Loaded, Roster};
use crate::policy::day::Day;
use crate::policy::facts::{Enrolment, Facts, Membership, Person};
use crate::policy::source::{Finding, Source};

/// Two schools of a district; a teacher and a pupil of a class at the first one.
const BASE: [(&str, &str); 6] = [
    ("orgs.csv", "sourcedId,status,name,type,parentSourcedId\nd,,D,district,\ns1,,One,school,d\ns2,,Two,school,d\n"),
    ("users.csv", "sourcedId,status,enabledUser,givenName,primaryOrgSourcedId\nt,,true,Tia,\np,,true,Pim,\n"),
    (
        "academicSessions.csv",
        "sourcedId,status,startDate,endDate\nnow,,2025-08-01,2026-06-15\nold,,2024-08-01,2025-06-15\n",
    ),
    ("classes.csv", "sourcedId,status,schoolSourcedId,termSourcedIds\nc1,,s1,now\nc2,,s2,now\n"),
    (
        "enrollments.csv",
        "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n\
         e1,,c1,t,teacher,,\ne2,,c1,p,student,2025-09-01,2026-06-01\n",
    ),
    (
        "role_assignments.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\na1,,t,misis.teacher,s1,,\n",
    ),
];

/// The base set with some files replaced or added; an empty text takes a file away.
fn set(changes: &[(&str, &str)]) -> Vec<Source> {
    let mut files: Vec<(&str, &str)> = BASE.to_vec();
    for &(name, text) in changes {
        files.retain(|(other, _)| *other != name);
        if !text.is_empty() {
            files.push((name, text));
        }
    }
    files.iter().map(|(name, text)| source(name, text.as_bytes())).collect()
}

fn source(name: &str, bytes: &[u8]) -> Source {
    Source { name: Arc::from(name), bytes: Arc::from(bytes) }
}

fn load(changes: &[(&str, &str)]) -> Result<Loaded, Vec<Finding>> {
    Roster::load(&set(changes), &["grade", "team"])
}

fn today() -> Day {
    Day::parse("2025-10-01").unwrap()
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(ToString::to_string).collect()
}

/// What a roster says of a person, on one line. `!` marks what isn't in effect, `~` an org of no student.
fn describe(roster: &Roster, id: &str) -> String {
    let Some(person) = roster.person(id) else { return format!("{id}: unknown") };
    for list in [person.teaches, person.attends] {
        assert!(list.is_sorted_by_key(|enrolment| enrolment.section_key), "{id}: sorted by section");
    }
    let mut line = format!("{id}:");
    for (word, holds) in [("active", person.active), ("student", person.student)] {
        line += &if holds { format!(" {word}") } else { String::new() };
    }
    for (word, mut items) in parts(&person) {
        items.sort();
        line += &if items.is_empty() { String::new() } else { format!(" {word}={}", items.join("+")) };
    }
    line
}

fn parts(person: &Person<'_>) -> [(&'static str, Vec<String>); 5] {
    let mark = |in_effect: bool| if in_effect { "" } else { "!" };
    let section = |it: &Enrolment| format!("{}{}", it.section.id, mark(it.in_effect(today())));
    let org = |it: &Membership| {
        let student = if it.as_student { "" } else { "~" };
        format!("{}{student}{}", it.org.id(), mark(it.period.contains(today())))
    };
    [
        ("teaches", person.teaches.iter().map(section).collect()),
        ("attends", person.attends.iter().map(section).collect()),
        ("orgs", person.orgs.iter().map(org).collect()),
        (
            "roles",
            person
                .assignments
                .iter()
                .map(|it| format!("{}@{}{}", it.role, it.org.id(), mark(it.period.contains(today()))))
                .collect(),
        ),
        ("properties", person.properties.iter().map(|(name, value)| format!("{name}:{value:?}")).collect()),
    ]
}

/// Files to change, what is said of whom afterwards, and every warning.
struct Case {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    people: &'static [&'static str],
    warnings: &'static [&'static str],
}

fn check(cases: &[Case]) {
    for case in cases {
        let loaded = load(case.files).unwrap_or_else(|errors| panic!("{}: {:?}", case.name, lines(&errors)));
        for expected in case.people {
            let (id, _) = expected.split_once(':').unwrap();
            assert_eq!(describe(&loaded.roster, id), *expected, "{}", case.name);
        }
        assert_eq!(lines(&loaded.warnings), case.warnings, "{}", case.name);
    }
}
