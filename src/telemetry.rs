//! What is told of decisions. Every decision that was answered arrives here once, from [`Telemetry::record`] at the one
//! seam that all edges call; nothing is told of an answer that was thrown away. What operators are told otherwise goes
//! through `tracing`.

pub mod decision_log;
pub mod metrics;
mod note;
pub(crate) mod noted;
pub mod shadow;
pub(crate) mod striped;
mod trace;
pub mod traces;

use std::sync::Arc;

pub use decision_log::{DecisionLog, Unrecorded, Written};
pub use note::{Came, Kind, Moment, Note, Notes, Said};
pub use trace::Trace;

use crate::fault;
use crate::snapshot::Snapshot;
use metrics::Metrics;
use shadow::Shadow;

/// Who is told of decisions. With nobody to tell, deciding keeps no notes.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    log: Option<Arc<DecisionLog>>,
    metrics: Option<Arc<Metrics>>,
    shadow: Option<Arc<Shadow>>,
}

impl Telemetry {
    /// Decisions go to a log.
    #[must_use]
    pub fn new(log: Option<Arc<DecisionLog>>) -> Self {
        Self { log, ..Self::default() }
    }

    /// The same, and decisions are counted.
    #[must_use]
    pub fn counting(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// The same, and a shadow policy is asked too.
    #[must_use]
    pub fn shadowed(self, shadow: Arc<Shadow>) -> Self {
        Self { shadow: Some(shadow), ..self }
    }

    /// The shadow policy, where one is asked.
    #[must_use]
    pub fn shadow(&self) -> Option<&Arc<Shadow>> {
        self.shadow.as_ref()
    }

    /// Whether anybody is told.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.log.is_some() || self.metrics.is_some() || self.shadow.is_some()
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
        let log = self.log.as_ref().filter(|_| !notes.list.is_empty());
        let Some(written) = log.and_then(|log| log.push(&notes.tape, notes.list.len())) else {
            self.answered(snapshot, notes);
            return None;
        };
        Some(Recorded { written, telemetry: self.clone(), snapshot: Arc::clone(snapshot), notes })
    }

    /// Counts what is answered, and has the shadow policy asked.
    fn answered(&self, snapshot: &Snapshot, notes: Notes) {
        if let Some(metrics) = &self.metrics {
            metrics.count(&snapshot.policy, &notes.list, &notes.undecided);
        }
        if let Some(shadow) = &self.shadow {
            notes.asked.into_iter().for_each(|asked| shadow.ask(asked));
        }
    }
}

/// A record that is waited for; an answer that is not given is no decision, so what counts answers is told afterwards.
#[derive(Debug)]
pub struct Recorded {
    written: Written,
    telemetry: Telemetry,
    snapshot: Arc<Snapshot>,
    notes: Notes,
}

impl Recorded {
    /// Completes once the record is there.
    ///
    /// # Errors
    /// It can't be written, or not in time.
    pub async fn wait(self) -> Result<(), Unrecorded> {
        fault::wait("request.recorded").await.map_err(|_told| Unrecorded)?;
        self.written.wait().await?;
        self.telemetry.answered(&self.snapshot, self.notes);
        Ok(())
    }
}
