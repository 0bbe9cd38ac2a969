//! What the members of an AuthZEN request mean: which are required, of which type, and which are ours. Unknown members
//! are ignored; null is absent.

use std::borrow::Cow;

use super::json::{Json, Members, properties};
use crate::authzen::{Action, Options, Question, Resource, Semantic, Subject, refuse_null_in};
use crate::fault;
use crate::policy::request::{Malformed, Properties, Stored};

/// A request body: the question, or the defaults of a batch.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    /// The parts at the top.
    pub(super) question: Question<'a>,
    /// The items of a batch; empty where there are none.
    pub(super) evaluations: Vec<Json<'a>>,
    /// What is asked for beside the decision.
    pub(super) options: Options,
}

/// Whether a body may hold a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A single question: `evaluations` is an unknown member.
    Single,
    /// A batch, or a single question where there are no items.
    Batch,
}

/// Reads a body.
pub(super) fn asked(body: Json<'_>, form: Form) -> Result<Asked<'_>, Malformed> {
    fault::point("http.convert").map_err(|_told| Malformed::Missing("subject"))?;
    let mut asked = Asked::default();
    for (name, json) in object("the body", body)? {
        match (&*name, json) {
            (_, Json::Null) => {}
            ("options", json) => asked.options = options(json, form)?,
            ("evaluations", json) if form == Form::Batch => asked.evaluations = list("evaluations", json)?,
            (name, json) => part(&mut asked.question, name, json, Id::Required)?,
        }
    }
    Ok(asked)
}

/// Reads an item of a batch.
pub(super) fn item(item: Json<'_>) -> Result<Question<'_>, Malformed> {
    let mut question = Question::default();
    for (name, json) in object("an item of `evaluations`", item)? {
        part(&mut question, &name, json, Id::Required)?;
    }
    Ok(question)
}

/// The resource type that an item names, where it names one. A name stands once in an object, or it was not read.
pub(super) fn kind<'j>(item: &'j Json<'_>) -> Option<&'j str> {
    match member(member(item, "resource")?, "type")? {
        Json::Text(kind) => Some(kind),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_) => None,
    }
}

fn member<'j, 'a>(json: &'j Json<'a>, name: &str) -> Option<&'j Json<'a>> {
    let Json::Object(members) = json else { return None };
    members.iter().find(|(known, _)| known == name).map(|(_, member)| member)
}

/// What becomes of the id of a subject or a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    /// It must be there.
    Required,
    /// Whatever it is, it doesn't count: it is what a search looks for.
    Ignored,
}

/// Reads a part of a question, if that is what the member is.
pub(super) fn part<'a>(question: &mut Question<'a>, name: &str, json: Json<'a>, id: Id) -> Result<(), Malformed> {
    match (name, json) {
        (_, Json::Null) => {}
        ("subject", json) => {
            let Entity { kind, id, members } = entity(json, &SUBJECT, id)?;
            question.subject = Some(Subject { kind, id, properties: properties(members) });
        }
        ("action", json) => question.action = Some(action(json)?),
        ("resource", json) => {
            let Entity { kind, id, members } = entity(json, &RESOURCE, id)?;
            question.resource = Some(Resource { kind, id, properties: stored(members)? });
        }
        ("context", json) => question.context = Some(free("context", json)?),
        _ => {}
    }
    Ok(())
}

/// How the members of a subject or a resource are called in messages.
struct Names {
    whole: &'static str,
    kind: &'static str,
    id: &'static str,
    properties: &'static str,
}

const SUBJECT: Names =
    Names { whole: "subject", kind: "subject.type", id: "subject.id", properties: "subject.properties" };
const RESOURCE: Names =
    Names { whole: "resource", kind: "resource.type", id: "resource.id", properties: "resource.properties" };

/// A subject or a resource.
struct Entity<'a> {
    kind: Cow<'a, str>,
    id: Cow<'a, str>,
    members: Members<'a>,
}

