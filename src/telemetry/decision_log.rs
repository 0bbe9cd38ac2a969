//! The decision log: one line of JSON for each decision that was answered, chained so that a change shows. What a line says
//! and what it is evidence of stands in `docs/decision-log.md`.
//!
//! A request copies what it decided into a queue ([`queue`]); a thread of its own formats, chains and writes it
//! ([`writer`]). Reading logs stands in [`verify`] and [`audit`].

mod archive;
mod attributes;
pub mod audit;
mod blocks;
mod chain;
mod file;
mod json;
mod line;
mod out;
mod queue;
pub(crate) mod tape;
pub mod verify;
mod writer;

use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

pub use attributes::{Attributes, Unnamed};
pub use chain::{Key, KeyError};
pub use file::OpenError;

use crate::policy::source::Source;
use archive::Archive;
use file::{Found, LogFile};
use line::Lines;
use out::{Out, Second};
use queue::Queue;
use writer::{State, Writer};

/// How often it is looked whether the thread has ended.
const LOOK: Duration = Duration::from_millis(5);

/// What the log is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it goes; standard output where `None`.
    pub path: Option<PathBuf>,
    /// Whether an answer waits until it is recorded, and is unavailable where it can't be.
    pub required: bool,
    /// How long an answer waits for that.
    pub patience: Duration,
    /// Which free properties of requests are written down.
    pub attributes: Attributes,
    /// How many bytes of decisions wait to be written at most.
    pub queue_bytes: usize,
    /// When what was written is brought to the disk.
    pub fsync: Fsync,
    /// The file with the key of checkpoints; without one there are none.
    pub key: Option<PathBuf>,
    /// The second place for checkpoints.
    pub checkpoints: Option<PathBuf>,
    /// A checkpoint stands after so many lines at the latest.
    pub checkpoint_lines: u64,
    /// A checkpoint stands so long after a line at the latest.
    pub checkpoint_time: Duration,
    /// A file of so many bytes is put aside.
    pub rotate: Option<u64>,
}

/// When lines are brought to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fsync {
    /// When the system likes.
    Never,
    /// With each checkpoint, or as often where there is no key.
    Checkpoint,
    /// With each write.
    Always,
}

impl Settings {
    /// A log at a path, with every default; standard output where `None`.
    #[must_use]
    pub fn at(path: Option<PathBuf>) -> Self {
        Self {
            path,
            required: false,
            patience: Duration::from_secs(1),
            attributes: Attributes::default(),
            queue_bytes: 16 << 20,
            fsync: Fsync::Checkpoint,
            key: None,
            checkpoints: None,
            checkpoint_lines: 10_000,
            checkpoint_time: Duration::from_secs(10),
            rotate: Some(256 << 20),
        }
    }
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file can't be the log.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The second place can't be written.
    #[error("the file of checkpoints `{}` can't be written: {error}", path.display())]
    Checkpoints {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The thread can't be started.
    #[error("the decision log gets no thread: {0}")]
    Thread(io::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(io::Error),
}

/// A log that is written.
#[derive(Debug)]
pub struct DecisionLog {
    queue: Arc<Queue>,
    required: bool,
    patience: Duration,
    attributes: Attributes,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// How writing goes. All decisions that were sent are written, dropped, or in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Decisions that were to be written.
    pub sent: u64,
    /// Decisions that are.
    pub written: u64,
    /// Decisions that never will be.
    pub dropped: u64,
    /// Times that something could not be written.
    pub errors: u64,
    /// Decisions that wait.
    pub queued: u64,
    /// When something was written last, in seconds since the epoch; 0 for never.
    pub last_write: u64,
}

impl DecisionLog {
    /// Opens the log, and writes it on a thread of its own from now on.
    ///
    /// # Errors
    /// The file, the key or the second place can't be used.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let key = settings.key.as_deref().map(Key::read).transpose()?;
        let second = settings
            .checkpoints
            .clone()
            .map(|path| Second::new(path.clone()).map_err(|error| StartError::Checkpoints { path, error }));
        let second = second.transpose()?;
        let (out, found) = match &settings.path {
            Some(path) => LogFile::open(path).map(|(file, found)| (Out::File(file), found))?,
            None => (Out::Standard(false), Found::default()),
        };
        let queue = Arc::new(Queue::new(settings.queue_bytes));
        let (required, patience, attributes) = (settings.required, settings.patience, settings.attributes.clone());
        let writer = Writer {
            queue: Arc::clone(&queue),
            out,
            second,
            archive: settings.path.as_deref().map(|path| Archive::new(file::beside(path, ".policies"))),
            lines: Lines::after(found.link, random().map_err(StartError::Random)?),
            state: State::after(found),
            key,
            settings,
        };
        let thread = std::thread::Builder::new().name("decision-log".to_owned());
        let thread = thread.spawn(move || writer.run()).map_err(StartError::Thread)?;
        Ok(Self { queue, required, patience, attributes, thread: Mutex::new(Some(thread)) })
    }

    /// Whether an answer waits until it is recorded.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Which free properties are written down.
    #[must_use]
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// A policy that decides from now on: kept beside the log once it has.
    pub(crate) fn keep(&self, revision: &Arc<str>, files: &Arc<[Source]>) {
        self.queue.keep((Arc::clone(revision), Arc::clone(files)));
    }

    /// Hands over what one request decided. What is returned has to be waited for.
    pub(crate) fn push(&self, tape: &[u8], decisions: usize) -> Option<Written> {
        let (told, written) = if self.required { Some(oneshot::channel()) } else { None }.unzip();
        self.queue.push(tape, decisions, told);
        written.map(|written| Written { written, patience: self.patience })
    }

    /// How writing goes.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let counters = &self.queue.counters;
        // Those that were seen to first: none of them was not sent.
        let [written, dropped] = [&counters.written, &counters.dropped].map(|count| count.load(Ordering::Acquire));
        let sent = counters.sent.load(Ordering::Acquire);
        Figures {
            sent,
            written,
            dropped,
            errors: counters.errors.load(Ordering::Relaxed),
            queued: sent.saturating_sub(written + dropped),
            last_write: counters.last_write.load(Ordering::Relaxed),
        }
    }

    /// Whether the thread writes. Once it doesn't, no decision is recorded any more.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Writes what is left and closes the log, if that can be done in time: says whether it was.
    pub fn close(&self, patience: Duration) -> bool {
        self.queue.close();
        let end = Instant::now() + patience;
        while self.is_running() {
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.is_none_or(|thread| thread.join().is_ok())
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// A record that is waited for.
#[derive(Debug)]
pub struct Written {
    written: oneshot::Receiver<()>,
    patience: Duration,
}

/// An answer that can't be given, as there is no record of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the decision could not be recorded")]
pub struct Unrecorded;

impl Written {
    /// Completes once the record is there.
    ///
    /// # Errors
    /// It can't be written, or not in time.
    pub async fn wait(self) -> Result<(), Unrecorded> {
        match tokio::time::timeout(self.patience, self.written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Unrecorded),
        }
    }
}

/// A number that no other process has.
fn random() -> io::Result<u128> {
    let mut bytes = [0; 16];
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut bytes)?;
    Ok(u128::from_le_bytes(bytes))
}
