//! What each scope tests, one table each, over a little district.

use hallpass::policy::facts::OrgKind;
use serde_json::json;

use crate::decide::{check, policy};
use crate::little::{Little, ask, period};
use crate::support::{compile, source};

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

/// An id that is a property: it places the record by itself, and wins where the directory knows it as what it is.
#[test]
fn an_id_may_be_a_property() {
    let types = "types:\n  pupil: {actions: [view], id_is: student}\n  class: {actions: [view], id_is: section}\n  \
        site: {actions: [view], record: school, id_is: school}\n  account: {actions: [view], record: user, id_is: user}\n";
    let application = format!("hallpass: application/v1\napplication: app\ntitle: x\n{types}");
    let grants = |reach: &str, topics: &str| format!("- {{allow: view, topics: {topics}, reach: {reach}}}\n");
    let role = |id: &str, reach: &str, topics: &str| {
        let grants = grants(reach, topics);
        source(
            &format!("{id}.yaml"),
            format!("hallpass: role/v1\nrole: app.{id}\ntitle: x\nheld_at: anywhere\ngrants:\n{grants}"),
        )
    };
    let policy = compile(&[
        source("app.yaml", application),
        role("clerk", "org", "all"),
        role("teacher", "section", "[pupil, class]"),
    ]);
    let mut facts = Little::district();
    facts.section("c1", "s1", None).section("c3", "s3", None);
    facts.assign("clerk", "app.clerk", "L1").assign("teacher", "app.teacher", "s1").teach("teacher", "c1");
    facts.student("here", "s1").student("there", "s3").attend("here", "c1", period("", ""));
    facts.member("colleague", "s1");
    facts.record("pupil", "here", json!({"student": "there", "school": "s3"})).record(
        "pupil",
        "r9",
        json!({"student": "here"}),
    );
    let (yes, no, lacks) = ("granted", "scope_mismatch", "missing_attribute");
    for (who, kind, id, of, expected) in [
        ("clerk", "pupil", "there", json!({}), no),
        ("clerk", "pupil", "there", json!({"student": "here"}), no),
        ("clerk", "pupil", "stranger", json!({}), lacks),
        ("clerk", "pupil", "stranger", json!({"student": "here"}), yes),
        ("clerk", "pupil", "colleague", json!({"student": "there"}), no),
        ("clerk", "pupil", "", json!({"student": "here"}), yes),
        ("clerk", "pupil", "", json!({}), lacks),
        // Of what is stored under a student's id, the student counts least, the school still.
        ("clerk", "pupil", "here", json!({}), no),
        ("clerk", "pupil", "r9", json!({"student": "there"}), yes),
        ("teacher", "pupil", "there", json!({}), no),
        ("clerk", "class", "c1", json!({}), yes),
        ("clerk", "class", "c3", json!({"section": "c1"}), no),
        ("clerk", "class", "c9", json!({"section": ["c9", "c1"]}), yes),
        ("clerk", "class", "c9", json!({}), no),
        ("teacher", "class", "c1", json!({}), yes),
        ("teacher", "class", "c3", json!({}), no),
        ("clerk", "site", "s1", json!({}), yes),
        ("clerk", "site", "s3", json!({"school": "s1"}), no),
        ("clerk", "site", "nowhere", json!({"school": "s1"}), yes),
        ("clerk", "site", "nowhere", json!({}), no),
        ("clerk", "site", "D", json!({"school": "s1"}), yes),
        ("clerk", "account", "colleague", json!({}), yes),
    ] {
        check(&policy, &facts, &[(ask(who, "view", kind, of).id(id), expected)]);
    }
    facts.record("pupil", "here", json!({"student": "there"}));
    check(&policy, &facts, &[(ask("clerk", "view", "pupil", json!({})).id("here"), yes)]);
    check(&policy, &facts, &[(ask("teacher", "view", "pupil", json!({})).id("here"), yes)]);
}
