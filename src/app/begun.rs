//! A connection whose peer has begun: it has said enough to tell HTTP/1 from HTTP/2. Whoever serves it reads that again.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// What HTTP/2 begins with, and no HTTP/1 request does.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection and what was said on it.
#[derive(Debug)]
pub(super) struct Begun<S> {
    said: [u8; PREFACE.len()],
    /// What was said and has not been read again.
    unread: std::ops::Range<usize>,
    stream: S,
}

impl<S: AsyncRead + Unpin> Begun<S> {
    /// Waits until the peer has begun; `None` where it left instead.
    pub(super) async fn new(mut stream: S) -> io::Result<Option<Self>> {
        let mut said = [0; PREFACE.len()];
        let mut count = 0;
        while count < said.len() && said.get(..count) == PREFACE.get(..count) {
            match stream.read(said.get_mut(count..).unwrap_or_default()).await? {
                0 => return Ok(None),
                more => count += more,
            }
        }
        Ok(Some(Self { said, unread: 0..count, stream }))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let begun = &mut *self;
        if begun.unread.is_empty() {
            return Pin::new(&mut begun.stream).poll_read(context, buffer);
        }
        let again = begun.said.get(begun.unread.clone()).unwrap_or_default();
        let again = again.get(..buffer.remaining()).unwrap_or(again);
        buffer.put_slice(again);
        begun.unread.start += again.len();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
