//! A directory that is down: at the start, later, for a while and for longer; and a thread that ends.

use std::sync::Arc;
use std::time::Duration;

use hallpass::directory::remote::{Remote, Settings, Unavailable, Wish};

use super::stage::{Stage, answered, settle};
use crate::held_source::{Held, Step, human, person};

const STEPS: [Step; 4] = [Step::Follow, Step::Frame, Step::Load, Step::Changes];

fn down(held: &Held) {
    held.world().failing.extend(STEPS);
    held.cut();
}

#[tokio::test]
async fn down_at_the_start_nobody_is_answered_and_it_recovers_alone() {
    for (name, step) in [("refused", None), ("no connection", Some(Step::Follow)), ("no frame", Some(Step::Frame))] {
        let held = Held::new();
        held.change(&person("a"), human("a", 1));
        match step {
            None => down(&held),
            Some(step) => held.hold(step),
        }
        let stage = Stage::ready(&held, Settings::default()).await;
        let frames = stage.remote.frame_changes();
        for _ in 0..30 {
            assert_eq!(stage.remote.position(Wish::Any).await.unwrap_err(), Unavailable::NotYet, "{name}");
            assert_eq!(stage.remote.position(Wish::Full).await.unwrap_err(), Unavailable::NotYet, "{name}");
            stage.advance(Duration::from_millis(333)).await;
        }
        let state = stage.remote.state();
        assert!(!state.ready && !state.connected && state.last_error.is_some() && frames.borrow().is_none(), "{name}");
        held.mend();
        STEPS.iter().for_each(|step| held.open(*step));
        stage.advance(Duration::from_secs(1)).await;
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)), "{name}");
        assert!(stage.remote.state().ready && frames.borrow().is_some(), "{name}");
    }
}

#[tokio::test]
async fn down_later_what_is_kept_counts_until_its_time_is_up() {
    let held = Held::new();
    held.change(&person("a"), human("a", 1));
    let stage = Stage::ready(&held, Settings::default()).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    assert_eq!(stage.ask(&person("x")).await, Ok(None));
    down(&held);
    settle().await;
    held.change(&person("a"), human("a", 2));
    for second in 1..60 {
        stage.advance(Duration::from_secs(1)).await;
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)), "after {second} s");
        let unknown = if second < 5 { Ok(None) } else { Err(Unavailable::Failed) };
        assert_eq!(stage.ask(&person("x")).await, unknown, "after {second} s");
    }
    assert_eq!(stage.ask(&person("b")).await, Err(Unavailable::Failed));
    let mut full = stage.asking(&person("a"), Wish::Full);
    settle().await;
    stage.advance(Duration::from_millis(500)).await;
    assert_eq!(answered(&mut full), Some(Err(Unavailable::Late)));
    stage.advance(Duration::from_millis(500)).await;
    assert_eq!(stage.ask(&person("a")).await, Err(Unavailable::Failed));
    assert!(stage.remote.state().read_ago.is_some_and(|ago| ago >= Duration::from_secs(60)));
    held.mend();
    stage.advance(Duration::from_secs(1)).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(2)));
    assert!(stage.remote.state().connected);
}

/// Suspended, the clock by which others sleep stands still. What was kept before is as old as the world says.
#[tokio::test]
async fn what_slept_is_not_younger_for_that() {
    let held = Held::new();
    held.change(&person("a"), human("a", 1));
    let stage = Stage::ready(&held, Settings::default()).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    down(&held);
    settle().await;
    stage.clock.suspend(Duration::from_secs(59));
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    stage.clock.suspend(Duration::from_secs(1));
    assert_eq!(stage.ask(&person("a")).await, Err(Unavailable::Failed));
}

/// The time to live counts from before the look-up began, however long that took.
#[tokio::test]
async fn a_slow_look_up_brings_something_old() {
    let held = Held::new();
    held.change(&person("a"), human("a", 1));
    let stage = Stage::ready(&held, Settings { time_to_live: Duration::from_secs(2), ..Settings::default() }).await;
    held.hold(Step::LoadRead);
    let mut asking = stage.asking(&person("a"), Wish::Any);
    settle().await;
    stage.advance(Duration::from_millis(400)).await;
    held.open(Step::LoadRead);
    settle().await;
    assert_eq!(answered(&mut asking), Some(Ok(Some(1))));
    down(&held);
    settle().await;
    stage.advance(Duration::from_millis(1_599)).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    stage.advance(Duration::from_millis(1)).await;
    assert_eq!(stage.ask(&person("a")).await, Err(Unavailable::Failed));
}

