//! `check` and `explain`: exit codes, lines for people, JSON for programs.

use super::{shipped, small};

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
        reach: in sections that the holder teaches (section)
        student: zoe is in none of the sections that lee teaches at or below high: art

roles that would allow it
  Auditor (sis.auditor) at small, by sis.auditor#1

policy     ";
    assert!(ended.out.starts_with(tree), "{}", ended.out);
}

/// What failed is told with the values that were compared.
#[test]
fn an_explanation_names_the_values() {
    for (question, because) in [
        (
            "--subject t.rivera --action update --type misis.grades.mark --section c.alderwick-k1",
            "section: c.alderwick-k1 is not among the sections that t.rivera teaches at or below sch.fernvale: ",
        ),
        (
            "--subject t.rivera --action update --type misis.grades.mark --student s.0999",
            "student: s.0999 is in none of the sections that t.rivera teaches at or below sch.fernvale: ",
        ),
        (
            "--subject t.rivera --action update --type misis.grades.mark --student nobody",
            "neither section nor student is given (student: nobody is none that the directory knows)",
        ),
        (
            "--subject p.okafor --action view --type misis.census.student --student s.0999",
            "student: s.0999 is at sch.graniteford: not at or below sch.fernvale",
        ),
        (
            "--subject p.okafor --action view --type misis.census.student --school sch.graniteford",
            "school: sch.graniteford is not at or below sch.fernvale",
        ),
        (
            "--subject p.okafor --action view --type misis.census.student --school moon",
            "school: moon (which the directory does not know) is not at or below sch.fernvale",
        ),
        (
            "--subject p.okafor --action view --type misis.census.student",
            "none of student, school and section is given",
        ),
        (
            "--subject t.nguyen --action conduct --type map.testing.session --id mts.0002",
            "created_by: t.kowalski does not hold map.district_proctor, in effect, where it reaches the record",
        ),
        (
            "--subject t.nguyen --action conduct --type map.testing.session --id mts.0002",
            "created_by: t.kowalski is not t.nguyen",
        ),
        (
            "--subject c.ashford --action view --type misis.transcripts.record --student s.0142 --referred-to sch.fernvale",
            "referred_to: sch.fernvale is not at or below sch.harborwick",
        ),
    ] {
        let ended = shipped(&format!("explain {question} --on 2026-11-22"));
        assert_eq!(ended.code, 2, "{question}");
        let found =
            ended.out.lines().any(|line| line.trim_start_matches([' ', '│', '├', '└', '─']).starts_with(because));
        assert!(found, "{because}\n\n{}", ended.out);
    }
}

/// A deny rule and a condition are told with their values, and whom the rule spares.
#[test]
fn an_explanation_names_what_a_condition_compared() {
    let rule = "deny:\n  - id: sealed\n    topics: all\n    when: resource.date >= today\n    unless_role: [sis.auditor]\n    because: nobody sees the future\n";
    let application = super::APPLICATION.replace("apart:", &format!("{rule}apart:"));
    let teacher = super::TEACHER.replace("    clause: 1", "    when: resource.date > today\n    clause: 1");
    let place = small(&[("policies/sis.yaml", &application), ("policies/teacher.yaml", &teacher)]);
    let explain = "explain --subject lee --action view --type sis.grades.mark --student sam --on 2026-11-22";
    let ruled = place.run(&format!("{explain} --date 2026-11-23")).out;
    let lines = "\
deny: a deny rule applies (denied_by_rule)
deny rule  sis.sealed
           when resource.date >= today: resource.date is 2026-11-23, today is 2026-11-22
           spares sis.auditor where they reach the record
           because nobody sees the future
";
    assert!(ruled.starts_with(lines), "{ruled}");
    let unmet = place.run(&format!("{explain} --date 2026-11-21")).out;
    let line = "        when resource.date > today: resource.date is 2026-11-21, today is 2026-11-22\n";
    assert!(unmet.contains(line) && unmet.contains("its condition is not met"), "{unmet}");
}

/// Colour is for terminals, and for those who want it.
#[test]
fn colour_is_for_terminals() {
    let place = small(&[]);
    let folder = place.0.path().display();
    let question = "explain --subject lee --action view --type sis.grades.mark --student zoe";
    let run = |terminal: bool, flag: &str| {
        let line =
            format!("hallpass {question} --policies {folder}/policies --directory {folder}/examples/district {flag}");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = hallpass::cli::run(line.split(' ').map(Into::into), terminal, &mut out, &mut err);
        assert_eq!(exit, hallpass::cli::Exit::Deny);
        String::from_utf8(out).unwrap()
    };
    let (coloured, plain) = (run(true, "--no-color="), run(false, "--no-color="));
    assert!(coloured.starts_with("\u{1b}[31mdeny\u{1b}[0m: "), "{coloured}");
    assert!(!plain.contains('\u{1b}') && run(true, "--no-color=1") == plain);
    let bare: String = coloured
        .split('\u{1b}')
        .map(|part| part.split_once('m').filter(|(code, _)| code.starts_with('[')).map_or(part, |(_, text)| text))
        .collect();
    assert_eq!(bare, plain);
}
