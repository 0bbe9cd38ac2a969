//! Readings for searches and plans under way: few at once, each for a short time, on the directory's own thread.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::clock::within;
use super::reading::{Brought, Reading, Wants};
use super::{Core, Frame, Source, Unavailable};

/// How many readings may wait to begin.
const WAITING: usize = 64;
/// How long one may take, all rounds together.
const WHOLE: Duration = Duration::from_secs(2);

/// A reading to begin.
#[derive(Debug)]
pub(super) struct Job(oneshot::Sender<Result<Reader, Unavailable>>);

/// Where readings are asked for.
#[derive(Debug)]
pub(super) struct Readings {
    jobs: mpsc::Sender<Job>,
}

/// One moment of the directory, for one search or plan. Dropping it ends the reading.
#[derive(Debug)]
pub struct Reader {
    /// The last change that is in it; `None` where the source keeps no log.
    pub sequence: Option<u64>,
    /// The frame of that moment.
    pub frame: Arc<Frame>,
    rounds: mpsc::Sender<Round>,
}

/// What is wanted in one round, and who waits for it.
#[derive(Debug)]
struct Round {
    wants: Wants,
    done: oneshot::Sender<Result<(Wants, Brought), Unavailable>>,
}

impl Readings {
    pub(super) fn new() -> (Self, mpsc::Receiver<Job>) {
        let (jobs, inbox) = mpsc::channel(WAITING);
        (Self { jobs }, inbox)
    }

    /// Begins a reading; whoever waits bounds the time.
    pub(super) async fn begin(&self) -> Result<Reader, Unavailable> {
        let (done, begun) = oneshot::channel();
        self.jobs.try_send(Job(done)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Unavailable::Busy,
            mpsc::error::TrySendError::Closed(_) => Unavailable::Ended,
        })?;
        begun.await.unwrap_or(Err(Unavailable::Failed))
    }
}

impl Reader {
    /// Brings what is wanted, with what that was.
    ///
    /// # Errors
    /// It can't be had in time.
    pub async fn fetch(&self, wants: Wants) -> Result<(Wants, Brought), Unavailable> {
        let (done, brought) = oneshot::channel();
        let sent = self.rounds.send(Round { wants, done }).await;
        sent.map_err(|_ended| Unavailable::Late)?;
        brought.await.unwrap_or(Err(Unavailable::Late))
    }
}

/// Begins and serves readings, for ever.
pub(super) async fn serve<S: Source>(source: Arc<S>, core: Arc<Core>, mut jobs: mpsc::Receiver<Job>) {
    // Look-ups are more urgent, and share the connections.
    let most = (core.settings.loads / 4).max(1);
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = running.join_next() => {}
            Some(job) = jobs.recv(), if running.len() < most => {
                running.spawn(read(Arc::clone(&source), Arc::clone(&core), job));
            }
        }
    }
}

/// One reading, from its beginning to its end.
async fn read<S: Source>(source: Arc<S>, core: Arc<Core>, Job(done): Job) {
    if done.is_closed() {
        return;
    }
    let failed = |error| {
        core.counts.failed(&error);
        Unavailable::Failed
    };
    let begun = within(&*core.clock, core.settings.load_deadline, source.begin()).await;
    let mut reading = match begun.ok_or(Unavailable::Late).and_then(|begun| begun.map_err(failed)) {
        Ok(reading) => reading,
        Err(unavailable) => {
            _ = done.send(Err(unavailable));
            return;
        }
    };
    let (rounds, mut inbox) = mpsc::channel::<Round>(1);
    let reader = Reader { sequence: reading.head(), frame: Arc::clone(reading.frame()), rounds };
    // Where nobody waits any more the reader is gone, and with it the inbox.
    _ = done.send(Ok(reader));
    let serving = async {
        while let Some(Round { wants, done }) = inbox.recv().await {
            let brought = reading.fetch(&wants).await.map_err(failed);
            let sound = brought.is_ok();
            _ = done.send(brought.map(|brought| (wants, brought)));
            if !sound {
                return false;
            }
        }
        true
    };
    if within(&*core.clock, WHOLE, serving).await == Some(true) {
        _ = within(&*core.clock, core.settings.load_deadline, reading.end()).await;
    }
}
