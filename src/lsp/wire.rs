//! Messages in and out, as the library frames them; what goes wrong with one of them is an answer, not the end.

use std::io::{self, BufRead, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// After so many messages in a row that can't be read, what comes is no protocol.
const MOST_MALFORMED: usize = 100;

/// What came from the client.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none, and why.
    Malformed(String),
}

/// Why a request has no result.
#[derive(Debug)]
pub(super) struct Refusal {
    code: ErrorCode,
    message: String,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Why, in words.
    pub(super) fn why(&self) -> &str {
        &self.message
    }
}

/// Reads messages on a thread of its own, so that the client never waits until they are answered.
pub(super) fn incoming(mut input: impl BufRead + Send + 'static) -> io::Result<Receiver<Incoming>> {
    let (sender, receiver) = channel();
    let read = move || {
        let mut malformed = 0;
        while malformed < MOST_MALFORMED {
            let next = match Message::read(&mut input) {
                Ok(Some(message)) => Incoming::Message(message),
                Err(error) if error.kind() == ErrorKind::InvalidData => Incoming::Malformed(error.to_string()),
                Ok(None) | Err(_) => return,
            };
            malformed = if matches!(next, Incoming::Malformed(_)) { malformed + 1 } else { 0 };
            if sender.send(next).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("lsp-input".to_owned()).spawn(read)?;
    Ok(receiver)
}

/// The way to the client.
pub(super) struct Wire<'o> {
    out: &'o mut dyn Write,
    asked: i32,
}

impl<'o> Wire<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Self { out, asked: 0 }
    }

    /// Tells the client something.
    pub(super) fn notify(&mut self, method: &str, params: impl Serialize) -> io::Result<()> {
        let params = serde_json::to_value(params)?;
        Message::from(Notification { method: method.to_owned(), params }).write(&mut self.out)
    }

    /// Asks the client for something; what it answers is of no consequence.
    pub(super) fn ask(&mut self, method: &str, params: impl Serialize) -> io::Result<()> {
        self.asked += 1;
        let (id, params) = (RequestId::from(self.asked), serde_json::to_value(params)?);
        Message::from(Request { id, method: method.to_owned(), params }).write(&mut self.out)
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, id: RequestId, result: Result<Value, Refusal>) -> io::Result<()> {
        let response = match result {
            Ok(value) => Response { id, response_result: Ok(value) },
            Err(Refusal { code, message }) => Response::new_err(id, code as i32, message),
        };
        Message::from(response).write(&mut self.out)
    }
}

/// The parameters of a message.
pub(super) fn params<P: DeserializeOwned>(value: Value) -> Result<P, Refusal> {
    serde_json::from_value(value)
        .map_err(|error| Refusal::new(ErrorCode::InvalidParams, format!("the parameters can't be read: {error}")))
}

/// A result as it is sent.
pub(super) fn result(value: impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(|error| Refusal::new(ErrorCode::InternalError, error.to_string()))
}

/// Does the work for one message; a panic ends that, and nothing else.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Refusal::new(ErrorCode::InternalError, "the server made a mistake over this one, and goes on"))
    })
}

#[cfg(test)]
mod tests {
    use super::{ErrorCode, guarded};

    #[test]
    fn a_panic_is_an_answer() {
        let refusal = guarded::<()>(|| panic!("over one request")).unwrap_err();
        assert_eq!(refusal.code as i32, ErrorCode::InternalError as i32);
        assert!(refusal.message.ends_with("goes on"));
    }
}
