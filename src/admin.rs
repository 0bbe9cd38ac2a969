//! The admin plane: metrics, status, reload, liveness and readiness over HTTP, for whoever runs the server and never for
//! callers. Which path needs what stands in `route`, what status says in `status`, what is counted in `telemetry`, and what
//! else stands on the page of metrics in `sources`. The socket stands in `app`, and nothing here is served on any other.

mod page;
mod route;
mod sources;
mod status;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::caller::Turned;
use crate::credentials::Credentials;
use crate::credentials::tls::Tls;
use crate::http::{Refusal, Whole, json};
use crate::pdp::Pdp;
use crate::reload::Trigger;
use crate::reload::status::{Status, StatusData};
use page::{Format, Page};
use route::{Route, route};
pub(crate) use sources::Sources;

/// How long whoever asks for a reload waits to hear what came of it.
const RELOAD: Duration = Duration::from_secs(30);

/// What the admin plane answers from.
#[derive(Debug)]
pub(crate) struct Admin {
    pdp: Arc<Pdp>,
    credentials: Arc<Credentials>,
    /// How following the files goes, where they are followed.
    followed: Option<Arc<Status>>,
    /// What has the files read at once, where they are followed.
    trigger: Option<Trigger>,
    readiness: Readiness,
    page: Page,
    /// Reloads are asked for one after the other.
    turn: Semaphore,
}

/// Whether the server as a whole serves, as its health says over gRPC.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    pub(crate) fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Admin {
    /// The admin plane of a server.
    pub(crate) fn new(sources: Sources, trigger: Option<Trigger>, readiness: Readiness) -> Self {
        let Sources { pdp, credentials, reload, .. } = sources.clone();
        let (page, turn) = (Page::new(sources), Semaphore::new(1));
        Self { pdp, credentials, followed: reload, trigger, readiness, page, turn }
    }

    /// What the server speaks TLS with, where it does.
    pub(crate) fn tls(&self) -> Option<Arc<Tls>> {
        self.credentials.tls()
    }

    /// Answers one request, whatever its body.
    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Whole {
        let (parts, _body) = request.into_parts();
        let answered = match self.admitted(route(&parts.method, parts.uri.path()), &parts.headers) {
            Ok(Route::Reload) => self.reload().await,
            Ok(Route::Metrics) => self.metrics(&parts.headers),
            Ok(Route::Status) => Ok(json(StatusCode::OK, &status::Told::of(self))),
            Ok(Route::Live) => Ok(text(StatusCode::OK, "alive")),
            Ok(Route::Ready) if self.readiness.is_ready() => Ok(text(StatusCode::OK, "ready")),
            Ok(Route::Ready) => Ok(text(StatusCode::SERVICE_UNAVAILABLE, "unready")),
            Err(refusal) => Err(refusal),
        };
        let mut response = answered.unwrap_or_else(|refusal| refusal.response());
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// What is public needs no key; the rest needs the one there is.
    fn admitted(&self, routed: Result<Route, Refusal>, headers: &HeaderMap) -> Result<Route, Refusal> {
        let route = routed?;
        match self.credentials.admin_key() {
            Some(key) if !route.is_public() => {
                key.admits(headers).map(|()| route).map_err(|why| Turned::Unknown(why).into())
            }
            Some(_) | None => Ok(route),
        }
    }

    fn metrics(&self, headers: &HeaderMap) -> Result<Whole, Refusal> {
        let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let format = Format::accepted(accept);
        let page = self.page.write(format).map_err(|_fault| fault("the metrics could not be written"))?;
        let mut response = Response::new(Full::new(Bytes::from(page)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        Ok(response)
    }

    /// Reads the files now, and says what came of it.
    async fn reload(&self) -> Result<Whole, Refusal> {
        let unknown =
            || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "it is not known yet what came of it: ask status");
        let trigger = self.trigger.clone().ok_or_else(Refusal::nothing)?;
        let _turn = self.turn.acquire().await.map_err(|_closed| unknown())?;
        let before = self.followed.as_ref().map(|status| status.load().generation);
        let reloading = spawn_blocking(move || trigger.reload(RELOAD));
        let data = reloading.await.map_err(|_died| unknown())?.map_err(|_unknown| unknown())?;
        Ok(reloaded(&data, before != Some(data.generation)))
    }
}

/// What came of a reload.
#[derive(Serialize)]
struct Reloaded<'a> {
    /// Whether other files than before are in use.
    changed: bool,
    generation: u64,
    policy_revision: &'a str,
    /// Absent where no directory is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    directory_revision: Option<&'a str>,
    /// What is wrong with the files, so that those from before stay in use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<String>,
}

fn reloaded(data: &StatusData, changed: bool) -> Whole {
    let failure = data.last_failure.as_ref().filter(|_| data.failing);
    let findings = failure.iter().flat_map(|failure| failure.findings.iter()).map(ToString::to_string).collect();
    let status = if data.failing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let answer = Reloaded {
        changed,
        generation: data.generation,
        policy_revision: &data.live.policy,
        directory_revision: data.live.directory.as_deref(),
        findings,
    };
    json(status, &answer)
}

fn text(status: StatusCode, word: &'static str) -> Whole {
    let mut response = Response::new(Full::new(Bytes::from_static(word.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn fault(message: &'static str) -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}
