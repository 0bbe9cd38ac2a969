//! `authzen.access.v1` messages to questions and searches. Every field is named, so that a new one doesn't compile until
//! it is handled.

use std::borrow::Cow;

use prost_types::Struct;
use prost_types::value::Kind;

use super::super::value;
use super::wire;
use crate::authzen::search::{Page, Search, Sought};
use crate::authzen::{Action, Options, Question, Resource, Semantic, Subject, refuse_null_in};
use crate::policy::request::{Malformed, Stored};

/// Reads a search; the id of what is looked for is ignored where it is used.
pub(super) fn search(
    sought: Sought,
    message: wire::EvaluationRequest,
    page: Option<wire::PaginationRequest>,
) -> Result<Search<'static>, Malformed> {
    Ok(Search { sought, question: question(message)?, page: page.map(read_page).transpose()? })
}

fn read_page(message: wire::PaginationRequest) -> Result<Page<'static>, Malformed> {
    let wire::PaginationRequest { token, limit, properties } = message;
    Ok(Page {
        token: token.map(Cow::Owned),
        limit: limit.map(f64::from),
        properties: properties.map(|properties| value::properties(Some(properties))).transpose()?,
    })
}

/// The resource type that an item names, where it names one.
pub(super) fn kind(item: &wire::EvaluationRequest) -> Option<&str> {
    item.resource.as_ref().map(|resource| resource.r#type.as_str())
}

/// Reads the parts of a question.
pub(super) fn question(message: wire::EvaluationRequest) -> Result<Question<'static>, Malformed> {
    let wire::EvaluationRequest { subject, action, resource, context } = message;
    Ok(Question {
        subject: subject.map(read_subject).transpose()?,
        action: action.map(read_action).transpose()?,
        resource: resource.map(read_resource).transpose()?,
        context: context.map(|context| value::properties(Some(context))).transpose()?,
    })
}

fn read_subject(message: wire::Subject) -> Result<Subject<'static>, Malformed> {
    let wire::Subject { r#type, id, properties } = message;
    Ok(Subject { kind: Cow::Owned(r#type), id: Cow::Owned(id), properties: value::properties(properties)? })
}

fn read_action(message: wire::Action) -> Result<Action<'static>, Malformed> {
    let wire::Action { name, properties } = message;
    Ok(Action { name: Cow::Owned(name), properties: value::properties(properties)? })
}

fn read_resource(message: wire::Resource) -> Result<Resource<'static>, Malformed> {
    let wire::Resource { r#type, id, properties } = message;
    for (name, wire) in properties.iter().flat_map(|given| &given.fields) {
        if value::lists_null(wire) {
            refuse_null_in(name)?;
        }
    }
    let properties = Stored::new(value::properties(properties)?)?;
    Ok(Resource { kind: Cow::Owned(r#type), id: Cow::Owned(id), properties })
}

/// Reads what is asked for beside decisions.
pub(super) fn options(options: Option<Struct>) -> Result<Options, Malformed> {
    let options = options.unwrap_or_default();
    let semantic = match member(&options, "evaluations_semantic") {
        None => Semantic::default(),
        Some(Kind::StringValue(name)) => Semantic::named(name)?,
        Some(_) => return Err(Malformed::WrongType { name: "options.evaluations_semantic", expected: "a text" }),
    };
    let explain = match member(&options, "hallpass") {
        None => false,
        Some(Kind::StructValue(ours)) => match member(ours, "explain") {
            None => false,
            Some(Kind::BoolValue(explain)) => *explain,
            Some(_) => {
                return Err(Malformed::WrongType { name: "options.hallpass.explain", expected: "true or false" });
            }
        },
        Some(_) => return Err(Malformed::WrongType { name: "options.hallpass", expected: "an object" }),
    };
    Ok(Options { semantic, explain })
}

fn member<'a>(object: &'a Struct, name: &str) -> Option<&'a Kind> {
    object.fields.get(name)?.kind.as_ref().filter(|kind| !matches!(kind, Kind::NullValue(_)))
}
