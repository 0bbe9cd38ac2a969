//! `test`: the questions of a policy set, and what is told of those whose answers differ.

mod coverage;
mod formats;
mod missing;
mod mutants;
mod required;
mod watching;

use super::{shipped, small};

const CASES: &str = "\
hallpass: tests/v1
tests:
  - {who: lee, may: update, a: sis.grades.mark, of: {student: sam}, expect: allow}
  - {name: a mark of the past, who: lee, may: view, a: sis.grades.mark, of: {student: zoe}, expect: allow, on: 2020-02-01}
  - {who: lee, may: view, a: sis.grades.mark, id: m.1, of: {section: [art, music]}, expect: deny, reason: no_grant}
";

const TOLD: &str = "\
policies/cases.yaml:4: a mark of the past
  may lee view sis.grades.mark of student: zoe, on 2020-02-01
  expected allow, got deny (scope_mismatch)
  nearest: sis.teacher at high, sis.teacher#1 does not reach the record: sections that the subject teaches [teacher.yaml:10]
policies/cases.yaml:5
  may lee view sis.grades.mark m.1 of section: [art, music]
  expected deny (no_grant), got allow (granted)
  allowed by sis.teacher#1, as sis.teacher at high
1 passed, 2 failed
";

#[test]
fn each_failure_is_told() {
    let ended = small(&[("policies/cases.yaml", CASES)]).run("test");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (1, "", TOLD));
}

#[test]
fn all_well() {
    let cases: String = CASES.lines().take(3).map(|line| format!("{line}\n")).collect();
    let ended = small(&[("rules/cases.yaml", &cases)]);
    for (name, text) in super::POLICIES {
        ended.write(&name.replace("policies/", "rules/"), text);
    }
    let ended = ended.run("test rules");
    assert_eq!((ended.code, ended.out.as_str()), (0, "1 passed, 0 failed\n"));
}

#[test]
fn no_tests_are_said_to_be_none() {
    let ended = small(&[]).run("test");
    let said = "no tests: no file in `policies` says `hallpass: tests/v1` and lists any\n";
    assert_eq!((ended.code, ended.out.as_str()), (0, said));
}

/// Zoe is no student of the small district's, and Kim is no teacher: asked as one, there is nothing to answer.
#[test]
fn a_role_that_is_not_held_is_no_answer() {
    let cases = "\
hallpass: tests/v1
tests:
  - {who: lee, as: sis.teacher, may: update, a: sis.grades.mark, of: {student: sam}, expect: allow}
  - {who: kim, as: sis.teacher, may: update, a: sis.grades.mark, of: {student: sam}, expect: deny}
  - {who: nobody, as: sis.teacher, may: view, a: sis.grades.mark, of: {student: sam}, expect: deny, reason: unknown_subject}
";
    let told = "\
policies/cases.yaml:4
  may kim as sis.teacher update sis.grades.mark of student: sam
  expected deny, got no answer: kim does not hold sis.teacher
2 passed, 1 failed
";
    let ended = small(&[("policies/cases.yaml", cases)]).run("test");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (1, "", told));
}

/// Kim holds two roles; asked as one, the grants of the other count for nothing.
#[test]
fn only_the_named_role_counts() {
    let held = "\
sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate
1,,lee,sis.teacher,high,,
2,,lee,sis.auditor,d,,
";
    let cases = "\
hallpass: tests/v1
tests:
  - {who: lee, may: view, a: sis.grades.mark, of: {student: zoe}, expect: allow}
  - {who: lee, as: sis.auditor, may: view, a: sis.grades.mark, of: {student: zoe}, expect: allow}
  - {who: lee, as: sis.teacher, may: view, a: sis.grades.mark, of: {student: zoe}, expect: deny, reason: scope_mismatch}
  - {who: lee, as: sis.auditor, may: update, a: sis.grades.mark, of: {student: sam}, expect: deny, reason: no_grant}
";
    let ended = small(&[("policies/cases.yaml", cases), ("examples/district/role_assignments.csv", held)]).run("test");
    // A role without a grant for it is held all the same.
    assert_eq!((ended.code, ended.out.as_str()), (0, "4 passed, 0 failed\n"));
}

#[test]
fn the_demo_district_answers_as_the_shipped_tests_say() {
    let ended = shipped("test");
    assert!(ended.code == 0 && ended.out.ends_with(" passed, 0 failed\n"), "{}", ended.out);
}

/// The page about tests shows some: they are asked as they stand there.
#[test]
fn the_page_about_tests_shows_good_ones() {
    let page = std::fs::read_to_string(crate::support::path("docs/policy-tests.md")).unwrap();
    let block = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let place = super::Place::with(&[("policies/page.yaml", block)]);
    crate::support::copy(&crate::support::path("policies"), &place.0.path().join("policies"));
    crate::support::copy(&crate::support::path("examples/district"), &place.0.path().join("examples/district"));
    let ended = place.run("test --only page.yaml");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", "2 passed, 0 failed\n"));
}
