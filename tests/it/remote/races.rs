//! Revoking while a look-up is under way: whatever the order of steps, nothing that was revoked is said once that is
//! applied. The same schedules catch the cache that everybody writes first: look up, keep, forget on change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hallpass::directory::remote::{Change, Entry, Key, Log, Remote, Settings, Source, What, Wish};
use tokio::task::JoinSet;

use super::stage::{Stage, answered, settle};
use crate::chance::Chance;
use crate::held_source::{Held, Step, human, person, version};

/// The steps at which a schedule holds the source.
const GATES: [Step; 4] = [Step::Load, Step::LoadRead, Step::Changes, Step::ChangesRead];
/// Random schedules.
const SCHEDULES: u64 = 100_000;
/// Users of one stage, each for a schedule.
const REUSED: u64 = 2_000;

/// What is put to the test.
trait Asked: Send + Sync + 'static {
    /// The number of a user, and the newest change that the request was to see.
    fn ask(&self, key: Key) -> impl Future<Output = (Option<u32>, u64)> + Send;
    /// The newest change that is applied.
    fn applied(&self) -> impl Future<Output = u64> + Send;
}

impl Asked for Remote {
    async fn ask(&self, key: Key) -> (Option<u32>, u64) {
        let at = self.position(Wish::Any).await.unwrap();
        let entries = self.gather(&at, &[key]).await.unwrap();
        (version(&entries[0]), at.sequence.unwrap())
    }

    async fn applied(&self) -> u64 {
        self.position(Wish::Any).await.unwrap().sequence.unwrap()
    }
}

/// The twin: keeps what was looked up, and forgets it when it hears of a change; no epochs.
#[derive(Debug)]
struct Naive {
    held: Held,
    cache: moka::sync::Cache<Key, Entry>,
    applied: AtomicU64,
}

impl Naive {
    fn start(held: &Held, tasks: &mut JoinSet<()>) -> Arc<Self> {
        let naive = Self { held: held.clone(), cache: moka::sync::Cache::new(10_000), applied: AtomicU64::new(0) };
        let naive = Arc::new(naive);
        let following = Arc::clone(&naive);
        tasks.spawn(async move {
            let mut log = following.held.follow().await.unwrap();
            loop {
                let changes = log.changes(following.applied.load(Ordering::Acquire)).await.unwrap().unwrap();
                following.forget(changes.changes);
                following.applied.store(changes.head, Ordering::Release);
                log.hint().await.unwrap();
            }
        });
        naive
    }

    fn forget(&self, changes: Vec<Change>) {
        for change in changes {
            let What::Key(key) = change.what else { panic!("{change:?}") };
            self.cache.invalidate(&key);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how it is not to be done")]
impl Asked for Naive {
    async fn ask(&self, key: Key) -> (Option<u32>, u64) {
        let at = self.applied.load(Ordering::Acquire);
        if let Some(entry) = self.cache.get(&key) {
            return (version(&entry), at);
        }
        let loaded = self.held.load(std::slice::from_ref(&key), &Arc::default()).await.unwrap();
        self.cache.insert(key, loaded.entries[0].clone());
        (version(&loaded.entries[0]), at)
    }

    async fn applied(&self) -> u64 {
        self.applied.load(Ordering::Acquire)
    }
}

/// A step of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    /// Somebody asks for the user.
    Ask,
    /// The user is changed.
    Commit,
    /// Who waits longest at a gate goes on.
    Release(Step),
}

/// What is left to be chosen from, how often.
#[derive(Clone, Copy, Debug)]
struct Budget {
    asks: usize,
    commits: usize,
}

/// One user's story.
struct Story<'a, A> {
    held: &'a Held,
    asked: &'a Arc<A>,
    key: Key,
    asks: JoinSet<Result<(), String>>,
    left: Budget,
    taken: Vec<Move>,
}

impl<'a, A: Asked> Story<'a, A> {
    fn new(held: &'a Held, asked: &'a Arc<A>, user: u64, left: Budget) -> Self {
        let key = person(&format!("u{user}"));
        held.world().facts.insert(key.clone(), human(&format!("u{user}"), 0));
        Self { held, asked, key, asks: JoinSet::new(), left, taken: Vec::new() }
    }

    /// What may come next.
    fn moves(&self) -> Vec<Move> {
        let ask = (self.left.asks > 0).then_some(Move::Ask);
        let commit = (self.left.commits > 0).then_some(Move::Commit);
        let waits = GATES.into_iter().filter(|step| self.held.waiting(*step) > 0).map(Move::Release);
        ask.into_iter().chain(commit).chain(waits).collect()
    }

    async fn take(&mut self, step: Move) -> Result<(), String> {
        self.taken.push(step);
        match step {
            Move::Ask => {
                self.left.asks -= 1;
                let (asked, held, key) = (Arc::clone(self.asked), self.held.clone(), self.key.clone());
                self.asks.spawn(async move { witness(&*asked, &held, key).await });
            }
            Move::Commit => {
                self.left.commits -= 1;
                self.commit();
            }
            Move::Release(step) => _ = self.held.release(step),
        }
        settle().await;
        while let Some(seen) = answered(&mut self.asks) {
            seen.map_err(|fault| format!("{fault} after {:?}", self.taken))?;
        }
        Ok(())
    }

