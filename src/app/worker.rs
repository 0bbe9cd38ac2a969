//! One worker: a single-threaded runtime that accepts on its own sockets and serves what it accepted.

use std::io;
use std::net;
use std::os::unix;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::reception::Reception;

/// How many connections a listener of a worker serves at once; more are closed as they come.
const MAX_CONNECTIONS: usize = 1024;
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
                ended?;
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
}

/// Accepts and serves until told to stop, then lets connections finish for as long as `drain`, then cuts them off.
async fn accept(listener: Listener, reception: Arc<Reception>, stop: CancellationToken, drain: Duration) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => note(ended),
            accepted = listener.accept() => match accepted {
                Ok(_) if connections.len() >= MAX_CONNECTIONS => {
                    tracing::warn!("too many connections: one was closed");
                }
                Ok(accepted) => _ = connections.spawn(receive(Arc::clone(&reception), accepted, stop.clone())),
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

async fn receive(reception: Arc<Reception>, accepted: Accepted, stop: CancellationToken) {
    match accepted {
        Accepted::Tcp(stream, address) => reception.receive_tcp(stream, address, &stop).await,
        Accepted::Unix(stream) => reception.receive_unix(stream, &stop).await,
    }
}

/// One connection that fails fails alone.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection failed: {error}");
    }
}
