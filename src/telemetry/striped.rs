//! Counting what every request does, without all cores writing to one place.

use std::array::from_fn;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How many places there are to write to.
const STRIPES: usize = 16;

/// So many counters, each on as many lines of memory as there are stripes; their sums are exact.
#[derive(Debug)]
pub(crate) struct Striped<const N: usize>(Box<[Stripe<N>]>);

/// What some of the threads counted, on lines of memory that no others write to.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Striped<N> {
    fn default() -> Self {
        Self((0..STRIPES).map(|_| Stripe(from_fn(|_| AtomicU64::new(0)))).collect())
    }
}

impl<const N: usize> Striped<N> {
    /// Adds to a counter. There is none past the last.
    pub(crate) fn add(&self, counter: usize, more: u64) {
        if let Some(counter) = self.0.get(stripe()).and_then(|stripe| stripe.0.get(counter)) {
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// What was counted, all threads together.
    pub(crate) fn sums(&self) -> [u64; N] {
        let mut sums = [0; N];
        for stripe in &self.0 {
            sums.iter_mut().zip(&stripe.0).for_each(|(sum, counter)| *sum += counter.load(Ordering::Relaxed));
        }
        sums
    }
}

/// This thread's stripe: threads take turns.
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static OWN: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES));
    OWN.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_though_more_threads_count_than_there_are_places() {
        let counted = Striped::<3>::default();
        std::thread::scope(|scope| {
            for thread in 0..STRIPES + 3 {
                let counted = &counted;
                scope.spawn(move || (0..1_000).for_each(|_| counted.add(thread % 2, 2)));
            }
        });
        counted.add(3, 1);
        let threads = STRIPES as u64 + 3;
        assert_eq!(counted.sums(), [threads.div_ceil(2) * 2_000, threads / 2 * 2_000, 0]);
    }
}
