//! Where the admin plane is served: a socket and a thread of its own, so that neither waits for the other, however busy
//! the workers are. Few may be connected at once, and not for long.

use std::convert::Infallible;
use std::io;
use std::net;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::begun::Begun;
use super::listen::{self, BindError};
use crate::admin::Admin;

/// The flag that sets the address.
const FLAG: &str = "--admin-listen";
/// How many may be connected at once; more are hung up on as they come.
const CONNECTIONS: usize = 32;
/// Requests that a peer may have under way at once.
const STREAMS: u32 = 8;
/// How long a TLS handshake may take, and how long a peer may stay silent between requests.
const HANDSHAKE: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_secs(10);
/// How long a connection is kept, and how long it may then take to finish what is under way: longer than whoever asks for
/// a reload waits.
const AGE: Duration = Duration::from_secs(300);
const FAREWELL: Duration = Duration::from_secs(40);
/// How long requests under way may take at the end of the server.
const END: Duration = Duration::from_millis(500);
/// Bytes of a header.
const HEADER_BYTES: u32 = 16 * 1024;
/// How long accepting rests where the system has nothing left to accept with.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The admin plane with its socket, served once told.
#[derive(Debug)]
pub(super) struct Office {
    listener: net::TcpListener,
    admin: Arc<Admin>,
}

impl Office {
    /// Listens: where, and what will be served there.
    pub(super) fn bind(addr: net::SocketAddr, admin: Admin) -> Result<(net::SocketAddr, Self), BindError> {
        let (addr, listeners) = listen::bind(addr, FLAG, NonZeroUsize::MIN)?;
        let none = || BindError::Other { addr, flag: FLAG, source: io::Error::other("there is no socket") };
        let listener = listeners.into_iter().next().ok_or_else(none)?;
        Ok((addr, Self { listener, admin: Arc::new(admin) }))
    }

    /// Serves on this thread until told to stop.
    pub(super) fn run(self, stop: &CancellationToken) -> io::Result<()> {
        let Self { listener, admin } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?;
            accept(listener, Arc::new(Desk { builder: builder(), admin }), stop.child_token()).await;
            Ok(())
        });
        // Files that are being read for somebody are not waited for.
        runtime.shutdown_background();
        served
    }
}

/// What connections are served with.
struct Desk {
    builder: Builder<TokioExecutor>,
    admin: Arc<Admin>,
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .keep_alive_interval(QUIET)
        .keep_alive_timeout(QUIET);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(QUIET).max_buf_size(HEADER_BYTES as usize);
    builder
}

/// Accepts and serves until told to stop, then lets what is under way finish for a moment.
async fn accept(listener: TcpListener, desk: Arc<Desk>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Who has left makes room before the next is let in.
            biased;
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => note(ended),
            accepted = listener.accept() => match accepted {
                Ok(_) if connections.len() >= CONNECTIONS => {
                    tracing::warn!("too many connections to the admin plane: one was closed");
                }
                Ok((stream, _)) => _ = connections.spawn(Arc::clone(&desk).receive(stream, stop.child_token())),
                Err(error) => {
                    tracing::warn!("cannot accept a connection to the admin plane: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    _ = timeout(END, finish).await;
}

/// One connection that fails fails alone.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection to the admin plane failed: {error}");
    }
}

impl Desk {
    /// Serves a connection, over TLS where there is a certificate. Whoever connects shows none: they have a key.
    async fn receive(self: Arc<Self>, stream: TcpStream, end: CancellationToken) {
        let Some(tls) = self.admin.tls() else { return self.serve(stream, &end).await };
        let shaken = tokio::select! {
            () = end.cancelled() => return,
            shaken = timeout(HANDSHAKE, TlsAcceptor::from(Arc::clone(tls.unasking())).accept(stream)) => shaken,
        };
        match shaken {
            Ok(Ok(stream)) => self.serve(stream, &end).await,
            Ok(Err(error)) => tracing::debug!("a TLS handshake with the admin plane failed: {error}"),
            Err(_) => tracing::debug!("a TLS handshake with the admin plane did not end in time"),
        }
    }

    /// Serves a connection until the peer leaves, it is old, or told to end and what is under way is done.
    async fn serve<I: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: I, end: &CancellationToken) {
        let begun = tokio::select! {
            () = end.cancelled() => return,
            begun = timeout(QUIET, Begun::new(stream)) => begun,
        };
        let Ok(Ok(Some(stream))) = begun else { return };
        let answer = service_fn(|request: Request<Incoming>| {
            let admin = Arc::clone(&self.admin);
            async move { Ok::<_, Infallible>(admin.answer(request).await) }
        });
        let mut connection = std::pin::pin!(self.builder.serve_connection(TokioIo::new(stream), answer));
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = older(end) => {
                connection.as_mut().graceful_shutdown();
                timeout(FAREWELL, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!("a connection to the admin plane ended early: {error}");
        }
    }
}

/// Completes when a connection is old, or the server ends.
async fn older(end: &CancellationToken) {
    _ = timeout(AGE, end.cancelled()).await;
}
