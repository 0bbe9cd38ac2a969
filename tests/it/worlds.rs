//! Little worlds at random, a policy, a directory and questions, and what must hold in each: the explanation agrees with
//! the decision, order and duplicates change nothing, a grant more never takes an allow away.

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::little::{Ask, Little, ask, period};
use crate::support::{compile, source};

const ORGS: [&str; 7] = ["D", "L1", "L2", "s1", "s2", "e1", "s3"];
const ROLES: [&str; 4] = ["app.r0", "app.r1", "app.r2", "app.r3"];
const HEADS: [&str; 4] = [
    "held_at: anywhere",
    "held_at: school\nnot_at: [elementary]",
    "held_at: district",
    "held_at: school\navailable_from: 2023-10-03",
];
const TOPICS: [&str; 6] = ["student", "school", "district", "user", "open", "all"];
const ALLOW: [&str; 4] = ["view", "create", "[view, create]", "enter"];
const REACH: [&str; 4] = ["org", "section", "own", "referred"];
const WHEN: [&str; 5] = [
    "resource.flag == true",
    "resource.date <= today",
    "subject.n > 1",
    "resource.flag != true || subject.n == 2",
    "!(resource.date > today) && resource.flag",
];
const UNLESS: [&str; 2] = ["", "    unless_role: [app.r1]\n"];
const PERIODS: [(&str, &str); 3] = [("", ""), ("", "2023-10-02"), ("2023-10-03", "")];

/// A policy set in the making.
#[derive(Clone, Debug)]
struct Draft {
    roles: Vec<Vec<String>>,
    denies: Vec<String>,
}

/// Who holds what, and who is taught by whom.
#[derive(Clone, Debug)]
struct World {
    assignments: Vec<(&'static str, &'static str, &'static str, (&'static str, &'static str))>,
    teaches: Vec<(&'static str, &'static str)>,
    attends: Vec<(&'static str, &'static str)>,
}

impl Draft {
    fn files(&self) -> Vec<Source> {
        let topic = |kind: &str| {
            let assign = if kind == "user" { ", assign_role" } else { "" };
            format!("  {kind}: {{actions: [view, create{assign}], record: {kind}, properties: {{flag: yes_no}}}}\n")
        };
        let topics: String = TOPICS.iter().take(5).map(|kind| topic(kind)).collect();
        let deny = if self.denies.is_empty() { String::new() } else { format!("deny:\n{}", numbered(&self.denies)) };
        let application = format!(
            "hallpass: application/v1\napplication: app\ntitle: x\ntypes:\n{topics}properties: {{subject: {{n: number}}}}\n{deny}"
        );
        let roles = self.roles.iter().zip(ROLES).zip(HEADS).map(|((grants, id), head)| {
            let grants =
                if grants.is_empty() { "grants: []\n".to_owned() } else { format!("grants:\n{}", grants.concat()) };
            source(&format!("{id}.yaml"), format!("hallpass: role/v1\nrole: {id}\ntitle: x\n{head}\n{grants}"))
        });
        std::iter::once(source("app.yaml", application)).chain(roles).collect()
    }

