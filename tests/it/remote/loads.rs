//! Look-ups under way: each once, for all who want it, for nobody's sake, and never for longer than is promised.

use std::sync::Arc;
use std::time::Duration;

use hallpass::directory::remote::{Entry, Remote, Settings, Unavailable, Wish};
use tokio::task::JoinSet;

use super::stage::{Stage, answered, settle};
use crate::held_source::{Held, Step, human, person, version};

/// How long a look-up may take.
const DEADLINE: Duration = Duration::from_millis(500);

fn facts(users: &[&str]) -> Held {
    let held = Held::new();
    users.iter().for_each(|user| _ = held.change(&person(user), human(user, 1)));
    held
}

/// How many look-ups there were, and of how many keys.
fn looked_up(held: &Held) -> (usize, usize) {
    let world = held.world();
    (world.loads, world.keys)
}

/// Many take longer.
async fn settle_all() {
    for _ in 0..20 {
        settle().await;
    }
}

/// So many ask for a user at once.
fn crowd(remote: &Arc<Remote>, user: &str, many: usize) -> JoinSet<Result<Option<u32>, Unavailable>> {
    let mut crowd = JoinSet::new();
    for _ in 0..many {
        let (remote, key) = (Arc::clone(remote), person(user));
        crowd.spawn(async move {
            let at = remote.position(Wish::Any).await?;
            Ok(version(&remote.gather(&at, &[key]).await?[0]))
        });
    }
    crowd
}

#[tokio::test]
async fn a_thousand_who_ask_for_one_user_cause_one_look_up() {
    let held = facts(&["a"]);
    held.hold(Step::LoadRead);
    let stage = Stage::ready(&held, Settings::default()).await;
    let mut crowd = crowd(&stage.remote, "a", 1_000);
    settle_all().await;
    assert_eq!((held.waiting(Step::LoadRead), crowd.len()), (1, 1_000));
    held.open(Step::LoadRead);
    while let Some(answer) = crowd.join_next().await {
        assert_eq!(answer.unwrap(), Ok(Some(1)));
    }
    assert_eq!((looked_up(&held), stage.remote.state().misses), ((1, 1), 1_000));
}

#[tokio::test]
async fn who_asked_first_may_go_away() {
    let held = facts(&["a"]);
    held.hold(Step::Load);
    let stage = Stage::ready(&held, Settings::default()).await;
    let mut first = crowd(&stage.remote, "a", 1);
    settle().await;
    let mut others = crowd(&stage.remote, "a", 3);
    settle().await;
    first.shutdown().await;
    held.open(Step::Load);
    while let Some(answer) = others.join_next().await {
        assert_eq!(answer.unwrap(), Ok(Some(1)));
    }
    assert_eq!(held.world().loads, 1);
    // Nobody is left: what they asked for is kept all the same.
    held.hold(Step::Load);
    let mut gone = crowd(&stage.remote, "b", 1);
    settle().await;
    gone.shutdown().await;
    held.open(Step::Load);
    settle().await;
    assert_eq!((stage.ask(&person("b")).await, held.world().loads), (Ok(None), 2));
}

#[tokio::test]
async fn what_fails_reaches_all_who_wait_and_is_not_kept() {
    type Fail = fn(&Held);
    let failures: [(Fail, Unavailable); 4] = [
        (|held| _ = held.world().failing.insert(Step::Load), Unavailable::Failed),
        (|held| _ = held.world().panicking.insert(Step::Load), Unavailable::Failed),
        (|held| held.world().garbled = Some(human("A", 1)), Unavailable::Failed),
        (|held| held.world().garbled = Some(Entry::Section(None)), Unavailable::Failed),
    ];
    for (fail, error) in failures {
        let held = facts(&["a"]);
        held.hold(Step::Load);
        let mut stage = Stage::ready(&held, Settings::default()).await;
        let mut crowd = crowd(&stage.remote, "a", 10);
        settle().await;
        fail(&held);
        held.open(Step::Load);
        while let Some(answer) = crowd.join_next().await {
            assert_eq!(answer.unwrap(), Err(error));
        }
        let state = stage.remote.state();
        assert_eq!((state.failed_loads, state.late_loads, state.entries), (1, 0, 0));
        held.mend();
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
        assert!(answered(&mut stage.engine).is_none(), "the engine lives on");
    }
}

