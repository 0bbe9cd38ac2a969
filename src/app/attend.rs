//! The threads of a server, attended: one that dies or leaves unasked ends the whole, and when told to end all of them
//! have so long, and no longer.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A thread could not start, or not go on.
    #[error("{what} could not go on: {source}")]
    Failed {
        /// What it did.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A thread died.
    #[error("{0} died: this is a fault of the server, and standard error says where")]
    Died(&'static str),
    /// A thread went home unasked.
    #[error("{0} ended unasked")]
    Ended(&'static str),
}

/// Threads, each with what it is.
#[derive(Debug, Default)]
pub(super) struct Attended(JoinSet<(&'static str, Outcome)>);

type Outcome = std::thread::Result<io::Result<()>>;

impl Attended {
    /// Runs something on a thread of its own; to be called on a runtime.
    pub(super) fn spawn(&mut self, what: &'static str, part: impl FnOnce() -> io::Result<()> + Send + 'static) {
        self.0.spawn_blocking(move || (what, catch_unwind(AssertUnwindSafe(part))));
    }

    /// Completes when one has ended, which none should.
    pub(super) async fn lost(&mut self) -> ServeError {
        match self.0.join_next().await {
            Some(Ok((what, outcome))) => settle(what, outcome).err().unwrap_or(ServeError::Ended(what)),
            // A thread's panic is caught, and nobody aborts it.
            Some(Err(_)) => ServeError::Died("a thread"),
            None => std::future::pending().await,
        }
    }

    /// Waits for all of them, who have been told to end, for so long at most.
    pub(super) async fn end(mut self, most: Duration) -> Result<(), ServeError> {
        let all = async {
            while let Some(ended) = self.0.join_next().await {
                let (what, outcome) = ended.map_err(|_aborted| ServeError::Died("a thread"))?;
                settle(what, outcome)?;
            }
            Ok(())
        };
        timeout(most, all).await.unwrap_or_else(|_elapsed| {
            tracing::warn!("the server ends though not all of its threads have: they had {most:?}");
            Ok(())
        })
    }
}

fn settle(what: &'static str, outcome: Outcome) -> Result<(), ServeError> {
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(source)) => Err(ServeError::Failed { what, source }),
        Err(_panic) => Err(ServeError::Died(what)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn whoever_dies_fails_or_leaves_is_missed() {
        type Part = fn() -> io::Result<()>;
        let parts: [(Part, &str); 3] = [
            (|| panic!("told to"), "a worker died: this is a fault of the server, and standard error says where"),
            (|| Err(io::Error::other("no room")), "a worker could not go on: no room"),
            (|| Ok(()), "a worker ended unasked"),
        ];
        for (part, message) in parts {
            let mut attended = Attended::default();
            let stop = waiting(&mut attended);
            attended.spawn("a worker", part);
            assert_eq!(attended.lost().await.to_string(), message);
            drop(stop);
            attended.end(LONG).await.unwrap();
        }
    }

    /// One that runs until what is returned is dropped.
    fn waiting(attended: &mut Attended) -> mpsc::Sender<()> {
        let (stop, stopped) = mpsc::channel();
        attended.spawn("another", move || {
            _ = stopped.recv();
            Ok(())
        });
        stop
    }

    #[tokio::test]
    async fn one_that_dies_while_it_ends_is_told_of() {
        let mut attended = Attended::default();
        attended.spawn("a worker", || panic!("told to"));
        assert!(matches!(attended.end(LONG).await, Err(ServeError::Died("a worker"))));
    }

    #[tokio::test]
    async fn one_that_does_not_end_is_not_waited_for() {
        let mut attended = Attended::default();
        let stop = waiting(&mut attended);
        attended.end(Duration::from_millis(1)).await.unwrap();
        drop(stop);
    }
}
