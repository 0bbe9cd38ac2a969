//! The rules of deciding, one table each, over a little district: the order of reasons, where roles take effect, what each
//! scope tests, who made a record, and the governance of roles.

use hallpass::policy::compiled::Policy;
use hallpass::policy::facts::OrgKind;
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
fn policy(roles: &[(&str, &str, &str)], denies: &str) -> Policy {
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

fn check(policy: &Policy, facts: &Little, cases: &[(Ask, &str)]) {
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

/// The scope `org` over a student's record: at least one fact, and every one that is given within reach.
#[test]
fn every_fact_that_is_given_must_lie_within_reach() {
    let policy = policy(&[("clerk", "held_at: anywhere", "allow: view, topics: [mark, session], reach: org")], "");
    let mut facts = Little::district();
    facts.section("c1", "s1", None).section("c3", "s3", None).section(
        "over",
        "s1",
        Some([period("", "2023-09-01")].into()),
    );
    facts.assign("me", "app.clerk", "L1").assign("school", "app.clerk", "s1").assign("root", "app.clerk", "D");
    facts.student("here", "s1").student("there", "s3").student("none", "").student("both", "s1").member("both", "s3");
    facts.attend("moved", "c3", period("", "")).attend("moved", "over", period("", ""));
    facts.user("adult");
    let (yes, no, lacks) = ("granted", "scope_mismatch", "missing_attribute");
    for (who, of, expected) in [
        ("me", json!({"student": "here"}), yes),
        ("me", json!({"student": "there"}), no),
        ("me", json!({"student": "both"}), yes),
        ("school", json!({"student": "both"}), yes),
        ("me", json!({"student": "moved"}), no),
        ("root", json!({"student": "moved"}), yes),
        ("me", json!({"student": "none"}), no),
        ("root", json!({"student": "none"}), yes),
        ("me", json!({"student": "stranger"}), lacks),
        ("root", json!({"student": "stranger"}), lacks),
        ("me", json!({"student": "adult"}), lacks),
        ("me", json!({"student": "stranger", "school": "s1"}), yes),
        ("me", json!({"student": "stranger", "school": "s3"}), no),
        ("me", json!({"student": "here", "school": "s3"}), no),
        ("me", json!({"student": "there", "school": "s1"}), no),
        ("me", json!({"student": "here", "school": ["s3", "s1"]}), yes),
        ("me", json!({"student": "here", "school": []}), no),
        ("me", json!({"school": []}), no),
        ("me", json!({"school": "nowhere"}), no),
        ("me", json!({"school": ["nowhere", "s2"]}), yes),
        ("me", json!({"school": "L1"}), yes),
        ("me", json!({"school": "D"}), no),
        ("me", json!({"section": "c1"}), yes),
        ("me", json!({"section": "c3"}), no),
        ("me", json!({"section": ["c3", "c1"]}), yes),
        ("me", json!({"section": "ghost"}), no),
        ("me", json!({"section": "c1", "school": "s3"}), no),
        ("me", json!({}), lacks),
        ("me", json!({"created_by": "me"}), lacks),
    ] {
        check(&policy, &facts, &[(ask(who, "view", "mark", of), expected)]);
    }
    // A school's record: `school` alone counts.
    for (of, expected) in [
        (json!({"school": "s1", "student": "there", "section": "c3"}), yes),
        (json!({"student": "here"}), lacks),
        (json!({"section": "c1"}), lacks),
        (json!({"school": "s3"}), no),
    ] {
        check(&policy, &facts, &[(ask("me", "view", "session", of), expected)]);
    }
    // What is stored places the record, whatever the request says.
    facts.record("mark", "m", json!({"student": "there", "school": "s3"}));
    check(
        &policy,
        &facts,
        &[
            (ask("me", "view", "mark", json!({"student": "here", "school": "s1"})).id("m"), no),
            (ask("me", "view", "mark", json!({"student": "here", "school": "s1"})).id("other"), yes),
        ],
    );
}

/// A district's own records, and students without a school, are the root's; an orphan is no root.
#[test]
fn the_root_of_a_district_is_no_orphan() {
    let policy = policy(&[("clerk", "held_at: anywhere", "allow: view, topics: [window, mark], reach: org")], "");
    let mut facts = Little::new(&[
        ("state", OrgKind::Other, "", ""),
        ("D", OrgKind::District, "state", ""),
        ("inner", OrgKind::District, "D", ""),
        ("s1", OrgKind::School, "inner", ""),
        ("lonely", OrgKind::Other, "", ""),
        ("s2", OrgKind::School, "lonely", ""),
        ("orphan", OrgKind::Other, "gone", ""),
        ("s3", OrgKind::School, "orphan", ""),
    ]);
    facts.student("kim", "");
    for org in ["state", "D", "inner", "s1", "lonely", "s2", "orphan", "s3"] {
        facts.assign(org, "app.clerk", org);
    }
    for (org, expected) in [
        ("state", "granted"),
        ("D", "granted"),
        ("inner", "granted"),
        ("s1", "scope_mismatch"),
        ("lonely", "granted"),
        ("s2", "scope_mismatch"),
        ("orphan", "scope_mismatch"),
        ("s3", "scope_mismatch"),
    ] {
        check(
            &policy,
            &facts,
            &[
                (ask(org, "view", "window", json!({"school": "s1"})), expected),
                (ask(org, "view", "mark", json!({"student": "kim"})), expected),
            ],
        );
    }
    check(&policy, &facts, &[(ask("orphan", "view", "mark", json!({"school": "s3"})), "granted")]);
}

/// The scope `section`: a section taught in the subtree that fits everything that is given.
#[test]
fn whoever_teaches_reaches_what_they_teach() {
    let policy = policy(&[("teacher", "held_at: anywhere", "allow: view, topics: mark, reach: section")], "");
    let mut facts = Little::district();
    facts.section("mine", "s1", None).section("theirs", "s1", None).section("away", "s3", None);
    facts.section("over", "s1", Some([period("", "2023-10-02")].into()));
    facts.assign("me", "app.teacher", "s1").assign("idle", "app.teacher", "s1");
    for section in ["mine", "away", "over"] {
        facts.teach("me", section);
    }
    facts.attend("kim", "mine", period("", "")).attend("lee", "theirs", period("", "")).attend(
        "sam",
        "away",
        period("", ""),
    );
    facts.attend("left", "mine", period("", "2023-10-02")).attend("once", "over", period("", ""));
    let (yes, no, lacks) = ("granted", "scope_mismatch", "missing_attribute");
    for (who, of, expected) in [
        ("me", json!({"student": "kim"}), yes),
        ("me", json!({"section": "mine"}), yes),
        ("me", json!({"student": "kim", "section": "mine", "school": "s1"}), yes),
        ("me", json!({"student": "kim", "section": "theirs"}), no),
        ("me", json!({"student": "lee", "section": "mine"}), no),
        ("me", json!({"student": "lee"}), no),
        ("me", json!({"student": "sam"}), no),
        ("me", json!({"section": "away"}), no),
        ("me", json!({"student": "left"}), no),
        ("me", json!({"student": "once"}), no),
        ("me", json!({"section": "over"}), no),
        ("me", json!({"section": ["theirs", "mine"]}), yes),
        ("me", json!({"section": []}), no),
        ("me", json!({"section": "mine", "school": "s2"}), no),
        ("me", json!({"student": "stranger", "section": "mine"}), yes),
        ("me", json!({"student": "stranger"}), lacks),
        ("me", json!({"school": "s1"}), lacks),
        ("me", json!({}), lacks),
        ("idle", json!({"student": "kim"}), no),
    ] {
        check(&policy, &facts, &[(ask(who, "view", "mark", of), expected)]);
    }
}

/// Own records, records referred to a school, and records made by holders of a role.
#[test]
fn own_referred_and_made_by() {
    let grants = "allow: view, topics: mark, reach: own\nallow: update, topics: mark, reach: referred\nallow: conduct, topics: session, reach: org, made_by: app.proctor";
    let policy = policy(
        &[
            ("clerk", "held_at: school", grants),
            ("proctor", "held_at: district", "allow: view, topics: note, reach: org"),
        ],
        "",
    );
    let mut facts = Little::district();
    facts.assign("me", "app.clerk", "s1").student("kim", "s1");
    facts.assign("at_root", "app.proctor", "D").assign("at_local", "app.proctor", "L1").assign(
        "far",
        "app.proctor",
        "L2",
    );
    facts.assign_for("former", "app.proctor", "D", period("", "2023-10-02")).assign("other", "app.clerk", "s1");
    let (yes, no, lacks) = ("granted", "scope_mismatch", "missing_attribute");
    for (may, kind, of, expected) in [
        ("view", "mark", json!({"created_by": "me", "student": "kim"}), yes),
        ("view", "mark", json!({"created_by": "me", "school": "s2"}), no),
        ("view", "mark", json!({"created_by": "you", "student": "kim"}), no),
        ("view", "mark", json!({"student": "kim"}), lacks),
        ("view", "mark", json!({"created_by": "me"}), lacks),
        ("update", "mark", json!({"referred_to": "s1"}), yes),
        ("update", "mark", json!({"referred_to": ["s2", "s1"], "student": "kim", "school": "s3"}), yes),
        ("update", "mark", json!({"referred_to": "s2"}), no),
        ("update", "mark", json!({"referred_to": []}), no),
        ("update", "mark", json!({"referred_to": "nowhere"}), no),
        ("update", "mark", json!({"student": "kim"}), lacks),
        ("conduct", "session", json!({"created_by": "at_root", "school": "s1"}), yes),
        ("conduct", "session", json!({"created_by": "at_local", "school": "s1"}), yes),
        ("conduct", "session", json!({"created_by": "far", "school": "s1"}), no),
        ("conduct", "session", json!({"created_by": "former", "school": "s1"}), no),
        ("conduct", "session", json!({"created_by": "other", "school": "s1"}), no),
        ("conduct", "session", json!({"created_by": "ghost", "school": "s1"}), no),
        ("conduct", "session", json!({"created_by": "at_root", "school": "s2"}), no),
        ("conduct", "session", json!({"created_by": "at_root"}), lacks),
        ("conduct", "session", json!({"school": "s1"}), lacks),
        ("conduct", "session", json!({"school": "s2"}), lacks),
    ] {
        check(&policy, &facts, &[(ask("me", may, kind, of), expected)]);
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
