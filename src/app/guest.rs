//! A connection that was let in, and the list of those that have asked nothing yet: where there is no room for another,
//! the one of them that came first gives way. So peers who only connect keep nobody out.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Notify;

use super::traffic::{Seat, Traffic};

/// How long the list may get before it is looked through for those who have gone.
const LONG: usize = 64;

/// A connection that was let in.
#[derive(Debug)]
pub(super) struct Guest {
    seat: Seat,
    has_asked: AtomicBool,
    gives_way: Notify,
}

impl Guest {
    /// It asks something: from now on it gives way to nobody.
    pub(super) fn ask(&self) {
        self.has_asked.store(true, Ordering::Relaxed);
    }

    /// Whether there is no room for it: it is only let in to be told so.
    pub(super) fn is_spare(&self) -> bool {
        self.seat.is_spare()
    }

    /// Completes when it has to give way.
    pub(super) async fn gives_way(&self) {
        self.gives_way.notified().await;
    }

    fn has_asked(&self) -> bool {
        self.has_asked.load(Ordering::Relaxed)
    }
}

/// The guests of one worker that have asked nothing, those who came first at the front.
#[derive(Debug, Default)]
pub(super) struct Silent(Mutex<List>);

#[derive(Debug)]
struct List {
    guests: VecDeque<Weak<Guest>>,
    /// How long the list may get before it is looked through.
    long: usize,
}

impl Default for List {
    fn default() -> Self {
        Self { guests: VecDeque::new(), long: LONG }
    }
}

impl Silent {
    /// Lets somebody in: where there is no room, somebody silent gives way, or it is let in to be told that there is none.
    /// `None` where not even that can be.
    pub(super) fn let_in(&self, traffic: &Arc<Traffic>) -> Option<Arc<Guest>> {
        let seat = traffic.seat().or_else(|| self.give_way().then(|| traffic.given_seat()));
        let seat = seat.or_else(|| traffic.spare_seat())?;
        let guest = Arc::new(Guest { seat, has_asked: AtomicBool::new(false), gives_way: Notify::new() });
        if !guest.is_spare() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).add(&guest);
        }
        Some(guest)
    }

    /// The one who has been silent longest goes; false where nobody is silent.
    fn give_way(&self) -> bool {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(first) = list.guests.pop_front() {
            if let Some(guest) = first.upgrade().filter(|guest| !guest.has_asked()) {
                guest.gives_way.notify_one();
                return true;
            }
        }
        false
    }
}

impl List {
    fn add(&mut self, guest: &Arc<Guest>) {
        if self.guests.len() >= self.long {
            self.guests.retain(|guest| guest.upgrade().is_some_and(|guest| !guest.has_asked()));
            self.long = LONG.max(2 * self.guests.len());
        }
        self.guests.push_back(Arc::downgrade(guest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether somebody has to go.
    fn must_go(guest: &Guest) -> bool {
        let gives_way = std::pin::pin!(guest.gives_way());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        gives_way.poll(&mut context).is_ready()
    }

    #[test]
    fn whoever_has_been_silent_longest_gives_way() {
        let (traffic, silent) = (Arc::new(Traffic::new(3)), Silent::default());
        let let_in = || silent.let_in(&traffic).unwrap();
        let (gone, asked, first) = (let_in(), let_in(), let_in());
        drop(gone);
        asked.ask();
        let second = let_in();
        let newcomer = let_in();
        assert_eq!([&asked, &first, &second].map(|guest| must_go(guest)), [false, true, false]);
        assert!(!newcomer.is_spare());
        drop(first);
        _ = [&second, &newcomer].map(|guest| guest.ask());
        let late = let_in();
        assert!(late.is_spare(), "nobody is silent");
        assert_eq!((traffic.connections(), traffic.given_way(), traffic.refused()), (4, 1, 1));
    }

    #[test]
    fn the_list_is_as_long_as_there_are_guests() {
        let (traffic, silent) = (Arc::new(Traffic::new(3)), Silent::default());
        for _ in 0..10 * LONG {
            drop(silent.let_in(&traffic));
        }
        assert!(silent.0.lock().unwrap().guests.len() <= LONG);
    }
}
