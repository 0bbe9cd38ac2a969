//! Following the log, whatever it does: hints that get lost and hints for nothing, connections that are cut, histories that
//! end, servers that lag; and how new a request may wish its facts.

use std::sync::Arc;
use std::time::Duration;

use hallpass::directory::remote::{Entry, Settings, Unavailable, What, Wish};

use super::stage::{Stage, answered, settle};
use crate::held_source::{Held, Step, human, person};

const POLL: Duration = Duration::from_secs(1);

/// Somebody whose number is 1, kept; of changes from now on nothing is hinted.
async fn known() -> (Held, Stage) {
    let held = Held::new();
    held.change(&person("a"), human("a", 1));
    let stage = Stage::ready(&held, Settings::default()).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    held.world().hints = false;
    (held, stage)
}

/// What `a` is, and how many look-ups there were.
async fn seen(stage: &Stage) -> (Result<Option<u32>, Unavailable>, usize) {
    let seen = stage.ask(&person("a")).await;
    (seen, stage.held.world().loads)
}

#[tokio::test]
async fn hints_are_followed_at_once_and_lost_ones_within_the_poll_interval() {
    let (held, stage) = known().await;
    held.hint();
    settle().await;
    assert_eq!((seen(&stage).await, stage.remote.state().readings), ((Ok(Some(1)), 1), 2), "a hint for nothing");
    held.change(&person("a"), human("a", 2));
    held.hint();
    settle().await;
    assert_eq!(seen(&stage).await, (Ok(Some(2)), 2));
    held.change(&person("a"), human("a", 3));
    stage.advance(POLL - Duration::from_millis(1)).await;
    assert_eq!(seen(&stage).await, (Ok(Some(2)), 2));
    stage.advance(Duration::from_millis(1)).await;
    assert_eq!(seen(&stage).await, (Ok(Some(3)), 3));
    let state = stage.remote.state();
    assert_eq!((state.changes, state.reconnects, state.sequence), (2, 0, Some(3)));
}

#[tokio::test]
async fn a_change_of_one_forgets_nobody_else() {
    let (held, stage) = known().await;
    held.change(&person("b"), human("b", 1));
    held.hint();
    settle().await;
    assert_eq!(seen(&stage).await, (Ok(Some(1)), 1));
}

#[tokio::test]
async fn everything_and_frames_forget_everybody() {
    for what in [What::Everything, What::Frame] {
        let (held, stage) = known().await;
        let mut frames = stage.remote.frame_changes();
        frames.mark_unchanged();
        held.commit(what.clone(), |world| {
            world.facts.insert(person("a"), human("a", 2));
            world.frame.record_types.insert("new".into());
        });
        held.hint();
        settle().await;
        let new = stage.at().await.frame.record_types.contains("new");
        assert_eq!((seen(&stage).await, new), ((Ok(Some(2)), 2), what == What::Frame));
        assert_eq!(frames.has_changed().unwrap(), what == What::Frame);
    }
}

/// While a frame is read, what else changed already counts, and what is looked up under the frame before goes with it.
#[tokio::test]
async fn a_frame_is_read_before_it_counts() {
    let (held, stage) = known().await;
    held.hold(Step::FrameRead);
    held.change(&person("a"), human("a", 2));
    held.commit(What::Frame, |world| _ = world.frame.record_types.insert("new".into()));
    held.change(&person("b"), human("b", 2));
    held.hint();
    settle().await;
    assert_eq!((stage.at().await.sequence, held.waiting(Step::FrameRead)), (Some(2), 1));
    assert_eq!(seen(&stage).await, (Ok(Some(2)), 2));
    assert!(stage.at().await.frame.record_types.is_empty());
    held.open(Step::FrameRead);
    settle().await;
    let at = stage.at().await;
    assert_eq!((at.sequence, at.frame.record_types.len()), (Some(4), 1));
    assert_eq!(seen(&stage).await, (Ok(Some(2)), 3));
}

#[tokio::test]
async fn after_a_cut_the_log_is_read_on_where_it_was() {
    let (held, stage) = known().await;
    assert_eq!(stage.ask(&person("b")).await, Ok(None));
    held.change(&person("a"), human("a", 2));
    held.cut();
    settle().await;
    let state = stage.remote.state();
    assert_eq!((state.reconnects, state.connected, state.sequence), (1, true, Some(2)));
    assert_eq!(seen(&stage).await, (Ok(Some(2)), 3));
    assert_eq!((stage.ask(&person("b")).await, held.world().loads), (Ok(None), 3), "nobody else is forgotten");
}

