//! Look-ups under way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::clock::within;
use super::{Clock, Entry, Key, Unavailable};

/// How many look-ups may wait.
const WAITING: usize = 1024;

/// A look-up to be done.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) keys: Arc<[Key]>,
    pub(super) done: oneshot::Sender<Result<Vec<Entry>, Unavailable>>,
}

/// Where look-ups are asked for.
#[derive(Debug)]
pub(super) struct Loads {
    jobs: mpsc::Sender<Job>,
}

impl Loads {
    pub(super) fn new() -> (Self, mpsc::Receiver<Job>) {
        let (jobs, inbox) = mpsc::channel(WAITING);
        (Self { jobs }, inbox)
    }

    pub(super) async fn load(
        &self,
        keys: &[Key],
        clock: &dyn Clock,
        deadline: Duration,
    ) -> Result<Vec<Entry>, Unavailable> {
        let (done, answer) = oneshot::channel();
        self.jobs.try_send(Job { keys: keys.into(), done }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Unavailable::Busy,
            mpsc::error::TrySendError::Closed(_) => Unavailable::Ended,
        })?;
        within(clock, deadline, answer).await.ok_or(Unavailable::Late)?.unwrap_or(Err(Unavailable::Failed))
    }
}
