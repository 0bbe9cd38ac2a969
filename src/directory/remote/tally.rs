//! Counting what every request does, without all cores writing to one place.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How many places there are to write to.
const STRIPES: usize = 16;

/// Uses of what is kept.
#[derive(Debug, Default)]
pub(super) struct Tally([Stripe; STRIPES]);

/// What some of the threads counted, on lines of memory that no others write to.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    hits: AtomicU64,
    misses: AtomicU64,
    unknown: AtomicU64,
}

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
        let Some(stripe) = self.0.get(stripe()) else { return };
        for (counter, more) in
            [(&stripe.hits, uses.hits), (&stripe.misses, uses.misses), (&stripe.unknown, uses.unknown)]
        {
            if more > 0 {
                counter.fetch_add(more, Ordering::Relaxed);
            }
        }
    }

    /// All uses so far.
    pub(super) fn total(&self) -> Uses {
        let sum = |counter: fn(&Stripe) -> &AtomicU64| {
            self.0.iter().map(|stripe| counter(stripe).load(Ordering::Relaxed)).sum()
        };
        Uses {
            hits: sum(|stripe| &stripe.hits),
            misses: sum(|stripe| &stripe.misses),
            unknown: sum(|stripe| &stripe.unknown),
        }
    }
}

/// This thread's stripe: threads take turns.
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static OWN: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES));
    OWN.get()
}
