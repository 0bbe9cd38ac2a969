//! Which endpoint a request is for, and whether its method and headers are those of that endpoint. What a body means
//! stands in `question` and `search`.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

use super::answer::Refusal;
use super::question::Form;
use crate::authzen::PublicUrl;
use crate::authzen::metadata::WELL_KNOWN;
use crate::authzen::search::Sought;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'u> {
    /// A decision, or a batch of them.
    Evaluate(Form),
    /// A search.
    Search(Sought),
    /// The metadata of this URL.
    Metadata(&'u PublicUrl),
}

/// Finds the endpoint.
pub(super) fn route<'u>(parts: &Parts, public_url: Option<&'u PublicUrl>) -> Result<Route<'u>, Refusal> {
    let route = match parts.uri.path() {
        "/access/v1/evaluation" => Route::Evaluate(Form::Single),
        "/access/v1/evaluations" => Route::Evaluate(Form::Batch),
        "/access/v1/search/subject" => Route::Search(Sought::Subjects),
        "/access/v1/search/resource" => Route::Search(Sought::Resources),
        "/access/v1/search/action" => Route::Search(Sought::Actions),
        path => return metadata(&parts.method, path, public_url),
    };
    if parts.method != Method::POST {
        return Err(Refusal::method("POST", "the method must be POST"));
    }
    if !parts.headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(Refusal::bad("the content type must be application/json"));
    }
    Ok(route)
}

fn metadata<'u>(method: &Method, path: &str, public_url: Option<&'u PublicUrl>) -> Result<Route<'u>, Refusal> {
    let Some(url) = public_url else {
        if !path.starts_with(WELL_KNOWN) {
            return Err(Refusal::nothing());
        }
        let message = "there is no metadata: the server is not told its URL; set `--public-url` (HALLPASS_PUBLIC_URL)";
        return Err(Refusal::new(StatusCode::NOT_FOUND, message));
    };
    if !url.describes(path) {
        return Err(Refusal::nothing());
    }
    if method != Method::GET && method != Method::HEAD {
        return Err(Refusal::method("GET, HEAD", "the method must be GET"));
    }
    Ok(Route::Metadata(url))
}

/// `application/json`, with parameters or without.
fn is_json(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}
