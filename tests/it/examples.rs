//! The language fits any application: the shipped examples that are no school decide as they are meant to. The directory of
//! the certification scenario is told here by hand, as its files say.

use serde_json::json;

use crate::little::{Ask, Little, ask};
use crate::support::{compile, path, sources};

/// The certification scenario: two users, two records, and its decisions.
#[test]
fn the_certification_scenario_is_decided_as_it_demands() {
    let policy = compile(&sources(&path("examples/authzen/policies")));
    assert_eq!(policy.subject_properties(), ["role"]);
    let mut facts = Little::new(&[("org-1", hallpass::policy::facts::OrgKind::District, "", "")]);
    for user in ["alice", "bob"] {
        facts.assign(user, "records.member", "org-1").assign(user, "records.archivist", "org-1").member(user, "org-1");
    }
    facts.property("bob", "role", json!("admin"));
    facts.record("record", "record-1", json!({"status": "active"}));
    facts.record("record", "record-2", json!({"status": "archived"}));
    let on = |who: &str, may: &str, id: &str| ask(who, may, "record", json!({})).id(id);
    let with = |mut question: Ask, of| {
        question.of = hallpass::policy::request::Stored::new(crate::little::object(of)).unwrap();
        question
    };
    let archived = || json!({"status": "archived"});
    let cases = [
        (on("alice", "read", "record-1"), "granted"),
        (on("alice", "write", "record-1"), "granted"),
        (on("bob", "read", "record-1"), "granted"),
        (on("bob", "write", "record-1"), "condition_not_met"),
        (with(on("alice", "write", "record-1"), archived()), "condition_not_met"),
        (with(on("alice", "write", "record-1"), archived()).subject(json!({"role": "admin"})), "granted"),
        (on("alice", "delete", "record-1").action(json!({"soft": true})), "granted"),
        (on("alice", "delete", "record-1").action(json!({"soft": false})), "condition_not_met"),
        (on("alice", "delete", "record-1"), "missing_attribute"),
        (on("alice", "delete", "record-1").action(json!({"soft": "yes"})), "condition_not_met"),
        (on("alice", "write", "record-2"), "condition_not_met"),
        (on("bob", "write", "record-2"), "granted"),
        (on("alice", "print", "record-1"), "unknown_action"),
        (on("carol", "read", "record-1"), "unknown_subject"),
        (ask("alice", "read", "page", json!({})), "unknown_resource_type"),
    ];
    for (question, expected) in cases {
        assert_eq!(question.reason(&policy, &facts), expected, "{question:?}");
        let elsewhere = question.clone().context(json!({"time": "2024-10-26T01:22-07:00", "role": "admin"}));
        assert_eq!(elsewhere.reason(&policy, &facts), expected, "the context changes nothing: {question:?}");
    }
}

/// A to-do list: owners, admins, and items that are locked.
#[test]
fn a_to_do_list_is_shared() {
    let policy = compile(&sources(&path("examples/todo/policies")));
    let mut facts = Little::new(&[("team", hallpass::policy::facts::OrgKind::Other, "", "")]);
    facts.assign("ann", "todo.member", "team").assign("ben", "todo.member", "team").assign("zoe", "todo.admin", "team");
    facts.user("eve");
    let item = |who: &str, may: &str, of| ask(who, may, "todo.item", of).reason(&policy, &facts);
    let anns = || json!({"created_by": "ann"});
    let locked = || json!({"created_by": "ann", "locked": true});
    let cases = [
        ("ben", "view", anns(), "granted"),
        ("ben", "create", json!({}), "granted"),
        ("ann", "complete", anns(), "granted"),
        ("ben", "complete", anns(), "scope_mismatch"),
        ("ben", "complete", json!({}), "missing_attribute"),
        ("zoe", "complete", anns(), "granted"),
        ("zoe", "delete", anns(), "granted"),
        ("ann", "view", locked(), "granted"),
        ("ann", "update", locked(), "denied_by_rule"),
        ("ben", "update", locked(), "denied_by_rule"),
        ("zoe", "update", locked(), "granted"),
        ("ann", "update", json!({"created_by": "ann", "locked": "no"}), "condition_error"),
        ("eve", "view", anns(), "no_grant"),
        ("mal", "view", anns(), "unknown_subject"),
    ];
    for (who, may, of, expected) in cases {
        assert_eq!(item(who, may, of.clone()), expected, "{who} {may} {of}");
    }
}
