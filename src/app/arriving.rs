//! A request's body while it arrives: one that comes in pieces counts until it is whole, so that a worker never holds more
//! than so much of requests that may never be, however many peers leave theirs unfinished. One that comes in a single piece,
//! as most do, is never refused for it.
//!
//! A message of gRPC says first how long it is, and whoever gathers it makes room for all of it: it counts whole from its
//! first piece on. What a body of HTTP says of its length is only compared with the limit.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tonic::Status;

use super::traffic::Turns;

/// What a body in pieces counts for at least: about what it costs to wait for it.
const LEAST: usize = 4 * 1024;
/// Bytes before a message of gRPC: whether it is compressed, and its length.
const HEADER: usize = 5;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What kind of body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One message of gRPC.
    Message,
    /// Messages of gRPC that are looked at as they arrive, and not kept.
    Messages,
    /// A body of HTTP.
    Plain,
}

/// A body.
#[derive(Debug)]
pub(super) struct Arriving {
    body: Incoming,
    kind: Kind,
    /// Bytes that count.
    held: usize,
    turns: Arc<Turns>,
}

impl Arriving {
    /// A body of this kind.
    pub(super) fn new(body: Incoming, kind: Kind, turns: &Arc<Turns>) -> Self {
        Self { body, kind, held: 0, turns: Arc::clone(turns) }
    }

    /// Whether there is room for another piece.
    fn has_room(&mut self, piece: &[u8]) -> bool {
        if self.kind == Kind::Messages || self.body.is_end_stream() {
            return true;
        }
        let more = match (self.kind, self.held) {
            (Kind::Message, 0) => announced(piece).min(self.turns.largest()).max(LEAST),
            (Kind::Message, _) => 0,
            (Kind::Plain | Kind::Messages, 0) => piece.len().max(LEAST),
            (Kind::Plain | Kind::Messages, _) => piece.len(),
        };
        let has_room = self.turns.hold(more);
        if has_room {
            self.held += more;
        }
        has_room
    }
}

/// How long a message is, by its first piece; one that doesn't even say so may be as long as any.
fn announced(piece: &[u8]) -> usize {
    let length = piece.first_chunk::<HEADER>().map(|[_, length @ ..]| u32::from_be_bytes(*length));
    length.map_or(usize::MAX, |length| length as usize)
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None => return Poll::Ready(None),
        };
        if frame.data_ref().is_some_and(|piece| !self.has_room(piece)) {
            self.turns.refuse();
            let refused = Status::resource_exhausted("too many requests arrive at once: ask again later");
            return Poll::Ready(Some(Err(refused.into())));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if self.held > 0 {
            self.turns.release(self.held);
        }
    }
}
