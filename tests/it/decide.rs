//! The rules of deciding, one table each, over a little district: the order of reasons, deny rules, where roles take effect,
//! the governance of roles. What each scope tests stands in [`super::reach`].

use hallpass::policy::compiled::Policy;
use serde_json::{Value, json};

use crate::little::{Ask, Little, ask, period};
use crate::support::{compile, source};

const APPLICATION: &str = "hallpass: application/v1
application: app
title: x
types:
  mark: {actions: [view, update], record: student, properties: {sealed: yes_no, odd: yes_no}}
  session: {actions: [view, conduct], record: school}
  window: {actions: [view], record: district}
  person: {actions: [view, create, update, assign_role], record: user}
  note: {actions: [view], record: open}
";

/// A policy of roles, each with the lines of its head and its grants, and deny rules.
pub fn policy(roles: &[(&str, &str, &str)], denies: &str) -> Policy {
    let mut files = vec![source("app.yaml", format!("{APPLICATION}{denies}"))];
    for (id, head, grants) in roles {
        let grants: String = grants.lines().map(|line| format!("  - {{{line}}}\n")).collect();
        files.push(source(
            &format!("{id}.yaml"),
            format!("hallpass: role/v1\nrole: app.{id}\ntitle: x\n{head}\ngrants:\n{grants}"),
        ));
    }
    compile(&files)
}

/// Asks each question and compares the reason of its answer.
pub fn check(policy: &Policy, facts: &Little, cases: &[(Ask, &str)]) {
    for (question, expected) in cases {
        assert_eq!(question.reason(policy, facts), *expected, "{question:?}");
    }
}

/// The reasons in their order: everything is wrong at first, and one thing after another is put right.
#[test]
fn reasons_come_in_their_order() {
    let mut facts = Little::district();
    facts.user("me").active = false;
    facts.student("kim", "s1");
    let denies = "deny:
  - {id: sealed, topics: mark, when: resource.sealed == true, because: x}
  - {id: odd, topics: mark, when: resource.odd == true, because: x}
";
    let grants = "allow: [view, update], topics: mark, reach: org, when: resource.date <= today\nallow: assign_role, topics: person, reach: org";
    let policy = policy(&[("clerk", "held_at: school", grants)], denies);
    let wrong = |kind: &str, may: &str, of: Value| ask("me", may, kind, of);
    let all = json!({"sealed": true, "odd": "no", "role": "app.ghost"});
    check(&policy, &facts, &[(wrong("ghost", "fly", all.clone()), "unknown_subject")]);
    facts.user("me").active = true;
    let robot = Ask { kind: "robot".to_owned(), ..wrong("ghost", "fly", all.clone()) };
    check(
        &policy,
        &facts,
        &[
            (robot.clone(), "unknown_subject"),
            (wrong("ghost", "fly", all.clone()), "unknown_resource_type"),
            (wrong("mark", "fly", all.clone()), "unknown_action"),
            (wrong("person", "assign_role", all.clone()), "unknown_role"),
            (wrong("mark", "view", all), "denied_by_rule"),
            (wrong("mark", "view", json!({"sealed": false, "odd": "no"})), "condition_error"),
            (wrong("mark", "view", json!({"sealed": "yes", "odd": true})), "denied_by_rule"),
            (wrong("mark", "view", json!({})), "no_grant"),
        ],
    );
    facts.assign_for("me", "app.clerk", "s1", period("", "2023-10-02"));
    check(&policy, &facts, &[(wrong("mark", "view", json!({})), "assignment_not_in_effect")]);
    facts.assign("me", "app.clerk", "s2");
    check(
        &policy,
        &facts,
        &[
            (wrong("mark", "view", json!({})), "missing_attribute"),
            (wrong("mark", "view", json!({"student": "kim"})), "scope_mismatch"),
            (wrong("mark", "view", json!({"school": "s2"})), "missing_attribute"),
            (wrong("mark", "view", json!({"school": "s2", "date": "2023-10-03"})), "condition_not_met"),
            (wrong("mark", "view", json!({"school": "s2", "date": "2023-10-02"})), "granted"),
            (wrong("person", "view", json!({})), "no_grant"),
        ],
    );
    // Of several assignments, one that reaches the record outweighs one that does not, and that one a lack.
    facts.assign("me", "app.clerk", "s1");
    check(&policy, &facts, &[(wrong("mark", "view", json!({"student": "kim"})), "condition_not_met")]);
    let policy = policy.with_subject_types(vec!["robot".to_owned()]);
    check(
        &policy,
        &facts,
        &[
            (Ask { may: "view".to_owned(), a: "note".to_owned(), ..robot }, "no_grant"),
            (wrong("note", "view", json!({})), "unknown_subject"),
        ],
    );
}

