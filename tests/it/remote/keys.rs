//! Keys that are nearly the same, ids that are made up, and room that runs out.

use std::sync::Arc;
use std::time::Duration;

use hallpass::directory::remote::{Entry, Human, Key, Settings};
use hallpass::policy::request::{Stored, Value};

use super::stage::Stage;
use crate::chance::Chance;
use crate::held_source::{Held, human, person, version};

fn record(kind: &str, id: &str) -> Key {
    Key::Record { kind: kind.into(), id: id.into() }
}

fn stored(text: &str) -> Entry {
    let free = vec![("is".to_owned(), Value::Text(text.to_owned()))];
    Entry::Record(Some(Arc::new(Stored { free, ..Stored::default() })))
}

/// Whether an entry is the one that was put under a key.
fn is_of(entry: &Entry, key: &Key, number: usize, named: String) -> bool {
    match (key, entry) {
        (Key::Person(id), Entry::Person(Some(human))) => human.id == *id && human.row as usize == number,
        (Key::Section(_), Entry::Section(None)) => true,
        (Key::Record { .. }, Entry::Record(Some(stored))) => stored.free[0].1 == Value::Text(named),
        _ => false,
    }
}

/// Every text of up to three of these letters, as everything that it could be.
#[tokio::test]
async fn keys_that_are_nearly_the_same_share_nothing() {
    let letters = ["", "a", "A", "b", ":", "/", " ", "\u{0}", "\u{e9}", "e\u{301}"];
    let mut texts: Vec<String> = Vec::new();
    for (first, second) in letters.iter().flat_map(|first| letters.iter().map(move |second| (first, second))) {
        texts.push(format!("{first}{second}"));
        texts.push(format!("{first}{second}:"));
    }
    texts.sort();
    texts.dedup();
    let mut keys: Vec<Key> = texts.iter().map(|text| person(text)).collect();
    keys.extend(texts.iter().map(|text| Key::Section(text.as_str().into())));
    keys.extend(texts.iter().flat_map(|kind| texts.iter().map(move |id| record(kind, id))));
    let held = Held::new();
    let named = |key: &Key| format!("{key:?}");
    for (number, key) in keys.iter().enumerate() {
        let entry = match key {
            Key::Person(id) => human(id, u32::try_from(number).unwrap()),
            Key::Section(_) => Entry::Section(None),
            Key::Record { .. } => stored(&named(key)),
        };
        held.world().facts.insert(key.clone(), entry);
    }
    let stage = Stage::ready(&held, Settings::default()).await;
    let at = stage.at().await;
    for _ in 0..2 {
        let entries = stage.remote.gather(&at, &keys).await.unwrap();
        for (number, (key, entry)) in keys.iter().zip(entries).enumerate() {
            assert!(is_of(&entry, key, number, named(key)), "{key:?} brought {entry:?}");
        }
    }
    assert_eq!(held.world().loads, 1);
}

/// Ten thousand users, and a crowd that makes ids up.
#[tokio::test]
async fn ids_that_are_made_up_push_nobody_out() {
    const REAL: usize = 10_000;
    const MADE_UP: usize = 1_000_000;
    let held = Held::new();
    let real: Vec<Key> = (0..REAL).map(|user| person(&format!("user.{user}"))).collect();
    for key in &real {
        let Key::Person(id) = key else { panic!() };
        held.world().facts.insert(key.clone(), human(id, 1));
    }
    // For longer than the test takes by any clock.
    let settings = Settings { time_to_live: Duration::from_secs(3_600), ..Settings::default() };
    let stage = Stage::ready(&held, settings).await;
    let at = stage.at().await;
    stage.remote.gather(&at, &real).await.unwrap();
    let mut chance = Chance::new(1);
    let (mut most, mut asked) = (0, 0);
    for round in 0..MADE_UP / 1_000 {
        let made_up: Vec<Key> = (0..1_000).map(|id| person(&format!("user.{round}-{id}"))).collect();
        let entries = stage.remote.gather(&at, &made_up).await.unwrap();
        assert!(entries.iter().all(|entry| version(entry).is_none()));
        let some: Vec<Key> = (0..100).map(|_| chance.pick(&real)).collect();
        let before = held.world().keys;
        let entries = stage.remote.gather(&at, &some).await.unwrap();
        assert!(entries.iter().all(|entry| version(entry) == Some(1)));
        asked += held.world().keys - before;
        most = most.max(stage.remote.state().bytes);
    }
    assert_eq!(asked, 0, "all of the real ones are kept");
    // What is kept of real users, and as much as may be kept of those that are none.
    assert!(most < (10 << 20) + (5 << 20), "{most} bytes");
    let state = stage.remote.state();
    assert!(state.entries < 30_000 && state.evictions > 0, "{state:?}");
}

/// Somebody with so many bytes of properties.
fn heavy(id: &str, bytes: usize) -> Entry {
    let Entry::Person(Some(light)) = human(id, 1) else { panic!() };
    let properties = [("p".to_owned(), Value::Text("x".repeat(bytes)))].into();
    Entry::Person(Some(Arc::new(Human { properties, ..Human::clone(&light) })))
}

#[tokio::test]
async fn room_is_counted_in_bytes() {
    let held = Held::new();
    let settings = Settings { cache_bytes: 1 << 20, ..Settings::default() };
    let stage = Stage::ready(&held, settings).await;
    for (bytes, fit) in [(1_000, 500..1_000), (10_000, 80..105), (100_000, 5..11)] {
        for user in 0..2_000 {
            let id = format!("{bytes}.{user}");
            held.world().facts.insert(person(&id), heavy(&id, bytes));
            assert_eq!(stage.ask(&person(&id)).await, Ok(Some(1)));
            held.world().facts.clear();
        }
        let state = stage.remote.state();
        assert!(state.bytes <= 1 << 20, "{state:?}");
        assert!(bytes > 1_000 || fit.contains(&state.entries), "{state:?}");
        stage.advance(Duration::from_secs(60)).await;
    }
    // What is greater than all the room is answered, and not kept.
    held.world().facts.insert(person("giant"), heavy("giant", 2 << 20));
    assert_eq!(stage.ask(&person("giant")).await, Ok(Some(1)));
    assert_eq!(stage.ask(&person("giant")).await, Ok(Some(1)));
    assert!(stage.remote.state().bytes <= 1 << 20);
}

/// A change of one in a hundred thousand users makes some others be looked up again, whose places are shared by chance:
/// few, and each is answered as before.
#[tokio::test]
async fn places_that_are_shared_cost_look_ups_and_nothing_else() {
    const MANY: u32 = 60_000;
    let held = Held::new();
    let keys: Vec<Key> = (0..MANY).map(|user| person(&user.to_string())).collect();
    for (user, key) in (0..).zip(&keys) {
        held.world().facts.insert(key.clone(), human(&user.to_string(), user));
    }
    let stage = Stage::ready(&held, Settings::default()).await;
    let at = stage.at().await;
    stage.remote.gather(&at, &keys).await.unwrap();
    for user in 0..1_000_u32 {
        held.change(&keys[user as usize], human(&user.to_string(), MANY + user));
    }
    super::stage::settle().await;
    let at = stage.at().await;
    assert_eq!(at.sequence, Some(1_000));
    let entries = stage.remote.gather(&at, &keys).await.unwrap();
    for (user, entry) in (0..).zip(entries) {
        assert_eq!(version(&entry), Some(if user < 1_000 { MANY + user } else { user }));
    }
    let again = held.world().keys - keys.len();
    // A thousand, and of the others one in 65 or so.
    assert!((1_000..3_000).contains(&again), "{again}");
}
