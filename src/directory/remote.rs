//! A directory that is asked, not read: what is looked up in it, what comes back, and what a source of such facts is.
//!
//! [`Remote`] stands between those who decide and a [`Source`]: it says how new the facts are that somebody may expect
//! ([`Remote::position`]), and supplies them ([`Remote::gather`]), from what it keeps or from the source. What a
//! database looks like stands beside this; what facts mean stands in `policy`.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`entry`], [`frame`], [`source`] | the values, and the seam to whoever knows |
//! | [`gathered`] | the facts that were fetched for one request |
//! | [`listed`], [`reading`], [`reader`] | what was read for one search or plan, of one moment and past what is kept |
//! | [`settings`], [`clock`], [`state`], `tally` | what it is told, what time it is, and what it tells of itself |
//! | `epochs` | when what is under a key last changed: why nothing revoked comes back |
//! | `cache`, `weight` | what is kept, and what it weighs |
//! | `loads`, `pace`, `dispatch` | look-ups under way, each once, how fast they go, and who runs them |
//! | `board`, `follow`, `detour` | how far the log of changes is applied, who waits for that, and who reads it |
//! | [`thread`] | the thread that all of it runs on |

mod board;
mod cache;
pub mod clock;
mod detour;
mod dispatch;
pub mod entry;
mod epochs;
mod follow;
pub mod frame;
pub mod gathered;
pub mod listed;
mod loads;
mod pace;
pub mod reader;
pub mod reading;
pub mod settings;
pub mod source;
pub mod state;
mod tally;
pub mod thread;
mod weight;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};

pub use clock::Clock;
pub use entry::{Entry, Human, Key};
pub use frame::Frame;
pub use gathered::Gathered;
pub use listed::Listed;
pub use reader::Reader;
pub use reading::Reading;
pub use settings::{Settings, Wish};
pub use source::{Change, Changes, Loaded, Log, Source, SourceError, What};
pub use state::State;
pub use thread::{Engine, Handle};

use board::Board;
use cache::{Cache, Kept};
use clock::within;
use loads::Loads;
use reader::Readings;
use state::Counts;
use tally::{Tally, Uses};

/// A directory that is asked.
#[derive(Debug)]
pub struct Remote {
    core: Arc<Core>,
}

/// What callers and the engine share.
#[derive(Debug)]
struct Core {
    settings: Settings,
    clock: Arc<dyn Clock>,
    board: Board,
    /// Which server's history is published, where that is known. Whoever publishes holds it, so that one does at a time.
    history: Mutex<Option<String>>,
    cache: Cache,
    loads: Loads,
    readings: Readings,
    counts: Counts,
    tally: Tally,
}

/// How new the facts are that a request is answered from: all changes up to here are in them.
#[derive(Clone, Debug)]
pub struct Position {
    /// The number of the last change that counts; `None` where the source keeps no log.
    pub sequence: Option<u64>,
    /// The same for people: the number in decimal, or `unlogged`.
    pub revision: Arc<str>,
    /// The organisations, terms and record types.
    pub frame: Arc<Frame>,
    /// Nothing that is kept may be used.
    past_cache: bool,
}

/// Why the directory has no answer. Whoever asked gets none either, and never an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It was not reached yet.
    #[error("the directory has not been reached since the start")]
    NotYet,
    /// It could not be asked.
    #[error("the directory could not be asked")]
    Failed,
    /// It did not answer in time.
    #[error("the directory did not answer in time")]
    Late,
    /// Too many look-ups wait for it.
    #[error("too many look-ups wait for the directory: ask again later")]
    Busy,
    /// The server that answered lags behind what was already known.
    #[error("the directory's server lags behind the changes that are known")]
    Lagging,
    /// It has not come to the change that was asked for.
    #[error("the directory has not come to the change that was asked for")]
    Behind,
    /// It keeps no log, so that there are no numbers to ask for.
    #[error("the directory keeps no log of changes, so that none can be asked for by number")]
    Unlogged,
    /// Nobody asks it any more.
    #[error("the directory is no longer asked")]
    Ended,
}

impl Remote {
    /// Follows a source on a thread of its own.
    ///
    /// # Errors
    /// The thread or its runtime cannot be started.
    pub fn start<S: Source>(source: S, settings: Settings) -> io::Result<(Arc<Self>, Handle)> {
        let (remote, engine) = Self::new(source, settings, Arc::new(clock::Boot));
        Ok((remote, Handle::spawn(engine)?))
    }

