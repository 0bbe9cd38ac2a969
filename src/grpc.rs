//! The gRPC edge: which service a call is for, and what holds for every call: `x-request-id` is echoed, a message that
//! is too large or can't be read is `INVALID_ARGUMENT`, nobody waits for ever. A stream is answered by `stream` alone: it
//! may last, so the time of a call doesn't bound it. Sockets and connections stand in `app`.

mod authzen;
pub(crate) mod codec;
mod convert;
mod deadline;
mod envoy;
mod list;
mod plan;
pub mod proto;
mod service;
mod stream;
mod value;

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body as HttpBody, Bytes};
use hyper::header::{HeaderValue, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Request, Response};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service as _};
use tonic::{Code, Status};
use tower::util::BoxCloneSyncService;

pub use service::Service;

use crate::caller::{Caller, Forbidden, Turned};
use crate::credentials::Credentials;
use crate::pdp::{Asking, Pdp, Undecided};
use crate::policy::request::Malformed;
use crate::reload;
use proto::authzen::access_server::{self, AccessServer};
use proto::external::envoy::service::auth::v3::authorization_server::{self, AuthorizationServer};
use proto::hallpass::hallpass_server::{self, HallpassServer};
pub(crate) use stream::PATH as STREAM;

/// How long a call may take, the arrival of its message included; less where its client says so.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
const TOO_LATE: &str = "the request did not arrive in time";
const DEADLINE: &str = "the deadline of the request has passed";
/// What is said of a call that panicked.
const BROKEN: &str = "an internal error: nothing was decided";
const REQUEST_ID: &str = "x-request-id";
const GRPC_STATUS: &str = "grpc-status";

