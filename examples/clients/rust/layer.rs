//! A tower layer that asks Hallpass before a service answers. What no question can be made of is refused, and so is
//! whatever gets no answer.

use std::mem::replace;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hallpass::grpc::proto::hallpass as wire;
use hyper::{Request, Response, StatusCode};
use tokio::time::timeout;
use tonic::transport::Channel;
use tower::{Layer, Service};
use wire::hallpass_client::HallpassClient;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Makes the question that stands before a request; `None` refuses it.
pub type Question<B> = dyn Fn(&Request<B>) -> Option<wire::CheckRequest> + Send + Sync;

/// Guards services.
pub struct Guard<B> {
    hallpass: HallpassClient<Channel>,
    question: Arc<Question<B>>,
}

impl<B> Guard<B> {
    /// Asks these questions.
    pub fn new(
        hallpass: HallpassClient<Channel>,
        question: impl Fn(&Request<B>) -> Option<wire::CheckRequest> + Send + Sync + 'static,
    ) -> Self {
        Self { hallpass, question: Arc::new(question) }
    }
}

impl<B> Clone for Guard<B> {
    fn clone(&self) -> Self {
        Self { hallpass: self.hallpass.clone(), question: Arc::clone(&self.question) }
    }
}

impl<B, S> Layer<S> for Guard<B> {
    type Service = Guarded<B, S>;

    fn layer(&self, inner: S) -> Guarded<B, S> {
        Guarded { guard: self.clone(), inner }
    }
}

/// A service that is guarded.
pub struct Guarded<B, S> {
    guard: Guard<B>,
    inner: S,
}

impl<B, S: Clone> Clone for Guarded<B, S> {
    fn clone(&self) -> Self {
        Self { guard: self.guard.clone(), inner: self.inner.clone() }
    }
}

impl<B, R, S> Service<Request<B>> for Guarded<B, S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let question = (self.guard.question)(&request);
        let mut hallpass = self.guard.hallpass.clone();
        // The one that is ready answers; its clone need not be.
        let clone = self.inner.clone();
        let mut inner = replace(&mut self.inner, clone);
        Box::pin(async move {
            let allowed = match question {
                Some(question) => {
                    let answer = timeout(PATIENCE, hallpass.check(question)).await;
                    answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.into_inner().allow))
                }
                None => false,
            };
            if allowed {
                return inner.call(request).await;
            }
            let mut refused = Response::new(R::default());
            *refused.status_mut() = StatusCode::FORBIDDEN;
            Ok(refused)
        })
    }
}
