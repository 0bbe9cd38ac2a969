//! From a connection that was accepted to one that is served: TLS where it is wanted, and who the peer is.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::connection;
use super::desk::Desk;
use super::guest::{Guest, Silent};
use super::life::{Life, Span};
use super::traffic::{Traffic, Turns};
use super::undecided::Refusals;
use crate::caller::{Entrance, Peer};
use crate::credentials::Credentials;
use crate::credentials::tls::{self, Tls};
use crate::fault;
use crate::grpc::Grpc;
use crate::http::Http;
use crate::telemetry::traces::Traces;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How many handshakes a worker has under way at once, counted from the client's first message; others wait.
const HANDSHAKES: usize = 128;

/// What the connections of one worker are served with.
#[derive(Debug)]
pub(super) struct Reception {
    builder: Builder<TokioExecutor>,
    grpc: Grpc,
    http: Arc<Http>,
    credentials: Arc<Credentials>,
    traces: Option<Traces>,
    handshakes: Semaphore,
    span: Span,
    traffic: Arc<Traffic>,
    silent: Silent,
    turns: Arc<Turns>,
    refusals: Arc<Refusals>,
}

/// Who is told of requests: what counts refusals, and what makes spans.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) refusals: Refusals,
    pub(super) traces: Option<Traces>,
}

impl Reception {
    /// `requests` may be under way at once.
    pub(super) fn new(
        grpc: Grpc,
        http: Http,
        credentials: Arc<Credentials>,
        span: Span,
        requests: usize,
        traffic: &Arc<Traffic>,
        told: Told,
    ) -> Self {
        let Told { refusals, traces } = told;
        let turns = Arc::new(Turns::new(requests, http.message_bytes(), Arc::clone(traffic)));
        Self {
            builder: connection::builder(),
            grpc,
            http: Arc::new(http),
            credentials,
            traces,
            handshakes: Semaphore::new(HANDSHAKES),
            span,
            traffic: Arc::clone(traffic),
            silent: Silent::default(),
            turns,
            refusals: Arc::new(refusals),
        }
    }

    /// Lets somebody in who has connected, where there is room; `None` is to be closed.
    pub(super) fn let_in(&self) -> Option<Arc<Guest>> {
        self.silent.let_in(&self.traffic)
    }

    /// Counts a connection that was closed as it came.
    pub(super) fn refuse(&self) {
        self.traffic.refuse();
    }

    /// A connection begins.
    pub(super) fn life(&self, guest: Arc<Guest>, stop: &CancellationToken) -> Life {
        Life::new(guest, self.span, stop)
    }

    /// Serves a connection over TCP, over TLS where that is configured.
    pub(super) async fn receive_tcp(&self, stream: TcpStream, address: SocketAddr, life: Life) {
        let peer = Peer { address: Some(address), ..Peer::default() };
        if self.credentials.tls().is_none() {
            return self.serve(stream, peer, life).await;
        }
        let shaken = tokio::select! {
            biased;
            shaken = timeout(HANDSHAKE, self.handshake(stream)) => shaken,
            () = life.cut() => return,
            () = life.over() => return,
        };
        match shaken {
            Ok(Ok(stream)) => {
                let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
                let uri = certificates.first().map(tls::uri);
                self.serve(stream, Peer { uri, ..peer }, life).await;
            }
            Ok(Err(error)) => tracing::debug!(%address, "a TLS handshake failed: {error}"),
            Err(_) => tracing::debug!(%address, "a TLS handshake did not end in time"),
        }
    }

    /// Serves a connection over a Unix socket.
    pub(super) async fn receive_unix(&self, stream: UnixStream, life: Life) {
        match stream.peer_cred() {
            Ok(user) => self.serve(stream, Peer { uid: Some(user.uid()), ..Peer::default() }, life).await,
            Err(error) => tracing::debug!("a connection over the Unix socket tells no user: {error}"),
        }
    }

    /// The certificate is the one in use when the client speaks, however long ago it connected.
    async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        fault::wait("accept.handshake").await?;
        let greeted = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let _turn = self.handshakes.acquire().await.map_err(io::Error::other)?;
        let tls: Arc<Tls> = self.credentials.tls().ok_or_else(|| io::Error::other("no certificate"))?;
        greeted.into_stream(Arc::clone(tls.config())).await
    }

    async fn serve<I>(&self, stream: I, peer: Peer, life: Life)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tracing::debug!("a connection from {peer}");
        fault::stall("accept.serve");
        let desk = Desk {
            grpc: self.grpc.clone().until(life.end().clone()),
            http: Arc::clone(&self.http),
            entrance: Entrance::new(self.credentials.callers().cloned(), peer),
            guest: Arc::clone(life.guest()),
            turns: Arc::clone(&self.turns),
            refusals: Arc::clone(&self.refusals),
            traces: self.traces.clone(),
        };
        connection::serve(stream, &self.builder, desk, &life).await;
    }
}
