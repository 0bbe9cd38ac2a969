//! Live files: the policies and the directory are read as whole sets, built and published, or the last good ones stay.
//!
//! Holds the settings, what a builder is given, and the way in: [`load_once`] before anything listens, then
//! [`Reloader::spawn`]. Knows nothing of what is built or where it goes: those are two closures. Signals only say that
//! something may have changed; what has changed is found by comparing the files themselves.

mod cycle;
mod digest;
mod files;
mod list;
pub mod read;
pub mod status;
mod stream;
mod watch;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::policy::source::{Finding, Source};
use cycle::Cycle;
use files::Files;
use list::Root;
#[cfg(feature = "server")]
pub(crate) use list::is_hidden;
use status::{Status, StatusData, TooLate};
pub use stream::Stream;
use watch::{Hints, Message};

/// How often it is made sure, while a check is waited for, that somebody still checks.
const LIVENESS: Duration = Duration::from_secs(1);

/// Where the files are and how soon a change counts. Every default is in [`Config::new`].
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of policy files.
    pub policies: PathBuf,
    /// The directory: a folder of CSV files, or a zip of them; none where people are known from elsewhere.
    pub directory: Option<PathBuf>,
    /// The most bytes that the policy files may have together.
    pub policy_bytes: u64,
    /// The most bytes that the directory's files may have together.
    pub directory_bytes: u64,
    /// Watch the folders for changes; without it they are only polled. Only where the feature `server` is built.
    pub watch: bool,
    /// How long no signal may come before the files are read.
    pub quiet: Duration,
    /// How long after the first signal they are read though signals go on.
    pub cap: Duration,
    /// How often the files are compared by size and time, signals or not.
    pub poll: Duration,
    /// How often their contents are compared, whatever sizes and times say.
    pub rehash: Duration,
}

impl Config {
    /// The defaults, for these two places.
    #[must_use]
    pub fn new(policies: impl Into<PathBuf>, directory: Option<PathBuf>) -> Self {
        Self {
            policies: policies.into(),
            directory,
            policy_bytes: 64 << 20,
            directory_bytes: 4 << 30,
            watch: cfg!(feature = "server"),
            quiet: Duration::from_millis(30),
            cap: Duration::from_millis(500),
            poll: Duration::from_secs(5),
            rehash: Duration::from_secs(600),
        }
    }
}

/// One set of files, at hand or to be read.
#[derive(Clone, Debug)]
pub struct Set<F> {
    /// The digest of the files, 16 hexadecimal digits.
    pub revision: Arc<str>,
    /// The files, sorted by name; never none.
    pub files: F,
}

/// What a snapshot is built from.
#[derive(Clone, Debug)]
pub struct Sets {
    /// The generation that the snapshot gets if it is published; the first is 1.
    pub generation: u64,
    /// The policy files.
    pub policies: Set<Vec<Source>>,
    /// The directory, to be read; a zip is one file. None where no directory is configured.
    pub directory: Option<Set<Stream>>,
}

/// Reads the files and builds the first snapshot, before anything listens.
///
/// # Errors
/// What is wrong with the files; there is no last good set yet, so the caller reports it and stops.
pub fn load_once<T, B>(config: Config, mut build: B) -> Result<(T, Reloader<B>), Vec<Finding>>
where
    B: FnMut(Sets) -> Result<T, Vec<Finding>>,
{
    let mut files = Files::new(roots(&config));
    files.refresh(true)?;
    let first = cycle::built(&mut files, &mut build, 1)?;
    let status = Arc::new(Status::new(files.revisions()));
    Ok((first, Reloader { config, files, build, status }))
}

fn roots(config: &Config) -> (Root, Option<Root>) {
    let directory = config.directory.as_ref().map(|path| Root::directory(path, config.directory_bytes));
    (Root::policies(&config.policies, config.policy_bytes), directory)
}

/// A first snapshot's files and builder, ready to follow changes.
#[derive(Debug)]
pub struct Reloader<B> {
    config: Config,
    files: Files,
    build: B,
    status: Arc<Status>,
}

impl<B> Reloader<B> {
    /// Checks whenever told to: a set that differs from the live one is built, and published when it can be. The builder
    /// is called again after it failed or panicked, so it must not keep half a result.
    pub fn by_hand<T, P>(self, publish: P) -> ByHand<B, P>
    where
        B: FnMut(Sets) -> Result<T, Vec<Finding>>,
        P: FnMut(T),
    {
        let (hints, inbox) = Hints::channel();
        ByHand { commands: hints.sender(), cycle: Cycle::new(self, publish, hints, inbox) }
    }