/// Whatever happened to the history that was followed, nothing of before is believed, and it goes on from there.
#[tokio::test]
async fn another_history_forgets_everybody() {
    type Happens = fn(&Held);
    let histories: [(&str, Happens); 3] = [
        ("another server", |held| {
            held.world().instance = "two".to_owned();
            held.cut();
        }),
        ("history lost", |held| {
            held.world().log.clear();
            held.world().head = 0;
            held.hint();
        }),
        ("pruned beyond what was read", |held| {
            held.world().head = 10;
            held.world().pruned = 9;
            held.world().log.clear();
            held.hint();
        }),
    ];
    for (name, happens) in histories {
        let (held, stage) = known().await;
        held.world().facts.insert(person("a"), human("a", 2));
        happens(&held);
        settle().await;
        assert_eq!(seen(&stage).await, (Ok(Some(2)), 2), "{name}");
        assert_eq!(stage.at().await.sequence, Some(held.world().head), "{name}");
        held.world().hints = true;
        let changed = held.change(&person("a"), human("a", 3));
        settle().await;
        assert_eq!(seen(&stage).await, (Ok(Some(3)), 3), "{name}");
        assert_eq!(stage.at().await.sequence, Some(changed), "{name}");
    }
}

/// Pruned as far as it was read: nothing is missing.
#[tokio::test]
async fn a_log_that_is_pruned_behind_is_read_on() {
    let (held, stage) = known().await;
    held.world().pruned = 1;
    held.world().log.clear();
    held.hint();
    settle().await;
    assert_eq!(seen(&stage).await, (Ok(Some(1)), 1));
}

#[tokio::test]
async fn a_server_that_lags_is_not_believed() {
    let (held, stage) = known().await;
    let lagging = held.world().clone();
    held.change(&person("a"), human("a", 2));
    held.hint();
    settle().await;
    held.world().lagging = Some(Box::new(lagging));
    assert_eq!(stage.ask(&person("a")).await, Err(Unavailable::Lagging));
    held.world().lagging = None;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(2)));
    // It knows more than was read of the log, whose hint got lost: that is reason enough to read on.
    held.change(&person("b"), human("b", 3));
    assert_eq!(stage.ask(&person("c")).await, Ok(None));
    settle().await;
    assert_eq!(stage.at().await.sequence, Some(3));
}

#[tokio::test]
async fn full_waits_for_a_reading_that_begins_after_it() {
    let (held, stage) = known().await;
    held.hold(Step::ChangesRead);
    held.hint();
    settle().await;
    // A reading is under way that has seen nothing of this.
    held.change(&person("a"), human("a", 2));
    let mut full = stage.asking(&person("a"), Wish::Full);
    settle().await;
    assert!(held.release(Step::ChangesRead));
    settle().await;
    assert!(answered(&mut full).is_none(), "that one began before");
    assert!(held.release(Step::ChangesRead));
    settle().await;
    assert_eq!(answered(&mut full), Some(Ok(Some(2))));
}

#[tokio::test]
async fn at_least_waits_until_the_change_is_applied_and_not_for_ever() {
    let (held, stage) = known().await;
    let mut future = stage.asking(&person("a"), Wish::AtLeast(3));
    settle().await;
    held.change(&person("a"), human("a", 2));
    held.hint();
    settle().await;
    assert!(answered(&mut future).is_none());
    held.change(&person("a"), human("a", 3));
    held.hint();
    settle().await;
    assert_eq!(answered(&mut future), Some(Ok(Some(3))));
    // It asks for a reading itself: nobody hints.
    held.change(&person("a"), human("a", 4));
    let mut next = stage.asking(&person("a"), Wish::AtLeast(4));
    settle().await;
    assert_eq!(answered(&mut next), Some(Ok(Some(4))));
    let mut never = stage.asking(&person("a"), Wish::AtLeast(99));
    settle().await;
    stage.advance(Duration::from_millis(499)).await;
    assert!(answered(&mut never).is_none());
    stage.advance(Duration::from_millis(1)).await;
    assert_eq!(answered(&mut never), Some(Err(Unavailable::Behind)));
}

