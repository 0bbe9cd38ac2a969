//! Look-ups under way: each key once, for whoever wants it, and for nobody's sake: that who asked first goes away changes
//! nothing. Doing them is for others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use super::board::{Board, Published};
use super::cache::{Cache, Kept};
use super::pace::Pace;
use super::{Key, Settings, Unavailable};

/// How many look-ups may wait until others are done.
const WAITING: usize = 1024;

/// What a look-up came to: a fact for each of its keys.
pub(super) type Brought = Result<Arc<[Kept]>, Unavailable>;

/// Where look-ups are asked for.
#[derive(Debug)]
pub(super) struct Loads {
    jobs: mpsc::Sender<Job>,
    flights: Arc<Flights>,
    pace: Pace,
}

/// The look-ups that others may join, by key.
#[derive(Debug, Default)]
struct Flights(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    flights: HashMap<Key, Flight>,
    /// How many look-ups there were.
    numbers: u64,
}

/// A key's look-up.
#[derive(Debug)]
struct Flight {
    /// Which look-up it is.
    number: u64,
    /// Its stamp; none before it begins, when it will be at least as new as whoever joins it.
    stamp: Option<u64>,
    seat: Seat,
}

/// A place in a look-up that is under way.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    /// Which of the look-up's keys.
    place: usize,
    brought: watch::Receiver<Option<Brought>>,
}

impl Seat {
    /// What the look-up brought for the key.
    pub(super) async fn brought(mut self) -> Result<Kept, Unavailable> {
        let Ok(brought) = self.brought.wait_for(Option::is_some).await else { return Err(Unavailable::Ended) };
        match brought.as_ref() {
            Some(Ok(kept)) => kept.get(self.place).cloned().ok_or(Unavailable::Failed),
            Some(Err(error)) => Err(*error),
            None => Err(Unavailable::Failed),
        }
    }
}

impl Loads {
    pub(super) fn new(settings: &Settings) -> (Self, mpsc::Receiver<Job>) {
        let (jobs, inbox) = mpsc::channel(WAITING);
        (Self { jobs, flights: Arc::default(), pace: Pace::new(settings) }, inbox)
    }

    /// A look-up took so long, whatever it came to.
    pub(super) fn took(&self, span: Duration) {
        self.pace.took(span);
    }

    /// Has keys looked up, in one look-up, but for those that are being looked up already in a way that counts. A seat
    /// for each key.
    pub(super) fn join(&self, keys: &[&Key], cache: &Cache, now: Duration) -> Result<Vec<Seat>, Unavailable> {
        let mut table = self.flights.lock();
        let number = table.numbers + 1;
        let (sender, brought) = watch::channel(None);
        let (mut seats, mut own) = (Vec::with_capacity(keys.len()), Vec::new());
        let mut permit = None;
        for key in keys {
            let joined = table.flights.get(*key).filter(|flight| flight.may_be_joined(key, number, cache));
            if let Some(flight) = joined {
                seats.push(flight.seat.clone());
                continue;
            }
            if permit.is_none() {
                permit = Some(self.permit()?);
            }
            let seat = Seat { place: own.len(), brought: brought.clone() };
            table.flights.insert((*key).clone(), Flight { number, stamp: None, seat: seat.clone() });
            own.push((*key).clone());
            seats.push(seat);
        }
        if let Some(permit) = permit {
            table.numbers = number;
            let flights = Some(Arc::clone(&self.flights));
            permit.send(Job { keys: own.into(), number, asked: now, brought: sender, flights });
        }
        Ok(seats)
    }

    /// Has keys looked up, in one look-up that begins after this call and that nobody joins. A seat for each key.
    pub(super) fn alone(&self, keys: &[&Key], now: Duration) -> Result<Vec<Seat>, Unavailable> {
        let (sender, brought) = watch::channel(None);
        let keys: Arc<[Key]> = keys.iter().map(|key| (*key).clone()).collect();
        let seats = (0..keys.len()).map(|place| Seat { place, brought: brought.clone() }).collect();
        self.permit()?.send(Job { keys, number: 0, asked: now, brought: sender, flights: None });
        Ok(seats)
    }

    /// A place in the queue, for whoever may expect to be done in time.
    fn permit(&self) -> Result<mpsc::Permit<'_, Job>, Unavailable> {
        if self.pace.is_late_behind(WAITING - self.jobs.capacity()) {
            return Err(Unavailable::Busy);
        }
        self.jobs.try_reserve().map_err(|refused| match refused {
            TrySendError::Full(()) => Unavailable::Busy,
            TrySendError::Closed(()) => Unavailable::Ended,
        })
    }
}

impl Flight {
    /// Whether what it brings will count, as far as can be said now. It is looked at once more when it is there.
    fn may_be_joined(&self, key: &Key, number: u64, cache: &Cache) -> bool {
        self.number == number || self.stamp.is_none_or(|stamp| cache.would_count(key, stamp))
    }
}

impl Flights {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look-up to be done. Whatever becomes of it, those who wait for it hear of it: dropped, it failed.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) keys: Arc<[Key]>,
    number: u64,
    /// When it was asked for.
    pub(super) asked: Duration,
    brought: watch::Sender<Option<Brought>>,
    /// Where it is to be joined; none where it isn't.
    flights: Option<Arc<Flights>>,
}

impl Job {
    /// It begins: what is published now is its stamp, and whoever is to join it from now on has to be content with that.
    /// Read within the lock, so that nobody who joined before knows of anything newer.
    pub(super) fn begin(&self, board: &Board) -> Option<Arc<Published>> {
        let mut table = self.flights.as_ref().map(|flights| flights.lock());
        let published = board.published()?;
        for key in &*self.keys {
            let flight = table.as_mut().and_then(|table| table.flights.get_mut(key));
            if let Some(flight) = flight.filter(|flight| flight.number == self.number) {
                flight.stamp = Some(published.epoch);
            }
        }
        Some(published)
    }

    /// It is done. Whoever comes now finds what was kept of it, and joins it no more.
    pub(super) fn deliver(&self, brought: Brought) {
        self.land();
        self.brought.send_replace(Some(brought));
    }

    fn land(&self) {
        let Some(flights) = &self.flights else { return };
        let mut table = flights.lock();
        for key in &*self.keys {
            if table.flights.get(key).is_some_and(|flight| flight.number == self.number) {
                table.flights.remove(key);
            }
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.brought.borrow().is_none() {
            self.deliver(Err(Unavailable::Failed));
        }
    }
}
