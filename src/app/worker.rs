//! One worker: a single-threaded runtime that accepts on its own sockets and serves what it accepted.

use std::io;
use std::net;
use std::os::unix;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::life::Life;
use super::reception::Reception;
use super::traffic::Seldom;
use crate::fault;

/// How long accepting rests where the system has nothing left to accept with.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A socket that listens.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(net::TcpListener),
    Unix(unix::net::UnixListener),
}

/// A worker that has its sockets, and runs once told.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) sockets: Vec<Socket>,
    /// Shared with its connections alone, so that no two cores count references in one place.
    pub(super) reception: Arc<Reception>,
    pub(super) drain: Duration,
}

impl Worker {
    /// Serves on this thread until told to stop and done.
    pub(super) fn run(self, stop: &CancellationToken) -> io::Result<()> {
        let Self { sockets, reception, drain } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let stop = stop.child_token();
            let mut accepting = JoinSet::new();
            for socket in sockets {
                accepting.spawn(accept(Listener::new(socket)?, Arc::clone(&reception), stop.clone(), drain));
            }
            while let Some(ended) = accepting.join_next().await {
                // Whoever attends to this thread finds that it died.
                ended.unwrap_or_else(|died| resume_unwind(died.into_panic()));
            }
            Ok(())
        })
    }
}

/// A socket that listens, on a runtime.
enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A connection that was accepted.
enum Accepted {
    Tcp(TcpStream, net::SocketAddr),
    Unix(UnixStream),
}

impl Listener {
    fn new(socket: Socket) -> io::Result<Self> {
        Ok(match socket {
            Socket::Tcp(socket) => Self::Tcp(TcpListener::from_std(socket)?),
            Socket::Unix(socket) => Self::Unix(UnixListener::from_std(socket)?),
        })
    }

    async fn accept(&self) -> io::Result<Accepted> {
        Ok(match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Accepted::Tcp(stream, address)
            }
            Self::Unix(listener) => Accepted::Unix(listener.accept().await?.0),
        })
    }

    /// The same, but not before a moment.
    async fn accept_after(&self, moment: Option<Instant>) -> io::Result<Accepted> {
        if let Some(moment) = moment {
            sleep_until(moment).await;
        }
        fault::wait("accept").await?;
        self.accept().await
    }

    /// Somebody who has connected already.
    async fn accept_now(&self) -> Option<Accepted> {
        tokio::select! {
            biased;
            accepted = self.accept() => accepted.ok(),
            () = std::future::ready(()) => None,
        }
    }
}

/// Accepts and serves until told to stop, then lets connections finish for as long as `drain`, then cuts them off.
async fn accept(listener: Listener, reception: Arc<Reception>, stop: CancellationToken, drain: Duration) {
    let mut accepting = Accepting { reception, stop, connections: JoinSet::new(), seldom: Seldom::default() };
    let mut rest = None;
    loop {
        tokio::select! {
            () = accepting.stop.cancelled() => break,
            Some(ended) = accepting.connections.join_next() => note(ended),
            accepted = listener.accept_after(rest) => match accepted {
                Ok(accepted) => {
                    accepting.begin(accepted);
                    rest = None;
                    // Whoever gives way to it goes now, or a crowd would have descriptors of both.
                    yield_now().await;
                }
                Err(error) => rest = accepting.rest(&error),
            },
        }
    }
    // Who has connected by now is served, where they have asked: to close the listener would break them off.
    while let Some(accepted) = listener.accept_now().await {
        accepting.begin(accepted);
    }
    drop(listener);
    accepting.finish(drain).await;
}

/// The connections of a listener.
struct Accepting {
    reception: Arc<Reception>,
    stop: CancellationToken,
    connections: JoinSet<()>,
    seldom: Seldom,
}

impl Accepting {
    fn begin(&mut self, accepted: Accepted) {
        match self.reception.let_in() {
            Some(guest) => {
                let life = self.reception.life(guest, &self.stop);
                self.connections.spawn(receive(Arc::clone(&self.reception), accepted, life));
            }
            None if self.seldom.is_due() => tracing::warn!("too many connections: they are closed as they come"),
            None => {}
        }
    }

    /// How long to rest after an error. One that is about a single connection is no reason to: it may be gone again.
    fn rest(&mut self, error: &io::Error) -> Option<Instant> {
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            return None;
        }
        self.reception.refuse();
        if self.seldom.is_due() {
            tracing::warn!("cannot accept a connection: {error}");
        }
        Some(Instant::now() + ACCEPT_PAUSE)
    }

    async fn finish(mut self, drain: Duration) {
        let all = async {
            while let Some(ended) = self.connections.join_next().await {
                note(ended);
            }
        };
        if timeout(drain, all).await.is_err() {
            tracing::warn!("{} connections were cut off: they had not finished in time", self.connections.len());
            self.connections.shutdown().await;
        }
    }
}

async fn receive(reception: Arc<Reception>, accepted: Accepted, life: Life) {
    match accepted {
        Accepted::Tcp(stream, address) => reception.receive_tcp(stream, address, life).await,
        Accepted::Unix(stream) => reception.receive_unix(stream, life).await,
    }
}

/// One connection that fails fails alone.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection failed: {error}");
    }
}
