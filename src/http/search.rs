//! Searches: what the members of a request mean that only searches have, and their answers as JSON.

use hyper::StatusCode;
use serde::Serialize;

use super::answer::{Context, Whole, json, why};
use super::json::{Json, Members};
use super::question::{Id, explained, free, object, part, text, wrong};
use crate::authzen::Question;
use crate::authzen::search::{Found, Page, Search, Sought, WHOLE};
use crate::pdp::View;
use crate::policy::request::Malformed;

/// Reads a body: the search, and whether its answer says more.
pub(super) fn asked(body: Json<'_>, sought: Sought) -> Result<(Search<'_>, bool), Malformed> {
    let (mut question, mut page, mut explain) = (Question::default(), None, false);
    for (name, json) in object("the body", body)? {
        match (&*name, json) {
            (_, Json::Null) => {}
            ("page", json) => page = Some(read_page(object("page", json)?)?),
            ("options", json) => explain = explained(json)?,
            ("subject", json) if sought == Sought::Subjects => part(&mut question, "subject", json, Id::Ignored)?,
            ("resource", json) if sought == Sought::Resources => part(&mut question, "resource", json, Id::Ignored)?,
            ("action", _) if sought == Sought::Actions => {}
            (name, json) => part(&mut question, name, json, Id::Required)?,
        }
    }
    Ok((Search { sought, question, page }, explain))
}

fn read_page(members: Members<'_>) -> Result<Page<'_>, Malformed> {
    let mut page = Page::default();
    for (name, json) in members {
        match (&*name, json) {
            (_, Json::Null) => {}
            ("token", json) => page.token = Some(text("page.token", json)?),
            ("limit", Json::Number(limit)) => page.limit = Some(limit),
            ("limit", _) => return Err(wrong("page.limit", WHOLE)),
            ("properties", json) => page.properties = Some(free("page.properties", json)?),
            _ => {}
        }
    }
    Ok(page)
}

/// A page of results.
pub(super) fn answer(view: &View<'_>, found: &Found<'_>, explain: bool) -> Whole {
    let Found { kind, results, next } = found;
    let entity = |id| if kind.is_empty() { Entity::Action { name: id } } else { Entity::Thing { r#type: kind, id } };
    let results: Vec<_> = results.iter().copied().map(entity).collect();
    let page = next.as_ref().map(|next_token| Turn { next_token, count: results.len() });
    json(StatusCode::OK, &Answer { page, context: explain.then(|| Context::Hallpass(why(view))), results })
}

/// The page first: a reader of a long answer sees how long.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'a>>,
    results: Vec<Entity<'a>>,
}

#[derive(Serialize)]
struct Turn<'a> {
    next_token: &'a str,
    count: usize,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entity<'a> {
    Thing { r#type: &'a str, id: &'a str },
    Action { name: &'a str },
}
