//! What a remote directory is told, and how new a request wants its facts.

use std::time::Duration;

/// What a remote directory is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long what was looked up may be used without asking again, counted from before it was asked.
    pub time_to_live: Duration,
    /// How many bytes may be kept.
    pub cache_bytes: u64,
    /// How many look-ups may be under way at once.
    pub loads: usize,
    /// How often the log of changes is read though nothing hints that there is something new.
    pub poll: Duration,
    /// How long a look-up or a reading of the log may take.
    pub load_deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_to_live: Duration::from_secs(60),
            cache_bytes: 64 << 20,
            loads: 8,
            poll: Duration::from_secs(1),
            load_deadline: Duration::from_millis(500),
        }
    }
}

/// How new a request wants its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Wish {
    /// As new as the log is followed.
    #[default]
    Any,
    /// With all changes up to this number.
    AtLeast(u64),
    /// With all changes that were made before the request came.
    Full,
}
