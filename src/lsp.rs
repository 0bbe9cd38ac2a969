//! The language server, for whoever edits policies: findings while typing, completion, explanations, the way to where a
//! name is described, renaming and formatting, over the Language Server Protocol.
//!
//! One thread reads messages, one does everything else, in the order in which they came. Answers come from outlines of
//! the files, which follow every change; findings from the compiler itself, once no message waits.

mod complete;
mod context;
mod define;
mod diagnostics;
mod disk;
mod format;
mod hover;
mod paths;
mod people;
mod places;
mod position;
mod rename;
mod session;
mod set;
mod wire;
mod words;
mod workspace;

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::mpsc::TryRecvError;

use session::Session;

/// What is served.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Folders that are a policy set each; where none is named, they are found.
    pub policies: Vec<PathBuf>,
    /// A directory of people, to say how many hold a role.
    pub directory: Option<PathBuf>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client took its leave as the protocol has it.
    Properly,
    /// It went away, or said `exit` without `shutdown`.
    Abruptly,
}

/// Serves one client until it goes away.
///
/// # Errors
/// What is said to the client can't be written.
pub fn serve(settings: Settings, input: impl BufRead + Send + 'static, out: &mut dyn Write) -> io::Result<Ended> {
    let incoming = wire::incoming(input)?;
    let mut session = Session::new(settings, out);
    loop {
        let next = match incoming.try_recv() {
            Ok(next) => next,
            Err(TryRecvError::Empty) => {
                session.settle()?;
                let Ok(next) = incoming.recv() else { return Ok(Ended::Abruptly) };
                next
            }
            Err(TryRecvError::Disconnected) => return Ok(Ended::Abruptly),
        };
        if let Some(ended) = session.take(next)? {
            return Ok(ended);
        }
    }
}
