//! How far the log of changes is applied, for all to see: written by the one task that reads the log, read by every
//! request. Holds what is published, and who waits for it; what a change does to what is kept is no matter of it.
//!
//! A request that wants nothing special costs two reads here, of [`Board::fresh_until`] and of what is published. All
//! others wait by the [`Pulse`], whose lock orders them against the readings of the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, watch};

use super::clock::within;
use super::{Clock, Frame, Position, Unavailable, Wish};

/// How long a request waits for the log; also by how much a reading may come late before nobody relies on it.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);
/// What [`Board::fresh_until`] says while the directory is known to be down: what is kept counts for as long as it may.
const KNOWN_TO_BE_DOWN: u64 = u64::MAX;

/// What is published.
#[derive(Debug)]
pub(super) struct Board {
    published: ArcSwapOption<Published>,
    /// Until when the last reading of the log may be relied on, in nanoseconds of the clock; 0 before the first.
    fresh_until: AtomicU64,
    pulse: watch::Sender<Pulse>,
    frames: watch::Sender<Option<Arc<Frame>>>,
    /// Wakes whoever reads the log.
    poke: Notify,
}

/// How far the log is applied.
#[derive(Clone, Debug)]
pub(super) struct Published {
    /// Counts what was published: what is looked up from now on carries it as its stamp. A number of this process's own,
    /// so that it goes on where the directory's numbers go back.
    pub(super) epoch: u64,
    /// Where requests stand.
    pub(super) position: Position,
}

impl Published {
    /// What is published with an epoch, with all changes up to a number; `None` without a log.
    pub(super) fn new(epoch: u64, sequence: Option<u64>, frame: Arc<Frame>) -> Self {
        let revision = sequence.map_or_else(|| "unlogged".into(), |number| number.to_string().into());
        Self { epoch, position: Position { sequence, revision, frame, past_cache: false } }
    }
}

/// The readings of the log.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulse {
    /// How many were begun.
    begun: u64,
    /// The last that came through: all that it brought is applied.
    done: u64,
    /// When that one began.
    done_at: Option<Duration>,
    /// The last one failed, or there was none.
    down: bool,
    /// It was of a log that is followed, and no detour.
    followed: bool,
}

impl Pulse {
    /// Whether the log is followed, as far as that is known.
    pub(super) fn is_followed(&self) -> bool {
        self.followed && !self.down
    }

    /// How long ago the last reading that came through began.
    pub(super) fn age(&self, now: Duration) -> Option<Duration> {
        self.done_at.map(|at| now.saturating_sub(at))
    }
}

/// For whoever reads the log.
impl Board {
    pub(super) fn new() -> Self {
        Self {
            published: ArcSwapOption::empty(),
            fresh_until: AtomicU64::new(0),
            pulse: watch::Sender::new(Pulse { down: true, ..Pulse::default() }),
            frames: watch::Sender::new(None),
            poke: Notify::new(),
        }
    }

    /// Publishes. Everything that was done to what is kept before this call is seen by whoever reads what it publishes:
    /// the swap releases, and [`Board::published`] acquires.
    pub(super) fn publish(&self, published: Published) {
        let frame = Arc::clone(&published.position.frame);
        self.published.store(Some(Arc::new(published)));
        self.frames.send_if_modified(|known| {
            let same = known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &frame));
            *known = Some(frame);
            !same
        });
        self.pulse.send_modify(|_| {});
    }

    /// A reading begins: its number. Whoever took a ticket before this is served by it.
    pub(super) fn begin(&self) -> u64 {
        let mut number = 0;
        self.pulse.send_if_modified(|pulse| {
            pulse.begun += 1;
            number = pulse.begun;
            false
        });
        number
    }

    /// A reading came through, of a log that is `followed` or by a detour, and what it brought is published; the next one
    /// is due after so long.
    pub(super) fn done(&self, number: u64, began: Duration, every: Duration, followed: bool) {
        // After what is published, so that whoever finds it fresh finds that, too.
        self.fresh_until.store(nanos(began + every + PATIENCE), Ordering::Release);
        self.pulse.send_modify(|pulse| {
            (pulse.done, pulse.done_at, pulse.down, pulse.followed) = (number, Some(began), false, followed);
        });
    }

    /// The directory can't be reached. What is kept goes on to count.
    pub(super) fn down(&self) {
        if self.published().is_some() {
            self.fresh_until.store(KNOWN_TO_BE_DOWN, Ordering::Release);
        }
        self.pulse.send_modify(|pulse| pulse.down = true);
    }

    /// Completes when somebody wants a reading.
    pub(super) async fn poked(&self) {
        self.poke.notified().await;
    }
}