/// A service beside our own, such as health, by its name.
pub(crate) type Other = (&'static str, BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>);
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// All services of one worker.
#[derive(Clone, Debug)]
pub(crate) struct Grpc {
    hallpass: HallpassServer<Service>,
    access: AccessServer<authzen::Service>,
    authorization: AuthorizationServer<envoy::Service>,
    others: Arc<[Other]>,
    pdp: Arc<Pdp>,
    /// Ends streams.
    stop: CancellationToken,
}

impl Grpc {
    /// Services over a decision point.
    pub(crate) fn new(
        pdp: &Arc<Pdp>,
        reload: Option<Arc<reload::status::Status>>,
        credentials: Arc<Credentials>,
        settings: &crate::authzen::Settings,
        others: &[Other],
    ) -> Self {
        let message_bytes = pdp.limits().message_bytes;
        let service = Service::new(Arc::clone(pdp), reload, Some(credentials));
        let access = authzen::Service::new(Arc::clone(pdp), settings);
        let envoy = envoy::Service { pdp: Arc::clone(pdp) };
        Self {
            hallpass: HallpassServer::new(service).max_decoding_message_size(message_bytes),
            access: AccessServer::new(access).max_decoding_message_size(message_bytes),
            authorization: AuthorizationServer::new(envoy).max_decoding_message_size(message_bytes),
            others: others.into(),
            pdp: Arc::clone(pdp),
            stop: CancellationToken::new(),
        }
    }

    /// The same, with streams that end when this is cancelled.
    pub(crate) fn until(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    /// Answers one call, or says why it was turned away.
    pub(crate) fn answer<B>(&self, mut request: Request<B>, admitted: Result<Caller, Turned>) -> Call
    where
        B: HttpBody<Data = Bytes, Error = BoxError> + Send + Unpin + 'static,
    {
        let request_id = request.headers().get(REQUEST_ID).cloned();
        let deadline = deadline::of(request.headers());
        let answer = match admitted {
            Ok(Caller::Anybody) => self.route(request),
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                self.route(request)
            }
            Err(turned) => Box::pin(ready(Ok(turned_away(turned)))),
        };
        Call { answer, request_id, message_bytes: self.pdp.limits().message_bytes, deadline, timeout: None }
    }

    /// Refuses one call: too many are under way.
    pub(crate) fn refuse(&self, headers: &HeaderMap) -> Call {
        let refused = Status::resource_exhausted("too many requests are under way: ask again later").into_http();
        Call {
            answer: Box::pin(ready(Ok(refused))),
            request_id: headers.get(REQUEST_ID).cloned(),
            message_bytes: self.pdp.limits().message_bytes,
            deadline: None,
            timeout: None,
        }
    }

    fn route<B>(&self, request: Request<B>) -> BoxFuture<Response<Body>, Infallible>
    where
        B: HttpBody<Data = Bytes, Error = BoxError> + Send + Unpin + 'static,
    {
        if request.uri().path() == stream::PATH {
            return Box::pin(ready(Ok(stream::answer(request, &self.pdp, &self.stop))));
        }
        let service = request.uri().path().split('/').nth(1).unwrap_or_default();
        if service == hallpass_server::SERVICE_NAME {
            return self.hallpass.clone().call(request);
        }
        if service == access_server::SERVICE_NAME {
            return self.access.clone().call(request);
        }
        if service == authorization_server::SERVICE_NAME {
            return self.authorization.clone().call(request);
        }
        match self.others.iter().find(|(name, _)| *name == service) {
            Some((_, other)) => other.clone().call(request.map(Body::new)),
            None => Box::pin(ready(Ok(turned_away(Turned::Nothing)))),
        }
    }
}

/// A call under way.
pub(crate) struct Call {
    answer: BoxFuture<Response<Body>, Infallible>,
    request_id: Option<HeaderValue>,
    message_bytes: usize,
    /// How long its client waits, where it says so.
    deadline: Option<Duration>,
    /// Set once the call has had to wait.
    timeout: Option<Pin<Box<Sleep>>>,
}

impl Future for Call {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let call = &mut *self;
        let mut response = match call.answer.as_mut().poll(context) {
            Poll::Ready(Ok(response)) => at_fault(response, call.message_bytes),
            Poll::Ready(Err(never)) => match never {},
            Poll::Pending => {
                let deadline = call.deadline.filter(|deadline| *deadline < CALL_TIMEOUT);
                let timeout = call.timeout.get_or_insert_with(|| Box::pin(sleep(deadline.unwrap_or(CALL_TIMEOUT))));
                std::task::ready!(timeout.as_mut().poll(context));
                Status::deadline_exceeded(deadline.map_or(TOO_LATE, |_| DEADLINE)).into_http()
            }
        };
        if let Some(id) = call.request_id.take() {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        Poll::Ready(Ok(response))
    }
}

/// The transport blames a message that is too large or broken on a range or on the server: it is the caller's mistake.
fn at_fault(mut response: Response<Body>, limit: usize) -> Response<Body> {
    let Some(status) = response.headers().get(GRPC_STATUS) else { return response };
    let code = Code::from_bytes(status.as_bytes());
    if code == Code::OutOfRange {
        return malformed(Malformed::OverLimit { what: "the message", limit }).into_http();
    }
    if code == Code::Internal {
        response.headers_mut().insert(GRPC_STATUS, HeaderValue::from(Code::InvalidArgument as i32));
    }
    response
}

/// The answer of a call that panicked.
pub(crate) fn broken() -> Response<Body> {
    Status::internal(BROKEN).into_http()
}

/// What a call came to, where its head says it already: an answer that went well says so at its end.
pub(crate) fn code(head: &HeaderMap) -> Option<Code> {
    head.get(GRPC_STATUS).map(|status| Code::from_bytes(status.as_bytes()))
}

fn turned_away(turned: Turned) -> Response<Body> {
    match turned {
        Turned::Unknown(why) => {
            let mut response = Status::unauthenticated(why).into_http();
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
        Turned::Forbidden(error) => forbidden(error).into_http(),
        Turned::Nothing => Status::unimplemented("no such service").into_http(),
    }
}

/// Who asks, and how new the facts must be.
fn asking<T>(pdp: &Pdp, request: &tonic::Request<T>) -> Result<Asking, Status> {
    pdp.asking(request.extensions(), request.metadata().as_ref()).map_err(malformed)
}

impl From<Undecided> for Status {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::Malformed(error) => malformed(error),
            Undecided::Forbidden(error) => forbidden(error),
            Undecided::Unavailable(_) => Self::unavailable(undecided.to_string()),
            Undecided::Exhausted(_) => Self::resource_exhausted(undecided.to_string()),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "maps an error")]
fn forbidden(forbidden: Forbidden) -> Status {
    Status::permission_denied(forbidden.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "maps an error")]
fn malformed(malformed: Malformed) -> Status {
    Status::invalid_argument(malformed.to_string())
}
