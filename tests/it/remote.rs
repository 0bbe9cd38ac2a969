//! A remote directory against a source that can be held at every step: what is kept, what is forgotten, and what is said
//! when nothing can be said.

mod detour;
mod keys;
mod loads;
mod log;
mod model;
mod outage;
mod races;
mod stage;

use hallpass::directory::remote::{Remote, Settings, Wish};

use crate::held_source::{Held, human, person, version};

#[tokio::test]
async fn facts_come_from_the_source() {
    let held = Held::new();
    let key = person("a");
    held.change(&key, human("a", 7));
    let (remote, handle) = Remote::start(held.clone(), Settings::default()).unwrap();
    let mut frames = remote.frame_changes();
    frames.wait_for(Option::is_some).await.unwrap();
    let at = remote.position(Wish::Full).await.unwrap();
    assert_eq!((at.sequence, &*at.revision), (Some(1), "1"));
    let entries = remote.gather(&at, &[person("b"), key.clone()]).await.unwrap();
    assert_eq!(entries.iter().map(version).collect::<Vec<_>>(), [None, Some(7)]);
    let changed = held.change(&key, human("a", 8));
    let at = remote.position(Wish::AtLeast(changed)).await.unwrap();
    assert_eq!(at.sequence, Some(2));
    assert_eq!(version(&remote.gather(&at, &[key]).await.unwrap()[0]), Some(8));
    assert!(remote.state().connected && handle.is_running());
    handle.stop();
}
