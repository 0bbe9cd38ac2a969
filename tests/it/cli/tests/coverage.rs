//! What is covered: grants by the allows that they decide, their limits by the denies, clauses by their grants.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{shipped, small};

const HALF: &str = "\
hallpass: tests/v1
tests:
  - {who: lee, may: update, a: sis.grades.mark, of: {student: sam}, expect: allow}
  - {who: lee, may: update, a: sis.grades.mark, of: {student: zoe}, expect: deny}
  - {who: kim, may: view, a: sis.grades.mark, of: {student: sam}, expect: deny}
";

const TOLD: &str = "\
policies/cases.yaml:5
  may kim view sis.grades.mark of student: sam
  expected deny, got allow (granted)
  allowed by sis.auditor#1, as sis.auditor at d
policies/auditor.yaml:7: sis.auditor#1 decides no allow, and never refuses by its reach
covered: 1 of 2 grants (50%), 1 of 2 limits of grants (50%), 1 of 1 clauses (100%)
2 passed, 1 failed
";

/// A case that fails covers nothing, whatever its answer shows.
#[test]
fn what_is_not_covered_is_told_with_its_place() {
    let ended = small(&[("policies/cases.yaml", HALF)]).run("test --coverage");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (1, "", TOLD));
}

#[test]
fn a_clause_without_a_test_is_told() {
    let case = "hallpass: tests/v1\ntests:\n  - {who: kim, may: view, a: sis.grades.mark, of: {student: sam}, expect: allow}\n";
    let ended = small(&[("policies/cases.yaml", case)]).run("test --coverage");
    let told = "\
policies/auditor.yaml:7: sis.auditor#1 never refuses by its reach
policies/teacher.yaml:10: sis.teacher#1 decides no allow, and never refuses by its reach
policies/teacher.yaml:8: clause 1 of sis.teacher has no test: enters marks of the own classes
covered: 1 of 2 grants (50%), 0 of 2 limits of grants (0%), 0 of 1 clauses (0%)
1 passed, 0 failed
";
    assert_eq!((ended.code, ended.out.as_str()), (0, told));
}

#[test]
fn too_little_coverage_fails() {
    let cases: String = HALF.lines().take(4).map(|line| format!("{line}\n")).collect();
    let place = small(&[("policies/cases.yaml", &cases)]);
    let enough = place.run("test --require-coverage 50");
    assert_eq!((enough.code, enough.out.as_str()), (0, "2 passed, 0 failed\n"));
    let short = place.run("test --require-coverage 51");
    let told = "\
covered: 1 of 2 grants (50%), 1 of 2 limits of grants (50%), 1 of 1 clauses (100%)
less is covered than the 51% that are required; `--coverage` says what is not
2 passed, 0 failed
";
    assert_eq!((short.code, short.out.as_str()), (1, told));
}

const LIMITED: [(&str, &str); 3] =
    [("policies/sis.yaml", NOTES), ("policies/teacher.yaml", TEACHER), ("policies/auditor.yaml", AUDITOR)];

const NOTES: &str = "\
hallpass: application/v1
application: sis
title: A small application
modules:
  grades:
    title: Grades
    topics:
      mark: {actions: [view, update], properties: {late: yes_no}}
      note: [view]
      user: {actions: [view], record: user, id_is: user}
";

const TEACHER: &str = "\
hallpass: role/v1
role: sis.teacher
title: Teacher
held_at: school
reach: org
clauses:
  1: changes marks in time
  2: sees notes of auditors
  3: sees people
  4: does what nobody tests
grants:
  - {allow: update, topics: [grades.mark], when: resource.late == false, clause: 1}
  - {allow: view, topics: [grades.note], made_by: sis.auditor, clause: 2}
  - {allow: view, topics: [grades.user], people: {not_self: true}, clause: 3}
";

const AUDITOR: &str = "\
hallpass: role/v1
role: sis.auditor
title: Auditor
held_at: district
reach: org
clauses:
  1: does what a Teacher does
grants:
  - include: sis.teacher
    clause: 1
";

/// What Lee may do, the answer, and what it shows of which grant.
const SHOWN: [(&str, &str, &str, &str); 9] = [
    ("update, a: sis.grades.mark, of: {student: sam, late: true}", "deny", "sis.teacher#1", "condition"),
    ("update, a: sis.grades.mark, of: {student: zoe, late: false}", "deny", "sis.teacher#1", "reach"),
    ("view, a: sis.grades.note, of: {student: sam, created_by: lee}", "deny", "sis.teacher#2", "made_by"),
    ("view, a: sis.grades.note, of: {student: zoe, created_by: kim}", "deny", "sis.teacher#2", "reach"),
    ("view, a: sis.grades.user, id: lee", "deny", "sis.teacher#3", "exceptions"),
    ("view, a: sis.grades.user, id: zoe", "deny", "sis.teacher#3", "reach"),
    ("update, a: sis.grades.mark, of: {student: sam, late: false}", "allow", "sis.teacher#1", "decides"),
    ("view, a: sis.grades.note, of: {student: sam, created_by: kim}", "allow", "sis.teacher#2", "decides"),
    ("view, a: sis.grades.user, id: sam", "allow", "sis.teacher#3", "decides"),
];

