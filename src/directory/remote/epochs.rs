//! When what is under a key last changed, as far as the log is applied: why nothing revoked comes back.
//!
//! Whatever is looked up carries as its *stamp* the epoch that was published before the look-up began. A change raises
//! the slot of its key to the epoch that will be published after it. So what was looked up before a change was applied
//! has a stamp below its slot, and doesn't count, however late it comes and in whatever order it is kept and forgotten;
//! and a look-up that begins once the change is published has a stamp that is not below it, and has seen the change.
//!
//! Keys share slots by chance. Then a change of one makes the other be looked up again, and that is all.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

use super::Key;

/// How many slots there are: one for each [`Slot`].
const SLOTS: usize = 1 << 16;

/// Hashes keys, otherwise in every process.
pub(super) type Hasher = SeedableRandomState;

/// A new one.
pub(super) fn hasher() -> Hasher {
    SeedableRandomState::with_seed(RandomState::new().hash_one(0_u8), SharedSeed::global_random())
}

/// Where the last change of a key is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u16);

/// The epochs of the last changes.
///
/// Only the task that reads the log raises them, and it publishes after that. Whoever has read what it published has
/// thereby synchronized with it and finds every slot as it was raised before, or higher: that already holds with relaxed
/// orderings. Release and acquire are for those who hold an older position and find a new epoch here: then they find all
/// that was done before, too.
#[derive(Debug)]
pub(super) struct Epochs {
    slots: Box<[AtomicU64]>,
    /// The same for all keys at once.
    all: AtomicU64,
    hasher: Hasher,
}

impl Epochs {
    pub(super) fn new() -> Self {
        let slots = (0..SLOTS).map(|_| AtomicU64::new(0)).collect();
        Self { slots, all: AtomicU64::new(0), hasher: hasher() }
    }

    /// A key's slot.
    pub(super) fn slot(&self, key: &Key) -> Slot {
        Slot((self.hasher.hash_one(key) >> 48) as u16)
    }

    /// What was looked up under a key of this slot before this epoch no longer counts.
    pub(super) fn raise(&self, slot: Slot, epoch: u64) {
        if let Some(newest) = self.slots.get(usize::from(slot.0)) {
            newest.store(epoch, Ordering::Release);
        }
    }

    /// What was looked up before this epoch no longer counts.
    pub(super) fn raise_all(&self, epoch: u64) {
        self.all.store(epoch, Ordering::Release);
    }

    /// Whether what was looked up with this stamp counts.
    pub(super) fn count(&self, slot: Slot, stamp: u64) -> bool {
        let newest = self.slots.get(usize::from(slot.0)).map_or(u64::MAX, |newest| newest.load(Ordering::Acquire));
        stamp >= newest && stamp >= self.all.load(Ordering::Acquire)
    }
}
