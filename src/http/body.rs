//! A request's body: gathered up to the limit of a message, within a deadline.

use std::time::Duration;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Body, Bytes};
use tonic::Status;

use super::BoxError;
use super::answer::Refusal;
use crate::fault;
use crate::in_time::in_time;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// The whole body.
pub(super) async fn whole(body: impl Body<Data = Bytes, Error = BoxError>, limit: usize) -> Result<Bytes, Refusal> {
    let late = || Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"));
    in_time(BODY_TIMEOUT, gather(body, limit)).await.unwrap_or_else(late)
}

async fn gather(body: impl Body<Data = Bytes, Error = BoxError>, limit: usize) -> Result<Bytes, Refusal> {
    let early = |error: std::io::Error| Refusal::bad(format!("the body ended early: {error}"));
    fault::wait("http.body").await.map_err(early)?;
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
