//! One worker: a single-threaded runtime that accepts and serves on its own sockets.

use std::io;
use std::net;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Settings;
use super::connection::{self, Protocol};
use super::health::Health;
use crate::caller::{Entrance, Peer};
use crate::grpc::Grpc;
use crate::http::Http;
use crate::pdp::Pdp;
use crate::reload::status::Status;

/// How many connections a listener of a worker serves at once; more are closed as they come.
const MAX_CONNECTIONS: usize = 1024;
/// How long accepting rests where the system has nothing left to accept with.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A worker that has its sockets, and runs once told.
#[derive(Debug)]
pub(super) struct Worker {
    grpc_listener: net::TcpListener,
    http_listener: net::TcpListener,
    grpc: Grpc,
    http: Arc<Http>,
    drain: Duration,
}

impl Worker {
    /// A worker on two sockets. What it shares with its connections is its own, so that no two cores count references
    /// in one place.
    pub(super) fn new(
        grpc_listener: net::TcpListener,
        http_listener: net::TcpListener,
        pdp: &Arc<Pdp>,
        reload: Option<Arc<Status>>,
        settings: &Settings,
        health: &Health,
    ) -> Self {
        let grpc = Grpc::new(pdp, reload, &settings.authzen, health.services());
        let http = Arc::new(Http::new(pdp, &settings.authzen));
        Self { grpc_listener, http_listener, grpc, http, drain: settings.drain }
    }

    /// Serves on this thread until told to stop and done.
    pub(super) fn run(self, stop: &CancellationToken) -> io::Result<()> {
        let Self { grpc_listener, http_listener, grpc, http, drain } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let grpc_listener = TcpListener::from_std(grpc_listener)?;
            let http_listener = TcpListener::from_std(http_listener)?;
            let stop = stop.child_token();
            let (grpc_builder, http_builder) =
                (connection::builder(Protocol::Grpc), connection::builder(Protocol::Http));
            let desk = super::desk::Desk { grpc, http, entrance: Entrance::new(None, Peer::default()) };
            let serve_grpc = |stream: TcpStream, stop: CancellationToken| {
                connection::serve(stream, grpc_builder.clone(), desk.clone(), stop)
            };
            let serve_http = |stream: TcpStream, stop: CancellationToken| {
                connection::serve(stream, http_builder.clone(), desk.clone(), stop)
            };
            tokio::join!(
                accept(grpc_listener, serve_grpc, &stop, drain),
                accept(http_listener, serve_http, &stop, drain)
            );
            Ok(())
        })
    }
}

/// Accepts and serves until told to stop, then lets connections finish for as long as `drain`, then cuts them off.
async fn accept<F>(
    listener: TcpListener,
    serve: impl Fn(TcpStream, CancellationToken) -> F,
    stop: &CancellationToken,
    drain: Duration,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => note(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MAX_CONNECTIONS => {
                    connections.spawn(serve(stream, stop.clone()));
                }
                Ok(_) => tracing::warn!("too many connections: one was closed"),
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let finish = async {
        while let Some(ended) = connections.join_next().await {
            note(ended);
        }
    };
    if timeout(drain, finish).await.is_err() {
        tracing::warn!("{} connections were cut off: they had not finished in time", connections.len());
        connections.shutdown().await;
    }
}

/// One connection that fails fails alone.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection failed: {error}");
    }
}
