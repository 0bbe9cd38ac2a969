//! Every block of the language's description is kept word for word under `tests/data/language` and loads: what the blocks
//! leave out (topics and roles that they name) stands under `around`, and the test puts it around them.

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;
use serde_json::json;

use crate::little::{Little, ask};
use crate::support::{compile, path, source, sources};

#[test]
fn every_block_loads() {
    let policy = described();
    let roles: Vec<&str> = policy.roles().map(|(id, _)| id).collect();
    for role in
        ["misis.scheduling_administrator", "misis.counselor_plus", "map.school_proctor", "map.data_administrator"]
    {
        assert!(roles.contains(&role), "{role}");
    }
    assert_eq!(policy.tests().len(), 2);
}

#[test]
fn words_mean_what_they_are_described_to_mean() {
    let policy = described();
    let has = |role: &str, topic: &str, action: &str| {
        policy.rights(role).iter().any(|right| right.resource_type == topic && right.action == action)
    };
    let scheduler = "misis.scheduling_administrator";
    assert!(has(scheduler, "misis.grades.mark", "create"), "`enter` creates");
    assert!(
        !has(scheduler, "misis.groups.group", "reserve") && has(scheduler, "misis.groups.group", "delete"),
        "`manage`"
    );
    assert!(
        has(scheduler, "misis.scheduling.student_schedule", "view"),
        "a whole module, where a topic is only viewed"
    );
    assert!(!has(scheduler, "misis.student_support.suspension", "view"), "`except` takes a set away");
    assert!(!has(scheduler, "misis.sped_placement.request", "view"), "a set's own `except`");
    let reaches = |role: &str| policy.rights(role).iter().map(|right| right.reach.name()).collect::<Vec<_>>();
    assert!(reaches("misis.option_school_user").iter().all(|reach| *reach == "referred"), "an include with a reach");
    assert!(reaches("misis.counselor_plus").iter().all(|reach| *reach == "org"), "an include without one");
    let limits = |role: &str, action: &str| -> Vec<String> {
        policy
            .rights(role)
            .iter()
            .filter(|right| right.action == action)
            .flat_map(|right| right.limits.clone())
            .collect()
    };
    assert_eq!(limits("map.school_proctor", "conduct"), ["made by map.district_proctor"]);
    assert_eq!(
        limits("map.data_administrator", "assign_role"),
        [
            "not the roles map.system_administrator, map.district_assessment_coordinator",
            "not one's own record",
            "not people who hold map.system_administrator, map.district_assessment_coordinator",
        ]
    );
}

/// The block of tests says what the set decides.
#[test]
fn the_described_tests_pass() {
    let policy = described();
    let mut facts = Little::district();
    facts.assign("t.rivera", "misis.scheduling_administrator", "s1").student("s.0142", "s1").student("s.0999", "s3");
    for case in policy.tests() {
        let mut question = ask(&case.who, &case.may, &case.a, json!({}));
        question.of = hallpass::policy::request::Stored::new(case.of.resource.clone()).unwrap();
        let decision = question.decision(&policy, &facts);
        assert_eq!(Some(decision.is_allow()), case.expect, "{}", case.at.line);
        assert!(case.reason.as_deref().is_none_or(|reason| reason == decision.reason.code()), "{}", case.at.line);
    }
}

/// The described deny rule: a sealed record is the principal's alone.
#[test]
fn the_described_deny_rule_seals() {
    let policy = described();
    let mut facts = Little::district();
    facts.assign("t.rivera", "misis.scheduling_administrator", "s1").assign("p.chen", "misis.principal", "s1");
    facts.student("s.0142", "s1");
    let view = |who, sealed: bool| {
        ask(who, "view", "misis.enrollment.student", json!({"student": "s.0142", "sealed": sealed}))
            .reason(&policy, &facts)
    };
    assert_eq!(view("t.rivera", false), "granted");
    assert_eq!(view("t.rivera", true), "denied_by_rule");
    assert_eq!(view("p.chen", true), "granted");
}

/// The blocks, with what is around them.
fn described() -> Policy {
    compile(&files())
}

fn files() -> Vec<Source> {
    let read = |name: &str| std::fs::read_to_string(path("tests/data/language").join(name)).unwrap();
    let (head, modules) =
        read("application.yaml").split_once("modules:\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let mut files = vec![
        source("application.yaml", format!("{head}modules:\n{}{modules}", read("around/modules.txt"))),
        source("role.yaml", read("role.yaml")),
        source("tests.yaml", read("tests.yaml")),
        source("routes.yaml", read("routes.yaml")),
    ];
    let rows = read("harder_rows.yaml");
    let grants: Vec<&str> = rows.split("  - ").skip(1).collect();
    assert_eq!(grants.len(), 5);
    for (at, grant) in (1..).zip(grants) {
        files.push(source(&format!("row{at}.yaml"), format!("{}  - {grant}", read(&format!("around/rows/{at}.yaml")))));
    }
    let around = sources(&path("tests/data/language/around"));
    files.extend(around.into_iter().filter(|file| file.name.ends_with(".yaml") && !file.name.starts_with("rows/")));
    files
}
