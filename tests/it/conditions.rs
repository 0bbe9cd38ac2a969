//! What conditions come to, through the public boundary: a tiny application whose records are tied to nothing, so that a
//! condition alone decides. A table tells each operator over each type, absent, present and of the wrong type; a second,
//! naive evaluator checks random conditions.

use std::cmp::Ordering;

use hallpass::policy::compiled::Policy;
use hallpass::policy::facts::OrgKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::little::{Ask, Little, TODAY, ask, day};
use crate::support::{compile, path, source};

const APPLICATION: &str = "hallpass: application/v1
application: app
title: x
types:
  thing:
    actions: [act, shut]
    record: open
    properties: {b: yes_no, c: yes_no, n: number, m: number, t: text, u: text, d: date, e: date, l: texts}
properties:
  subject: {b: yes_no, n: number, t: text}
  action: {soft: yes_no}
  context: {purpose: text}
";

/// `act` is granted under the condition; `shut` is granted always, and denied under it.
fn policy(condition: &str) -> Policy {
    let quoted = condition.replace('\'', "''");
    let deny =
        format!("deny:\n  - id: rule\n    topics: thing\n    actions: shut\n    when: '{quoted}'\n    because: x\n");
    let role = format!(
        "hallpass: role/v1\nrole: app.role\ntitle: x\nheld_at: anywhere\nreach: org\ngrants:\n  - allow: act\n    topics: thing\n    when: '{quoted}'\n  - allow: shut\n    topics: thing\n"
    );
    compile(&[source("app.yaml", format!("{APPLICATION}{deny}")), source("role.yaml", role)])
}

fn facts() -> Little {
    let mut facts = Little::new(&[("org", OrgKind::Other, "", "")]);
    facts.assign("me", "app.role", "org");
    facts
}

/// The reasons of a grant under the condition, and of a deny rule under it.
fn both(policy: &Policy, facts: &Little, question: &Ask) -> (&'static str, &'static str) {
    let shut = Ask { may: "shut".to_owned(), ..question.clone() };
    (question.reason(policy, facts), shut.reason(policy, facts))
}

/// What a word of the table means: for a grant, and for a deny rule.
fn meaning(word: &str) -> (&'static str, &'static str) {
    match word {
        "met" => ("granted", "denied_by_rule"),
        "not_met" => ("condition_not_met", "granted"),
        "lacking" => ("missing_attribute", "granted"),
        "error" => ("condition_not_met", "condition_error"),
        _ => panic!("{word} means nothing"),
    }
}

#[test]
fn the_table_of_conditions() {
    let text = std::fs::read_to_string(path("tests/data/conditions.tsv")).unwrap();
    let facts = facts();
    let (mut lines, mut differences) = (0, Vec::new());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1) {
        let [condition, properties, expected] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let mut properties: Value = serde_json::from_str(properties).unwrap();
        let mut part = |name: &str| properties.as_object_mut().unwrap().remove(name).unwrap_or(json!({}));
        let (subject, action, context) = (part("subject"), part("action"), part("context"));
        let mut question = ask("me", "act", "thing", properties).subject(subject).action(action).context(context);
        question.id = "id".to_owned();
        let found = both(&policy(condition), &facts, &question);
        if found != meaning(expected) {
            differences.push(format!("{line}\n  is {found:?}"));
        }
        lines += 1;
    }
    assert!(lines > 150, "{lines} lines");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Of stored properties and the request's own: the request wins where they are free, the directory where they place a record.
#[test]
fn the_request_wins_for_free_properties() {
    let mut facts = facts();
    facts.property("me", "t", json!("stored")).property("me", "b", json!("true")).property("me", "n", json!("3"));
    facts.record(
        "thing",
        "kept",
        json!({"t": "stored", "n": 1, "created_by": "ann", "student": "s", "date": "2023-01-01", "referred_to": "x"}),
    );
    let kept = |of| ask("me", "act", "thing", of).id("kept");
    let cases = [
        ("subject.t == \"stored\"", kept(json!({})), "met"),
        ("subject.t == \"stored\"", kept(json!({})).subject(json!({"t": "given"})), "not_met"),
        ("subject.b", kept(json!({})), "met"),
        ("subject.b", kept(json!({})).subject(json!({"b": "true"})), "error"),
        ("subject.b", kept(json!({})).subject(json!({"b": false})), "not_met"),
        ("subject.n == 3", kept(json!({})).subject(json!({"n": 4})), "not_met"),
        ("resource.t == \"stored\"", kept(json!({})), "met"),
        ("resource.t == \"stored\"", kept(json!({"t": "given"})), "not_met"),
        ("resource.t == \"stored\"", kept(json!({"t": null})), "met"),
        ("resource.t == \"stored\"", ask("me", "act", "thing", json!({})).id("other"), "lacking"),
        ("resource.n == 1", kept(json!({"n": "1"})), "error"),
        ("resource.created_by == \"ann\"", kept(json!({"created_by": "me"})), "met"),
        ("resource.student == \"s\"", kept(json!({"student": "other"})), "met"),
        ("resource.date == \"2023-01-01\"", kept(json!({})), "met"),
        ("resource.date == \"2023-01-02\"", kept(json!({"date": "2023-01-02"})), "met"),
        ("\"x\" in resource.referred_to", kept(json!({})), "met"),
        ("\"y\" in resource.referred_to", kept(json!({"referred_to": "y"})), "met"),
    ];
    for (condition, question, expected) in cases {
        assert_eq!(both(&policy(condition), &facts, &question), meaning(expected), "{condition} {question:?}");
    }
}

