//! How much is let in: connections of the whole process, and requests of each worker, both up to a cap and counted. What
//! somebody over a cap is told stands in `desk`; who gives way to whom stands in `guest`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};

/// Connections over the cap that are let in for a moment: health is answered on them, and everybody else learns that the
/// server is full.
const SPARE: usize = 8;
/// File descriptors that connections leave to everything else: files, listeners, the directory's connections.
const KEPT: usize = 64;
/// Bytes that a worker holds of requests that arrive in pieces.
const ARRIVING: usize = 8 << 20;
/// How often it is logged that somebody was not let in.
const SELDOM: Duration = Duration::from_secs(10);

/// What the process has of its peers, for whoever watches it.
#[derive(Debug)]
pub struct Traffic {
    most: usize,
    connections: AtomicUsize,
    spare: AtomicUsize,
    refused: AtomicU64,
    given_way: AtomicU64,
    requests_refused: AtomicU64,
}

impl Traffic {
    /// So many connections at once, as far as there are file descriptors for them.
    pub(super) fn new(wanted: usize) -> Self {
        let most = getrlimit(Resource::Nofile).current.map_or(wanted, |there_are| wanted.min(left(there_are)));
        if most < wanted {
            tracing::info!("{most} connections may be open, not {wanted}: there are file descriptors for no more");
        }
        Self {
            most,
            connections: AtomicUsize::new(0),
            spare: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            given_way: AtomicU64::new(0),
            requests_refused: AtomicU64::new(0),
        }
    }

    /// How many connections may be open at once.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed) + self.spare.load(Ordering::Relaxed)
    }

    /// How many connections were not let in, since the start: closed as they came, or told that the server is full.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many connections that had asked nothing were closed to let others in, since the start.
    #[must_use]
    pub fn given_way(&self) -> u64 {
        self.given_way.load(Ordering::Relaxed)
    }

    /// How many requests were refused because too many, or too much of them, were under way, since the start.
    #[must_use]
    pub fn requests_refused(&self) -> u64 {
        self.requests_refused.load(Ordering::Relaxed)
    }

    /// A seat, where there is one.
    pub(super) fn seat(self: &Arc<Self>) -> Option<Seat> {
        take(&self.connections, self.most).then(|| Seat { traffic: Arc::clone(self), is_spare: false })
    }

    /// The seat of a connection that gives way: it may be taken a moment before that one has gone.
    pub(super) fn given_seat(self: &Arc<Self>) -> Seat {
        self.given_way.fetch_add(1, Ordering::Relaxed);
        self.connections.fetch_add(1, Ordering::Relaxed);
        Seat { traffic: Arc::clone(self), is_spare: false }
    }

    /// A seat for somebody who is not let in, to be told so; `None` where even those are taken.
    pub(super) fn spare_seat(self: &Arc<Self>) -> Option<Seat> {
        self.refuse();
        take(&self.spare, SPARE).then(|| Seat { traffic: Arc::clone(self), is_spare: true })
    }

    /// Counts a connection that was not let in.
    pub(super) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is left of so many descriptors.
fn left(descriptors: u64) -> usize {
    let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
    descriptors.saturating_sub(KEPT).max(descriptors / 2)
}

fn take(taken: &AtomicUsize, most: usize) -> bool {
    let one_more = |taken| (taken < most).then_some(taken + 1);
    taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
}

/// A connection's place, given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    traffic: Arc<Traffic>,
    is_spare: bool,
}

impl Seat {
    /// Whether it is one of those for whom there is no room.
    pub(super) fn is_spare(&self) -> bool {
        self.is_spare
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let taken = if self.is_spare { &self.traffic.spare } else { &self.traffic.connections };
        taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The requests of one worker that are under way, and what it holds of those that arrive. Each worker counts its own, so that no two cores write in one place.
#[derive(Debug)]
pub(super) struct Turns {
    most: usize,
    taken: AtomicUsize,
    largest: usize,
    held: AtomicUsize,
    traffic: Arc<Traffic>,
}

impl Turns {
    /// So many requests, none of which has more than so many bytes.
    pub(super) fn new(most: usize, message_bytes: usize, traffic: Arc<Traffic>) -> Self {
        let (taken, held) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { most, taken, largest: message_bytes, held, traffic }
    }

    /// The most bytes that one request may have.
    pub(super) fn largest(&self) -> usize {
        self.largest
    }

    /// A turn, where there is one. Nobody else counts here, so that looking first is enough.
    pub(super) fn take(self: &Arc<Self>) -> Option<Turn> {
        if self.taken.load(Ordering::Relaxed) >= self.most {
            return None;
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(Turn(Arc::clone(self)))
    }

    /// Whether there is room for so many bytes more, which are then held.
    pub(super) fn hold(&self, bytes: usize) -> bool {
        let has_room = self.held.load(Ordering::Relaxed) + bytes <= ARRIVING.max(self.largest);
        if has_room {
            self.held.fetch_add(bytes, Ordering::Relaxed);
        }
        has_room
    }

    /// So many bytes are no longer held.
    pub(super) fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Counts a request that got no turn.
    pub(super) fn refuse(&self) {
        self.traffic.requests_refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// A request's place, given back when dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Turns>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Says now and then that it is time to say something again.
#[derive(Debug, Default)]
pub(super) struct Seldom(Option<Instant>);

impl Seldom {
    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= SELDOM);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_as_many_as_there_are_and_come_back() {
        let traffic = Arc::new(Traffic::new(2));
        let (one, two) = (traffic.seat().unwrap(), traffic.seat().unwrap());
        assert!(!one.is_spare() && traffic.seat().is_none());
        let spare: Vec<_> = (0..=SPARE).map_while(|_| traffic.spare_seat()).collect();
        assert!(spare.len() == SPARE && spare.iter().all(Seat::is_spare));
        assert_eq!((traffic.connections(), traffic.refused()), (2 + SPARE, SPARE as u64 + 1));
        drop((two, spare));
        assert_eq!(traffic.connections(), 1);
        assert!(traffic.seat().is_some(), "a seat that was given back is there again");
        let given = traffic.given_seat();
        assert_eq!((traffic.connections(), traffic.given_way()), (2, 1));
        drop((one, given));
        assert_eq!(traffic.connections(), 0);
    }

    #[test]
    fn turns_are_as_many_as_there_are_and_come_back() {
        let traffic = Arc::new(Traffic::new(1));
        let turns = Arc::new(Turns::new(2, 1 << 20, Arc::clone(&traffic)));
        let (one, _two) = (turns.take().unwrap(), turns.take().unwrap());
        assert!(turns.take().is_none());
        turns.refuse();
        drop(one);
        assert!(turns.take().is_some());
        assert_eq!(traffic.requests_refused(), 1);
        assert!(turns.hold(ARRIVING - 1) && !turns.hold(2) && turns.hold(1) && !turns.hold(1));
        turns.release(2);
        assert!(turns.hold(2));
    }

    #[test]
    fn some_descriptors_are_kept_for_files() {
        let cases = [(1_048_576, 1_048_512), (1_024, 960), (128, 64), (100, 50), (20, 10)];
        for (descriptors, connections) in cases {
            assert_eq!(left(descriptors), connections, "{descriptors}");
        }
    }
}
