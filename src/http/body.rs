//! A request's body: gathered up to the limit of a message, within a deadline.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};
use tokio::time::timeout;

use super::answer::Refusal;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// The whole body. The clock is set only where a part of it has to be waited for.
pub(super) async fn whole(body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let mut gathering = pin!(gather(body, limit));
    if let Poll::Ready(gathered) = std::future::poll_fn(|context| Poll::Ready(gathering.as_mut().poll(context))).await {
        return gathered;
    }
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time");
    timeout(BODY_TIMEOUT, gathering).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}

async fn gather(mut body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(too_large(limit));
    }
    let mut first = Bytes::new();
    let mut more = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Refusal::bad(format!("the body ended early: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + more.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        if first.is_empty() {
            first = data;
        } else {
            if more.is_empty() {
                more = std::mem::take(&mut first).into();
            }
            more.extend_from_slice(&data);
        }
    }
    Ok(if more.is_empty() { first } else { more.into() })
}

fn too_large(limit: usize) -> Refusal {
    Refusal::bad(format!("the body is over the limit of {limit} bytes"))
}