fn entity<'a>(json: Json<'a>, names: &Names, wanted: Id) -> Result<Entity<'a>, Malformed> {
    let (mut kind, mut id, mut members) = (None, (wanted == Id::Ignored).then_some(Cow::Borrowed("")), Members::new());
    for (name, json) in object(names.whole, json)? {
        match (&*name, json) {
            (_, Json::Null) => {}
            ("type", json) => kind = Some(text(names.kind, json)?),
            ("id", json) if wanted == Id::Required => id = Some(text(names.id, json)?),
            ("properties", json) => members = object(names.properties, json)?,
            _ => {}
        }
    }
    let kind = kind.ok_or(Malformed::Missing(names.kind))?;
    Ok(Entity { kind, id: id.ok_or(Malformed::Missing(names.id))?, members })
}

fn action(json: Json<'_>) -> Result<Action<'_>, Malformed> {
    let (mut named, mut given) = (None, Properties::new());
    for (name, json) in object("action", json)? {
        match (&*name, json) {
            (_, Json::Null) => {}
            ("name", json) => named = Some(text("action.name", json)?),
            ("properties", json) => given = free("action.properties", json)?,
            _ => {}
        }
    }
    Ok(Action { name: named.ok_or(Malformed::Missing("action.name"))?, properties: given })
}

fn stored(members: Members<'_>) -> Result<Stored, Malformed> {
    for (name, json) in &members {
        if let Json::List(items) = json
            && items.iter().any(|item| matches!(item, Json::Null))
        {
            refuse_null_in(name)?;
        }
    }
    Stored::new(properties(members))
}

fn options(json: Json<'_>, form: Form) -> Result<Options, Malformed> {
    let mut options = Options::default();
    for (name, json) in object("options", json)? {
        match (&*name, json) {
            (_, Json::Null) => {}
            ("evaluations_semantic", json) if form == Form::Batch => {
                options.semantic = Semantic::named(&text("options.evaluations_semantic", json)?)?;
            }
            ("hallpass", json) => options.explain = explain(json)?,
            _ => {}
        }
    }
    Ok(options)
}

/// Whether the options of a search ask for more than its results.
pub(super) fn explained(json: Json<'_>) -> Result<bool, Malformed> {
    options(json, Form::Single).map(|options| options.explain)
}

fn explain(json: Json<'_>) -> Result<bool, Malformed> {
    let ours = object("options.hallpass", json)?;
    match ours.into_iter().find(|(name, _)| name == "explain") {
        None | Some((_, Json::Null)) => Ok(false),
        Some((_, Json::Bool(explain))) => Ok(explain),
        Some((_, Json::Number(_) | Json::Text(_) | Json::List(_) | Json::Object(_))) => {
            Err(Malformed::WrongType { name: "options.hallpass.explain", expected: "true or false" })
        }
    }
}

/// A member that is an object of free properties.
pub(super) fn free(name: &'static str, json: Json<'_>) -> Result<Properties, Malformed> {
    object(name, json).map(properties)
}

/// A member that is an object.
pub(super) fn object<'a>(name: &'static str, json: Json<'a>) -> Result<Members<'a>, Malformed> {
    if let Json::Object(members) = json { Ok(members) } else { Err(wrong(name, "an object")) }
}

fn list<'a>(name: &'static str, json: Json<'a>) -> Result<Vec<Json<'a>>, Malformed> {
    if let Json::List(items) = json { Ok(items) } else { Err(wrong(name, "a list")) }
}

/// A member that is a text.
pub(super) fn text<'a>(name: &'static str, json: Json<'a>) -> Result<Cow<'a, str>, Malformed> {
    if let Json::Text(text) = json { Ok(text) } else { Err(wrong(name, "a text")) }
}

/// A member of the wrong type.
pub(super) fn wrong(name: &'static str, expected: &'static str) -> Malformed {
    Malformed::WrongType { name, expected }
}
