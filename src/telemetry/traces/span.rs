//! From a request and its answer to a span: names as OpenTelemetry's conventions have them, the trace that the caller's
//! `traceparent` names, and what was decided. Nothing in it says who asked, or about whom; a path at which nothing is
//! served is not repeated.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use hyper::{HeaderMap, Request, Response};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _};
use opentelemetry::{Context as Parent, KeyValue};
use tonic::Code;

use super::Traces;
use crate::caller::permission::{Need, TABLE};
use crate::telemetry::noted::{Noted, noting};

const GRPC_STATUS: &str = "grpc-status";
/// What the conventions call what has no name of its own.
const OTHER: &str = "_OTHER";

/// A request under way, which becomes a span once it is answered, or is not waited for any more.
#[derive(Debug)]
pub(crate) struct Traced<F> {
    answering: F,
    asked: Option<Asked>,
}

/// What is known of a request before it is answered.
#[derive(Debug)]
struct Asked {
    traces: Traces,
    parent: Parent,
    protocol: Protocol,
    /// The path, where something is served at it.
    route: Option<&'static str>,
    began: SystemTime,
    noted: Noted,
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    Grpc,
    Http(&'static str),
}

/// How a request ended.
enum End {
    Answered(u16),
    Status(Code),
    /// Whoever asked did not wait.
    Left,
}

impl Traces {
    /// Follows a request that `answer` answers. Health and the like are asked too often to be worth a span.
    pub(crate) fn follow<B, F>(
        &self,
        request: Request<B>,
        is_grpc: bool,
        answer: impl FnOnce(Request<B>) -> F,
    ) -> Traced<F> {
        let path = request.uri().path();
        let served = TABLE.iter().find(|(known, _)| *known == path);
        let is_dull = matches!(served, Some((_, Need::Nothing))) || path.starts_with("/grpc.");
        let asked = (!is_dull).then(|| Asked {
            traces: self.clone(),
            parent: self.0.propagator.extract_with_context(&Parent::new(), &Headers(request.headers())),
            protocol: if is_grpc { Protocol::Grpc } else { Protocol::Http(method(request.method().as_str())) },
            route: served.map(|(path, _)| *path),
            began: now(),
            noted: Noted::default(),
        });
        Traced { answering: answer(request), asked }
    }
}

impl<F, B, E> Future for Traced<F>
where
    F: Future<Output = Result<Response<B>, E>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { answering, asked } = &mut *self;
        let answer = match asked {
            Some(asked) => noting(&mut asked.noted, || Pin::new(answering).poll(context)),
            None => Pin::new(answering).poll(context),
        };
        let answer = ready!(answer);
        if let (Some(asked), Ok(response)) = (self.asked.take(), &answer) {
            let end = asked.end_with(response);
            asked.end(&end);
        }
        Poll::Ready(answer)
    }
}

impl<F> Drop for Traced<F> {
    fn drop(&mut self) {
        self.asked.take().iter().for_each(|asked| asked.end(&End::Left));
    }
}

impl Asked {
    fn end_with<B>(&self, response: &Response<B>) -> End {
        match self.protocol {
            Protocol::Http(_) => End::Answered(response.status().as_u16()),
            // Without one the call went well: the status follows the answer.
            Protocol::Grpc => End::Status(
                response.headers().get(GRPC_STATUS).map_or(Code::Ok, |status| Code::from_bytes(status.as_bytes())),
            ),
        }
    }

    fn end(&self, end: &End) {
        let Self { traces: Traces(making), parent, began, .. } = self;
        let builder = making.tracer.span_builder(self.name()).with_kind(SpanKind::Server).with_start_time(*began);
        let builder = builder.with_attributes(self.attributes(end));
        let mut span = builder.start_with_context(&making.tracer, parent);
        if span.is_recording() {
            making.count.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        match end {
            End::Answered(status) if *status >= 500 => span.set_status(Status::error("")),
            End::Status(code) if is_fault(*code) => span.set_status(Status::error("")),
            End::Left => span.set_status(Status::error("the caller did not wait")),
            End::Answered(_) | End::Status(_) => {}
        }
        span.end_with_timestamp(now());
    }

    fn name(&self) -> String {
        match (self.protocol, self.route) {
            (Protocol::Grpc, Some(path)) => path.trim_start_matches('/').to_owned(),
            (Protocol::Grpc, None) => "grpc".to_owned(),
            (Protocol::Http(method), Some(path)) => format!("{method} {path}"),
            (Protocol::Http(OTHER), None) => "HTTP".to_owned(),
            (Protocol::Http(method), None) => method.to_owned(),
        }
    }

    fn attributes(&self, end: &End) -> Vec<KeyValue> {
        let mut all = match (self.protocol, self.route) {
            (Protocol::Grpc, path) => vec![
                KeyValue::new("rpc.system.name", "grpc"),
                KeyValue::new("rpc.method", path.map_or(OTHER, |path| path.trim_start_matches('/'))),
            ],
            (Protocol::Http(method), path) => {
                let route = path.map(|path| KeyValue::new("http.route", path));
                std::iter::once(KeyValue::new("http.request.method", method)).chain(route).collect()
            }
        };
        match end {
            End::Answered(status) => all.push(KeyValue::new("http.response.status_code", i64::from(*status))),
            End::Status(code) => all.push(KeyValue::new("rpc.response.status_code", name(*code))),
            End::Left => {}
        }
        all.extend(self.decided());
        all
    }

    /// What was decided: of one question what and why, of several how many.
    fn decided(&self) -> Vec<KeyValue> {
        let Noted { decisions, allows, reason } = self.noted;
        match (decisions, reason) {
            (1, Some(reason)) => vec![
                KeyValue::new("hallpass.effect", if allows == 1 { "allow" } else { "deny" }),
                KeyValue::new("hallpass.reason", reason.code()),
            ],
            (0, _) | (_, None) => Vec::new(),
            (decisions, Some(_)) => vec![
                KeyValue::new("hallpass.decisions", i64::from(decisions)),
                KeyValue::new("hallpass.allows", i64::from(allows)),
            ],
        }
    }
}

/// The headers of a request. A header that is given twice says nothing.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let mut values = self.0.get_all(key).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(hyper::header::HeaderName::as_str).collect()
    }
}

fn method(name: &str) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or(OTHER)
}

fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// Whether a status is the server's fault, as the conventions have it.
fn is_fault(code: Code) -> bool {
    let faults = [Code::Unknown, Code::DeadlineExceeded, Code::Unimplemented, Code::Internal, Code::Unavailable];
    faults.contains(&code) || code == Code::DataLoss
}

#[expect(clippy::disallowed_methods, reason = "stamps a span; no decision comes from it")]
fn now() -> SystemTime {
    SystemTime::now()
}
