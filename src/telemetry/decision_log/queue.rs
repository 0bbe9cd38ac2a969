//! What waits to be written: tapes one behind another in one piece of memory, so that to hand one over is to copy it.
//! The thread that writes takes all there is at once. A queue that is full takes nothing, and counts what it did not.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::policy::source::Source;

/// How long the thread that writes lets decisions gather before it takes them, unless somebody waits for it.
const GATHER: Duration = Duration::from_millis(5);
/// How long it looks for more by itself, after the last one came; then whoever has one wakes it.
const AWAKE: Duration = Duration::from_secs(1);
/// So many bytes are not made to wait for more.
const ENOUGH: usize = 256 * 1024;

/// Files of a policy, with its revision.
pub(super) type Policy = (Arc<str>, Arc<[Source]>);

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    held: Mutex<Held>,
    wake: Condvar,
    /// So many bytes are full.
    most: usize,
    pub(super) counters: Counters,
}

/// What it holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Tapes, each behind its length and its number of decisions.
    pub(super) tapes: Vec<u8>,
    /// Those who wait for them, one for each tape, where anybody does.
    pub(super) waiting: Vec<oneshot::Sender<()>>,
    /// Policies that decide from now on.
    pub(super) policies: Vec<Policy>,
    /// Decisions that found it full.
    pub(super) lost: u64,
    /// No more is taken: what is here is the last.
    pub(super) closed: bool,
    /// Whoever brings something wakes the thread that writes.
    asleep: bool,
}

/// What became of decisions since the start. All that were sent are written, dropped, or in the queue.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) written: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) errors: AtomicU64,
    /// In seconds since the epoch.
    pub(super) last_write: AtomicU64,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self { held: Mutex::default(), wake: Condvar::new(), most, counters: Counters::default() }
    }

    /// Takes a tape, or drops it. `wait` is told once it is written, and dropped where it will not be.
    pub(super) fn push(&self, tape: &[u8], decisions: usize, wait: Option<oneshot::Sender<()>>) {
        let count = decisions as u64;
        let mut held = self.lock();
        self.counters.sent.fetch_add(count, Ordering::Relaxed);
        if held.closed || held.tapes.len() >= self.most {
            held.lost += count;
            self.counters.dropped.fetch_add(count, Ordering::Relaxed);
            return;
        }
        let sizes = [tape.len(), decisions].map(|size| u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
        sizes.iter().for_each(|size| held.tapes.extend_from_slice(size));
        held.tapes.extend_from_slice(tape);
        held.waiting.extend(wait);
        let asleep = std::mem::take(&mut held.asleep);
        drop(held);
        if asleep {
            self.wake.notify_one();
        }
    }

    /// A policy that decides from now on.
    pub(super) fn keep(&self, policy: Policy) {
        self.lock().policies.push(policy);
    }

    /// Takes no more from now on.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_one();
    }

    /// Everything that is here, as soon as there is something, or at `until`; at once where others wait for it. What was
    /// taken before is given back empty.
    pub(super) fn take(&self, mut before: Held, until: Instant, hurry: bool) -> Held {
        let mut held = self.lock();
        let lull = Instant::now() + AWAKE;
        let mut gathered = hurry;
        loop {
            let (now, nothing) = (Instant::now(), held.tapes.is_empty());
            if held.closed || held.tapes.len() >= ENOUGH || (gathered && !nothing) || now >= until {
                break;
            }
            held.asleep = nothing && (hurry || now >= lull);
            gathered = hurry || !held.asleep;
            let nap = if held.asleep { until - now } else { GATHER };
            held = self.wake.wait_timeout(held, nap).unwrap_or_else(PoisonError::into_inner).0;
            held.asleep = false;
        }
        before.closed = held.closed;
        std::mem::replace(&mut *held, before)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The same memory, empty.
    pub(super) fn emptied(mut self) -> Self {
        self.tapes.clear();
        Self { tapes: self.tapes, ..Self::default() }
    }

    /// The tapes, each with its number of decisions.
    pub(super) fn tapes(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut rest = self.tapes.as_slice();
        std::iter::from_fn(move || {
            let (sizes, behind) = rest.split_first_chunk::<8>()?;
            let [a, b, c, d, e, f, g, h] = *sizes;
            let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
            let (tape, behind) = behind.split_at_checked(length)?;
            rest = behind;
            Some((u64::from(u32::from_le_bytes([e, f, g, h])), tape))
        })
    }
}
