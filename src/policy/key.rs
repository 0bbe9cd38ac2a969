//! A short hash of a name, so that names are looked up and compared cheaply. Equal names have equal keys; the reverse
//! is never assumed: whoever finds two equal keys compares the names too.

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

/// A [`Key`] as the 64-bit hash that a hash table wants: both its ends vary.
#[must_use]
pub fn spread(key: Key) -> u64 {
    u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
