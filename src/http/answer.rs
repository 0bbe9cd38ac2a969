//! Answers as JSON: decisions, what is said about them, refusals.

use std::borrow::Cow;
use std::fmt::Display;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde::{Serialize, Serializer};

use crate::authzen::{Verdict, search};
use crate::caller::{Forbidden, Turned};
use crate::fault;
use crate::pdp::{Undecided, View};
use crate::policy::decision::Decision;
use crate::policy::request::Malformed;
use crate::telemetry::metrics;

/// A response whose body is at hand.
pub(crate) type Whole = Response<Full<Bytes>>;

/// Why a request gets no decision.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The status.
    pub(super) status: StatusCode,
    /// What is wrong, for the caller.
    pub(super) message: Cow<'static, str>,
    /// What the header says that goes with the status.
    header: Option<(HeaderName, &'static str)>,
    /// What the counters are told, where the status doesn't say it.
    why: Option<metrics::Why>,
}

impl Refusal {
    /// A refusal with a fixed message.
    pub(crate) fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message), header: None, why: None }
    }

    /// A method that is not allowed.
    pub(crate) fn method(allow: &'static str, message: &'static str) -> Self {
        Self { header: Some((ALLOW, allow)), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, message) }
    }

    /// There is nothing at the path.
    pub(crate) fn nothing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this path")
    }

    /// The caller's mistake.
    pub(super) fn bad(message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into(), header: None, why: None }
    }

    /// It may be asked again, a moment later.
    pub(super) fn later(message: impl Into<Cow<'static, str>>) -> Self {
        let header = Some((RETRY_AFTER, "1"));
        Self { status: StatusCode::SERVICE_UNAVAILABLE, message: message.into(), header, why: None }
    }

    /// The same, for want of room.
    pub(super) fn exhausted(message: impl Into<Cow<'static, str>>) -> Self {
        Self { why: Some(metrics::Why::Exhausted), ..Self::later(message) }
    }

    /// As a response.
    pub(crate) fn response(&self) -> Whole {
        let error = Problem { status: self.status.as_u16(), message: &self.message };
        let mut response = json(self.status, &Refused { error });
        if let Some((name, value)) = &self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(why) = self.why {
            response.extensions_mut().insert(why);
        }
        response
    }
}

impl From<Turned> for Refusal {
    fn from(turned: Turned) -> Self {
        match turned {
            Turned::Unknown(why) => {
                Self { header: Some((WWW_AUTHENTICATE, "Bearer")), ..Self::new(StatusCode::UNAUTHORIZED, why) }
            }
            Turned::Forbidden(forbidden) => forbidden.into(),
            Turned::Nothing => Self::nothing(),
        }
    }
}

impl From<Undecided> for Refusal {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::Malformed(malformed) => malformed.into(),
            Undecided::Forbidden(forbidden) => forbidden.into(),
            Undecided::Unavailable(_) => Self::later(undecided.to_string()),
            Undecided::Exhausted(_) => Self::exhausted(undecided.to_string()),
        }
    }
}

impl From<Forbidden> for Refusal {
    fn from(forbidden: Forbidden) -> Self {
        Self { status: StatusCode::FORBIDDEN, message: forbidden.to_string().into(), header: None, why: None }
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::bad(malformed.to_string())
    }
}

impl From<search::Refused> for Refusal {
    fn from(refused: search::Refused) -> Self {
        match refused {
            search::Refused::Undecided(undecided) => undecided.into(),
            search::Refused::Token(unfit) => Self::bad(unfit.to_string()),
        }
    }
}

/// The answer to one question.
pub(super) fn single(view: &View<'_>, decision: &Decision<'_>, explain: bool) -> Whole {
    if explain {
        return json(StatusCode::OK, &decided(view, decision, explain));
    }
    let body: &[u8] = if decision.is_allow() { br#"{"decision":true}"# } else { br#"{"decision":false}"# };
    response(StatusCode::OK, Bytes::from_static(body))
}

/// The answer of a request that panicked: at hand, as it may be writing that panicked.
pub(super) fn broken() -> Whole {
    const BODY: &[u8] = br#"{"error":{"status":500,"message":"an internal error: nothing was decided"}}"#;
    response(StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(BODY))
}

/// The answers to a batch. A malformed item is a decision too: false.
pub(super) fn batch<'a>(view: &'a View<'_>, verdicts: &'a [Verdict<'_>], explain: bool) -> Whole {
    let answer = |verdict: &'a Verdict<'_>| match verdict {
        Ok(decision) => decided(view, decision, explain),
        Err(malformed) => refused(malformed),
    };
    json(StatusCode::OK, &Batch { evaluations: verdicts.iter().map(answer).collect() })
}

fn decided<'a>(view: &'a View<'_>, decision: &Decision<'a>, explain: bool) -> Answer<'a> {
    let told = || {
        let granted = decision.granted.as_ref();
        Context::Hallpass(Why {
            reason: Some(decision.reason.code()),
            role: granted.map(|granted| granted.role),
            org: granted.map(|granted| granted.org),
            grant: granted.map(|granted| granted.grant),
            ..why(view)
        })
    };
    Answer { decision: decision.is_allow(), context: explain.then(told) }
}

/// What can be said of every answer: what it comes from.
pub(super) fn why<'a>(view: &'a View<'_>) -> Why<'a> {
    let (policy_revision, directory_revision) = view.revisions();
    Why { reason: None, policy_revision, directory_revision, role: None, org: None, grant: None }
}

fn refused(malformed: &Malformed) -> Answer<'_> {
    let error = Problem { status: StatusCode::BAD_REQUEST.as_u16(), message: malformed };
    Answer { decision: false, context: Some(Context::Error(error)) }
}

#[derive(Serialize)]
struct Batch<'a> {
    evaluations: Vec<Answer<'a>>,
}

#[derive(Serialize)]
struct Answer<'a> {
    decision: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'a>>,
}

/// What is said about an answer.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Context<'a> {
    Hallpass(Why<'a>),
    Error(Problem<'a>),
}

/// What an answer comes from, and why it is what it is.
#[derive(Serialize)]
pub(super) struct Why<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    policy_revision: &'a str,
    directory_revision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<&'a str>,
}

#[derive(Serialize)]
struct Refused<'a> {
    error: Problem<'a>,
}

/// What is wrong.
#[derive(Serialize)]
pub(super) struct Problem<'a> {
    status: u16,
    #[serde(serialize_with = "displayed")]
    message: &'a dyn Display,
}

fn displayed<S: Serializer>(message: &&dyn Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(message)
}

/// An answer as JSON.
pub(crate) fn json(status: StatusCode, answer: &impl Serialize) -> Whole {
    match fault::point("http.encode").map_err(serde_json::Error::io).and_then(|()| serde_json::to_vec(answer)) {
        Ok(body) => response(status, Bytes::from(body)),
        Err(error) => {
            tracing::error!("an answer cannot be written: {error}");
            broken()
        }
    }
}

fn response(status: StatusCode, body: Bytes) -> Whole {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
