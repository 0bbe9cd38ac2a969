//! What is live and how the last check of the files went, for whoever asks: cheap to read, and possible to wait for.
//!
//! Only the reload thread writes it. Says nothing of what a policy holds.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;

use crate::policy::source::Finding;

/// Which files: the digests of both sets, 16 hexadecimal digits each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revisions {
    /// Of the policy files.
    pub policy: Arc<str>,
    /// Of the directory's files; none where no directory is configured.
    pub directory: Option<Arc<str>>,
}

/// A set of files that was refused, or could not be read.
#[derive(Clone, Debug)]
pub struct Failure {
    /// When it was last tried.
    pub at: SystemTime,
    /// Which files; none where they could not be read.
    pub seen: Option<Revisions>,
    /// What is wrong with them.
    pub findings: Arc<[Finding]>,
}

/// The state of reloading at one moment.
#[derive(Clone, Debug)]
pub struct StatusData {
    /// Counts the snapshots that were published, from 1.
    pub generation: u64,
    /// The files that the live snapshot was built from.
    pub live: Revisions,
    /// When the live snapshot was published.
    pub loaded_at: SystemTime,
    /// When the files were last looked at, whatever came of it.
    pub last_check: SystemTime,
    /// When the files were last known to be what is live.
    pub last_success: SystemTime,
    /// Whether the files as they are now are refused or unreadable, so that an older set is live.
    pub failing: bool,
    /// The last refusal, also after it was mended.
    pub last_failure: Option<Failure>,
    /// How many checks have ended.
    pub checks: u64,
    /// How many snapshots were published after the first.
    pub reloads_ok: u64,
    /// How many attempts failed, repeated ones included.
    pub reloads_failed: u64,
    /// Whether the folders are watched; if not, changes are found by polling alone.
    pub watching: bool,
}

/// The state of reloading, shared.
#[derive(Debug)]
pub struct Status {
    data: ArcSwap<StatusData>,
    /// How many checks have begun.
    begun: AtomicU64,
    turn: Mutex<()>,
    changed: Condvar,
}

/// What was awaited did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the files were not reloaded as expected within {limit:?}")]
pub struct TooLate {
    /// How long it was awaited.
    pub limit: Duration,
    /// The state at the end.
    pub last: Arc<StatusData>,
}

impl Status {
    pub(super) fn new(live: Revisions) -> Self {
        let now = now();
        let data = StatusData {
            generation: 1,
            live,
            loaded_at: now,
            last_check: now,
            last_success: now,
            failing: false,
            last_failure: None,
            checks: 0,
            reloads_ok: 0,
            reloads_failed: 0,
            watching: false,
        };
        Self {
            data: ArcSwap::from_pointee(data),
            begun: AtomicU64::new(0),
            turn: Mutex::new(()),
            changed: Condvar::new(),
        }
    }

    /// The state now.
    #[must_use]
    pub fn load(&self) -> Arc<StatusData> {
        self.data.load_full()
    }

    /// Waits, at most `limit`, for a state that `fits`. Blocks the thread.
    ///
    /// # Errors
    /// No such state came in time.
    pub fn wait_for(
        &self,
        limit: Duration,
        mut fits: impl FnMut(&StatusData) -> bool,
    ) -> Result<Arc<StatusData>, TooLate> {
        let end = Instant::now() + limit;
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let data = self.load();
            if fits(&data) {
                return Ok(data);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(TooLate { limit, last: data });
            }
            turn = self.changed.wait_timeout(turn, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A check begins.
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// How many checks have begun: those after them begin from now on.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    pub(super) fn set(&self, data: StatusData) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.data.store(Arc::new(data));
        drop(turn);
        self.changed.notify_all();
    }
}

/// The time to show to people.
#[expect(clippy::disallowed_methods, reason = "says when files were looked at; no decision comes from it")]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}

/// The time to compare with a file's, in seconds since 1970.
pub(super) fn seconds() -> i64 {
    let since = now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