    /// The user's number becomes that of the change.
    fn commit(&self) {
        let (Key::Person(id), number) = (&self.key, self.held.world().head + 1) else { panic!() };
        let changed = human(id, u32::try_from(number).unwrap());
        assert_eq!(self.held.change(&self.key, changed), number);
    }

    /// Lets everything come to its end, and looks once more.
    async fn end(mut self) -> Result<(), String> {
        GATES.iter().for_each(|step| self.held.open(*step));
        self.left = Budget { asks: 1, commits: 0 };
        settle().await;
        self.take(Move::Ask).await?;
        settle().await;
        assert!(self.asks.is_empty(), "somebody got no answer: {:?}", self.taken);
        GATES.iter().for_each(|step| self.held.hold(*step));
        Ok(())
    }
}

/// Asks, and compares the answer with what the request was to see, and with what is applied when it has its answer.
async fn witness<A: Asked>(asked: &A, held: &Held, key: Key) -> Result<(), String> {
    let (seen, at) = asked.ask(key.clone()).await;
    let due = at.max(asked.applied().await);
    let world = held.world();
    let of_key = world.log.iter().rev().filter(|change| change.what == What::Key(key.clone()));
    let newest = of_key.map(|change| change.sequence).find(|sequence| *sequence <= due).unwrap_or(0);
    let seen = u64::from(seen.unwrap());
    if seen >= newest { Ok(()) } else { Err(format!("saw {seen} where {newest} was applied, at {at} of {due}")) }
}

/// All schedules within a budget, one after the other: the choices of each are the last one's with the last choice that
/// had another left replaced by that.
async fn exhaust<A: Asked>(held: &Held, asked: &Arc<A>, budget: Budget) -> Result<u64, String> {
    let (mut choices, mut schedules) = (Vec::<(usize, usize)>::new(), 0);
    loop {
        schedules += 1;
        let mut story = Story::new(held, asked, schedules, budget);
        let mut depth = 0;
        loop {
            let moves = story.moves();
            if moves.is_empty() {
                break;
            }
            if depth == choices.len() {
                choices.push((0, moves.len()));
            }
            assert_eq!(choices[depth].1, moves.len(), "the same choices lead elsewhere");
            story.take(moves[choices[depth].0]).await?;
            depth += 1;
        }
        story.end().await?;
        held.world().log.clear();
        while choices.pop_if(|(taken, of)| *taken + 1 == *of).is_some() {}
        let Some((taken, _)) = choices.last_mut() else { return Ok(schedules) };
        *taken += 1;
    }
}

async fn by_chance<A: Asked>(held: &Held, asked: &Arc<A>, seeds: std::ops::Range<u64>) -> Result<(), String> {
    for seed in seeds {
        let mut chance = Chance::new(seed);
        let budget = Budget { asks: 2 + chance.below(3), commits: 1 + chance.below(3) };
        let mut story = Story::new(held, asked, seed, budget);
        for _ in 0..chance.below(24) {
            let moves = story.moves();
            if moves.is_empty() {
                break;
            }
            let step = chance.pick(&moves);
            story.take(step).await.map_err(|fault| format!("seed {seed}: {fault}"))?;
        }
        story.end().await.map_err(|fault| format!("seed {seed}: {fault}"))?;
        held.world().log.clear();
    }
    Ok(())
}

async fn staged() -> (Held, Stage) {
    let held = Held::new();
    let stage = Stage::ready(&held, Settings::default()).await;
    GATES.iter().for_each(|step| held.hold(*step));
    (held, stage)
}

async fn naive(tasks: &mut JoinSet<()>) -> (Held, Arc<Naive>) {
    let held = Held::new();
    let naive = Naive::start(&held, tasks);
    settle().await;
    GATES.iter().for_each(|step| held.hold(*step));
    (held, naive)
}

const SMALL: Budget = Budget { asks: 2, commits: 1 };

#[tokio::test]
async fn nothing_revoked_is_said_once_it_is_applied_in_any_order_of_steps() {
    let (held, stage) = staged().await;
    let schedules = exhaust(&held, &stage.remote, SMALL).await.unwrap();
    assert!(schedules > 100, "only {schedules} schedules");
    println!("{schedules} schedules");
}

#[tokio::test]
async fn nothing_revoked_is_said_once_it_is_applied_by_chance() {
    for first in (0..SCHEDULES).step_by(usize::try_from(REUSED).unwrap()) {
        let (held, stage) = staged().await;
        by_chance(&held, &stage.remote, first..first + REUSED).await.unwrap();
    }
}

#[tokio::test]
async fn without_epochs_both_find_what_came_back() {
    let mut tasks = JoinSet::new();
    let (held, twin) = naive(&mut tasks).await;
    let found = exhaust(&held, &twin, SMALL).await.unwrap_err();
    assert!(found.contains("saw 0"), "{found}");
    let (held, twin) = naive(&mut tasks).await;
    let found = by_chance(&held, &twin, 0..SCHEDULES).await.unwrap_err();
    assert!(found.contains("seed"), "{found}");
}
