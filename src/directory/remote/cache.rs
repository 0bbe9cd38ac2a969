//! What is kept of what was looked up. The one place that puts something into moka, or believes what comes out of it.
//!
//! moka bounds what is kept, in bytes, by what is asked for most. Whether something counts is decided here, on every
//! use: by its stamp (see `epochs`), and by its age on a clock that goes on while the machine sleeps, which moka's
//! doesn't. Ids that the directory doesn't know are kept apart and briefly, so that whoever makes ids up pushes out
//! nothing but ids that were made up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::notification::RemovalCause;
use moka::sync::Cache as Moka;

use super::board::nanos;
use super::epochs::{Epochs, Hasher, Slot, hasher};
use super::weight::weight;
use super::{Entry, Key, Settings};

/// How long it is remembered that the directory doesn't know an id.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);
/// How many bytes of such ids are kept.
const UNKNOWN_BYTES: u64 = 4 << 20;
/// moka refuses to keep anything for much longer.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Something that was looked up.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) entry: Entry,
    /// The epoch that was published before the look-up began.
    stamp: u64,
    /// When the look-up began, in nanoseconds of the clock.
    began: u64,
    slot: Slot,
    weight: u32,
}

impl Kept {
    /// Whether the directory knows nothing under the key.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.entry, Entry::Person(None) | Entry::Section(None) | Entry::Record(None))
    }
}

/// What is kept.
#[derive(Debug)]
pub(super) struct Cache {
    epochs: Epochs,
    known: Shelf,
    unknown: Shelf,
}

impl Cache {
    pub(super) fn new(settings: &Settings) -> Self {
        let known = Shelf::new(settings.cache_bytes, settings.time_to_live);
        let unknown = Shelf::new(UNKNOWN_BYTES, UNKNOWN_FOR.min(settings.time_to_live));
        Self { epochs: Epochs::new(), known, unknown }
    }

    /// What a look-up brought that began at a time, with what was published before that as its stamp.
    pub(super) fn stamped(&self, key: &Key, entry: Entry, stamp: u64, began: Duration) -> Kept {
        let weight = weight(key, &entry);
        Kept { entry, stamp, began: nanos(began), slot: self.epochs.slot(key), weight }
    }

    /// Whether nothing was applied that touched it since it was looked up.
    pub(super) fn counts(&self, kept: &Kept) -> bool {
        self.epochs.count(kept.slot, kept.stamp)
    }

    /// Whether a look-up of a key with this stamp would count.
    pub(super) fn would_count(&self, key: &Key, stamp: u64) -> bool {
        self.epochs.count(self.epochs.slot(key), stamp)
    }

    /// What is kept under a key and counts.
    pub(super) fn find(&self, key: &Key, now: Duration) -> Option<Kept> {
        let now = nanos(now);
        let found = self.known.find(key, now).or_else(|| self.unknown.find(key, now))?;
        self.counts(&found).then_some(found)
    }

    /// Keeps something, if it still counts: what came late must not push out what is newer.
    pub(super) fn keep(&self, key: Key, kept: Kept) {
        if self.counts(&kept) {
            let shelf = if kept.is_unknown() { &self.unknown } else { &self.known };
            shelf.keep(key, kept);
        }
    }

    /// What was looked up under a key before this epoch no longer counts. What takes room is dropped after that, as it
    /// may come back until then.
    pub(super) fn forget(&self, key: &Key, epoch: u64) {
        self.epochs.raise(self.epochs.slot(key), epoch);
        self.known.drop(key);
        self.unknown.drop(key);
    }

    /// Nothing that was looked up before this epoch counts any more. It goes as it is looked up again, or in time.
    pub(super) fn forget_all(&self, epoch: u64) {
        self.epochs.raise_all(epoch);
    }

    /// How many are kept, how many bytes they take, and how many were dropped for want of room.
    pub(super) fn size(&self) -> (u64, u64, u64) {
        let [(known, bytes, evicted), (unknown, more_bytes, more_evicted)] =
            [&self.known, &self.unknown].map(Shelf::size);
        (known + unknown, bytes + more_bytes, evicted + more_evicted)
    }
}

/// One moka, and how long what is in it lasts.
#[derive(Debug)]
struct Shelf {
    moka: Moka<Key, Kept, Hasher>,
    /// In nanoseconds.
    time_to_live: u64,
    evicted: Arc<AtomicU64>,
}

#[expect(clippy::disallowed_methods, reason = "the one place that may")]
impl Shelf {
    fn new(bytes: u64, time_to_live: Duration) -> Self {
        let evicted = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&evicted);
        let moka = Moka::builder()
            .max_capacity(bytes)
            .weigher(|_, kept: &Kept| kept.weight)
            .time_to_live(time_to_live.min(LONGEST))
            .eviction_listener(move |_, _, cause| {
                counter.fetch_add(u64::from(cause == RemovalCause::Size), Ordering::Relaxed);
            })
            .build_with_hasher(hasher());
        Self { moka, time_to_live: nanos(time_to_live), evicted }
    }

    fn find(&self, key: &Key, now: u64) -> Option<Kept> {
        self.moka.get(key).filter(|kept| now.saturating_sub(kept.began) < self.time_to_live)
    }

    fn keep(&self, key: Key, kept: Kept) {
        self.moka.insert(key, kept);
    }

    fn drop(&self, key: &Key) {
        self.moka.invalidate(key);
    }

    fn size(&self) -> (u64, u64, u64) {
        self.moka.run_pending_tasks();
        (self.moka.entry_count(), self.moka.weighted_size(), self.evicted.load(Ordering::Relaxed))
    }
}
