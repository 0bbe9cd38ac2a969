//! One connection: what a peer may ask of the transport, and how its end is kept from lasting.

use std::time::Duration;

use hyper::Response;
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::begun::Begun;
use super::life::Life;

/// How long a peer may stay silent after it has connected, and between requests of HTTP/1: longer than callers usually
/// keep an idle connection, so that it is they who close it.
const QUIET: Duration = Duration::from_secs(75);
/// Streams that a peer may have open at once: bounds the memory that it can hold.
const STREAMS: u32 = 100;
/// Streams that may be reset because of the peer's mistakes before it is hung up on. Each is kept until the peer has read
/// of it, so a peer who doesn't read makes the server hold as many.
const ERROR_RESETS: usize = 256;
/// Streams that the peer may have reset before they were looked at.
const PENDING_RESETS: usize = 20;
/// Bytes of a header list.
const HEADER_BYTES: u32 = 8 * 1024;
/// Bytes that a peer may send ahead on a stream, and on a connection: what the server holds of a peer who doesn't read its
/// answers. Half of the latter is what small frames that wait to be read may lack in size, and a peer over that is hung up
/// on. A stream of checks may be full of frames of a question each, as many clients send them.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 384 * 1024;
/// Bytes of answers that may wait for the peer on a stream.
const SEND_BUFFER: usize = 64 * 1024;
/// A quiet peer is asked this often whether it is still there, and given this long to answer.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an HTTP/1 header, and of what is read ahead.
const HTTP1_BUFFER: usize = 64 * 1024;

/// The settings of every connection: HTTP/1, or HTTP/2 where the peer begins with it.
pub(super) fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_local_error_reset_streams(ERROR_RESETS)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_header_list_size(HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(QUIET).max_buf_size(HTTP1_BUFFER);
    builder
}

/// Serves a connection until the peer leaves, or until its life is over and what is under way is done. A peer that hasn't
/// sent anything by then is not waited for, and one that isn't done in time is cut off.
pub(super) async fn serve<I, S, B>(stream: I, builder: &Builder<TokioExecutor>, service: S, life: &Life)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<hyper::Request<Incoming>, Response = Response<B>, Error = std::convert::Infallible> + Send,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let begun = tokio::select! {
        biased;
        begun = timeout(QUIET, Begun::new(stream)) => begun,
        () = life.cut() => return,
        () = life.over() => return,
    };
    let Ok(Ok(Some(stream))) = begun else { return };
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => Ok(ended),
        () = life.cut() => return,
        () = life.over() => {
            connection.as_mut().graceful_shutdown();
            timeout(life.grace(), connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a connection ended early: {error}"),
        Err(_) => tracing::debug!("a connection was cut off: it had not finished in time"),
    }
}
