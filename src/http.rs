//! The HTTP edge: OpenID AuthZEN's Authorization API 1.0. Routes, headers and what makes a request acceptable at all;
//! what a body means stands in `question`, how it is answered in `answer`. Sockets and connections stand in `app`.

mod answer;
mod body;
mod json;
mod question;

use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};

use crate::authzen::{evaluate, evaluate_all, permit_all};
use crate::caller::{Caller, Turned};
use crate::pdp::{Pdp, View};
use crate::policy::request::Malformed;
use answer::Refusal;
pub(crate) use answer::Whole;
use json::Json;
use question::{Asked, Form, asked};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REVISION: HeaderName = HeaderName::from_static("x-hallpass-revision");

/// What one worker answers over HTTP.
#[derive(Debug)]
pub(crate) struct Http {
    pdp: Arc<Pdp>,
    /// Whether every answer says why, asked or not.
    explain: bool,
}

impl Http {
    /// Answers from a decision point.
    pub(crate) fn new(pdp: &Arc<Pdp>, explain: bool) -> Self {
        Self { pdp: Arc::clone(pdp), explain }
    }

    /// Answers one request, or says why it was turned away.
    pub(crate) async fn answer(&self, request: Request<Incoming>, admitted: Result<Caller, Turned>) -> Whole {
        let (mut parts, body) = request.into_parts();
        let (caller, routed) = match admitted {
            Ok(caller) => (caller, route(&parts)),
            Err(turned) => (Caller::Nobody, Err(turned.into())),
        };
        let read = match routed {
            Ok(form) => body::whole(body, self.pdp.limits().message_bytes).await.map(|body| (form, body)),
            Err(refusal) => Err(refusal),
        };
        let view = self.pdp.view(caller);
        let answered = read.and_then(|(form, body)| self.decide(&view, form, &body));
        let mut response = answered.unwrap_or_else(|refusal| refusal.response());
        let headers = response.headers_mut();
        if let Some(revision) = revision(&view) {
            headers.insert(REVISION, revision);
        }
        if let Some(id) = parts.headers.remove(REQUEST_ID) {
            headers.insert(REQUEST_ID, id);
        }
        let added = match response.status() {
            StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "POST")),
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
            _ => None,
        };
        response.headers_mut().extend(added.map(|(name, value)| (name, HeaderValue::from_static(value))));
        response
    }

    fn decide(&self, view: &View<'_>, form: Form, body: &Bytes) -> Result<Whole, Refusal> {
        if body.is_empty() {
            return Err(Refusal::bad("the body is empty"));
        }
        let body = Json::read(body).map_err(|error| Refusal::bad(format!("the body can't be read: {error}")))?;
        let Asked { question, evaluations, options } = asked(body, form)?;
        let explain = options.explain || self.explain;
        if evaluations.is_empty() {
            return Ok(answer::single(view, &evaluate(view, &question)?, explain));
        }
        let limit = self.pdp.limits().batch_items;
        if evaluations.len() > limit {
            return Err(Malformed::OverLimit { what: "the number of evaluations", limit }.into());
        }
        permit_all(view, &question, evaluations.iter().map(question::kind))?;
        let items = evaluations.into_iter().map(question::item);
        let verdicts = evaluate_all(view, &question, items, options.semantic)?;
        Ok(answer::batch(view, &verdicts, explain))
    }
}

fn route(parts: &Parts) -> Result<Form, Refusal> {
    let form = match parts.uri.path() {
        "/access/v1/evaluation" => Form::Single,
        "/access/v1/evaluations" => Form::Batch,
        _ => return Err(Refusal::nothing()),
    };
    if parts.method != Method::POST {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "the method must be POST"));
    }
    if !parts.headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(Refusal::bad("the content type must be application/json"));
    }
    Ok(form)
}

/// `application/json`, with parameters or without.
fn is_json(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

fn revision(view: &View<'_>) -> Option<HeaderValue> {
    let (policy, directory) = view.revisions();
    HeaderValue::from_maybe_shared(Bytes::from([policy, ".", directory].concat())).ok()
}
