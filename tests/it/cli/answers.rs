//! `check` and `explain`: exit codes, lines for people, JSON for programs.

use super::small;

const MAY_LEE: &str = "--subject lee --action update --type sis.grades.mark";

#[test]
fn exit_codes() {
    let place = small(&[]);
    for (flags, code) in [
        ("--student sam", 0),
        ("--section art", 0),
        ("--student sam --school high --school small", 0),
        ("--student zoe", 2),
        ("--student zoe --on 2020-01-31", 0),
        ("--student zoe --on 2020-02-01", 2),
        ("", 2),
        ("--date today", 1),
    ] {
        for command in ["check", "explain"] {
            assert_eq!(place.run(&format!("{command} {MAY_LEE} {flags}")).code, code, "{command} {flags}");
        }
    }
}

#[test]
fn an_allow_names_its_grant() {
    let ended = small(&[]).run(&format!("check {MAY_LEE} --student sam"));
    let lines: Vec<&str> = ended.out.lines().collect();
    assert_eq!(lines[0], "allow: a role that they hold allows it (granted)");
    assert_eq!(lines[1..4], ["role       sis.teacher", "held at    high", "grant      sis.teacher#1"]);
    assert!(lines[4].starts_with("policy     ") && lines[5].starts_with("directory  "), "{}", ended.out);
    assert_eq!(lines.len(), 6);
}

#[test]
fn a_deny_says_why() {
    let ended = small(&[]).run(&format!("check {MAY_LEE} --school high"));
    let begin = "deny: the question leaves out a fact that every grant has to test (missing_attribute)\npolicy     ";
    assert!(ended.out.starts_with(begin), "{}", ended.out);
}

#[test]
fn json_answers() {
    let place = small(&[]);
    let json = |line: &str| serde_json::from_str::<serde_json::Value>(&place.run(line).out).unwrap();
    let allow = json(&format!("check {MAY_LEE} --student sam --format json"));
    assert_eq!(
        (&allow["allow"], &allow["reason"], &allow["role"], &allow["org"], &allow["grant"]),
        (&true.into(), &"granted".into(), &"sis.teacher".into(), &"high".into(), &"sis.teacher#1".into())
    );
    assert_eq!(allow["policy_revision"].as_str().unwrap().len(), 16);
    let deny = json(&format!("explain {MAY_LEE} --student zoe --format json"));
    assert_eq!((&deny["allow"], &deny["reason"]), (&false.into(), &"scope_mismatch".into()));
    assert_eq!(deny["assignments"][0]["grants"][0]["outcome"], "out_of_reach");
    assert_eq!(deny.get("role"), None);
}

#[test]
fn an_explanation_is_a_small_tree() {
    let ended = small(&[]).run("explain --subject lee --action view --type sis.grades.mark --student zoe");
    let tree = "\
deny: the roles that allow it do not reach this record (scope_mismatch)

roles that they hold
└─ sis.teacher at high
   └─ sis.teacher#1: does not reach the record: sections that the subject teaches [teacher.yaml:10]
        enters marks of the own classes

roles that would allow it
  Auditor (sis.auditor) at small, by sis.auditor#1

policy     ";
    assert!(ended.out.starts_with(tree), "{}", ended.out);
}
