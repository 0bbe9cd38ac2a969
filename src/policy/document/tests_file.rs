//! `tests/v1`: questions with expected answers.

use super::super::decision::Reason;
use super::super::fields::{Fields, Name, Reader, nearest, shown};
use super::super::request::{Properties, Stored, Value};
use super::super::source::{Finding, Place};
use super::super::yaml::{Kind, Node};

/// A file of tests.
#[derive(Clone, Debug)]
pub(crate) struct TestsDoc {
    pub(crate) cases: Vec<TestCase>,
}

/// Properties of the parts of a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestProperties {
    /// Of the resource.
    pub resource: Properties,
    /// Of the subject.
    pub subject: Properties,
    /// Of the action.
    pub action: Properties,
    /// The context.
    pub context: Properties,
}

/// One question with its expected answer.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// Where it stands.
    pub at: Place,
    /// What it is for, where it says so.
    pub name: Option<String>,
    /// The subject's id.
    pub who: String,
    /// The action.
    pub may: String,
    /// The resource type.
    pub a: String,
    /// The record's own id, where it matters.
    pub id: String,
    /// Properties.
    pub of: TestProperties,
    /// The day that the question is asked, if not today: `YYYY-MM-DD`.
    pub on: Option<super::super::day::Day>,
    /// Whether it must be allowed.
    pub allow: bool,
    /// The reason that the answer must name, if any.
    pub reason: Option<String>,
}

const EXPECTATIONS: &[(&str, bool)] = &[("allow", true), ("deny", false)];

pub(crate) fn read_tests(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> TestsDoc {
    let nodes = fields.required("tests").map(|node| reader.list(node, "tests")).unwrap_or_default();
    TestsDoc { cases: nodes.iter().filter_map(|node| case(node, reader)).collect() }
}

fn case(node: &Node, reader: &mut Reader<'_>) -> Option<TestCase> {
    let mut fields = reader.fields(node, "a test");
    let at = fields.at.clone();
    let name = fields.optional_text(reader, "name").map(|name| name.text);
    let who = fields.required_text(reader, "who");
    let may = fields.required_text(reader, "may");
    let a = fields.required_text(reader, "a");
    let id = fields.optional_text(reader, "id").map(|name| name.text).unwrap_or_default();
    let of = TestProperties {
        resource: of(fields.optional("of"), reader),
        subject: values(fields.optional("subject"), "subject", reader),
        action: values(fields.optional("action"), "action", reader),
        context: values(fields.optional("context"), "context", reader),
    };
    let on = fields.optional("on").and_then(|node| on(node, reader));
    let expect = fields.required("expect").and_then(|node| reader.choice(node, "expect", EXPECTATIONS));
    let reason = fields.optional_text(reader, "reason").and_then(|name| reason(name, expect, reader));
    fields.finish(reader);
    Some(TestCase { at, name, who: who?.text, may: may?.text, a: a?.text, id, of, on, allow: expect?, reason })
}

/// A reason must be one that an answer can have.
fn reason(name: Name, allow: Option<bool>, reader: &mut Reader<'_>) -> Option<String> {
    let fits = |reason: &&Reason| allow.is_none_or(|allow| allow == (**reason == Reason::Granted));
    let codes = || Reason::ALL.iter().filter(fits).map(|reason| reason.code());
    if codes().any(|code| code == name.text) {
        return Some(name.text);
    }
    let answer = if allow == Some(true) { "an allow" } else { "a deny" };
    let message = format!("`{}` is no reason of {answer}", shown(&name.text));
    let help = nearest(&name.text, codes()).map_or_else(
        || format!("the reasons are {}", codes().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    reader.report(Finding::error(name.at, message).help(help));
    None
}

fn on(node: &Node, reader: &mut Reader<'_>) -> Option<super::super::day::Day> {
    let name = reader.text(node, "on")?;
    let day = super::super::day::Day::parse(&name.text);
    if day.is_none() {
        reader.report(
            Finding::error(name.at, format!("`{}` is no day of the calendar", name.text))
                .help("write it as YYYY-MM-DD"),
        );
    }
    day
}

/// Properties of the resource; those with a meaning must be well-formed.
fn of(node: Option<&Node>, reader: &mut Reader<'_>) -> Properties {
    let properties = values(node, "of", reader);
    if let (Some(node), Err(malformed)) = (node, Stored::new(properties.clone())) {
        reader.report(Finding::error(Place { width: 1, ..reader.at(node) }, malformed.to_string()));
    }
    properties
}

/// Free values under a key; nothing (`null`) is absent.
fn values(node: Option<&Node>, key: &'static str, reader: &mut Reader<'_>) -> Properties {
    let Some(node) = node else { return Properties::new() };
    let entries = reader.fields(node, key).rest();
    entries.into_iter().filter_map(|(name, node)| Some((name.value.clone(), value(node)?))).collect()
}

fn value(node: &Node) -> Option<Value> {
    Some(match &node.value {
        Kind::Null => return None,
        Kind::Bool(value) => Value::Bool(*value),
        Kind::Number(value) => Value::Number(*value),
        Kind::Text(value) => Value::Text(value.clone()),
        Kind::List(items) => Value::List(items.iter().filter_map(value).collect()),
        Kind::Map(entries) => {
            Value::Object(entries.iter().filter_map(|(name, node)| Some((name.value.clone(), value(node)?))).collect())
        }
    })
}
