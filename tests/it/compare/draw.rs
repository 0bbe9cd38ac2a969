//! Pairs of small policy sets at random, a district full of people, and questions about everything in it.

use std::fmt;

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use crate::little::{Ask, Little, ask, period};
use crate::support::{compile, source};

const ORGS: [&str; 7] = ["D", "L1", "L2", "s1", "s2", "e1", "s3"];
const ROLES: [&str; 4] = ["app.r0", "app.r1", "app.r2", "app.r3"];
const HEADS: [&str; 8] = [
    "held_at: anywhere",
    "held_at: school",
    "held_at: school\nnot_at: [elementary]",
    "held_at: district",
    "held_at: district\nnot_at: [elementary]",
    "held_at: school\navailable_from: 2023-10-03",
    "held_at: anywhere\navailable_from: 2023-10-02",
    "held_at: school\nnot_at: [elementary, secondary]",
];
const TOPICS: [&str; 5] = ["student", "school", "district", "user", "open"];
const IDS: [&str; 3] = ["", ", id_is: student", ", id_is: section"];
const NAMED: [&str; 7] = ["student", "school", "district", "user", "open", "all", "[student, open]"];
const ALLOW: [&str; 4] = ["view", "create", "[view, create]", "enter"];
const REACH: [&str; 4] = ["org", "section", "own", "referred"];
const WHEN: [&str; 14] = [
    "resource.flag == true",
    "!(resource.flag != true)",
    "resource.flag",
    "resource.date <= today",
    "!(resource.date > today)",
    "resource.date >= '2023-10-02'",
    "subject.n > 1",
    "resource.flag != true || subject.n == 2",
    "resource.level in ['a', 'b']",
    "resource.level == 'a' || resource.level == 'b'",
    "resource.student == 'k0'",
    "resource.created_by == subject.id",
    "'s1' in resource.school",
    "resource.id != subject.id",
];
const UNLESS: [&str; 4] = ["", "", "    unless_role: [app.r1]\n", "    unless_role: [app.r1, app.r3]\n"];

/// A policy set in the making.
#[derive(Clone, Debug)]
pub struct Draft {
    heads: Vec<usize>,
    records: Vec<usize>,
    id_is: usize,
    roles: Vec<Vec<String>>,
    denies: Vec<String>,
}

/// A change to one.
#[derive(Clone, Debug)]
enum Edit {
    Head(usize, usize),
    Record(usize, usize),
    IdIs(usize),
    Add(usize, String),
    Remove(usize),
    Replace(usize, String),
    Deny(Vec<String>),
}

impl Draft {
    fn files(&self) -> Vec<Source> {
        let topics: String =
            TOPICS.iter().zip(&self.records).map(|(topic, record)| self.topic(topic, *record)).collect();
        let denies: Vec<String> =
            self.denies.iter().enumerate().map(|(at, deny)| format!("  - id: d{at}\n{deny}")).collect();
        let deny = if denies.is_empty() { String::new() } else { format!("deny:\n{}", denies.concat()) };
        let application = format!(
            "hallpass: application/v1\napplication: app\ntitle: x\ntypes:\n{topics}properties: {{subject: {{n: number}}}}\n{deny}"
        );
        let roles = self.roles.iter().zip(ROLES).zip(&self.heads).map(|((grants, id), head)| {
            let grants =
                if grants.is_empty() { "grants: []\n".to_owned() } else { format!("grants:\n{}", grants.concat()) };
            source(
                &format!("{id}.yaml"),
                format!("hallpass: role/v1\nrole: {id}\ntitle: {id}\n{}\n{grants}", HEADS[*head]),
            )
        });
        std::iter::once(source("app.yaml", application)).chain(roles).collect()
    }

    fn topic(&self, topic: &str, record: usize) -> String {
        let (assign, id_is) =
            (if topic == "user" { ", assign_role" } else { "" }, if topic == "student" { IDS[self.id_is] } else { "" });
        let record = TOPICS[record];
        format!(
            "  {topic}: {{actions: [view, create{assign}], record: {record}{id_is}, properties: {{flag: yes_no, level: text}}}}\n"
        )
    }

    /// Compiled.
    pub fn policy(&self) -> Policy {
        compile(&self.files())
    }

