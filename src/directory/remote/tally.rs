//! How what is kept is used, counted by every request.

use crate::telemetry::striped::Striped;

/// Uses of what is kept: hits, misses, and hits of ids that the directory doesn't know.
#[derive(Debug, Default)]
pub(super) struct Tally(Striped<3>);

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    /// Facts that were kept and used.
    pub(super) hits: u64,
    /// Facts that had to be looked up.
    pub(super) misses: u64,
    /// Hits of ids that the directory doesn't know.
    pub(super) unknown: u64,
}

impl Tally {
    /// Counts some uses.
    pub(super) fn add(&self, uses: Uses) {
        let Uses { hits, misses, unknown } = uses;
        for (counter, more) in [hits, misses, unknown].into_iter().enumerate().filter(|(_, more)| *more > 0) {
            self.0.add(counter, more);
        }
    }

    /// All uses so far.
    pub(super) fn total(&self) -> Uses {
        let [hits, misses, unknown] = self.0.sums();
        Uses { hits, misses, unknown }
    }
}
