//! `validate`: findings drawn, on lines and as JSON, and the summary.

use super::{POLICIES, Place, shipped, small};

fn with_teacher(change: impl Fn(&str) -> String) -> Place {
    let place = Place::with(&POLICIES);
    place.write("policies/teacher.yaml", &change(super::TEACHER));
    place
}

#[test]
fn the_shipped_set_has_no_errors() {
    let ended = shipped("validate");
    let summary = "68 roles, 136 resource types, 315 actions: no errors\n";
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", summary));
}

#[test]
fn a_misspelt_key_is_drawn_with_the_right_one() {
    let ended = with_teacher(|text| text.replace("held_at:", "heldat:").replace("reach:", "reech:")).run("validate");
    let drawn = "\
error[unknown-key]: `heldat` is no key of this place
 --> policies/teacher.yaml:4:1
  |
4 | heldat: school
  | ^^^^^^
  |
  = help: did you mean `held_at`?

error[unknown-key]: `reech` is no key of this place
 --> policies/teacher.yaml:6:1
  |
6 | reech: section
  | ^^^^^
  |
  = help: did you mean `reach`?

2 errors
";
    assert_eq!(ended.code, 1);
    assert_eq!(ended.out, drawn);
}

#[test]
fn a_misspelt_topic_is_drawn_with_the_right_one() {
    let ended = with_teacher(|text| text.replace("grades.mark", "grades.marks")).run("validate");
    let drawn = "\
error[unknown-name]: there is no topic, module or set `grades.marks`
  --> policies/teacher.yaml:11:14
   |
11 |     topics: [grades.marks]
   |              ^^^^^^^^^^^^
   |
   = help: did you mean `grades.mark`?

1 error
";
    assert_eq!((ended.code, ended.out.as_str()), (1, drawn));
}

#[test]
fn what_is_about_a_whole_file_is_drawn_without_a_line() {
    let ended = Place::with(&[("policies/sis.yaml", super::APPLICATION)]).run("validate");
    let drawn = "\
error[incomplete-set]: the set has no role, so nobody could do anything
--> policies/sis.yaml
 = help: add a `hallpass: role/v1` file

1 error
";
    assert_eq!((ended.code, ended.out.as_str()), (1, drawn));
}

#[test]
fn a_line_each() {
    let ended = with_teacher(|text| text.replace("grades.mark", "grades.marks").replace("clause: 1", "clause: 2"));
    let ended = ended.run("validate --format plain");
    let lines = "\
policies/teacher.yaml:11:14: error[unknown-name]: there is no topic, module or set `grades.marks` (did you mean `grades.mark`?)
policies/teacher.yaml:12:13: error[bad-clause]: the role has no clause 2 (add it under `clauses`, or name one that is there)
2 errors
";
    assert_eq!((ended.code, ended.out.as_str()), (1, lines));
}

#[test]
fn json_for_programs() {
    let ended = with_teacher(|text| text.replace("grades.mark", "grades.marks")).run("validate --format json");
    let found: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let finding = serde_json::json!({
        "severity": "error", "code": "unknown-name", "file": "policies/teacher.yaml", "line": 11, "column": 14,
        "message": "there is no topic, module or set `grades.marks`", "help": "did you mean `grades.mark`?",
    });
    assert_eq!((ended.code, &found["findings"], &found["errors"]), (1, &serde_json::json!([finding]), &1.into()));
}

#[test]
fn rights_written_out() {
    let ended = Place::with(&POLICIES).run("validate --expanded");
    let rights = "\
sis.auditor (Auditor)
  at the organisation where it is held, and below (org)
    grades              view: mark

sis.teacher (Teacher)
  in sections that the holder teaches (section)
    grades              view, update: mark

2 roles, 1 resource type, 2 actions: no errors
";
    assert_eq!((ended.code, ended.out.as_str()), (0, rights));
}

#[test]
fn people_are_checked_against_the_policy() {
    let place = small(&[(
        "examples/district/role_assignments.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n\
         1,,lee,sis.teecher,high,,\n2,,lee,sis.teacher,small,,\n3,,lee,sis.auditor,d,,\n4,,kim,sis.teacher,d,,\n5,,zoe,sis.auditor,nowhere,,\n",
    )]);
    let ended = place.run("validate --directory examples/district --format plain");
    let file = "examples/district/role_assignments.csv";
    for line in [
        format!("{file}:2:8: warning[idle-assignment]: there is no role `sis.teecher` (did you mean `sis.teacher`?)"),
        format!(
            "{file}:3:8: warning[idle-assignment]: `sis.teacher` has no effect at `small`: the role does not count at a school of level `elementary` (assign it where it counts, or remove the row)"
        ),
        format!(
            "{file}:4:8: warning[too-close]: `lee` holds both `sis.teacher` and `sis.auditor` (nobody should check their own work)"
        ),
        format!(
            "{file}:5:8: warning[idle-assignment]: `sis.teacher` has no effect at `d`: the role is held at schools, and this is none (assign it where it counts, or remove the row)"
        ),
    ] {
        assert!(ended.out.lines().any(|found| found == line), "{line}\n\n{}", ended.out);
    }
    assert!(ended.out.contains(&format!("{file}:6:")), "{}", ended.out);
    assert!(ended.out.ends_with("2 roles, 1 resource type, 2 actions: no errors, 5 warnings\n"), "{}", ended.out);
    assert_eq!(ended.code, 0);
}

#[test]
fn a_directory_that_is_refused() {
    let place = small(&[("examples/district/orgs.csv", "sourcedId,status,name\nd,,District\n")]);
    let ended = place.run("validate --directory examples/district --format plain");
    assert!(ended.code == 1 && ended.out.contains("examples/district/orgs.csv:1"), "{ended:?}");
}

#[test]
fn the_demo_district_has_no_findings() {
    let ended = shipped("validate --directory examples/district");
    let summary = "68 roles, 136 resource types, 315 actions: no errors\n";
    assert_eq!((ended.code, ended.out.as_str()), (0, summary));
}

#[test]
fn a_zip_that_is_none() {
    let ended = small(&[("people.zip", "not a zip")]).run("validate --directory people.zip --format plain");
    assert!(ended.code == 1 && ended.out.starts_with("people.zip: error: "), "{ended:?}");
}
