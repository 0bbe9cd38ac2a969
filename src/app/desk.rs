//! Where the requests of a connection are told apart: gRPC by its content type, anything else is HTTP. Each is let in, or
//! turned away, before it is looked at: it is nobody's who may ask, or too many are under way. One that panics fails
//! alone.

use std::convert::Infallible;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::Service;
use hyper::{Request, Response, Version};
use tonic::body::Body;

use super::arriving::{Arriving, Kind};
use super::guest::Guest;
use super::traffic::{Turn, Turns};
use super::undecided::Refusals;
use crate::caller::{Entrance, Turned};
use crate::fault;
use crate::grpc::{self, Call, Grpc};
use crate::http::{self, Http, Whole};
use crate::telemetry::traces::{Traced, Traces};

/// What asks for the server's health begins so: it is answered however much is under way.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// What answers the requests of one connection.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) grpc: Grpc,
    pub(super) http: Arc<Http>,
    pub(super) entrance: Entrance,
    pub(super) guest: Arc<Guest>,
    pub(super) turns: Arc<Turns>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) traces: Option<Traces>,
}

/// An answer under way, of which a span is made or none.
pub(super) enum Followed {
    Plain(Answering),
    Traced(Box<Traced<Answering>>),
}

/// An answer under way.
pub(super) struct Answering {
    way: Way,
    is_grpc: bool,
    refusals: Arc<Refusals>,
    _turn: Option<Turn>,
}

enum Way {
    Grpc(Call),
    Http(Pin<Box<dyn Future<Output = Whole> + Send>>),
    /// It panicked, or was answered.
    Over,
}

type Answer = Response<Either<Body, Full<Bytes>>>;

impl Service<Request<Incoming>> for Desk {
    type Response = Answer;
    type Error = Infallible;
    type Future = Followed;

    fn call(&self, request: Request<Incoming>) -> Followed {
        let Some(traces) = &self.traces else { return Followed::Plain(self.answer(request)) };
        let is_grpc = is_grpc(&request);
        Followed::Traced(Box::new(traces.follow(request, is_grpc, |request| self.answer(request))))
    }
}

impl Desk {
    fn answer(&self, request: Request<Incoming>) -> Answering {
        self.guest.ask();
        let is_grpc = is_grpc(&request);
        let turn = if self.guest.is_spare() { None } else { self.turns.take() };
        let is_let_in = turn.is_some() || request.uri().path().starts_with(HEALTH);
        let begin = || if is_let_in { self.begin(request, is_grpc) } else { self.refuse(&request, is_grpc) };
        let way = catch_unwind(AssertUnwindSafe(begin)).unwrap_or(Way::Over);
        Answering { way, is_grpc, refusals: Arc::clone(&self.refusals), _turn: turn }
    }

    fn begin(&self, request: Request<Incoming>, is_grpc: bool) -> Way {
        let path = request.uri().path();
        let unknown = |_told| Turned::Unknown("it can't be told who asks");
        let admitted = fault::point("request.admit").map_err(unknown);
        let admitted = admitted.and_then(|()| self.entrance.admit(path, request.headers()));
        let kind = match is_grpc {
            true if path == grpc::STREAM => Kind::Messages,
            true => Kind::Message,
            false => Kind::Plain,
        };
        let request = request.map(|body| Arriving::new(body, kind, &self.turns));
        if is_grpc {
            return Way::Grpc(self.grpc.answer(request, admitted));
        }
        let http = Arc::clone(&self.http);
        Way::Http(Box::pin(async move { http.answer(request, admitted).await }))
    }

    fn refuse(&self, request: &Request<Incoming>, is_grpc: bool) -> Way {
        self.turns.refuse();
        if is_grpc {
            return Way::Grpc(self.grpc.refuse(request.headers()));
        }
        Way::Http(Box::pin(ready(http::busy(request.headers()))))
    }
}

impl Way {
    /// The answer; none where there is none to be had any more.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Answer>> {
        match self {
            Self::Grpc(call) => Pin::new(call).poll(context).map(|answered| match answered {
                Ok(whole) => Some(whole.map(Either::Left)),
                Err(never) => match never {},
            }),
            Self::Http(answer) => answer.as_mut().poll(context).map(|whole| Some(whole.map(Either::Right))),
            Self::Over => Poll::Ready(None),
        }
    }
}

impl Future for Followed {
    type Output = Result<Answer, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Plain(answering) => Pin::new(answering).poll(context),
            Self::Traced(traced) => Pin::new(traced).poll(context),
        }
    }
}

impl Future for Answering {
    type Output = Result<Answer, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answering = &mut *self;
        let polled = catch_unwind(AssertUnwindSafe(|| answering.way.poll(context))).unwrap_or(Poll::Ready(None));
        polled.map(|answer| {
            answering.way = Way::Over;
            let answer = answer.unwrap_or_else(|| broken(answering.is_grpc));
            answering.refusals.look_at(&answer);
            Ok(answer)
        })
    }
}

/// The answer of a request that panicked: no decision.
fn broken(is_grpc: bool) -> Answer {
    tracing::error!("a request panicked: this is a fault of the server, and standard error says where");
    if is_grpc { grpc::broken().map(Either::Left) } else { http::broken().map(Either::Right) }
}

/// `application/grpc` over HTTP/2, whatever it is encoded with; never gRPC-Web, which is another protocol.
fn is_grpc(request: &Request<Incoming>) -> bool {
    let given = request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes());
    let rest = given.and_then(|given| given.strip_prefix(b"application/grpc"));
    request.version() == Version::HTTP_2 && matches!(rest, Some([] | [b'+' | b';' | b' ', ..]))
}
