//! A log that can't be followed though the directory answers: changes count as they do where it is read at every interval.
//! That a directory which doesn't answer either leaves what is kept in use is tested beside this, in `outage`.

use std::time::Duration;

use hallpass::directory::remote::{Settings, What, Wish};

use super::stage::{Stage, settle};
use crate::held_source::{Held, Step, human, person};

/// How soon a change counts: the interval, and how long a reading may come late.
const BOUND: Duration = Duration::from_millis(1_500);
const STEP: Duration = Duration::from_millis(100);

/// A way in which a log can't be followed.
type Way = (&'static str, fn(&Held));

const WAYS: [Way; 3] = [
    ("no connection is left for it", |held| _ = held.world().failing.insert(Step::Follow)),
    ("connecting to it hangs", |held| held.hold(Step::Follow)),
    ("reading it fails", |held| _ = held.world().failing.insert(Step::Changes)),
];

/// Somebody whose number is 1, kept, and the connection to the log lost for good. Nothing is hinted.
async fn lost(lose: fn(&Held)) -> (Held, Stage) {
    let held = Held::new();
    held.change(&person("a"), human("a", 1));
    let stage = Stage::ready(&held, Settings::default()).await;
    assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)));
    held.world().hints = false;
    lose(&held);
    held.cut();
    settle().await;
    (held, stage)
}

async fn wait(stage: &Stage, span: Duration) {
    for _ in 0..span.as_millis() / STEP.as_millis() {
        stage.advance(STEP).await;
    }
}

#[tokio::test]
async fn changes_count_in_time_for_as_long_as_it_takes() {
    for (way, lose) in WAYS {
        let (held, stage) = lost(lose).await;
        for version in 2..20 {
            held.change(&person("a"), human("a", version));
            wait(&stage, BOUND).await;
            assert_eq!(stage.ask(&person("a")).await, Ok(Some(version)), "{way}");
            let at = stage.remote.position(Wish::Any).await.unwrap();
            assert_eq!(at.sequence, Some(u64::from(version)), "{way}");
        }
        assert!(stage.remote.state().last_error.is_some(), "{way}");
    }
}

#[tokio::test]
async fn a_new_frame_is_read() {
    for (way, lose) in WAYS {
        let (held, stage) = lost(lose).await;
        held.commit(What::Frame, |world| _ = world.frame.record_types.insert("new".into()));
        wait(&stage, BOUND).await;
        assert!(stage.at().await.frame.record_types.contains("new"), "{way}");
    }
}

/// Nobody knows whose log was looked at meanwhile: what was kept before is not believed, though its end is where it was.
#[tokio::test]
async fn another_history_of_the_same_length_is_noticed() {
    for (way, lose) in WAYS {
        let (held, stage) = lost(lose).await;
        held.world().facts.insert(person("a"), human("a", 2));
        wait(&stage, BOUND).await;
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(2)), "{way}");
        held.world().facts.insert(person("a"), human("a", 3));
        held.mend();
        held.open(Step::Follow);
        wait(&stage, 2 * BOUND).await;
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(3)), "{way}: and so is what follows it");
        held.world().hints = true;
        held.change(&person("a"), human("a", 4));
        settle().await;
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(4)), "{way}: it is followed again");
    }
}

/// What nothing changes is not looked up again and again.
#[tokio::test]
async fn what_is_kept_is_of_use_meanwhile() {
    for (way, lose) in WAYS {
        let (held, stage) = lost(lose).await;
        wait(&stage, BOUND).await;
        assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)), "{way}");
        let before = held.world().loads;
        for _ in 0..20 {
            wait(&stage, BOUND).await;
            assert_eq!(stage.ask(&person("a")).await, Ok(Some(1)), "{way}");
        }
        assert_eq!(held.world().loads, before, "{way}");
    }
}