#[tokio::test]
async fn a_look_up_that_hangs_fails_in_time_and_holds_no_other() {
    let held = facts(&["a", "b"]);
    held.hold(Step::Load);
    let stage = Stage::ready(&held, Settings::default()).await;
    let mut slow = crowd(&stage.remote, "a", 5);
    settle().await;
    // Whoever comes later to the one that hangs is told when that one's time is up.
    stage.advance(DEADLINE / 2).await;
    let mut later = crowd(&stage.remote, "a", 5);
    settle().await;
    let mut other = crowd(&stage.remote, "b", 1);
    settle().await;
    // Of the two that wait, the one that came last.
    assert_eq!(held.waiting(Step::Load), 2);
    held.release_last(Step::Load);
    assert_eq!(other.join_next().await.unwrap().unwrap(), Ok(Some(1)));
    stage.advance(DEADLINE / 2 - Duration::from_millis(1)).await;
    assert!(answered(&mut slow).is_none());
    stage.advance(Duration::from_millis(1)).await;
    for _ in 0..5 {
        assert_eq!(answered(&mut slow), Some(Err(Unavailable::Late)));
        assert_eq!(answered(&mut later), Some(Err(Unavailable::Late)));
    }
    held.open(Step::Load);
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    assert_eq!(stage.remote.state().late_loads, 1);
}

/// The connections are all taken by look-ups that hang: what waits behind them is told in time, and is not done for
/// nobody later; what doesn't even fit into the queue is told at once.
#[tokio::test]
async fn where_too_many_wait_others_are_told_at_once() {
    let held = facts(&["a"]);
    held.hold(Step::Load);
    let settings = Settings { loads: 2, ..Settings::default() };
    let stage = Stage::ready(&held, settings).await;
    let mut asking = JoinSet::new();
    let mut busy = 0;
    for user in 0..2_000 {
        let (remote, key) = (Arc::clone(&stage.remote), person(&user.to_string()));
        asking.spawn(async move {
            let at = remote.position(Wish::Any).await?;
            remote.gather(&at, &[key]).await.map(|_| ())
        });
        if user == 1 {
            settle().await;
        }
    }
    settle_all().await;
    while let Some(answer) = answered(&mut asking) {
        assert_eq!(answer, Err(Unavailable::Busy));
        busy += 1;
    }
    assert_eq!((held.waiting(Step::Load), busy), (2, 2_000 - 2 - 1_024));
    assert_eq!(stage.remote.state().turned_away, busy as u64);
    stage.advance(DEADLINE).await;
    while let Some(answer) = asking.join_next().await {
        assert_eq!(answer.unwrap(), Err(Unavailable::Late));
    }
    held.open(Step::Load);
    // Those whose time is up leave the queue without being done.
    while stage.ask(&person("a")).await == Err(Unavailable::Busy) {
        settle().await;
    }
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    assert_eq!((held.world().loads, stage.remote.state().loads), (1, 3));
}

