//! The thread that asks the directory: a runtime of its own, so that no request's worker ever waits for a connection, and
//! no request that goes away takes a look-up with it.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::loads::Job;
use super::{Core, Source, dispatch, follow, reader};

/// What moves a remote directory: reads the log, and looks up.
#[derive(Debug)]
pub struct Engine<S> {
    source: Arc<S>,
    core: Arc<Core>,
    jobs: mpsc::Receiver<Job>,
    begins: mpsc::Receiver<reader::Job>,
}

impl<S: Source> Engine<S> {
    pub(super) fn new(
        source: S,
        core: Arc<Core>,
        jobs: mpsc::Receiver<Job>,
        begins: mpsc::Receiver<reader::Job>,
    ) -> Self {
        Self { source: Arc::new(source), core, jobs, begins }
    }

    /// Runs for as long as it is polled.
    ///
    /// # Errors
    /// A part of it died, which is a fault: nothing is asked any more.
    pub async fn run(self) -> Result<(), JoinError> {
        let Self { source, core, jobs, begins } = self;
        let mut parts = JoinSet::new();
        parts.spawn(follow::follow(Arc::clone(&source), Arc::clone(&core)));
        parts.spawn(reader::serve(Arc::clone(&source), Arc::clone(&core), begins));
        parts.spawn(dispatch::dispatch(source, core, jobs));
        parts.join_next().await.unwrap_or(Ok(()))
    }
}

/// The running thread. Dropping it tells the thread to end; [`Handle::stop`] also waits for that.
#[derive(Debug)]
pub struct Handle {
    end: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    pub(super) fn spawn<S: Source>(engine: Engine<S>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let end = CancellationToken::new();
        let ended = end.clone();
        let thread = std::thread::Builder::new().name("directory".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = ended.cancelled() => {}
                    died = engine.run() => tracing::error!("the directory is no longer asked: {died:?}"),
                }
            });
        })?;
        Ok(Self { end, thread: Some(thread) })
    }

    /// Whether the thread still asks. It ends only when told to; anything else is a fault to report.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends the thread and waits for that. What is kept goes on to be used until its time is up.
    pub fn stop(mut self) {
        self.end.cancel();
        let joined = self.thread.take().map_or(Ok(()), JoinHandle::join);
        if joined.is_err() {
            tracing::error!("the directory's thread had ended before it was stopped");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end.cancel();
    }
}