/// A CSV column knows no types: what is stored there is read as its declared type.
#[test]
fn stored_columns_are_read_as_their_type() {
    let mut facts = facts();
    facts.property("me", "n", json!("3.5")).property("me", "b", json!("yes"));
    let question = ask("me", "act", "thing", json!({}));
    assert_eq!(both(&policy("subject.n > 3"), &facts, &question), meaning("met"));
    assert_eq!(both(&policy("subject.b"), &facts, &question), meaning("error"));
    let words = ask("me", "act", "thing", json!({})).subject(json!({"n": "3.5"}));
    assert_eq!(both(&policy("subject.n > 3"), &facts, &words), meaning("error"), "a request knows types");
}

/// `today` is the day of the question.
#[test]
fn today_is_the_day_of_the_question() {
    let (policy, facts) = (policy("resource.d <= today"), facts());
    let question = ask("me", "act", "thing", json!({"d": "2024-02-29"}));
    assert_eq!(question.clone().on("2024-02-28").reason(&policy, &facts), "condition_not_met");
    assert_eq!(question.clone().on("2024-02-29").reason(&policy, &facts), "granted");
    assert_eq!(question.on("9999-12-31").reason(&policy, &facts), "granted");
}

/// A truth value as the language describes it: whether it holds, whether an absent property or an error had a part in it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Truth {
    Plain(bool),
    Lacking(bool),
    Error,
}

/// A random condition: its text, and what it comes to.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(&'static str, &'static str, usize),
    Bare(&'static str),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

const OPERATORS: [&str; 7] = ["==", "!=", "<", "<=", ">", ">=", "in"];
/// Property, literal of its type, whether it has an order.
const LEAVES: [(&str, &str); 9] = [
    ("resource.n", "2"),
    ("resource.n", "-1.5"),
    ("resource.n", "resource.m"),
    ("resource.t", "\"m\""),
    ("resource.t", "resource.u"),
    ("resource.d", "\"2023-10-02\""),
    ("resource.d", "today"),
    ("resource.d", "resource.e"),
    ("resource.t", "null"),
];

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::Leaf(left, "null", at) => format!("{left} {} null", OPERATORS[at % 2]),
            Self::Leaf("resource.t", _, 6) => "resource.t in resource.l".to_owned(),
            Self::Leaf(left, right, 6) if !right.contains("resource") => format!("{left} in [{right}]"),
            Self::Leaf(left, right, at) => format!("{left} {} {right}", OPERATORS[at % 6]),
            Self::Bare(name) => (*name).to_owned(),
            Self::Not(inner) => format!("!({})", inner.text()),
            Self::And(left, right) => format!("({}) && ({})", left.text(), right.text()),
            Self::Or(left, right) => format!("({}) || ({})", left.text(), right.text()),
        }
    }

    /// The naive evaluator: over JSON, with strings.
    fn eval(&self, of: &Value) -> Truth {
        match self {
            Self::Leaf(left, "null", at) => match read(left, of) {
                Read::Wrong => Truth::Error,
                Read::Absent => Truth::Plain(at % 2 == 0),
                Read::Bool(_) | Read::Number(_) | Read::Text(_) => Truth::Plain(at % 2 == 1),
            },
            Self::Leaf("resource.t", _, 6) => in_list(of),
            Self::Leaf(left, right, at) => {
                compare(&read(left, of), &read(right, of), if *at == 6 && right.contains("resource") { 0 } else { *at })
            }
            Self::Bare(name) => match read(name, of) {
                Read::Absent => Truth::Lacking(false),
                Read::Bool(value) => Truth::Plain(value),
                Read::Wrong | Read::Number(_) | Read::Text(_) => Truth::Error,
            },
            Self::Not(inner) => match inner.eval(of) {
                Truth::Plain(holds) => Truth::Plain(!holds),
                Truth::Lacking(holds) => Truth::Lacking(!holds),
                Truth::Error => Truth::Error,
            },
            Self::And(left, right) => join(left.eval(of), right.eval(of), false),
            Self::Or(left, right) => join(left.eval(of), right.eval(of), true),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Read {
    Absent,
    Wrong,
    Bool(bool),
    Number(f64),
    Text(String),
}

/// A property or a literal; dates stay texts, which order as days do.
fn read(word: &str, of: &Value) -> Read {
    let Some(name) = word.strip_prefix("resource.") else {
        return match word {
            "today" => Read::Text(TODAY.to_owned()),
            _ if word.starts_with('"') => Read::Text(word.trim_matches('"').to_owned()),
            _ => Read::Number(word.parse().unwrap()),
        };
    };
    match (name, &of[name]) {
        (_, Value::Null) => Read::Absent,
        ("b" | "c", Value::Bool(value)) => Read::Bool(*value),
        ("n" | "m", Value::Number(value)) => Read::Number(value.as_f64().unwrap()),
        ("t" | "u", Value::String(value)) => Read::Text(value.clone()),
        ("d" | "e", Value::String(value)) if hallpass::policy::day::Day::parse(value).is_some() => {
            Read::Text(value.clone())
        }
        _ => Read::Wrong,
    }
}

fn compare(left: &Read, right: &Read, at: usize) -> Truth {
    if [left, right].contains(&&Read::Wrong) {
        return Truth::Error;
    }
    let order = match (left, right) {
        (Read::Number(a), Read::Number(b)) => a.partial_cmp(b),
        (Read::Text(a), Read::Text(b)) => Some(a.cmp(b)),
        (Read::Absent, Read::Absent) if matches!(at, 0 | 1 | 6) => Some(Ordering::Equal),
        _ => None,
    };
    let holds = match OPERATORS[at] {
        "==" | "in" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        ">" => order == Some(Ordering::Greater),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    };
    if [left, right].contains(&&Read::Absent) { Truth::Lacking(holds) } else { Truth::Plain(holds) }
}

fn in_list(of: &Value) -> Truth {
    let item = read("resource.t", of);
    let list: Option<Vec<&str>> = match &of["l"] {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
    };
    let (Some(list), true) = (list, item != Read::Wrong) else { return Truth::Error };
    let holds = matches!(&item, Read::Text(text) if list.contains(&text.as_str()));
    if item == Read::Absent || of["l"].is_null() { Truth::Lacking(holds) } else { Truth::Plain(holds) }
}

/// A side that settles the matter leaves the other's error without weight.
fn join(left: Truth, right: Truth, settles: bool) -> Truth {
    let sides = [left, right];
    if sides.contains(&Truth::Plain(settles)) {
        Truth::Plain(settles)
    } else if sides.contains(&Truth::Lacking(settles)) {
        Truth::Lacking(settles)
    } else if sides.contains(&Truth::Error) {
        Truth::Error
    } else if sides.contains(&Truth::Lacking(!settles)) {
        Truth::Lacking(!settles)
    } else {
        Truth::Plain(!settles)
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        6 => (0..LEAVES.len(), 0..7_usize).prop_map(|(leaf, at)| Tree::Leaf(LEAVES[leaf].0, LEAVES[leaf].1, at)),
        1 => Just(Tree::Bare("resource.b")),
        1 => Just(Tree::Bare("resource.c")),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Tree::Not(Box::new(inner))),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| Tree::And(Box::new(left), Box::new(right))),
            (inner.clone(), inner).prop_map(|(left, right)| Tree::Or(Box::new(left), Box::new(right))),
        ]
    })
}