/// Where look-ups take their time, the queue is only as long as there is time for: whoever would be late is told at once.
#[tokio::test]
async fn who_cannot_be_served_in_time_is_told_at_once() {
    let held = facts(&["a"]);
    let stage = Stage::ready(&held, Settings { loads: 2, ..Settings::default() }).await;
    held.hold(Step::LoadRead);
    let mut first = crowd(&stage.remote, "a", 1);
    settle().await;
    stage.advance(Duration::from_millis(50)).await;
    held.open(Step::LoadRead);
    assert_eq!(first.join_next().await.unwrap().unwrap(), Ok(Some(1)));
    held.hold(Step::Load);
    let mut asking: JoinSet<Result<Option<u32>, Unavailable>> = JoinSet::new();
    for user in 0..200 {
        let mut one = crowd(&stage.remote, &user.to_string(), 1);
        settle().await;
        asking.spawn(async move { one.join_next().await.unwrap().unwrap() });
    }
    settle_all().await;
    let mut busy = 0;
    while let Some(answer) = answered(&mut asking) {
        assert_eq!(answer, Err(Unavailable::Busy));
        busy += 1;
    }
    // Two at once, twenty a second each: twenty are done within half a second.
    assert_eq!((held.waiting(Step::Load), busy), (2, 200 - 2 - 20));
    held.open(Step::Load);
    for _ in 0..22 {
        assert_eq!(asking.join_next().await.unwrap().unwrap(), Ok(None));
    }
    assert_eq!(stage.ask(&person("b")).await, Ok(None));
}

#[tokio::test]
async fn keys_of_one_request_are_looked_up_at_once_and_only_those_that_are_missing() {
    let held = facts(&["a", "b", "c"]);
    let stage = Stage::ready(&held, Settings::default()).await;
    let at = stage.at().await;
    let keys = ["a", "x", "a", "b"].map(person);
    let versions = |entries: Vec<Entry>| entries.iter().map(version).collect::<Vec<_>>();
    let gathered = stage.remote.gather(&at, &keys).await.unwrap();
    assert_eq!(versions(gathered), [Some(1), None, Some(1), Some(1)]);
    assert_eq!(looked_up(&held), (1, 3));
    let gathered = stage.remote.gather(&at, &["c", "x", "b"].map(person)).await.unwrap();
    assert_eq!(versions(gathered), [Some(1), None, Some(1)]);
    assert_eq!(looked_up(&held), (2, 4));
    assert_eq!(stage.remote.gather(&at, &[]).await.unwrap().len(), 0);
    let state = stage.remote.state();
    assert_eq!((state.hits, state.misses, state.unknown, state.entries), (2, 5, 1, 4));
}

/// What was found first is revoked while the rest is looked up: the answer has the new of both.
#[tokio::test]
async fn what_was_kept_counts_when_the_rest_is_there() {
    let held = facts(&["a", "b"]);
    let stage = Stage::ready(&held, Settings::default()).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    held.hold(Step::LoadRead);
    let (remote, at) = (Arc::clone(&stage.remote), stage.at().await);
    let mut asking = JoinSet::new();
    asking.spawn(async move {
        let entries = remote.gather(&at, &["a", "b"].map(person)).await.unwrap();
        entries.iter().map(version).collect::<Vec<_>>()
    });
    settle().await;
    held.change(&person("a"), human("a", 2));
    settle().await;
    held.open(Step::LoadRead);
    assert_eq!(asking.join_next().await.unwrap().unwrap(), [Some(2), Some(1)]);
}

/// A look-up that began before a change is not joined by who knows of the change.
#[tokio::test]
async fn who_knows_more_than_a_look_up_does_not_join_it() {
    let held = facts(&["a"]);
    held.hold(Step::LoadRead);
    let stage = Stage::ready(&held, Settings::default()).await;
    let mut before = stage.asking(&person("a"), Wish::Any);
    settle().await;
    held.change(&person("a"), human("a", 2));
    settle().await;
    let mut after = stage.asking(&person("a"), Wish::Any);
    settle().await;
    assert_eq!(held.waiting(Step::LoadRead), 2);
    // The newer one is there first. The older one brings what no longer counts, and finds what the newer one brought.
    held.release_last(Step::LoadRead);
    settle().await;
    assert_eq!(answered(&mut after), Some(Ok(Some(2))));
    held.open(Step::LoadRead);
    settle().await;
    assert_eq!(answered(&mut before), Some(Ok(Some(2))));
}
