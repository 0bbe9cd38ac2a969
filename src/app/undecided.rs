//! What an answer says of why nothing was decided, for the counters: by its status, in either protocol, unless it is marked. Items of a batch or
//! a stream that got no decision stand in an answer that has one; they are counted where they are made.

use std::sync::Arc;

use hyper::{Response, StatusCode};
use tonic::Code;

use crate::grpc;
use crate::telemetry::metrics::{Metrics, Why};

/// Counts the answers of one worker that hold no decision.
#[derive(Debug)]
pub(super) struct Refusals(Option<Arc<Metrics>>);

impl Refusals {
    /// With nobody to tell, nothing is looked at.
    pub(super) fn new(metrics: Option<Arc<Metrics>>) -> Self {
        Self(metrics)
    }

    /// Counts an answer, if it is such a one.
    pub(super) fn look_at<B>(&self, answer: &Response<B>) {
        let Some(metrics) = &self.0 else { return };
        let by_code = || grpc::code(answer.headers()).map(by_code);
        let why = answer.extensions().get().copied().map(Some).or_else(by_code);
        if let Some(why) = why.unwrap_or_else(|| by_status(answer.status())) {
            metrics.undecided(why);
        }
    }
}

fn by_code(code: Code) -> Option<Why> {
    match code {
        Code::InvalidArgument => Some(Why::Malformed),
        Code::Unauthenticated | Code::PermissionDenied => Some(Why::Forbidden),
        Code::Unavailable | Code::DeadlineExceeded | Code::Internal | Code::Cancelled => Some(Why::Unavailable),
        Code::ResourceExhausted => Some(Why::Exhausted),
        Code::Ok | Code::NotFound | Code::Unimplemented | Code::Unknown | Code::AlreadyExists => None,
        Code::FailedPrecondition | Code::Aborted | Code::OutOfRange | Code::DataLoss => None,
    }
}

/// What is asked at no path, or by a wrong method, is no question.
fn by_status(status: StatusCode) -> Option<Why> {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Some(Why::Forbidden),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => None,
        status if status.is_client_error() => Some(Why::Malformed),
        status if status.is_server_error() => Some(Why::Unavailable),
        _ => None,
    }
}