    /// The same, by another clock, and with the engine in hand: nothing moves until that runs.
    #[must_use]
    pub fn new<S: Source>(source: S, settings: Settings, clock: Arc<dyn Clock>) -> (Arc<Self>, Engine<S>) {
        let (loads, jobs) = Loads::new(&settings);
        let (readings, begins) = Readings::new();
        let (board, cache) = (Board::new(), Cache::new(&settings));
        let (counts, tally) = (Counts::default(), Tally::default());
        let history = Mutex::default();
        let core = Arc::new(Core { settings, clock, board, history, cache, loads, readings, counts, tally });
        (Arc::new(Self { core: Arc::clone(&core) }), Engine::new(source, core, jobs, begins))
    }

    /// Where a request stands that wants its facts so new.
    ///
    /// # Errors
    /// It can't be had in time.
    pub async fn position(&self, wish: Wish) -> Result<Position, Unavailable> {
        self.core.board.position(wish, &*self.core.clock).await
    }

    /// What the directory says to each of the keys, in their order, each true at the position or later. Nothing that is
    /// returned was changed by what was applied until now, whatever the position.
    ///
    /// # Errors
    /// It can't be had in time.
    pub async fn gather(&self, at: &Position, keys: &[Key]) -> Result<Vec<Entry>, Unavailable> {
        let core = &*self.core;
        let now = core.clock.now();
        let mut found: Vec<Option<Kept>> = if at.past_cache {
            keys.iter().map(|_| None).collect()
        } else {
            keys.iter().map(|key| core.cache.find(key, now)).collect()
        };
        self.tally(&found);
        if found.iter().any(Option::is_none) {
            let looking_up = self.look_up(at, keys, &mut found);
            let looked_up = within(&*core.clock, core.settings.load_deadline, looking_up).await;
            looked_up.unwrap_or(Err(Unavailable::Late)).inspect_err(|error| core.counts.told(*error))?;
        }
        Ok(found.into_iter().flatten().map(|kept| kept.entry).collect())
    }

    fn tally(&self, found: &[Option<Kept>]) {
        let hits = found.iter().flatten();
        let unknown = hits.clone().filter(|kept| kept.is_unknown()).count() as u64;
        let hits = hits.count() as u64;
        self.core.tally.add(Uses { hits, misses: found.len() as u64 - hits, unknown });
    }

    /// Looks up what is missing, until nothing is: changes that are applied meanwhile make more of it missing, among what
    /// was kept as well as among what was brought.
    async fn look_up(&self, at: &Position, keys: &[Key], found: &mut [Option<Kept>]) -> Result<(), Unavailable> {
        let core = &*self.core;
        while found.iter().any(Option::is_none) {
            let missing: Vec<_> = found.iter_mut().zip(keys).filter(|(found, _)| found.is_none()).collect();
            let wanted: Vec<&Key> = missing.iter().map(|(_, key)| *key).collect();
            let now = core.clock.now();
            let seats = if at.past_cache {
                core.loads.alone(&wanted, now)?
            } else {
                core.loads.join(&wanted, &core.cache, now)?
            };
            for ((place, _), seat) in missing.into_iter().zip(seats) {
                *place = Some(seat.brought().await?);
            }
            for found in found.iter_mut() {
                *found = found.take().filter(|kept| core.cache.counts(kept));
            }
        }
        Ok(())
    }

    /// Whether the frame of a position is still the one in use: facts that were fetched since then stand in it.
    #[must_use]
    pub fn stands(&self, at: &Position) -> bool {
        self.core.board.is_frame(&at.frame)
    }

    /// Begins to read for a search or a plan: one moment, not before this call and not before the position, past what is
    /// kept. Whoever waits bounds the time.
    ///
    /// # Errors
    /// It can't be had.
    pub async fn read(&self, at: &Position) -> Result<Reader, Unavailable> {
        let reader = self.core.readings.begin().await?;
        if reader.sequence < at.sequence { Err(Unavailable::Lagging) } else { Ok(reader) }
    }

    /// How long one look-up may take.
    #[must_use]
    pub fn load_deadline(&self) -> Duration {
        self.core.settings.load_deadline
    }

    /// How it goes.
    #[must_use]
    pub fn state(&self) -> State {
        let core = &*self.core;
        let now = core.clock.now();
        let (entries, bytes, evictions) = core.cache.size();
        let Uses { hits, misses, unknown } = core.tally.total();
        State { entries, bytes, evictions, hits, misses, unknown, ..core.counts.state(&core.board, now) }
    }

    /// The frame whenever there is a new one, and none before the first.
    #[must_use]
    pub fn frame_changes(&self) -> watch::Receiver<Option<Arc<Frame>>> {
        self.core.board.frames()
    }
}