/// A directory that hangs is found out by the readings of its log, and others are connected to when they come.
#[tokio::test]
async fn a_directory_that_hangs_is_down_in_time_and_back_in_time() {
    let held = Held::new();
    held.change(&person("a"), human("a", 1));
    let stage = Stage::ready(&held, Settings::default()).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    STEPS.iter().for_each(|step| held.hold(*step));
    stage.advance(Duration::from_secs(1)).await;
    assert!(stage.remote.state().connected);
    stage.advance(Duration::from_millis(500)).await;
    // It is connected to once more before it counts as down; who asks meanwhile waits for that, and for no longer.
    let mut asking = stage.asking(&person("a"), Wish::Any);
    stage.advance(Duration::from_millis(200)).await;
    // And then asked another way.
    stage.advance(Duration::from_millis(199)).await;
    assert!(stage.remote.state().connected && answered(&mut asking).is_none());
    stage.advance(Duration::from_millis(1)).await;
    assert!(!stage.remote.state().connected);
    assert_eq!(answered(&mut asking), Some(Ok(Some(1))));
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    for _ in 0..20 {
        stage.advance(Duration::from_millis(500)).await;
    }
    STEPS.iter().for_each(|step| held.open(*step));
    // What hung has its answer now, and what waits begins within a second.
    stage.advance(Duration::from_secs(1)).await;
    assert!(stage.remote.state().connected);
}

/// A process that is suspended in the midst of a reading finds it late when it wakes, and its connection may be cut. That
/// says nothing of the directory: what was revoked meanwhile is not believed because of it.
#[tokio::test]
async fn a_reading_that_was_slept_through_proves_no_outage() {
    for cut in [false, true] {
        let held = Held::new();
        held.change(&person("a"), human("a", 1));
        let stage = Stage::ready(&held, Settings::default()).await;
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
        held.hold(Step::Changes);
        stage.advance(Duration::from_secs(1)).await;
        held.until(Step::Changes, 1).await;
        held.world().hints = false;
        held.change(&person("a"), human("a", 2));
        stage.clock.suspend(Duration::from_secs(10));
        let mut asking = stage.asking(&person("a"), Wish::Any);
        if cut {
            held.cut();
            settle().await;
            assert_eq!(answered(&mut asking), None);
        } else {
            settle().await;
            stage.advance(Duration::from_millis(500)).await;
            assert_eq!(answered(&mut asking), Some(Err(Unavailable::Late)));
            asking = stage.asking(&person("a"), Wish::Any);
        }
        held.open(Step::Changes);
        settle().await;
        assert_eq!(answered(&mut asking), Some(Ok(Some(2))), "cut: {cut}");
    }
}

/// A server that accepts every connection and ends it at once is not asked without end.
#[tokio::test]
async fn connecting_again_takes_its_time() {
    let held = Held::new();
    let stage = Stage::ready(&held, Settings::default()).await;
    held.world().failing.insert(Step::Changes);
    held.cut();
    let mut opened = Vec::new();
    for _ in 0..30 {
        settle().await;
        opened.push(stage.remote.state().reconnects);
        stage.advance(Duration::from_millis(100)).await;
    }
    assert_eq!(opened[..5], [1, 2, 2, 3, 3]);
    assert_eq!(opened[29], 6);
}

#[tokio::test]
async fn a_thread_that_ends_takes_no_request_with_it() {
    let held = Held::new();
    held.change(&person("a"), human("a", 1));
    let (remote, handle) = Remote::start(held.clone(), Settings::default()).unwrap();
    remote.frame_changes().wait_for(Option::is_some).await.unwrap();
    let at = remote.position(Wish::Full).await.unwrap();
    held.hold(Step::Load);
    let (asked, key) = (Arc::clone(&remote), person("a"));
    let mut asking = tokio::task::JoinSet::new();
    let position = at.clone();
    asking.spawn(async move { asked.gather(&position, &[key]).await.map(|_| ()) });
    held.until(Step::Load, 1).await;
    assert!(handle.is_running());
    handle.stop();
    assert_eq!(asking.join_next().await.unwrap().unwrap(), Err(Unavailable::Failed));
    assert_eq!(remote.gather(&at, &[person("b")]).await.unwrap_err(), Unavailable::Ended);
}