/// Properties: often absent, sometimes of the wrong type.
fn properties() -> impl Strategy<Value = Value> {
    fn some(values: &[Value]) -> impl Strategy<Value = Value> + use<> {
        prop_oneof![2 => Just(Value::Null), 5 => proptest::sample::select(values.to_vec())]
    }
    let numbers = [json!(2), json!(-1.5), json!(3), json!("2")];
    let texts = [json!("m"), json!("a"), json!("z"), json!(""), json!(2)];
    let dates = [json!("2023-10-02"), json!("2023-10-01"), json!("2024-02-29"), json!("2023-02-29"), json!(20_231_002)];
    let truths = [json!(true), json!(false), json!("true")];
    let lists = [json!([]), json!(["m", "a"]), json!(["m", 2]), json!("m")];
    let pairs = (some(&numbers), some(&numbers), some(&texts), some(&texts), some(&dates), some(&dates));
    (pairs, some(&truths), some(&truths), some(&lists)).prop_map(
        |((n, m, t, u, d, e), b, c, l)| json!({"n": n, "m": m, "t": t, "u": u, "d": d, "e": e, "b": b, "c": c, "l": l}),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conditions_come_to_what_a_naive_evaluator_says(tree in tree(), worlds in proptest::collection::vec(properties(), 4)) {
        let (policy, facts) = (policy(&tree.text()), facts());
        for of in worlds {
            let expected = match tree.eval(&of) {
                Truth::Plain(true) | Truth::Lacking(true) => "met",
                Truth::Plain(false) => "not_met",
                Truth::Lacking(false) => "lacking",
                Truth::Error => "error",
            };
            let question = ask("me", "act", "thing", of.clone());
            prop_assert_eq!(both(&policy, &facts, &question), meaning(expected), "{} {}", tree.text(), of);
        }
    }
}

/// The day of the table's dates is the day of the questions.
#[test]
fn the_table_is_read_on_its_day() {
    assert_eq!(day(TODAY).to_string(), "2023-10-02");
}