/// As after SIGSTOP, or a machine that slept: the first requests don't get what was true before it.
#[tokio::test]
async fn who_finds_the_log_unread_for_too_long_waits_for_a_reading() {
    let (held, stage) = known().await;
    held.change(&person("a"), human("a", 2));
    stage.clock.suspend(POLL + Duration::from_millis(499));
    assert_eq!(seen(&stage).await, (Ok(Some(1)), 1), "not late yet");
    stage.clock.suspend(Duration::from_millis(1));
    let mut asking = stage.asking(&person("a"), Wish::Any);
    settle().await;
    assert_eq!(answered(&mut asking), Some(Ok(Some(2))));
    // Where that reading does not come to an end, there is no answer.
    held.hold(Step::Changes);
    stage.clock.suspend(2 * POLL);
    let mut asking = stage.asking(&person("a"), Wish::Any);
    settle().await;
    assert!(answered(&mut asking).is_none());
    held.open(Step::Changes);
    settle().await;
    assert_eq!(answered(&mut asking), Some(Ok(Some(2))));
}

#[tokio::test]
async fn without_a_log_only_time_bounds_what_is_kept() {
    let held = Held::new();
    held.world().logged = false;
    held.world().facts.insert(person("a"), human("a", 1));
    let stage = Stage::ready(&held, Settings::default()).await;
    let at = stage.at().await;
    assert_eq!((at.sequence, &*at.revision), (None, "unlogged"));
    assert_eq!(seen(&stage).await, (Ok(Some(1)), 1));
    held.world().facts.insert(person("a"), human("a", 2));
    assert_eq!(seen(&stage).await, (Ok(Some(1)), 1));
    for _ in 0..2 {
        let mut full = stage.asking(&person("a"), Wish::Full);
        settle().await;
        assert_eq!(answered(&mut full), Some(Ok(Some(2))));
    }
    assert_eq!(held.world().loads, 3, "nothing that is kept was used");
    held.world().facts.insert(person("a"), human("a", 3));
    assert_eq!(stage.remote.position(Wish::AtLeast(1)).await.unwrap_err(), Unavailable::Unlogged);
    stage.advance(Duration::from_secs(29)).await;
    assert_eq!(seen(&stage).await, (Ok(Some(2)), 3));
    // A frame that differs is found by time, too, and what stood in the one before goes with it.
    held.world().frame.record_types.insert("new".into());
    stage.advance(Duration::from_secs(1)).await;
    assert_eq!(seen(&stage).await, (Ok(Some(3)), 4));
    assert_eq!(stage.at().await.frame.record_types.len(), 1);
    stage.advance(Duration::from_secs(30)).await;
    stage.advance(Duration::from_secs(30)).await;
    held.world().facts.insert(person("a"), Entry::Person(None));
    assert_eq!(seen(&stage).await, (Ok(None), 5));
}

/// A source that panics while its log is followed is one that fails.
#[tokio::test]
async fn a_panic_in_the_log_is_a_connection_lost() {
    for step in [Step::Follow, Step::Frame, Step::Changes] {
        let (held, mut stage) = known().await;
        held.world().panicking.insert(step);
        held.commit(What::Frame, |world| _ = world.facts.insert(person("a"), human("a", 2)));
        held.cut();
        settle().await;
        assert!(!stage.remote.state().connected, "{step:?}");
        held.mend();
        stage.advance(Duration::from_millis(100)).await;
        assert!(stage.remote.state().connected, "{step:?}");
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(2)));
        assert!(answered(&mut stage.engine).is_none(), "the engine lives on");
    }
}

/// A thousand frames and changes, applied while somebody asks all the time: they get an answer each time.
#[tokio::test]
async fn constant_change_keeps_nobody_waiting() {
    let (held, stage) = known().await;
    let remote = Arc::clone(&stage.remote);
    for number in 2..500 {
        held.commit(What::Everything, |world| _ = world.facts.insert(person("a"), human("a", number)));
        held.hint();
        let at = remote.position(Wish::Full).await.unwrap();
        assert_eq!(at.sequence, Some(u64::from(number)));
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(number)));
    }
}
