//! Looks at one client's batches, in the order in which it got them.

use super::{PROBES, Side};

/// A batch as a client got it.
#[derive(Debug)]
pub(super) struct Batch {
    /// The policy that the whole says it was decided by.
    pub(super) revision: String,
    /// The policy that each item says it was decided by, and whether it was allowed.
    pub(super) items: Vec<(String, bool)>,
}

/// What must never be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody published that revision.
    Unknown { revision: String },
    /// An item is missing, or there is one too many.
    Short { items: usize },
    /// An item was decided by another policy than the batch says.
    Mixed { item: usize },
    /// An older policy answered after a newer one.
    Backwards { from: u64, to: u64 },
}

/// One client's memory; what a revision's generation is, the test says.
pub(super) struct Witness<'a> {
    generation: &'a dyn Fn(&str) -> Option<u64>,
    last: u64,
}

impl<'a> Witness<'a> {
    pub(super) fn new(generation: &'a dyn Fn(&str) -> Option<u64>) -> Self {
        Self { generation, last: 0 }
    }

    pub(super) fn see(&mut self, batch: &Batch) -> Result<(), Fault> {
        let Batch { revision, items } = batch;
        let generation = (self.generation)(revision).ok_or_else(|| Fault::Unknown { revision: revision.clone() })?;
        if items.len() != PROBES {
            return Err(Fault::Short { items: items.len() });
        }
        let side = Side::of(generation);
        let fits =
            |(item, (of_item, allowed)): (usize, &(String, bool))| of_item == revision && *allowed == side.allows(item);
        if let Some(item) = items.iter().enumerate().position(|item| !fits(item)) {
            return Err(Fault::Mixed { item });
        }
        if generation < self.last {
            return Err(Fault::Backwards { from: self.last, to: generation });
        }
        self.last = generation;
        Ok(())
    }
}