    /// Follows changes on a thread of its own: see [`ByHand::spawn`].
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn spawn<T, P>(self, publish: P) -> io::Result<Handle>
    where
        T: 'static,
        B: FnMut(Sets) -> Result<T, Vec<Finding>> + Send + 'static,
        P: FnMut(T) + Send + 'static,
    {
        self.by_hand(publish).spawn()
    }
}

/// A reloader that nothing drives but calls.
pub struct ByHand<B, P> {
    commands: mpsc::Sender<Message>,
    cycle: Cycle<B, P>,
}

impl<B, P> fmt::Debug for ByHand<B, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByHand").field("status", self.cycle.status()).finish_non_exhaustive()
    }
}

impl<T, B, P> ByHand<B, P>
where
    B: FnMut(Sets) -> Result<T, Vec<Finding>>,
    P: FnMut(T),
{
    /// Compares the contents of all files with what is live, now; the state after that.
    pub fn check(&mut self) -> Arc<StatusData> {
        self.cycle.check_once();
        self.status().load()
    }

    /// What is live and how the last check went.
    #[must_use]
    pub fn status(&self) -> &Arc<Status> {
        self.cycle.status()
    }

    /// Follows changes on a thread of its own from now on.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn spawn(self) -> io::Result<Handle>
    where
        T: 'static,
        B: Send + 'static,
        P: Send + 'static,
    {
        let Self { commands, cycle } = self;
        let status = Arc::clone(cycle.status());
        let thread = std::thread::Builder::new().name("reload".to_owned()).spawn(|| cycle.run())?;
        Ok(Handle { commands, status, thread: Some(thread) })
    }
}

/// The thread that follows the files has ended though nobody told it to.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the files are no longer followed")]
pub struct Ended;

/// Why it is not known what came of a check.
#[derive(Debug, thiserror::Error)]
pub enum NotChecked {
    /// Nobody follows the files any more.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// It goes on.
    #[error(transparent)]
    TooLate(#[from] TooLate),
}

/// Asks for a check, from wherever: unlike a [`Handle`] it ends nothing.
#[derive(Clone, Debug)]
pub struct Trigger {
    commands: mpsc::Sender<Message>,
    status: Arc<Status>,
}

impl Trigger {
    /// Compares the contents of all files with what is live, now, and waits until it is done, at most `limit`: the state
    /// after a check that began after this was called. Blocks the thread.
    ///
    /// # Errors
    /// It is not known what came of it.
    pub fn reload(&self, limit: Duration) -> Result<Arc<StatusData>, NotChecked> {
        let begun = self.status.begun();
        self.commands.send(Message::Now).map_err(|_gone| Ended)?;
        Ok(self.status.wait_for(limit, |data| data.checks > begun)?)
    }
}

/// The running reloader. Dropping it tells the thread to end; [`Handle::stop`] also waits for that.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Message>,
    status: Arc<Status>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Compares the contents of all files with what is live, now. Doesn't wait: see [`Status::wait_for`].
    pub fn reload_now(&self) {
        _ = self.commands.send(Message::Now);
    }

    /// The same, and waits until it is done: the state after a check that began after this was called.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn reload(&self) -> Result<Arc<StatusData>, Ended> {
        let begun = self.status.begun();
        self.reload_now();
        loop {
            match self.status.wait_for(LIVENESS, |data| data.checks > begun) {
                Ok(data) => return Ok(data),
                Err(_slow) if self.is_running() => {}
                Err(_dead) => return Err(Ended),
            }
        }
    }

    /// What is live and how the last check went.
    #[must_use]
    pub fn status(&self) -> &Arc<Status> {
        &self.status
    }

    /// For whoever asks for a check and holds no handle.
    #[must_use]
    pub fn trigger(&self) -> Trigger {
        Trigger { commands: self.commands.clone(), status: Arc::clone(&self.status) }
    }

    /// Whether the thread still follows changes. It ends only when told to; anything else is a fault to report.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends the thread and waits for it, for as long as a check that is under way takes.
    pub fn stop(mut self) {
        _ = self.commands.send(Message::Stop);
        let joined = self.thread.take().map_or(Ok(()), JoinHandle::join);
        if joined.is_err() {
            tracing::error!("the reload thread had ended before it was stopped");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        _ = self.commands.send(Message::Stop);
    }
}
