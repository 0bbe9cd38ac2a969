//! Where the requests of a connection are told apart: gRPC by its content type, anything else is HTTP. Each is let in, or
//! turned away, before it is looked at.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::Service;
use hyper::{Request, Response, Version};
use tonic::body::Body;

use crate::caller::Entrance;
use crate::grpc::{Call, Grpc};
use crate::http::{Http, Whole};

/// What answers the requests of one connection.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) grpc: Grpc,
    pub(super) http: Arc<Http>,
    pub(super) entrance: Entrance,
}

/// An answer under way.
pub(super) enum Answering {
    Grpc(Call),
    Http(Pin<Box<dyn Future<Output = Whole> + Send>>),
}

impl Service<Request<Incoming>> for Desk {
    type Response = Response<Either<Body, Full<Bytes>>>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let admitted = self.entrance.admit(request.uri().path(), request.headers());
        if is_grpc(&request) {
            return Answering::Grpc(self.grpc.answer(request, admitted));
        }
        let http = Arc::clone(&self.http);
        Answering::Http(Box::pin(async move { http.answer(request, admitted).await }))
    }
}

impl Future for Answering {
    type Output = Result<Response<Either<Body, Full<Bytes>>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Grpc(call) => {
                Pin::new(call).poll(context).map(|answered| answered.map(|whole| whole.map(Either::Left)))
            }
            Self::Http(answer) => answer.as_mut().poll(context).map(|whole| Ok(whole.map(Either::Right))),
        }
    }
}

/// `application/grpc` over HTTP/2, whatever it is encoded with; never gRPC-Web, which is another protocol.
fn is_grpc(request: &Request<Incoming>) -> bool {
    let given = request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes());
    let rest = given.and_then(|given| given.strip_prefix(b"application/grpc"));
    request.version() == Version::HTTP_2 && matches!(rest, Some([] | [b'+' | b';' | b' ', ..]))
}
