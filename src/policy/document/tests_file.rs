//! `tests/v1`: questions with expected answers.

use super::super::code::Code;
use super::super::decision::Reason;
use super::super::fields::{Fields, Name, Reader, nearest, shown};
use super::super::request::{Properties, Stored, Value};
use super::super::source::Place;
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

/// The one role, of those that the subject holds, whose grants count in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The role's id.
    pub role: String,
    /// Where it is named.
    pub at: Place,
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
    /// The role in which the subject acts, where only its grants are to count.
    pub acting: Option<Acting>,
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
    /// Whether it must be allowed; `None` where that is yet to be written.
    pub expect: Option<bool>,
    /// The reason that the answer must name, if any.
    pub reason: Option<String>,
}

pub(crate) const EXPECTATIONS: &[(&str, bool)] = &[("allow", true), ("deny", false)];

pub(crate) fn read_tests(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> TestsDoc {
    let nodes = fields.required("tests").map(|node| reader.list(node, "tests")).unwrap_or_default();
    TestsDoc { cases: nodes.iter().filter_map(|node| case(node, reader)).collect() }
}

fn case(node: &Node, reader: &mut Reader<'_>) -> Option<TestCase> {
    let mut fields = reader.fields(node, "a test");
    let at = fields.at.clone();
    let name = fields.optional_text(reader, "name").map(|name| name.text);
    let who = fields.required_text(reader, "who");
    let acting = fields.optional_text(reader, "as").map(|name| Acting { role: name.text, at: name.at });
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
    let expectation = fields.optional("expect");
    let expect = expectation.and_then(|node| reader.choice(node, "expect", EXPECTATIONS));
    let named = fields.optional_text(reader, "reason");
    // Whoever misspelt the key is told of that alone.
    if let (None, Some(name)) = (expectation, &named)
        && !fields.meant("expect")
    {
        let finding = Code::MissingKey.at(name.at.clone(), "`reason` is given without `expect`");
        reader.report(finding.help("add `expect: allow` or `expect: deny`"));
    }
    let reason = named.and_then(|name| reason(name, expect, reader));
    fields.finish(reader);
    Some(TestCase { at, name, who: who?.text, acting, may: may?.text, a: a?.text, id, of, on, expect, reason })
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
    reader.report(Code::UnknownValue.at(name.at, message).help(help));
    None
}

fn on(node: &Node, reader: &mut Reader<'_>) -> Option<super::super::day::Day> {
    let name = reader.text(node, "on")?;
    let day = super::super::day::Day::parse(&name.text);
    if day.is_none() {
        reader.report(
            Code::BadDate
                .at(name.at, format!("`{}` is no day of the calendar", name.text))
                .help("write it as YYYY-MM-DD"),
        );
    }
    day
}

/// Properties of the resource; those with a meaning must be well-formed.
fn of(node: Option<&Node>, reader: &mut Reader<'_>) -> Properties {
    let properties = values(node, "of", reader);
    if let (Some(node), Err(malformed)) = (node, Stored::new(properties.clone())) {
        reader.report(Code::WrongType.at(Place { width: 1, ..reader.at(node) }, malformed.to_string()));
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
