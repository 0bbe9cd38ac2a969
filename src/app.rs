//! The composition root: sockets, one single-threaded runtime per worker, health, an end that comes in time. What is
//! served stands in `grpc` and `http`; where configuration comes from stands elsewhere.

mod connection;
mod desk;
mod health;
mod listen;
mod worker;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub use listen::BindError;

use crate::authzen;
use crate::pdp::Pdp;
use crate::reload::status::Status;
use health::Health;
use worker::Worker;

/// What the server is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where gRPC listens; port 0 is any that is free.
    pub grpc: SocketAddr,
    /// Where HTTP listens; port 0 is any that is free.
    pub http: SocketAddr,
    /// How many workers serve, each on one core; as many as there are cores where `None`.
    pub workers: Option<NonZeroUsize>,
    /// Whether the gRPC services describe themselves.
    pub reflection: bool,
    /// What AuthZEN's surfaces are told.
    pub authzen: authzen::Settings,
    /// How long requests under way may take once the end has been asked for.
    pub drain: Duration,
}

/// A server that listens, and serves once [`App::serve`] runs.
#[derive(Debug)]
pub struct App {
    workers: Vec<Worker>,
    health: Health,
    grpc: SocketAddr,
    http: SocketAddr,
}

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A worker could not set itself up.
    #[error("a worker could not start: {0}")]
    Start(#[from] io::Error),
    /// A worker died.
    #[error("a worker died: {0}")]
    Died(#[from] JoinError),
    /// A worker went home unasked.
    #[error("a worker ended unasked")]
    Ended,
}

impl App {
    /// Listens. Callers can connect from now on, and are served once [`App::serve`] runs; `reload` is what Status tells of
    /// following the files.
    ///
    /// # Errors
    /// An address can't be listened on.
    pub fn bind(settings: &Settings, pdp: &Arc<Pdp>, reload: Option<&Arc<Status>>) -> Result<Self, BindError> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let count = settings.workers.unwrap_or(cores);
        let (grpc, grpc_listeners) = listen::bind(settings.grpc, "--grpc-listen", count)?;
        let (http, http_listeners) = listen::bind(settings.http, "--http-listen", count)?;
        let health = Health::new(settings.reflection);
        let workers = grpc_listeners
            .into_iter()
            .zip(http_listeners)
            .map(|(grpc, http)| Worker::new(grpc, http, pdp, reload.cloned(), settings, &health))
            .collect();
        Ok(Self { workers, health, grpc, http })
    }

    /// Where gRPC listens.
    #[must_use]
    pub fn grpc_addr(&self) -> SocketAddr {
        self.grpc
    }

    /// Where HTTP listens.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http
    }

    /// Serves until `shutdown` completes, then finishes what is under way and ends, at the latest when the time for
    /// that is up. Dropped, it ends too.
    ///
    /// # Errors
    /// A worker can't start, or ends before it was asked to: the others end as well.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { workers, health, .. } = self;
        let stop = CancellationToken::new();
        let stop_when_dropped = stop.clone().drop_guard();
        health.begin().await;
        let mut running = JoinSet::new();
        for worker in workers {
            let stop = stop.clone();
            running.spawn_blocking(move || worker.run(&stop));
        }
        let early = tokio::select! {
            () = shutdown => Ok(()),
            Some(ended) = running.join_next() => settle(ended).and(Err(ServeError::Ended)),
        };
        health.end().await;
        drop(stop_when_dropped);
        health.release().await;
        while let Some(ended) = running.join_next().await {
            settle(ended)?;
        }
        early
    }
}

fn settle(ended: Result<io::Result<()>, JoinError>) -> Result<(), ServeError> {
    Ok(ended??)
}