    fn policy(&self) -> Policy {
        compile(&self.files())
    }
}

fn numbered(denies: &[String]) -> String {
    denies.iter().enumerate().map(|(at, deny)| format!("  - id: d{at}\n{deny}")).collect()
}

impl World {
    fn facts(&self) -> Little {
        let mut facts = Little::district();
        for (section, school) in [("c1", "s1"), ("c2", "s2"), ("c3", "s3")] {
            facts.section(section, school, None);
        }
        for user in ["u0", "u1"] {
            facts.user(user);
        }
        facts.member("u1", "s1").student("k0", "s1").student("k1", "");
        facts.property("u0", "n", json!(2));
        facts.record("student", "kept", json!({"student": "k0", "created_by": "u1", "flag": true}));
        for (user, role, org, (begin, end)) in &self.assignments {
            facts.assign_for(user, role, org, period(begin, end));
        }
        for (user, section) in &self.teaches {
            facts.teach(user, section);
        }
        for (student, section) in &self.attends {
            facts.attend(student, section, period("", ""));
        }
        facts
    }
}

fn grant() -> impl Strategy<Value = String> {
    let limits =
        (proptest::option::weighted(0.3, select(&WHEN[..])), proptest::option::weighted(0.2, select(&ROLES[..])));
    let plain = (select(&ALLOW[..]), select(&TOPICS[..]), select(&REACH[..]), limits).prop_map(
        |(allow, topics, reach, (when, made_by))| {
            let when = when.map(|when| format!("    when: '{when}'\n")).unwrap_or_default();
            let made_by = made_by.map(|role| format!("    made_by: {role}\n")).unwrap_or_default();
            format!("  - allow: {allow}\n    topics: {topics}\n    reach: {reach}\n{when}{made_by}")
        },
    );
    let governed = (select(&ROLES[..]), select(&ROLES[..]), any::<bool>()).prop_map(|(not, holding, not_self)| {
        format!("  - allow: [enter, assign_role]\n    topics: user\n    reach: org\n    roles: {{not: [{not}]}}\n    people: {{not_self: {not_self}, not_holding: [{holding}]}}\n")
    });
    prop_oneof![4 => plain, 1 => governed]
}

fn draft() -> impl Strategy<Value = Draft> {
    let deny = (select(&TOPICS[..]), select(&WHEN[..]), select(&UNLESS[..])).prop_map(|(topics, when, unless)| {
        format!("    topics: {topics}\n    when: '{when}'\n{unless}    because: x\n")
    });
    let roles = proptest::collection::vec(proptest::collection::vec(grant(), 0..4), 4);
    (roles, proptest::collection::vec(deny, 0..2)).prop_map(|(roles, denies)| Draft { roles, denies })
}

fn world() -> impl Strategy<Value = World> {
    use proptest::collection::vec;
    let periods = select(vec![PERIODS[0], PERIODS[0], PERIODS[1], PERIODS[2]]);
    let assignment = (select(vec!["u0", "u0", "u1"]), select(&ROLES[..]), select(&ORGS[..]), periods);
    let sections = || select(vec!["c1", "c2", "c3"]);
    let teaches = (select(vec!["u0", "u1"]), sections());
    let attends = (select(vec!["k0", "k1"]), sections());
    (vec(assignment, 0..5), vec(teaches, 0..3), vec(attends, 0..3)).prop_map(|(assignments, teaches, attends)| World {
        assignments,
        teaches,
        attends,
    })
}

fn question() -> impl Strategy<Value = Ask> {
    let some = |values: &[&str]| {
        let values: Vec<serde_json::Value> = values.iter().map(|value| json!(value)).collect();
        prop_oneof![1 => Just(serde_json::Value::Null), 1 => select(values)]
    };
    let target = (
        select(vec!["u0", "u0", "u0", "ghost"]),
        select(vec!["view", "create", "assign_role"]),
        select(TOPICS[..5].to_vec()),
    );
    let facts = (
        some(&["s1", "s2", "L1", "nowhere"]),
        some(&["k0", "k1", "stranger"]),
        some(&["c1", "c2", "c3"]),
        some(&["u0", "u1"]),
    );
    let others = (
        some(&["s1", "s3"]),
        some(&["app.r0", "app.r1", "app.r9"]),
        some(&["2023-10-02", "2023-10-03"]),
        select(vec![json!(null), json!(true), json!(false), json!("yes")]),
        select(vec!["", "u0", "u1", "kept"]),
    );
    (target, facts, others).prop_map(
        |((who, may, a), (school, student, section, created_by), (referred_to, role, date, flag, id))| {
            let of = json!({
                "school": school, "student": student, "section": section, "created_by": created_by,
                "referred_to": referred_to, "role": role, "date": date, "flag": flag,
            });
            ask(who, may, a, of).id(id)
        },
    )
}

fn questions() -> impl Strategy<Value = Vec<Ask>> {
    proptest::collection::vec(question(), 12)
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_explanation_agrees_with_the_decision(draft in draft(), world in world(), questions in questions()) {
        let (policy, facts) = (draft.policy(), world.facts());
        for question in &questions {
            let decision = question.decision(&policy, &facts);
            let explained = policy.explain(&facts, &question.request(), question.on);
            prop_assert_eq!(explained.decision, decision, "{:?}", question);
            let code = decision.reason.code();
            prop_assert_eq!(explained.denied_by.is_some(), matches!(code, "denied_by_rule" | "condition_error"), "{:?}", question);
            prop_assert_eq!(explained.assignments.iter().any(|held| held.grants.iter().any(|grant| grant.outcome == "allows")) && code == "granted", code == "granted");
        }
    }

    /// What an explanation says would allow it, does.
    #[test]
    fn a_role_that_would_allow_it_does(draft in draft(), world in world(), questions in questions()) {
        let (policy, facts) = (draft.policy(), world.facts());
        for question in questions.iter().filter(|question| question.id != question.who) {
            for would in policy.explain(&facts, &question.request(), question.on).would {
                let mut more = facts.clone();
                more.assign(&question.who, &would.role, &would.org);
                prop_assert_eq!(question.reason(&policy, &more), "granted", "{:?} {:?}", would, question);
            }
        }
    }

    #[test]
    fn order_and_duplicates_change_nothing(draft in draft(), world in world(), questions in questions(), turn in 0..7_usize) {
        let (policy, facts) = (draft.policy(), world.facts());
        let mut turned = draft.clone();
        for grants in &mut turned.roles {
            grants.extend(grants.first().cloned());
            let middle = turn % grants.len().max(1);
            grants.rotate_left(middle);
        }
        turned.denies.extend(draft.denies.first().cloned());
        turned.denies.reverse();
        let mut files = turned.files();
        files.rotate_left(turn % 5);
        let turned = compile(&files);
        let mut other = world.clone();
        other.assignments.extend(world.assignments.first().copied());
        other.assignments.reverse();
        let other = other.facts();
        for question in &questions {
            prop_assert_eq!(question.reason(&policy, &facts), question.reason(&turned, &other), "{:?}", question);
        }
    }

    /// More grants, more assignments, fewer deny rules: never fewer allows.
    #[test]
    fn an_allow_stays_when_more_is_granted(draft in draft(), world in world(), more in grant(), role in 0..4_usize, org in select(&ORGS[..]), questions in questions()) {
        let (policy, facts) = (draft.policy(), world.facts());
        let free = Draft { denies: Vec::new(), ..draft.clone() }.policy();
        let mut granted = draft;
        granted.roles[role].push(more);
        let granted = granted.policy();
        let mut held = facts.clone();
        held.assign("u0", ROLES[role], org);
        for question in questions.iter().filter(|question| question.reason(&policy, &facts) == "granted") {
            prop_assert_eq!(question.reason(&granted, &facts), "granted", "{:?}", question);
            prop_assert_eq!(question.reason(&free, &facts), "granted", "{:?}", question);
            // Whoever holds a role more may be out of reach for those who manage people: themselves too.
            if question.id != question.who {
                prop_assert_eq!(question.reason(&policy, &held), "granted", "{:?}", question);
            }
        }
    }

    /// A deny rule that is met denies, whatever is granted; one that errs does too.
    #[test]
    fn a_deny_rule_overrides_every_grant(draft in draft(), world in world(), questions in questions()) {
        let with = |when: &str| Draft { denies: vec![format!("    topics: all\n{when}    because: x\n")], ..draft.clone() }.policy();
        let (always, errs, facts) = (with(""), with("    when: resource.flag == true && subject.n == 2\n"), world.facts());
        let none = Draft { denies: Vec::new(), ..draft.clone() }.policy();
        for question in &questions {
            let code = question.reason(&none, &facts);
            let before = code.starts_with("unknown");
            prop_assert_eq!(question.reason(&always, &facts), if before { code } else { "denied_by_rule" }, "{:?}", question);
            let wrong = question.clone().subject(json!({"n": "two"}));
            let flagged = Ask { of: flagged(&wrong), ..wrong };
            prop_assert_eq!(flagged.reason(&errs, &facts), if before { code } else { "condition_error" }, "{:?}", flagged);
        }
    }

    /// The grant that an allow names allows it alone.
    #[test]
    fn the_grant_that_is_named_allows_alone(draft in draft(), world in world(), questions in questions()) {
        let (policy, facts) = (draft.policy(), world.facts());
        // A user who is made with a role needs two grants.
        let single = questions.iter().filter(|question| !(question.a == "user" && question.may == "create"));
        for question in single {
            let Some(granted) = question.decision(&policy, &facts).granted else { continue };
            let (role, number) = granted.grant.split_once('#').unwrap();
            prop_assert_eq!(role, granted.role);
            let number: usize = number.parse().unwrap();
            let only = |(id, grants): (&str, &Vec<String>)| if id == role { vec![grants[number - 1].clone()] } else { Vec::new() };
            let alone = Draft { roles: ROLES.into_iter().zip(&draft.roles).map(only).collect(), denies: Vec::new() };
            prop_assert_eq!(question.reason(&alone.policy(), &facts), "granted", "{:?}", question);
        }
    }
}

fn flagged(question: &Ask) -> hallpass::policy::request::Stored {
    let mut of = question.of.clone();
    of.free.retain(|(name, _)| name != "flag");
    of.free.push(("flag".to_owned(), hallpass::policy::request::Value::Bool(true)));
    of
}
