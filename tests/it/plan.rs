//! A plan chooses the rows that Check allows, and no others: over worlds made at random, by evaluating the filter here
//! and by asking databases; and over the shipped policies and the demo district.

mod databases;
mod district;
pub(crate) mod draw;
pub(crate) mod evaluate;
pub(crate) mod question;
mod reading;
pub(crate) mod rows;
mod twins;
mod wire;

use hallpass::policy::plan::sql::Dialect;

use databases::{Postgres, Sqlite};
use draw::World;
use question::Planned;

/// Worlds, questions put in each, and rows that each is put about.
const WORLDS: u64 = 1_500;
const QUESTIONS: usize = 4;
pub(crate) const ROWS: usize = 24;

/// Goes through worlds, each a seed, and compares what every plan chooses with what Check allows.
fn compare(worlds: std::ops::Range<u64>, mut chosen: impl FnMut(&World, &[(Planned, String)], &mut Vec<Vec<usize>>)) {
    let mut tally = Tally::default();
    for seed in worlds {
        let world = World::new(seed);
        let planned: Vec<(Planned, String)> = (0..QUESTIONS)
            .map(|at| {
                let planned = world.planned(at);
                let about = format!("seed {seed}, question {at}: {planned:#?}\n{}", world.text);
                (planned, about)
            })
            .collect();
        let mut answers = Vec::new();
        chosen(&world, &planned, &mut answers);
        for ((planned, about), chosen) in planned.iter().zip(&answers) {
            let allowed = world.allowed(&planned.question);
            planned.check(&world.tables, &allowed, chosen, about);
            tally.count(planned, &allowed);
        }
    }
    tally.check();
}

/// That the worlds are worth the while.
#[derive(Debug, Default)]
struct Tally {
    rows: usize,
    allowed: usize,
    mixed: usize,
    short: usize,
    plans: usize,
}

impl Tally {
    fn count(&mut self, planned: &Planned, allowed: &[usize]) {
        self.plans += 1;
        self.rows += ROWS;
        self.allowed += allowed.len();
        self.mixed += usize::from(!allowed.is_empty() && allowed.len() < ROWS);
        self.short += usize::from(!planned.plan.short.is_empty());
    }

    fn check(&self) {
        println!("{self:?}");
        assert!(self.allowed * 20 > self.rows && self.mixed * 5 > self.plans && self.short > 10, "{self:?}");
    }
}

#[test]
fn the_filter_chooses_the_rows_that_check_allows() {
    compare(0..WORLDS, |world, planned, answers| {
        answers.extend(planned.iter().map(|(planned, _)| evaluate::chosen(&planned.plan.filter, &world.tables)));
    });
}

#[test]
fn sqlite_chooses_the_rows_that_check_allows() {
    let sqlite = Sqlite::new();
    compare(10_000..10_000 + WORLDS, |world, planned, answers| {
        sqlite.fill(&world.tables);
        answers.extend(planned.iter().map(|(planned, about)| {
            let (text, parameters) = planned.sql(Dialect::Sqlite);
            sqlite.chosen(&text, &parameters, about)
        }));
    });
}

#[test]
#[ignore = "needs PostgreSQL"]
fn postgresql_chooses_the_rows_that_check_allows() {
    let mut postgres = Postgres::new();
    compare(20_000..20_000 + WORLDS, |world, planned, answers| {
        postgres.fill(&world.tables);
        answers.extend(planned.iter().map(|(planned, about)| {
            let (text, parameters) = planned.sql(Dialect::PostgreSql);
            postgres.chosen(&text, &parameters, about)
        }));
    });
}
