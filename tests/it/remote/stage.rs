//! A remote directory, its source and its clock on one runtime, where nothing moves but by hand.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hallpass::directory::remote::clock::Sleep;
use hallpass::directory::remote::{Clock, Entry, Key, Position, Remote, Settings, Unavailable, Wish};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, yield_now};

use crate::held_source::{Held, version};

/// How often everything that can move is let move until nothing is expected to. A look-up passes some ten hands.
const SETTLED: usize = 16;

/// A clock that stands still until it is set.
#[derive(Clone, Debug, Default)]
pub struct Hand(Arc<Mutex<Time>>);

#[derive(Debug, Default)]
struct Time {
    now: Duration,
    /// Without what was slept through.
    awake: Duration,
    sleepers: Vec<(Duration, oneshot::Sender<()>)>,
}

impl Hand {
    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap()
    }

    /// Time passes.
    pub fn advance(&self, span: Duration) {
        self.suspend(span);
        let mut time = self.time();
        time.awake += span;
        let awake = time.awake;
        for (_, wake) in time.sleepers.extract_if(.., |(due, _)| *due <= awake) {
            _ = wake.send(());
        }
    }

    /// Time passes while the machine is suspended: nobody's sleep gets shorter.
    pub fn suspend(&self, span: Duration) {
        self.time().now += span;
    }
}

impl Clock for Hand {
    fn now(&self) -> Duration {
        self.time().now
    }

    fn sleep(&self, span: Duration) -> Sleep {
        if span.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        let mut time = self.time();
        let (wake, woken) = oneshot::channel();
        let due = time.awake + span;
        time.sleepers.retain(|(_, wake)| !wake.is_closed());
        time.sleepers.push((due, wake));
        Box::pin(async { _ = woken.await })
    }
}

/// All that plays.
#[derive(Debug)]
pub struct Stage {
    pub held: Held,
    pub clock: Hand,
    pub remote: Arc<Remote>,
    pub engine: JoinSet<()>,
}

impl Stage {
    /// Before anything moved.
    pub fn still(held: &Held, settings: Settings) -> Self {
        let clock = Hand::default();
        // Not at the beginning of time, where nothing is old.
        clock.advance(Duration::from_secs(1_000_000));
        let (remote, engine) = Remote::new(held.clone(), settings, Arc::new(clock.clone()));
        let mut tasks = JoinSet::new();
        tasks.spawn(async { engine.run().await.unwrap() });
        Self { held: held.clone(), clock, remote, engine: tasks }
    }

    /// With the directory reached.
    pub async fn ready(held: &Held, settings: Settings) -> Self {
        let stage = Self::still(held, settings);
        settle().await;
        stage
    }

    /// The current position.
    pub async fn at(&self) -> Position {
        self.remote.position(Wish::Any).await.unwrap()
    }

    /// What is under a key.
    pub async fn gather(&self, key: &Key) -> Result<Entry, Unavailable> {
        gather(&self.remote, key, Wish::Any).await
    }

    /// The number of a user, none where there is nobody.
    pub async fn ask(&self, key: &Key) -> Result<Option<u32>, Unavailable> {
        Ok(version(&self.gather(key).await?))
    }

    /// Starts asking for the number of a user.
    pub fn asking(&self, key: &Key, wish: Wish) -> JoinSet<Result<Option<u32>, Unavailable>> {
        let (remote, key) = (Arc::clone(&self.remote), key.clone());
        let mut asking = JoinSet::new();
        asking.spawn(async move { Ok(version(&gather(&remote, &key, wish).await?)) });
        asking
    }

    /// Time passes, and what it moves moves.
    pub async fn advance(&self, span: Duration) {
        self.clock.advance(span);
        settle().await;
    }
}

async fn gather(remote: &Remote, key: &Key, wish: Wish) -> Result<Entry, Unavailable> {
    let at = remote.position(wish).await?;
    let mut entries = remote.gather(&at, std::slice::from_ref(key)).await?;
    Ok(entries.remove(0))
}

/// What was asked has its answer by now.
pub fn answered<T: 'static>(asking: &mut JoinSet<T>) -> Option<T> {
    asking.try_join_next().map(Result::unwrap)
}

/// Everything that can move does.
pub async fn settle() {
    for _ in 0..SETTLED {
        yield_now().await;
    }
}