/// Deny rules: who is spared, where, and for which actions.
#[test]
fn deny_rules_spare_whoever_they_name_where_they_hold_the_role() {
    let denies = "deny:\n  - {id: sealed, topics: mark, actions: [enter], when: resource.sealed == true, unless_role: [app.head], because: x}\n";
    let view = "allow: [view, update], topics: mark, reach: org";
    let policy = policy(&[("clerk", "held_at: anywhere", view), ("head", "held_at: school", view)], denies);
    let mut facts = Little::district();
    facts.student("kim", "s1");
    for user in ["clerk", "head", "elsewhere", "former", "misplaced"] {
        facts.assign(user, "app.clerk", "D");
    }
    facts.assign("head", "app.head", "s1").assign("elsewhere", "app.head", "s2").assign("misplaced", "app.head", "L1");
    facts.assign_for("former", "app.head", "s1", period("", "2023-10-01"));
    for (who, expected) in [
        ("clerk", "denied_by_rule"),
        ("head", "granted"),
        ("elsewhere", "denied_by_rule"),
        ("former", "denied_by_rule"),
        ("misplaced", "denied_by_rule"),
    ] {
        for may in ["view", "update"] {
            check(&policy, &facts, &[(ask(who, may, "mark", json!({"student": "kim", "sealed": true})), expected)]);
        }
        check(&policy, &facts, &[(ask(who, "view", "mark", json!({"student": "kim", "sealed": false})), "granted")]);
    }
    let explained = policy.explain(
        &facts,
        &ask("clerk", "view", "mark", json!({"sealed": true})).request(),
        crate::little::day("2023-10-02"),
    );
    assert_eq!(explained.denied_by.as_deref(), Some("app.sealed"));
}

/// Dates, kinds of organisations, levels, the first day of a role.
#[test]
fn a_role_takes_effect_only_where_and_when_it_may() {
    let view = "allow: view, topics: note, reach: org";
    let policy = policy(
        &[
            ("school", "held_at: school\nnot_at: [elementary]", view),
            ("district", "held_at: district", view),
            ("anywhere", "held_at: anywhere", view),
            ("new", "held_at: anywhere\navailable_from: 2023-10-02", view),
        ],
        "",
    );
    let held = |role: &str, org: &str, begin: &str, end: &str, on: &str| {
        let mut facts = Little::district();
        facts.assign_for("me", &format!("app.{role}"), org, period(begin, end));
        ask("me", "view", "note", json!({})).on(on).reason(&policy, &facts)
    };
    let (yes, no, day) = ("granted", "assignment_not_in_effect", "2023-10-02");
    for (role, org, begin, end, on, expected) in [
        ("school", "s1", "", "", day, yes),
        ("school", "e1", "", "", day, no),
        ("school", "L1", "", "", day, no),
        ("school", "D", "", "", day, no),
        ("district", "D", "", "", day, yes),
        ("district", "L1", "", "", day, yes),
        ("district", "s1", "", "", day, yes),
        ("anywhere", "e1", "", "", day, yes),
        ("anywhere", "D", "2023-10-02", "", day, yes),
        ("anywhere", "D", "2023-10-03", "", day, no),
        ("anywhere", "D", "", "2023-10-03", day, yes),
        ("anywhere", "D", "", "2023-10-02", day, no),
        ("anywhere", "D", "2023-10-02", "2023-10-02", day, no),
        ("anywhere", "D", "2024-02-29", "2024-03-01", "2024-02-29", yes),
        ("anywhere", "D", "2024-02-29", "2024-03-01", "2024-03-01", no),
        ("anywhere", "D", "2023-10-02", "", "9999-12-31", yes),
        ("anywhere", "D", "", "9999-12-31", "2023-10-02", yes),
        ("new", "D", "", "", "2023-10-01", no),
        ("new", "D", "", "", "2023-10-02", yes),
        ("ghost", "D", "", "", day, "no_grant"),
    ] {
        assert_eq!(held(role, org, begin, end, on), expected, "{role} at {org} from {begin} to {end} on {on}");
    }
}

