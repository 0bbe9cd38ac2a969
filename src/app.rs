//! The composition root: sockets, one single-threaded runtime per worker, health, an end that comes in time. What is
//! served stands in `grpc` and `http`; where configuration comes from stands elsewhere.

mod begun;
mod connection;
mod desk;
mod health;
mod listen;
mod reception;
mod unix;
mod worker;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

pub use listen::BindError;
pub use unix::UnixError;

use crate::authzen;
use crate::caller::Caller;
use crate::credentials::{self, Credentials, CredentialsError};
use crate::grpc::Grpc;
use crate::http::Http;
use crate::pdp::Pdp;
use crate::reload::status::Status;
use crate::snapshot::no_zone;
use health::Health;
use reception::Reception;
use unix::SocketFile;
use worker::{Socket, Worker};

/// What the server is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where gRPC listens; port 0 is any that is free.
    pub grpc: SocketAddr,
    /// Where HTTP listens; port 0 is any that is free. May be where gRPC listens.
    pub http: SocketAddr,
    /// Where both listen on a Unix socket.
    pub unix: Option<PathBuf>,
    /// The files that say who is who.
    pub credentials: credentials::Files,
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
    // Goes before the workers, which hold the socket open.
    socket_file: Option<SocketFile>,
    workers: Vec<Worker>,
    health: Health,
    grpc: SocketAddr,
    http: SocketAddr,
    credentials: Arc<Credentials>,
    pdp: Arc<Pdp>,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address can't be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The Unix socket can't be listened on.
    #[error(transparent)]
    Unix(#[from] UnixError),
    /// The files that say who is who can't be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A worker can't have a socket of its own.
    #[error("a worker gets no socket: {0}")]
    Socket(#[from] io::Error),
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
    /// Reads the credentials and listens. Callers can connect from now on, and are served once [`App::serve`] runs;
    /// `reload` is what Status tells of following the files of policy and directory.
    ///
    /// # Errors
    /// An address can't be listened on, or the credentials are refused.
    pub fn bind(settings: &Settings, pdp: &Arc<Pdp>, reload: Option<&Arc<Status>>) -> Result<Self, StartError> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let count = settings.workers.unwrap_or(cores);
        let credentials = Arc::new(Credentials::load(settings.credentials.clone())?);
        let [(grpc, grpc_listeners), (http, http_listeners)] = listen::bind_both(settings.grpc, settings.http, count)?;
        let (socket_file, unix_listener) = settings.unix.as_deref().map(unix::bind).transpose()?.unzip();
        let health = Health::new(settings.reflection);
        let (mut grpc_listeners, mut http_listeners) = (grpc_listeners.into_iter(), http_listeners.into_iter());
        let mut workers = Vec::with_capacity(count.get());
        for _ in 0..count.get() {
            let over_tcp = grpc_listeners.next().into_iter().chain(http_listeners.next()).map(Socket::Tcp);
            let over_unix = unix_listener.as_ref().map(|listener| listener.try_clone()).transpose()?;
            let services =
                Grpc::new(pdp, reload.cloned(), Arc::clone(&credentials), &settings.authzen, health.services());
            workers.push(Worker {
                sockets: over_tcp.chain(over_unix.map(Socket::Unix)).collect(),
                reception: Arc::new(Reception::new(
                    services,
                    Http::new(pdp, &settings.authzen),
                    Arc::clone(&credentials),
                )),
                drain: settings.drain,
            });
        }
        Ok(Self { socket_file, workers, health, grpc, http, credentials, pdp: Arc::clone(pdp) })
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
        let Self { socket_file, workers, health, credentials, pdp, .. } = self;
        let stop = CancellationToken::new();
        let stop_when_dropped = stop.clone().drop_guard();
        match pdp.directory() {
            Some(_) => health.wait().await,
            None => health.begin().await,
        }
        let mut running = JoinSet::new();
        for worker in workers {
            let stop = stop.clone();
            running.spawn_blocking(move || worker.run(&stop));
        }
        let (follow_until, stopped) = mpsc::channel();
        running.spawn_blocking(move || {
            credentials.follow(&stopped);
            Ok(())
        });
        let tell_once_reached = async {
            reached(&pdp).await;
            health.begin().await;
            std::future::pending().await
        };
        let early = tokio::select! {
            () = shutdown => Ok(()),
            Some(ended) = running.join_next() => settle(ended).and(Err(ServeError::Ended)),
            never = tell_once_reached => never,
        };
        health.end().await;
        drop(socket_file);
        drop(follow_until);
        drop(stop_when_dropped);
        health.release().await;
        while let Some(ended) = running.join_next().await {
            settle(ended)?;
        }
        early
    }
}

/// Completes when a directory that is asked was reached; never where none is.
async fn reached(pdp: &Pdp) {
    let frame = match pdp.directory() {
        Some(directory) => {
            directory.frame_changes().wait_for(Option::is_some).await.ok().and_then(|frame| frame.clone())
        }
        None => None,
    };
    let Some(frame) = frame else { return std::future::pending().await };
    tracing::info!("the directory was reached");
    let view = pdp.view(Caller::Nobody);
    if frame.zone.is_none() && *view.snapshot().calendar.zone() == TimeZone::UTC {
        tracing::warn!("{}", no_zone());
    }
}

fn settle(ended: Result<io::Result<()>, JoinError>) -> Result<(), ServeError> {
    Ok(ended??)
}
