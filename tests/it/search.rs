//! Searches answer as checks of everything that can be listed would: on random worlds and on the demo district, whole and
//! page by page; and they go through little more than they find.

pub(crate) mod demo;
pub(crate) mod enumerable;
mod grown;
pub(crate) mod same;
mod twin;
pub(crate) mod world;

use same::differences;
use world::World;

use crate::chance::Chance;

/// Worlds that are searched.
const WORLDS: u64 = 60;

#[test]
fn searches_answer_as_checks_of_everything_would() {
    let (mut asked, mut found) = (0, 0);
    for seed in 0..WORLDS {
        let mut chance = Chance::new(seed);
        let world = World::random(&mut chance);
        let compared = differences(&world, world.types.iter(), &world.roster, &mut chance);
        assert!(compared.differences.is_empty(), "world {seed}: {}", compared.differences.join("\n"));
        asked += compared.asked;
        found += compared.found;
    }
    println!("{asked} searches, {found} results");
    assert!(5 * found > asked, "{found} results of {asked} searches");
}

/// A census that leaves out one entry of one list is noticed, whichever list it is.
#[test]
fn a_missing_entry_is_noticed() {
    for list in twin::LISTS {
        let noticed = (0..10 * WORLDS).any(|seed| {
            let mut chance = Chance::new(seed);
            let world = World::random(&mut chance);
            let Some(twin) = twin::Twin::without_one(&world, list, &mut chance) else { return false };
            !differences(&world, twin.types(&world), &twin, &mut chance).differences.is_empty()
        });
        assert!(noticed, "{list:?}");
    }
}