    /// The same set, written in another order.
    pub fn turned(&self, turn: usize) -> Self {
        let mut turned = self.clone();
        for grants in &mut turned.roles {
            let middle = turn % grants.len().max(1);
            grants.rotate_left(middle);
            grants.extend(grants.first().cloned());
        }
        turned.denies.reverse();
        turned
    }

    fn edited(mut self, edits: Vec<Edit>) -> Self {
        for edit in edits {
            match edit {
                Edit::Head(role, head) => self.heads[role] = head,
                Edit::Record(topic, record) => self.records[topic] = record,
                Edit::IdIs(id_is) => self.id_is = id_is,
                Edit::Add(role, grant) => self.roles[role].push(grant),
                Edit::Remove(role) => drop(self.roles[role].pop()),
                Edit::Replace(role, grant) => {
                    self.roles[role].pop();
                    self.roles[role].push(grant);
                }
                Edit::Deny(denies) => self.denies = denies,
            }
        }
        self
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files().iter().try_for_each(|file| write!(f, "{}", String::from_utf8_lossy(&file.bytes)))
    }
}

fn grant() -> impl Strategy<Value = String> {
    let limits =
        (proptest::option::weighted(0.4, select(&WHEN[..])), proptest::option::weighted(0.2, select(&ROLES[..])));
    let plain = (select(&ALLOW[..]), select(&NAMED[..]), select(&REACH[..]), limits).prop_map(
        |(allow, topics, reach, (when, made_by))| {
            let when = when.map(|when| format!("    when: \"{when}\"\n")).unwrap_or_default();
            let made_by = made_by.map(|role| format!("    made_by: {role}\n")).unwrap_or_default();
            format!("  - allow: {allow}\n    topics: {topics}\n    reach: {reach}\n{when}{made_by}")
        },
    );
    let governed = (select(&ROLES[..]), select(&ROLES[..]), any::<bool>()).prop_map(|(not, holding, not_self)| {
        format!("  - allow: [enter, assign_role]\n    topics: user\n    reach: org\n    roles: {{not: [{not}]}}\n    people: {{not_self: {not_self}, not_holding: [{holding}]}}\n")
    });
    prop_oneof![5 => plain, 1 => governed]
}

/// Grants of the roles, and what the second and third include of the first.
fn roles() -> impl Strategy<Value = Vec<Vec<String>>> {
    let include = select(vec!["", "", "  - include: app.r0\n", "  - include: app.r0\n    reach: referred\n"]);
    (vec(vec(grant(), 0..3), 4), vec(include, 2)).prop_map(|(mut roles, includes)| {
        for (role, include) in roles.iter_mut().skip(1).zip(includes) {
            role.splice(0..0, (!include.is_empty()).then(|| include.to_owned()));
        }
        roles
    })
}

fn denies() -> impl Strategy<Value = Vec<String>> {
    let when = proptest::option::weighted(0.9, select(&WHEN[..]));
    let deny = (select(&NAMED[..]), when, select(&UNLESS[..])).prop_map(|(topics, when, unless)| {
        let when = when.map(|when| format!("    when: \"{when}\"\n")).unwrap_or_default();
        format!("    topics: {topics}\n{when}{unless}    because: x\n")
    });
    vec(deny, 0..3)
}

