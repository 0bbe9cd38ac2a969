//! PostgreSQL is asked, and answers as a folder with the same rows does: rule by rule, over worlds made at random, and
//! where what it says is odd.

mod commands;
mod database;
mod follow;
mod large;
mod lists;
mod odd;
mod rules;
mod same;

use hallpass::directory::postgres::Postgres;

use crate::chance::Chance;
use database::Database;
use same::{Ids, compare};

const WORLDS: u64 = 40;

#[test]
#[ignore = "needs PostgreSQL"]
fn worlds_made_at_random_are_as_in_files() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 2);
    for seed in 0..WORLDS {
        let world = crate::search::world::World::random(&mut Chance::new(seed));
        database.fill(&world.files);
        database.runtime.block_on(compare(&postgres, &world.roster, &Ids::of(&world.files)));
        let world = crate::plan::draw::World::new(seed);
        database.fill(&world.files);
        database.runtime.block_on(compare(&postgres, &world.roster, &Ids::of(&world.files)));
    }
}
