//! What a remote directory tells of itself, and the counters behind it.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::board::Board;
use super::{SourceError, Unavailable};

/// How a remote directory goes. Counts are since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The directory was reached once: requests are answered, for as long as what is kept lasts.
    pub ready: bool,
    /// The log is followed. Where it is not and still read another way, [`State::read_ago`] stays short.
    pub connected: bool,
    /// The number of the last change that is applied; `None` without a log, or before the first reading.
    pub sequence: Option<u64>,
    /// How long ago the last reading of the log began that came through, whichever way.
    pub read_ago: Option<Duration>,
    /// Facts that were kept and used.
    pub hits: u64,
    /// Facts that had to be looked up.
    pub misses: u64,
    /// Uses of what is kept of ids that the directory doesn't know; they are hits, too.
    pub unknown: u64,
    /// Facts that were dropped for want of room.
    pub evictions: u64,
    /// Facts that are kept; about.
    pub entries: u64,
    /// The bytes that they take; about.
    pub bytes: u64,
    /// Look-ups that were begun.
    pub loads: u64,
    /// Look-ups that failed, those that took too long among them.
    pub failed_loads: u64,
    /// Look-ups that took too long.
    pub late_loads: u64,
    /// Requests that were sent away because too many look-ups waited.
    pub turned_away: u64,
    /// Readings of the log that came through.
    pub readings: u64,
    /// Connections to the log that were opened after the first.
    pub reconnects: u64,
    /// Changes that were applied.
    pub changes: u64,
    /// What the source said when it last failed.
    pub last_error: Option<String>,
}

/// Counters that few write, and seldom.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) loads: AtomicU64,
    pub(super) failed_loads: AtomicU64,
    pub(super) late_loads: AtomicU64,
    turned_away: AtomicU64,
    pub(super) readings: AtomicU64,
    pub(super) connections: AtomicU64,
    pub(super) changes: AtomicU64,
    last_error: Mutex<Option<String>>,
}

/// Counts some more.
pub(super) fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}

impl Counts {
    /// Keeps what a source said when it failed.
    pub(super) fn failed(&self, error: &SourceError) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }

    /// Counts what a request was told.
    pub(super) fn told(&self, error: Unavailable) {
        count(&self.turned_away, usize::from(error == Unavailable::Busy));
    }

    pub(super) fn state(&self, board: &Board, now: Duration) -> State {
        let published = board.published();
        let pulse = board.pulse();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        State {
            ready: published.is_some(),
            connected: pulse.is_followed(),
            sequence: published.and_then(|published| published.position.sequence),
            read_ago: pulse.age(now),
            loads: read(&self.loads),
            failed_loads: read(&self.failed_loads),
            late_loads: read(&self.late_loads),
            turned_away: read(&self.turned_away),
            readings: read(&self.readings),
            reconnects: read(&self.connections).saturating_sub(1),
            changes: read(&self.changes),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            ..State::default()
        }
    }
}