fn draft() -> impl Strategy<Value = Draft> {
    let heads = vec(0..HEADS.len(), 4);
    (heads, roles(), denies(), 0..IDS.len()).prop_map(|(heads, roles, denies, id_is)| Draft {
        heads,
        records: (0..TOPICS.len()).collect(),
        id_is,
        roles,
        denies,
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (0..4_usize, 0..HEADS.len()).prop_map(|(role, head)| Edit::Head(role, head)),
        1 => (select(vec![0, 1, 2, 4]), 0..TOPICS.len()).prop_map(|(topic, record)| Edit::Record(topic, record)),
        1 => (0..IDS.len()).prop_map(Edit::IdIs),
        2 => (0..4_usize, grant()).prop_map(|(role, grant)| Edit::Add(role, grant)),
        2 => (0..4_usize).prop_map(Edit::Remove),
        3 => (0..4_usize, grant()).prop_map(|(role, grant)| Edit::Replace(role, grant)),
        3 => denies().prop_map(Edit::Deny),
    ]
}

/// Two sets: one, and what some edits make of it.
pub fn pair() -> impl Strategy<Value = (Draft, Draft)> {
    (draft(), vec(edit(), 1..4)).prop_map(|(before, edits)| (before.clone(), before.edited(edits)))
}

/// Somebody for each role at each organisation, some who hold two, teachers of three classes, and students.
pub fn district() -> impl Strategy<Value = Little> {
    let periods = select(vec![("", ""), ("", ""), ("", "2023-10-02"), ("2023-10-03", "")]);
    let second = (select(&ROLES[..]), select(&ORGS[..]), select(&ROLES[..]), select(&ORGS[..]), periods);
    vec(second, 6).prop_map(|seconds| {
        let mut facts = Little::district();
        for (section, school) in [("c1", "s1"), ("c2", "s2"), ("c3", "s3"), ("c4", "e1")] {
            facts.section(section, school, None);
        }
        for role in ROLES {
            for org in ORGS {
                let user = format!("{role}@{org}");
                facts.assign(&user, role, org).member(&user, org).teach(&user, "c1").teach(&user, "c3");
            }
        }
        for (at, (first, here, second, there, (begin, end))) in seconds.into_iter().enumerate() {
            let user = format!("m{at}");
            facts.assign(&user, first, here).assign_for(&user, second, there, period(begin, end));
            facts.teach(&user, "c2").property(&user, "n", json!(2));
        }
        facts.student("k0", "s1").attend("k0", "c1", period("", ""));
        facts.student("k1", "").student("k2", "e1").attend("k2", "c4", period("", ""));
        facts
    })
}

/// The roles that somebody holds.
pub fn roles_of(facts: &Little, user: &str) -> Vec<String> {
    facts
        .users
        .get(user)
        .map(|user| user.assignments.iter().map(|held| held.role.to_string()).collect())
        .unwrap_or_default()
}

fn people() -> impl Strategy<Value = String> {
    let held = (select(&ROLES[..]), select(&ORGS[..])).prop_map(|(role, org)| format!("{role}@{org}"));
    prop_oneof![4 => held, 1 => (0..6).prop_map(|at| format!("m{at}"))]
}

fn some(values: &[&str]) -> impl Strategy<Value = Json> + use<> {
    let values: Vec<Json> = values.iter().map(|value| json!(value)).collect();
    prop_oneof![1 => Just(Json::Null), 1 => select(values)]
}

fn question() -> impl Strategy<Value = Ask> {
    let target = (people(), select(vec!["view", "create", "assign_role"]), select(&TOPICS[..]));
    let facts = (
        some(&["s1", "s1", "s2", "e1", "s3", "L1", "nowhere"]),
        some(&["k0", "k1", "k2", "stranger"]),
        some(&["c1", "c2", "c3", "c4"]),
        prop_oneof![1 => Just("null".to_owned()), 1 => Just("self".to_owned()), 1 => people()],
        some(&["s1", "s3", "e1"]),
    );
    let others = (
        some(&["app.r0", "app.r1", "app.r2", "app.r9"]),
        some(&["2023-10-01", "2023-10-02", "2023-10-03"]),
        select(vec![json!(null), json!(true), json!(false), json!("yes")]),
        select(vec![json!(null), json!("a"), json!("b"), json!("c"), json!(1)]),
        prop_oneof![2 => Just(String::new()), 1 => Just("self".to_owned()), 1 => people(),
            1 => select(vec!["k0".to_owned(), "c1".to_owned(), "k2".to_owned()])],
    );
    let about = (
        select(vec![json!(null), json!(1), json!(2), json!("two")]),
        select(vec!["2023-10-01", "2023-10-02", "2023-10-04"]),
    );
    (target, facts, others, about).prop_map(
        |((who, may, a), (school, student, section, maker, referred_to), (role, date, flag, level, id), (n, on))| {
            let own = |named: String| if named == "self" { who.clone() } else { named };
            let maker = own(maker);
            let created_by = if maker == "null" { Json::Null } else { json!(maker) };
            let of = json!({
                "school": school, "student": student, "section": section, "created_by": created_by,
                "referred_to": referred_to, "role": role, "date": date, "flag": flag, "level": level,
            });
            let id = own(id);
            ask(&who, may, a, of).id(&id).subject(json!({"n": n})).on(on)
        },
    )
}

/// Many.
pub fn questions() -> impl Strategy<Value = Vec<Ask>> {
    vec(question(), 400)
}
