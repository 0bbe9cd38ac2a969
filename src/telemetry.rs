//! What is told of decisions. Every decision that was answered arrives here once, from [`Telemetry::record`] at the one
//! seam that all edges call; nothing is told of an answer that was thrown away. What operators are told otherwise goes
//! through `tracing`.

pub mod decision_log;
pub mod metrics;
mod note;
pub(crate) mod noted;
pub(crate) mod striped;
mod trace;
pub mod traces;

use std::sync::Arc;

pub use decision_log::{DecisionLog, Unrecorded, Written};
pub use note::{Came, Kind, Moment, Note, Notes, Said};
pub use trace::Trace;

use crate::fault;
use crate::snapshot::Snapshot;
use metrics::{Metrics, Why};

/// Who is told of decisions. With nobody to tell, deciding keeps no notes.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    log: Option<Arc<DecisionLog>>,
    metrics: Option<Arc<Metrics>>,
}

impl Telemetry {
    /// Decisions go to a log.
    #[must_use]
    pub fn new(log: Option<Arc<DecisionLog>>) -> Self {
        Self { log, metrics: None }
    }

    /// The same, and decisions are counted.
    #[must_use]
    pub fn counting(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// Whether anybody is told.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.log.is_some() || self.metrics.is_some()
    }

    /// The decision log.
    #[must_use]
    pub fn log(&self) -> Option<&Arc<DecisionLog>> {
        self.log.as_ref()
    }

    /// The counters, where decisions are counted.
    #[must_use]
    pub fn metrics(&self) -> Option<&Arc<Metrics>> {
        self.metrics.as_ref()
    }

    /// Whether an answer has to wait until it is recorded.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.is_required())
    }

    /// A snapshot that decides from now on.
    pub fn publish(&self, snapshot: &Snapshot) {
        if let Some(log) = &self.log {
            log.keep(&snapshot.policy_revision, &snapshot.policy_files);
        }
        if let Some(metrics) = &self.metrics {
            metrics.declare(&snapshot.policy);
        }
    }

    /// Takes the notes of a view whose answer counts; `snapshot` is the view's, whose policy knows the applications by
    /// number. What is returned has to be waited for before the answer goes out.
    pub fn record(&self, snapshot: &Arc<Snapshot>, notes: Notes) -> Option<Recorded> {
        fault::stall("request.record");
        let Notes { list, tape, undecided, .. } = notes;
        let log = self.log.as_ref().filter(|_| !list.is_empty());
        let written = log.and_then(|log| log.push(&tape, list.len()));
        let counted = self.metrics.as_ref().map(|metrics| (metrics, list, undecided));
        let Some(written) = written else {
            if let Some((metrics, list, undecided)) = counted {
                metrics.count(&snapshot.policy, &list, &undecided);
            }
            return None;
        };
        let counting = counted.map(|(metrics, list, undecided)| Counting {
            metrics: Arc::clone(metrics),
            snapshot: Arc::clone(snapshot),
            list,
            undecided,
        });
        Some(Recorded { written, counting })
    }
}

/// A record that is waited for, and what is counted once it is there: an answer that is not given is no decision.
#[derive(Debug)]
pub struct Recorded {
    written: Written,
    counting: Option<Counting>,
}

#[derive(Debug)]
struct Counting {
    metrics: Arc<Metrics>,
    snapshot: Arc<Snapshot>,
    list: Vec<Note>,
    undecided: Vec<Why>,
}

impl Recorded {
    /// Completes once the record is there.
    ///
    /// # Errors
    /// It can't be written, or not in time.
    pub async fn wait(self) -> Result<(), Unrecorded> {
        fault::wait("request.recorded").await.map_err(|_told| Unrecorded)?;
        self.written.wait().await?;
        if let Some(Counting { metrics, snapshot, list, undecided }) = self.counting {
            metrics.count(&snapshot.policy, &list, &undecided);
        }
        Ok(())
    }
}
