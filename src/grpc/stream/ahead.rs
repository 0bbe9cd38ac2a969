//! Answers that have to be waited for: some questions are asked ahead, and answered in their order.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use prost::bytes::{Bytes, BytesMut};

/// How many questions of a stream are asked at once.
const AHEAD: usize = 32;
/// Bytes of questions that are held for that; one more question may go over.
const HELD: usize = 64 * 1024;

/// Answers under way, in the order of their questions, each with the bytes of its question.
#[derive(Default)]
pub(super) struct Ahead {
    answers: VecDeque<(usize, Answer)>,
    held: usize,
}

/// An answer, as bytes.
enum Answer {
    Awaited(Pin<Box<dyn Future<Output = Bytes> + Send>>),
    There(Bytes),
}

impl Ahead {
    pub(super) fn is_full(&self) -> bool {
        self.answers.len() >= AHEAD || self.held >= HELD
    }

    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Asks one more, which holds so many bytes.
    pub(super) fn push(&mut self, bytes: usize, answer: impl Future<Output = Bytes> + Send + 'static) {
        self.answers.push_back((bytes, Answer::Awaited(Box::pin(answer))));
        self.held += bytes;
    }

    /// Gets on with all of them, and writes the first ones that are there, until so much is written. Says whether there
    /// were any.
    pub(super) fn write(&mut self, context: &mut Context<'_>, written: &mut BytesMut, full: usize) -> bool {
        for (_, answer) in &mut self.answers {
            if let Answer::Awaited(awaited) = answer
                && let Poll::Ready(bytes) = awaited.as_mut().poll(context)
            {
                *answer = Answer::There(bytes);
            }
        }
        let before = self.answers.len();
        while written.len() < full
            && let Some((held, Answer::There(bytes))) = self.answers.front()
        {
            written.extend_from_slice(bytes);
            self.held -= held;
            self.answers.pop_front();
        }
        self.answers.len() < before
    }
}
