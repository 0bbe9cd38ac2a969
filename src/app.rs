//! The composition root: sockets, one single-threaded runtime per worker, health, an end that comes in time. What is
//! served stands in `grpc` and `http`; where configuration comes from stands elsewhere.

mod arriving;
mod attend;
mod begun;
mod bounds;
mod connection;
mod desk;
mod guest;
mod health;
mod life;
mod listen;
mod office;
mod reception;
mod traffic;
mod undecided;
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
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub use attend::ServeError;
pub use bounds::Bounds;
pub use health::LIVENESS;
pub use listen::BindError;
pub use traffic::Traffic;
pub use unix::UnixError;

use crate::admin::{Admin, Sources};
use crate::authzen;
use crate::caller::Caller;
use crate::credentials::{self, Credentials, CredentialsError};
use crate::grpc::Grpc;
use crate::http::Http;
use crate::pdp::Pdp;
use crate::reload::Trigger;
use crate::reload::status::Status;
use crate::snapshot::no_zone;
use crate::telemetry::traces::Traces;
use attend::Attended;
use health::Health;
use life::Span;
use office::Office;
use reception::{Reception, Told};
use undecided::Refusals;
use unix::SocketFile;
use worker::{Socket, Worker};

/// How much longer than their time the threads may take to end.
const SLACK: Duration = Duration::from_secs(1);
const WORKER: &str = "a worker";
const OFFICE: &str = "the thread of the admin plane";
const FOLLOWER: &str = "the thread that follows certificates and callers";

/// What the server is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where gRPC listens; port 0 is any that is free.
    pub grpc: SocketAddr,
    /// Where HTTP listens; port 0 is any that is free. May be where gRPC listens.
    pub http: SocketAddr,
    /// Where both listen on a Unix socket.
    pub unix: Option<PathBuf>,
    /// The admin plane; there is none where `None`.
    pub admin: Option<AdminPlane>,
    /// The files that say who is who.
    pub credentials: credentials::Files,
    /// How many workers serve, each on one core; as many as there are cores where `None`.
    pub workers: Option<NonZeroUsize>,
    /// Whether the gRPC services describe themselves.
    pub reflection: bool,
    /// What AuthZEN's surfaces are told.
    pub authzen: authzen::Settings,
    /// What bounds its peers.
    pub bounds: Bounds,
    /// How long it goes on accepting after it was asked to end and health says so.
    pub drain_delay: Duration,
    /// How long requests under way may take after that.
    pub drain: Duration,
    /// What makes spans of requests; nothing does where `None`.
    pub traces: Option<Traces>,
}

/// The admin plane, as it is told.
#[derive(Clone, Debug)]
pub struct AdminPlane {
    /// Where it listens; port 0 is any that is free.
    pub listen: SocketAddr,
    /// What has the files read at once, where they are followed.
    pub trigger: Option<Trigger>,
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
    /// The admin plane, and where it listens.
    office: Option<(SocketAddr, Office)>,
    credentials: Arc<Credentials>,
    pdp: Arc<Pdp>,
    traffic: Arc<Traffic>,
    drain_delay: Duration,
    drain: Duration,
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
        let (health, traffic) = (Health::new(settings.reflection), Arc::new(Traffic::new(settings.bounds.connections)));
        let span = Span { age: settings.bounds.age, grace: settings.drain };
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
                    span,
                    settings.bounds.requests,
                    &traffic,
                    Told {
                        refusals: Refusals::new(pdp.telemetry().metrics().cloned()),
                        traces: settings.traces.clone(),
                    },
                )),
                drain: settings.drain,
            });
        }
        let (pdp, drain_delay, drain) = (Arc::clone(pdp), settings.drain_delay, settings.drain);
        let office = settings.admin.as_ref().map(|plane| {
            let sources = Sources {
                metrics: pdp.telemetry().metrics().cloned(),
                pdp: Arc::clone(&pdp),
                reload: reload.cloned(),
                credentials: Arc::clone(&credentials),
                traffic: Arc::clone(&traffic),
            };
            Office::bind(plane.listen, Admin::new(sources, plane.trigger.clone(), health.readiness()))
        });
        let office = office.transpose()?;
        Ok(Self { socket_file, workers, health, grpc, http, office, credentials, pdp, traffic, drain_delay, drain })
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

    /// Where the admin plane listens, where there is one.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.office.as_ref().map(|(addr, _)| *addr)
    }

    /// Who is connected, for whoever watches it.
    #[must_use]
    pub fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// Serves until `shutdown` completes, then finishes what is under way and ends, at the latest when the time for
    /// that is up. Dropped, it ends too.
    ///
    /// # Errors
    /// A worker can't start, or ends before it was asked to: the others end as well.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { socket_file, workers, health, office, credentials, pdp, drain_delay, drain, .. } = self;
        let stop = CancellationToken::new();
        let stop_when_dropped = stop.clone().drop_guard();
        match pdp.directory() {
            Some(_) => health.wait().await,
            None => health.begin().await,
        }
        let mut attended = Attended::default();
        for worker in workers {
            let stop = stop.clone();
            attended.spawn(WORKER, move || worker.run(&stop));
        }
        let (follow_until, stopped) = mpsc::channel();
        attended.spawn(FOLLOWER, move || {
            credentials.follow(&stopped);
            Ok(())
        });
        let (mut beside, closing) = (Attended::default(), CancellationToken::new());
        let close_when_dropped = closing.clone().drop_guard();
        if let Some((_, office)) = office {
            beside.spawn(OFFICE, move || office.run(&closing));
        }
        let tell_once_reached = async {
            reached(&pdp).await;
            health.begin().await;
            std::future::pending().await
        };
        let mut early = tokio::select! {
            () = shutdown => Ok(()),
            lost = attended.lost() => Err(lost),
            lost = beside.lost() => Err(lost),
            never = tell_once_reached => never,
        };
        health.end().await;
        if early.is_ok() {
            early = tokio::select! {
                () = sleep(drain_delay) => Ok(()),
                lost = attended.lost() => Err(lost),
            };
        }
        drop(socket_file);
        drop(follow_until);
        drop(stop_when_dropped);
        health.release().await;
        attended.end(drain + SLACK).await?;
        // The admin plane goes last: it tells how the end goes.
        drop(close_when_dropped);
        beside.end(SLACK).await?;
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