/// For requests.
impl Board {
    /// What is published.
    pub(super) fn published(&self) -> Option<Arc<Published>> {
        self.published.load_full()
    }

    /// Whether a frame is the one that is published.
    pub(super) fn is_frame(&self, frame: &Arc<Frame>) -> bool {
        self.published.load().as_ref().is_some_and(|published| Arc::ptr_eq(&published.position.frame, frame))
    }

    /// The frame whenever there is a new one.
    pub(super) fn frames(&self) -> watch::Receiver<Option<Arc<Frame>>> {
        self.frames.subscribe()
    }

    /// The readings, as they are.
    pub(super) fn pulse(&self) -> Pulse {
        self.pulse.borrow().clone()
    }

    /// Asks for a reading of the log.
    pub(super) fn poke(&self) {
        self.poke.notify_one();
    }

    /// Where a request stands that wants its facts so new.
    pub(super) async fn position(&self, wish: Wish, clock: &dyn Clock) -> Result<Position, Unavailable> {
        let fresh = || nanos(clock.now()) < self.fresh_until.load(Ordering::Acquire);
        if !fresh() {
            self.now()?;
            self.wait(clock, Unavailable::Late, |_| fresh()).await?;
        }
        let position = self.now()?;
        match wish {
            Wish::Any => Ok(position),
            Wish::AtLeast(number) => self.at_least(number, position, clock).await,
            Wish::Full => self.full(clock).await,
        }
    }

    fn now(&self) -> Result<Position, Unavailable> {
        let published = self.published.load();
        published.as_ref().map(|published| published.position.clone()).ok_or(Unavailable::NotYet)
    }

    async fn at_least(&self, number: u64, at: Position, clock: &dyn Clock) -> Result<Position, Unavailable> {
        let reached = |at: &Position| at.sequence.is_none_or(|sequence| sequence >= number);
        let mut at = at;
        if !reached(&at) {
            self.wait(clock, Unavailable::Behind, |_| self.now().is_ok_and(|at| reached(&at))).await?;
            at = self.now()?;
        }
        at.sequence.map(|_| at).ok_or(Unavailable::Unlogged)
    }

    /// Waits for a reading that begins after this call. The lock of the pulse orders the two: a reading that took its
    /// number before the ticket was taken has a number that is not greater, and does not count.
    async fn full(&self, clock: &dyn Clock) -> Result<Position, Unavailable> {
        let ticket = self.pulse.borrow().begun;
        self.wait(clock, Unavailable::Late, |pulse| pulse.done > ticket).await?;
        let position = self.now()?;
        let past_cache = position.sequence.is_none();
        Ok(Position { past_cache, ..position })
    }

    /// Asks for a reading, and waits until something holds.
    async fn wait(
        &self,
        clock: &dyn Clock,
        late: Unavailable,
        holds: impl Fn(&Pulse) -> bool,
    ) -> Result<(), Unavailable> {
        let mut pulse = self.pulse.subscribe();
        self.poke();
        let held = within(clock, PATIENCE, pulse.wait_for(|pulse| holds(pulse))).await;
        // The sender is a part of this: it can't be gone.
        held.map(|_| ()).ok_or(late)
    }
}

/// A time as a number. An `u64` of nanoseconds lasts for 584 years.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1)
}
