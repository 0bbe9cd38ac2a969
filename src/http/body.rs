//! A request's body: gathered up to the limit of a message, within a deadline.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body, Bytes};
use tokio::time::timeout;
use tonic::Status;

use super::BoxError;
use super::answer::Refusal;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// The whole body. The clock is set only where a part of it has to be waited for.
pub(super) async fn whole(body: impl Body<Data = Bytes, Error = BoxError>, limit: usize) -> Result<Bytes, Refusal> {
    let mut gathering = pin!(gather(body, limit));
    if let Poll::Ready(gathered) = std::future::poll_fn(|context| Poll::Ready(gathering.as_mut().poll(context))).await {
        return gathered;
    }
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time");
    timeout(BODY_TIMEOUT, gathering).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}

async fn gather(body: impl Body<Data = Bytes, Error = BoxError>, limit: usize) -> Result<Bytes, Refusal> {
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(too_large(limit));
    }
    let gathered = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large(limit);
        }
        match error.downcast::<Status>() {
            // There is no room for it.
            Ok(refused) => Refusal::later(refused.message().to_owned()),
            Err(error) => Refusal::bad(format!("the body ended early: {error}")),
        }
    })?;
    Ok(gathered.to_bytes())
}

fn too_large(limit: usize) -> Refusal {
    Refusal::bad(format!("the body is over the limit of {limit} bytes"))
}