/// Every kind of limit, each covered by the deny that is its doing and by no other.
#[test]
fn each_limit_is_covered_by_its_own_deny() {
    let all: BTreeSet<(&str, &str)> = SHOWN.iter().map(|(.., grant, shown)| (*grant, *shown)).collect();
    assert_eq!(all.len(), SHOWN.len());
    let place = small(&LIMITED);
    for (question, expect, grant, shown) in SHOWN {
        let case = format!("hallpass: tests/v1\ntests:\n  - {{who: lee, may: {question}, expect: {expect}}}\n");
        place.write("policies/cases.yaml", &case);
        let ended = place.run("test --coverage --format json");
        assert_eq!(ended.code, 0, "{question}: {}", ended.out);
        let open = open(&serde_json::from_str(&ended.out).unwrap(), "sis.teacher");
        let covered: Vec<_> = all.iter().filter(|one| !open.contains(&(one.0.to_owned(), one.1.to_owned()))).collect();
        assert_eq!(covered, [&(grant, shown)], "{question}");
    }
}

/// An included grant is covered in the role that has it, and with it the clause of the include.
#[test]
fn an_included_grant_is_covered_by_itself() {
    let case = "who: kim, may: update, a: sis.grades.mark, of: {student: zoe, late: false}, expect: allow";
    let place = small(&LIMITED);
    place.write("policies/cases.yaml", &format!("hallpass: tests/v1\ntests:\n  - {{{case}}}\n"));
    let report: Value = serde_json::from_str(&place.run("test --coverage --format json").out).unwrap();
    let clauses: Vec<(&str, u64)> =
        report["coverage"]["uncovered_clauses"].as_array().unwrap().iter().map(clause).collect();
    let teachers = [("sis.teacher", 1), ("sis.teacher", 2), ("sis.teacher", 3), ("sis.teacher", 4)];
    assert_eq!(clauses, teachers, "and none of the included role");
    let include = &report["coverage"]["uncovered_grants"][0];
    let place = (include["grant"].as_str(), include["file"].as_str(), include["line"].as_u64());
    assert_eq!(place, (Some("sis.teacher#1"), Some("policies/auditor.yaml"), Some(9)));
    assert!(!open(&report, "sis.auditor").contains(&("sis.teacher#1".to_owned(), "decides".to_owned())));
}

fn clause(value: &Value) -> (&str, u64) {
    (value["role"].as_str().unwrap(), value["clause"].as_u64().unwrap())
}

/// What is not covered of a role's grants.
fn open(report: &Value, role: &str) -> BTreeSet<(String, String)> {
    let grants = report["coverage"]["uncovered_grants"].as_array().unwrap();
    let mut open = BTreeSet::new();
    for grant in grants.iter().filter(|grant| grant["role"] == role) {
        let id = || grant["grant"].as_str().unwrap().to_owned();
        open.extend((grant["decides"] == false).then(|| (id(), "decides".to_owned())));
        let limits = grant["limits_uncovered"].as_array().unwrap();
        open.extend(limits.iter().map(|limit| (id(), limit.as_str().unwrap().to_owned())));
    }
    open
}

/// Grants on records that belong to the district as a whole, of roles that the demo district gives for the whole of it:
/// nothing lies beyond their reach there.
const WHOLE_DISTRICT: [&str; 7] = [
    "map.data_administrator#1",
    "map.district_assessment_coordinator#8",
    "map.district_assessment_coordinator#9",
    "map.system_administrator#3",
    "map.system_administrator#4",
    "misis.hr_credentialing#2",
    "misis.oda_testing_score_administrator#2",
];

/// Of both guides every clause, every grant of every role, and each limit of each.
#[test]
fn the_shipped_tests_cover_both_guides() {
    let ended = shipped("test --require-coverage 100 --coverage --format json");
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let coverage = &report["coverage"];
    assert_eq!(ended.code, 0, "{coverage:#}");
    assert_eq!(coverage["uncovered_clauses"], Value::Array(Vec::new()));
    assert!(
        coverage["clauses"]["all"].as_u64() > Some(150) && coverage["grants"]["all"].as_u64() > Some(180),
        "{coverage}"
    );
    let open: Vec<(&str, &Value)> = coverage["uncovered_grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| (grant["grant"].as_str().unwrap(), &grant["limits_uncovered"]))
        .collect();
    let reach = Value::from(["reach"].as_slice());
    assert_eq!(open, WHOLE_DISTRICT.map(|grant| (grant, &reach)));
}
