//! Answers that have to be waited for: some questions are asked ahead, and answered in their order.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use prost::bytes::{Bytes, BytesMut};

/// How many questions of a stream are asked at once.
const AHEAD: usize = 32;

/// Answers under way, in the order of their questions.
#[derive(Default)]
pub(super) struct Ahead(VecDeque<Answer>);

/// An answer, as bytes.
enum Answer {
    Awaited(Pin<Box<dyn Future<Output = Bytes> + Send>>),
    There(Bytes),
}

impl Ahead {
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= AHEAD
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks one more.
    pub(super) fn push(&mut self, answer: impl Future<Output = Bytes> + Send + 'static) {
        self.0.push_back(Answer::Awaited(Box::pin(answer)));
    }

    /// Gets on with all of them, and writes the first ones that are there, until so much is written. Says whether there
    /// were any.
    pub(super) fn write(&mut self, context: &mut Context<'_>, written: &mut BytesMut, full: usize) -> bool {
        for answer in &mut self.0 {
            if let Answer::Awaited(awaited) = answer
                && let Poll::Ready(bytes) = awaited.as_mut().poll(context)
            {
                *answer = Answer::There(bytes);
            }
        }
        let before = self.0.len();
        while written.len() < full
            && let Some(Answer::There(bytes)) = self.0.front()
        {
            written.extend_from_slice(bytes);
            self.0.pop_front();
        }
        self.0.len() < before
    }
}
