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
use std::time::Duration;

use hyper::body::{Body, Bytes};
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, StatusCode};

use crate::authzen::search::Sought;
use crate::authzen::{PublicUrl, Settings, evaluate, evaluate_all, kinds};
use crate::caller::{Caller, Turned};
use crate::fault;
use crate::in_time::in_time;
use crate::pdp::{Asking, Pdp, View};
use crate::policy::request::Malformed;
pub(crate) use answer::{Refusal, Whole, json};
use json::Json;
use question::{Asked, Form, asked};
use route::{Route, route};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a request may take, its body's two seconds included: what may be waited for has shorter times of its own.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(4);
const REVISION: HeaderName = HeaderName::from_static("x-hallpass-revision");
/// How long the metadata may be kept: it changes with the configuration alone.
const METADATA_AGE: HeaderValue = HeaderValue::from_static("max-age=3600");

type BoxError = Box<dyn std::error::Error + Send + Sync>;

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

    /// The most bytes that a body may have.
    pub(crate) fn message_bytes(&self) -> usize {
        self.pdp.limits().message_bytes
    }

    /// Answers one request, or says why it was turned away.
    pub(crate) async fn answer<B>(&self, request: Request<B>, admitted: Result<Caller, Turned>) -> Whole
    where
        B: Body<Data = Bytes, Error = BoxError>,
    {
        let (mut parts, body) = request.into_parts();
        let (caller, routed) = match admitted {
            Ok(caller) => (caller, route(&parts, self.settings.public_url.as_ref())),
            Err(turned) => (Caller::Nobody, Err(turned.into())),
        };
        let answered = match routed {
            Ok(Route::Metadata(url)) => Ok(self.told(metadata(url))),
            Ok(Route::Evaluate(form)) => answered(self.decide(self.asking(caller, &parts), form, body)).await,
            Ok(Route::Search(sought)) => answered(self.search(self.asking(caller, &parts), sought, body)).await,
            Err(refusal) => Err(refusal),
        };
        let mut response = answered.unwrap_or_else(|refusal| self.told(refusal.response()));
        if let Some(id) = parts.headers.remove(REQUEST_ID) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    fn asking(&self, caller: Caller, parts: &Parts) -> Result<Asking, Malformed> {
        self.pdp.asking_as(caller, &parts.headers)
    }

    async fn decide<B>(&self, asking: Result<Asking, Malformed>, form: Form, body: B) -> Result<Whole, Refusal>
    where
        B: Body<Data = Bytes, Error = BoxError>,
    {
        let body = body::whole(body, self.pdp.limits().message_bytes).await?;
        let Asked { question, evaluations, options } = asked(read(&body)?, form)?;
        let asking = asking?;
        let explain = options.explain || self.settings.explain;
        if evaluations.is_empty() {
            let evaluate = |view: &View<'_>| -> Result<_, Refusal> {
                Ok(told(view, answer::single(view, &evaluate(view, &question)?, explain)))
            };
            return self.pdp.ask(asking, evaluate).await;
        }
        let limit = self.pdp.limits().batch_items;
        if evaluations.len() > limit {
            return Err(Malformed::OverLimit { what: "the number of evaluations", limit }.into());
        }
        let kinds = kinds(&asking, &question, evaluations.iter().map(question::kind));
        let items: Vec<_> = evaluations.into_iter().map(question::item).collect();
        let evaluate = |view: &View<'_>| -> Result<_, Refusal> {
            view.permit_all(kinds.iter().map(String::as_str))?;
            let verdicts = evaluate_all(view, &question, &items, options.semantic)?;
            Ok(told(view, answer::batch(view, &verdicts, explain)))
        };
        self.pdp.ask(asking, evaluate).await
    }

    async fn search<B>(&self, asking: Result<Asking, Malformed>, sought: Sought, body: B) -> Result<Whole, Refusal>
    where
        B: Body<Data = Bytes, Error = BoxError>,
    {
        let body = body::whole(body, self.pdp.limits().message_bytes).await?;
        let (search, explain) = search::asked(read(&body)?, sought)?;
        let find = |view: &View<'_>| -> Result<_, Refusal> {
            let found = search.clone().find(view, &self.settings.tokens)?;
            Ok(told(view, search::answer(view, &found, explain || self.settings.explain)))
        };
        self.pdp.ask(asking?, find).await
    }

    /// An answer that nothing was decided for, with what is in use.
    fn told(&self, response: Whole) -> Whole {
        told(&self.pdp.view(Caller::Nobody), response)
    }
}

/// An answer, or that it took too long.
async fn answered(answering: impl Future<Output = Result<Whole, Refusal>>) -> Result<Whole, Refusal> {
    let late = || Err(Refusal::later("the answer did not come in time"));
    in_time(REQUEST_TIMEOUT, answering).await.unwrap_or_else(late)
}

/// The answer of a request that is refused because too many are under way.
pub(crate) fn busy(headers: &HeaderMap) -> Whole {
    let mut response = Refusal::exhausted("too many requests are under way: ask again later").response();
    if let Some(id) = headers.get(REQUEST_ID) {
        response.headers_mut().insert(REQUEST_ID, id.clone());
    }
    response
}

/// The answer of a request that panicked.
pub(crate) fn broken() -> Whole {
    answer::broken()
}

/// An answer with what it comes from.
fn told(view: &View<'_>, mut response: Whole) -> Whole {
    if let Some(revision) = revision(view) {
        response.headers_mut().insert(REVISION, revision);
    }
    response
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
    fault::point("http.read").map_err(|error| Refusal::bad(format!("the body can't be read: {error}")))?;
    Json::read(body).map_err(|error| Refusal::bad(format!("the body can't be read: {error}")))
}

/// None for what nothing was asked for in a directory that is asked.
fn revision(view: &View<'_>) -> Option<HeaderValue> {
    let (policy, directory) = view.revisions();
    if directory.is_empty() {
        return None;
    }
    HeaderValue::from_maybe_shared(Bytes::from([policy, ".", directory].concat())).ok()
}
