//! Expectations that are written: where they stand, that nothing else moves, and that nothing is written blindly.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::super::small;

/// Every way in which a test can be laid out.
const BEFORE: &str = "\
# questions of the office
hallpass: tests/v1
tests:
  # in braces
  - {name: the school's mark, who: lee, may: view, a: sis.grades.mark, of: {student: sam}}   # hers
  - { who: lee, may: view, a: sis.grades.mark, of: {student: zoe, \"a } b\": 'it''s # no comment'} , }
  - {who: kim, may: view, a: sis.grades.mark,
     of: {section: [art,
       music]}
    }

  # a line for each key
  - name: >-
      a name
      in two lines
    who: kim
    may: update   # not a word more

    a: sis.grades.mark
    of:
      student: sam
      section:
      - art

  # known already
  - {who: lee, may: update, a: sis.grades.mark, of: {student: sam}, expect: allow}
  -   may: view
      a: sis.grades.mark
      who: \"lee\" # the last
";

const AFTER: &str = "\
# questions of the office
hallpass: tests/v1
tests:
  # in braces
  - {name: the school's mark, who: lee, may: view, a: sis.grades.mark, of: {student: sam}, expect: allow}   # hers
  - { who: lee, may: view, a: sis.grades.mark, of: {student: zoe, \"a } b\": 'it''s # no comment'}, expect: deny, reason: scope_mismatch , }
  - {who: kim, may: view, a: sis.grades.mark,
     of: {section: [art,
       music]}, expect: allow
    }

  # a line for each key
  - name: >-
      a name
      in two lines
    who: kim
    may: update   # not a word more

    a: sis.grades.mark
    of:
      student: sam
      section:
      - art
    expect: deny
    reason: no_grant

  # known already
  - {who: lee, may: update, a: sis.grades.mark, of: {student: sam}, expect: allow}
  -   may: view
      a: sis.grades.mark
      who: \"lee\" # the last
      expect: deny
      reason: missing_attribute
";

const TOLD: &str = "\
policies/cases.yaml:5: wrote `expect: allow`
  may lee view sis.grades.mark of student: sam
policies/cases.yaml:6: wrote `expect: deny, reason: scope_mismatch`
  may lee view sis.grades.mark of student: zoe, a } b: it's # no comment
policies/cases.yaml:7: wrote `expect: allow`
  may kim view sis.grades.mark of section: [art, music]
policies/cases.yaml:13: wrote `expect: deny, reason: no_grant`
  may kim update sis.grades.mark of student: sam, section: [art]
policies/cases.yaml:27: wrote `expect: deny, reason: missing_attribute`
  may lee view sis.grades.mark
1 passed, 0 failed, 5 written
";

#[test]
fn a_test_that_expects_nothing_yet_is_told_and_fails() {
    let case = "hallpass: tests/v1\ntests:\n  - {who: kim, may: update, a: sis.grades.mark, of: {student: sam}}\n";
    let ended = small(&[("policies/cases.yaml", case)]).run("test");
    let told = "\
policies/cases.yaml:3
  may kim update sis.grades.mark of student: sam
  nothing is expected yet, got deny (no_grant)
0 passed, 0 failed, 1 without an expectation
";
    assert_eq!((ended.code, ended.out.as_str()), (1, told));
}

#[test]
fn what_is_missing_is_written_and_nothing_else() {
    let place = small(&[("policies/cases.yaml", BEFORE)]);
    let path = place.0.path().join("policies/cases.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let ended = place.run("test --write-missing");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", TOLD));
    assert_eq!(fs::read_to_string(&path).unwrap(), AFTER);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let again = place.run("test --write-missing");
    assert_eq!((again.code, again.out.as_str()), (0, "6 passed, 0 failed\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), AFTER);
    let left: Vec<_> =
        fs::read_dir(place.0.path().join("policies")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[test]
fn line_ends_stay_as_they_are() {
    let before = "hallpass: tests/v1\r\ntests:\r\n  - who: kim\r\n    may: view\r\n    a: sis.grades.mark\r\n    of: {student: sam}\r\n";
    let place = small(&[("policies/cases.yaml", before)]);
    assert_eq!(place.run("test --write-missing").code, 0);
    let after = fs::read_to_string(place.0.path().join("policies/cases.yaml")).unwrap();
    assert_eq!(after, format!("{before}    expect: allow\r\n"));
}

/// Somebody who doesn't hold the role in which they are asked about has no answer that could be expected.
#[test]
fn what_has_no_answer_is_not_written() {
    let case = "hallpass: tests/v1\ntests:\n  - {who: kim, as: sis.teacher, may: view, a: sis.grades.mark, of: {student: sam}}\n";
    let place = small(&[("policies/cases.yaml", case)]);
    let ended = place.run("test --write-missing");
    assert!(ended.code == 1 && ended.out.ends_with("0 passed, 1 failed\n"), "{}", ended.out);
    assert_eq!(fs::read_to_string(place.0.path().join("policies/cases.yaml")).unwrap(), case);
}

/// With a filter, the others stay without.
#[test]
fn only_what_was_asked_is_written() {
    let cases = "hallpass: tests/v1\ntests:\n  - {who: kim, may: view, a: sis.grades.mark, of: {student: sam}}\n  - {who: lee, may: view, a: sis.grades.mark, of: {student: sam}}\n";
    let place = small(&[("policies/cases.yaml", cases)]);
    assert_eq!(place.run("test --write-missing --only kim").out.lines().last(), Some("0 passed, 0 failed, 1 written"));
    let after = fs::read_to_string(place.0.path().join("policies/cases.yaml")).unwrap();
    assert_eq!(after, cases.replacen("sam}}", "sam}, expect: allow}", 1));
}
