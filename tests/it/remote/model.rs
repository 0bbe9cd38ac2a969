//! What is kept can't be told from what isn't: random changes, readings, look-ups, suspensions and outages against a
//! directory that is simply remembered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hallpass::directory::remote::{Entry, Settings, Unavailable, What, Wish};
use tokio::task::JoinSet;

use super::stage::{Stage, settle};
use crate::chance::Chance;
use crate::held_source::{Held, human, person, version};

const SEQUENCES: u64 = 200;
const STEPS: usize = 200;
const USERS: [&str; 8] = ["a", "b", "A", "a ", "", "\u{e9}", "user:1", "user.2"];
/// How long what is kept counts: many sequences see it end.
const TIME_TO_LIVE: Duration = Duration::from_secs(10);

/// By which change a user had which number, and since when.
type Had = (u64, Duration, Option<u32>);

/// What was true, change by change, and when.
#[derive(Default)]
struct Model {
    /// What each user had, in order.
    had: HashMap<&'static str, Vec<Had>>,
    now: Duration,
}

impl Model {
    fn put(&mut self, user: &'static str, sequence: u64, number: Option<u32>) {
        self.had.entry(user).or_default().push((sequence, self.now, number));
    }

    /// Whether an answer is one of those that were true at a change or later, and were not replaced longer ago than
    /// anything may be kept.
    fn may_be(&self, user: &str, at: u64, answer: Option<u32>) -> bool {
        let had = self.had.get(user).map_or(&[][..], Vec::as_slice);
        let begins = std::iter::once((0, Duration::ZERO, None)).chain(had.iter().copied());
        let ends = had.iter().map(|(sequence, since, _)| Some((*sequence, *since))).chain([None]);
        begins.zip(ends).any(|((_, _, number), end)| {
            let valid = end.is_none_or(|(sequence, since)| sequence > at && self.now - since < TIME_TO_LIVE);
            number == answer && valid
        })
    }
}

/// Asks for the number of a user, and says which change was applied when the answer was there.
fn asking(stage: &Stage, user: &str, wish: Wish) -> JoinSet<Result<(Option<u32>, u64), Unavailable>> {
    let (remote, key) = (Arc::clone(&stage.remote), person(user));
    let mut asking = JoinSet::new();
    asking.spawn(async move {
        let at = remote.position(wish).await?;
        let entries = remote.gather(&at, &[key]).await?;
        let now = remote.state().sequence.unwrap();
        Ok((version(&entries[0]), now.max(at.sequence.unwrap())))
    });
    asking
}

async fn sequence(seed: u64) {
    let mut chance = Chance::new(seed);
    let held = Held::new();
    let bytes = if chance.percent(50) { 64 << 20 } else { 2_000 };
    let settings = Settings { time_to_live: TIME_TO_LIVE, cache_bytes: bytes, ..Settings::default() };
    let stage = Stage::ready(&held, settings).await;
    let mut model = Model::default();
    let (mut number, mut down) = (0, false);
    for step in 0..STEPS {
        match chance.below(100) {
            0..35 => {
                let user = chance.pick(&USERS);
                number += 1;
                let known = chance.percent(70).then_some(number);
                let entry = known.map_or(Entry::Person(None), |number| human(user, number));
                let what = if chance.one_in(20) { What::Everything } else { What::Key(person(user)) };
                held.world().hints = chance.percent(50);
                let change = held.commit(what, |world| _ = world.facts.insert(person(user), entry));
                model.put(user, change, known);
            }
            35..40 => held.hint(),
            40..42 => held.cut(),
            42..45 => _ = held.commit(What::Frame, |_| {}),
            45..50 => {
                down = !down;
                let steps = [crate::held_source::Step::Load, crate::held_source::Step::Changes];
                if down { held.world().failing.extend(steps) } else { held.mend() }
            }
            50..60 => {
                let span = Duration::from_millis(chance.below(3_000) as u64);
                model.now += span;
                if chance.percent(20) { stage.clock.suspend(span) } else { stage.advance(span).await }
            }
            _ => {
                let user = chance.pick(&USERS);
                let wish = if chance.percent(10) && !down { Wish::Full } else { Wish::Any };
                if wish == Wish::Any && chance.percent(50) {
                    settle().await;
                }
                let head = held.world().head;
                let mut asking = asking(&stage, user, wish);
                settle().await;
                stage.advance(Duration::ZERO).await;
                match super::stage::answered(&mut asking) {
                    Some(Ok((answer, at))) => {
                        assert!(wish != Wish::Full || at >= head, "seed {seed}, step {step}: at {at} of {head}");
                        assert!(model.may_be(user, at, answer), "seed {seed}, step {step}: {user} {answer:?} at {at}");
                    }
                    // Between connections nobody can say what is new.
                    other => assert!(
                        down || !stage.remote.state().connected,
                        "seed {seed}, step {step}: {user} {wish:?} {other:?}"
                    ),
                }
            }
        }
    }
    held.mend();
    stage.advance(Duration::from_secs(2)).await;
    for user in USERS {
        let truth = held.world().facts.get(&person(user)).and_then(version);
        assert_eq!(stage.ask(&person(user)).await, Ok(truth), "seed {seed}");
    }
}

#[tokio::test]
async fn what_is_kept_cannot_be_told_from_what_is_not() {
    for seed in 0..SEQUENCES {
        sequence(seed).await;
    }
}