/// Who may give and take away which roles of whom; a user who is made with a role is given it.
#[test]
fn roles_are_given_and_taken_as_governed() {
    let limits = "roles: {not: [app.chief]}, people: {not_self: true, not_holding: [app.chief]}";
    let manager = format!(
        "allow: view, topics: person, reach: org\nallow: [create, update], topics: person, reach: org, people: {{not_holding: app.chief}}\nallow: assign_role, topics: person, reach: org, {limits}"
    );
    let policy = policy(
        &[
            ("manager", "held_at: anywhere", &manager),
            ("maker", "held_at: anywhere", "allow: create, topics: person, reach: org"),
            ("chief", "held_at: anywhere", "allow: [enter, assign_role], topics: person, reach: org"),
        ],
        "",
    );
    let mut facts = Little::district();
    facts.assign("me", "app.manager", "s1").member("me", "s1").assign("maker", "app.maker", "s1");
    facts.member("ann", "s1").member("bob", "s3").member("chief", "s1").assign("chief", "app.chief", "s3");
    facts.member("former", "s1").assign_for("former", "app.chief", "s1", period("", "2023-10-02")).user("nobody");
    let (yes, no, lacks, governed) = ("granted", "scope_mismatch", "missing_attribute", "condition_not_met");
    for (who, may, id, of, expected) in [
        ("me", "view", "ann", json!({}), yes),
        ("me", "view", "bob", json!({}), no),
        ("me", "view", "nobody", json!({}), lacks),
        ("me", "view", "ghost", json!({}), lacks),
        ("me", "view", "", json!({"school": "s1"}), yes),
        ("me", "view", "bob", json!({"school": "s1"}), yes),
        ("me", "view", "ann", json!({"school": "s3"}), no),
        ("me", "view", "chief", json!({}), yes),
        ("me", "update", "chief", json!({}), governed),
        ("me", "update", "former", json!({}), yes),
        ("me", "update", "me", json!({}), yes),
        ("me", "assign_role", "ann", json!({"role": "app.maker"}), yes),
        ("me", "assign_role", "ann", json!({"role": "app.chief"}), governed),
        ("me", "assign_role", "ann", json!({}), lacks),
        ("me", "assign_role", "ann", json!({"role": "app.ghost"}), "unknown_role"),
        ("me", "assign_role", "me", json!({"role": "app.maker"}), governed),
        ("me", "assign_role", "chief", json!({"role": "app.maker"}), governed),
        ("me", "assign_role", "bob", json!({"role": "app.chief"}), no),
        ("chief", "assign_role", "chief", json!({"role": "app.chief"}), no),
        ("chief", "assign_role", "chief", json!({"role": "app.chief", "school": "s3"}), yes),
        ("me", "create", "", json!({"school": "s1"}), yes),
        ("me", "create", "", json!({"school": "s1", "role": "app.maker"}), yes),
        ("me", "create", "", json!({"school": "s1", "role": "app.chief"}), governed),
        ("me", "create", "", json!({"school": "s1", "role": "app.ghost"}), "unknown_role"),
        ("me", "create", "", json!({"school": "s3", "role": "app.maker"}), no),
        ("maker", "create", "", json!({"school": "s1"}), yes),
        ("maker", "create", "", json!({"school": "s1", "role": "app.maker"}), "no_grant"),
        // Elsewhere a role is a property as any other.
        ("me", "update", "ann", json!({"role": "app.ghost"}), yes),
    ] {
        check(&policy, &facts, &[(ask(who, may, "person", of).id(id), expected)]);
    }
}
