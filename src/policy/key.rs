//! A short hash of a name, so that names are looked up and compared cheaply, and the table that finds them by it. Equal
//! names have equal keys; the reverse is never assumed: whoever finds two equal keys compares the names too.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

/// The key of a name.
pub type Key = u32;

/// Fixed, so that keys made by different loads agree. Keys of requests are looked up and never stored.
const STATE: FixedState = FixedState::with_seed(0x4861_6c6c_7061_7373);

/// The key of `name`.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the low half of a 64-bit hash is a hash")]
pub fn key(name: &str) -> Key {
    let mut hasher = STATE.build_hasher();
    hasher.write(name.as_bytes());
    hasher.finish() as Key
}

/// The key of a pair of names.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the low half of a 64-bit hash is a hash")]
pub fn pair_key(first: &str, second: &str) -> Key {
    STATE.hash_one((first, second)) as Key
}

/// Numbers of things by their keys. A key stands beside its number, so that a look-up comes to the thing itself after
/// one line of memory: with a few hundred thousand people every further one is a wait.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Keys and numbers, each where its key says or at the next place that was free; a power of two of them, or none.
    slots: Vec<(Key, u32)>,
    used: usize,
}

/// A free place.
const FREE: (Key, u32) = (0, u32::MAX);

impl Index {
    /// The number of the thing with a key for which `is_it` holds.
    #[inline]
    pub fn find(&self, key: Key, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = key as usize;
        loop {
            let &(known, number) = self.slots.get(at & self.slots.len().wrapping_sub(1))?;
            if number == FREE.1 {
                return None;
            }
            if known == key && is_it(number) {
                return Some(number);
            }
            at = at.wrapping_add(1);
        }
    }

    /// Adds the number of a thing that is not there yet.
    pub fn insert(&mut self, key: Key, number: u32) {
        if self.used * 3 >= self.slots.len() * 2 {
            let more = vec![FREE; (self.slots.len() * 2).max(4)];
            let all = std::mem::replace(&mut self.slots, more);
            all.into_iter().filter(|slot| slot.1 != FREE.1).for_each(|(key, number)| self.place(key, number));
        }
        self.place(key, number);
        self.used += 1;
    }

    fn place(&mut self, key: Key, number: u32) {
        let start = key as usize & self.slots.len().wrapping_sub(1);
        let (before, after) = self.slots.split_at_mut(start);
        let free = after.iter_mut().chain(before).find(|slot| slot.1 == FREE.1);
        free.into_iter().for_each(|slot| *slot = (key, number));
    }
}
