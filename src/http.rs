//! The HTTP edge: OpenID AuthZEN's Authorization API 1.0. Headers and what makes a request acceptable at all; which
//! endpoint it is for stands in `route`, what a body means in `question` and `search`, how it is answered there and in
//! `answer`. Sockets and connections stand in `app`.

mod answer;
mod body;
mod json;
mod question;
mod route;
mod search;

use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use hyper::{Request, StatusCode};

use crate::authzen::search::Sought;
use crate::authzen::{PublicUrl, Settings, evaluate, evaluate_all, permit_all};
use crate::caller::{Caller, Turned};
use crate::pdp::{Pdp, View};
use crate::policy::request::Malformed;
use answer::Refusal;
pub(crate) use answer::Whole;
use json::Json;
use question::{Asked, Form, asked};
use route::{Route, route};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REVISION: HeaderName = HeaderName::from_static("x-hallpass-revision");
/// How long the metadata may be kept: it changes with the configuration alone.
const METADATA_AGE: HeaderValue = HeaderValue::from_static("max-age=3600");

/// What one worker answers over HTTP.
#[derive(Debug)]
pub(crate) struct Http {
    pdp: Arc<Pdp>,
    settings: Settings,
}

impl Http {
    /// Answers from a decision point.
    pub(crate) fn new(pdp: &Arc<Pdp>, settings: &Settings) -> Self {
        Self { pdp: Arc::clone(pdp), settings: settings.clone() }
    }

    /// Answers one request, or says why it was turned away.
    pub(crate) async fn answer(&self, request: Request<Incoming>, admitted: Result<Caller, Turned>) -> Whole {
        let (mut parts, body) = request.into_parts();
        let (caller, routed) = match admitted {
            Ok(caller) => (caller, route(&parts, self.settings.public_url.as_ref())),
            Err(turned) => (Caller::Nobody, Err(turned.into())),
        };
        let read = match routed {
            Ok(route @ Route::Metadata(_)) => Ok((route, Bytes::new())),
            Ok(route) => body::whole(body, self.pdp.limits().message_bytes).await.map(|body| (route, body)),
            Err(refusal) => Err(refusal),
        };
        let view = self.pdp.view(caller);
        let answered = read.and_then(|(route, body)| match route {
            Route::Evaluate(form) => self.decide(&view, form, &body),
            Route::Search(sought) => self.search(&view, sought, &body),
            Route::Metadata(url) => Ok(metadata(url)),
        });
        let mut response = answered.unwrap_or_else(|refusal| refusal.response());
        let headers = response.headers_mut();
        if let Some(revision) = revision(&view) {
            headers.insert(REVISION, revision);
        }
        if let Some(id) = parts.headers.remove(REQUEST_ID) {
            headers.insert(REQUEST_ID, id);
        }
        response
    }

    fn decide(&self, view: &View<'_>, form: Form, body: &Bytes) -> Result<Whole, Refusal> {
        let Asked { question, evaluations, options } = asked(read(body)?, form)?;
        let explain = options.explain || self.settings.explain;
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

    fn search(&self, view: &View<'_>, sought: Sought, body: &Bytes) -> Result<Whole, Refusal> {
        let (search, explain) = search::asked(read(body)?, sought)?;
        let found = search.find(view, &self.settings.tokens)?;
        Ok(search::answer(view, &found, explain || self.settings.explain))
    }
}

fn metadata(url: &PublicUrl) -> Whole {
    let mut response = answer::json(StatusCode::OK, &url.metadata());
    response.headers_mut().insert(CACHE_CONTROL, METADATA_AGE);
    response
}

fn read(body: &Bytes) -> Result<Json<'_>, Refusal> {
    if body.is_empty() {
        return Err(Refusal::bad("the body is empty"));
    }
    Json::read(body).map_err(|error| Refusal::bad(format!("the body can't be read: {error}")))
}

fn revision(view: &View<'_>) -> Option<HeaderValue> {
    let (policy, directory) = view.revisions();
    HeaderValue::from_maybe_shared(Bytes::from([policy, ".", directory].concat())).ok()
}
