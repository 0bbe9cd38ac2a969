//! What is told of decisions. Every decision that was answered arrives here once, from [`Telemetry::record`] at the one
//! seam that all edges call; nothing is told of an answer that was thrown away. What operators are told otherwise goes
//! through `tracing`.

pub mod decision_log;
mod note;
mod trace;

use std::sync::Arc;

pub use decision_log::{DecisionLog, Written};
pub use note::{Came, Kind, Moment, Note, Notes, Said};
pub use trace::Trace;

use crate::policy::compiled::Policy;
use crate::snapshot::Snapshot;

/// Who is told of decisions. With nobody to tell, deciding keeps no notes.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    log: Option<Arc<DecisionLog>>,
}

impl Telemetry {
    /// Decisions go to a log.
    #[must_use]
    pub fn new(log: Option<Arc<DecisionLog>>) -> Self {
        Self { log }
    }

    /// Whether anybody is told.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.log.is_some()
    }

    /// The decision log.
    #[must_use]
    pub fn log(&self) -> Option<&Arc<DecisionLog>> {
        self.log.as_ref()
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
    }

    /// Takes the notes of a view whose answer counts; `_policy` is the view's, which knows the applications by number.
    /// What is returned has to be waited for before the answer goes out.
    pub fn record(&self, _policy: &Policy, notes: Notes) -> Option<Written> {
        let Notes { list, tape, .. } = notes;
        if list.is_empty() {
            return None;
        }
        self.log.as_ref()?.push(&tape, list.len())
    }
}
