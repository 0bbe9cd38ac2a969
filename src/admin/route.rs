//! What the admin plane serves at which path, by which method, and who may ask.

use hyper::Method;

use crate::http::Refusal;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The page of metrics.
    Metrics,
    /// What is being served, and how it goes.
    Status,
    /// Reads the files now.
    Reload,
    /// Whether the process is there at all.
    Live,
    /// Whether it serves.
    Ready,
}

impl Route {
    /// Whether anybody may ask who can connect: whoever probes has no key.
    pub(super) fn is_public(self) -> bool {
        match self {
            Self::Live | Self::Ready => true,
            Self::Metrics | Self::Status | Self::Reload => false,
        }
    }
}

/// Finds it.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Refusal> {
    let route = match path {
        "/metrics" => Route::Metrics,
        "/status" => Route::Status,
        "/reload" => Route::Reload,
        "/livez" => Route::Live,
        "/readyz" => Route::Ready,
        _ => return Err(Refusal::nothing()),
    };
    match route {
        Route::Reload if method != Method::POST => Err(Refusal::method("POST", "the method must be POST")),
        Route::Metrics | Route::Status | Route::Live | Route::Ready if method != Method::GET => {
            Err(Refusal::method("GET", "the method must be GET"))
        }
        Route::Metrics | Route::Status | Route::Reload | Route::Live | Route::Ready => Ok(route),
    }
}
