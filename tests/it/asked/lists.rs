//! Searches and plans on PostgreSQL: what checks would say, on worlds made at random and on the demo district, with rows
//! in one piece and with gaps.

use std::collections::BTreeSet;

use hallpass::directory::Roster;
use hallpass::directory::postgres::{Postgres, Reading};
use hallpass::directory::remote::reading::Reading as _;
use hallpass::directory::remote::{Listed, Source as _};
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::request::{Request, Resource, Subject};
use hallpass::policy::search::{Found, Page};
use tokio::runtime::Runtime;

use super::database::Database;
use crate::chance::Chance;
use crate::little::ask;
use crate::search::demo;
use crate::search::enumerable::Enumerable;
use crate::search::same::{Compared, filter};
use crate::search::world::World;
use crate::support::{path, shipped_policy, sources};

/// Numbers rows so that most numbers are nobody's.
const GAPS: &str = "
    UPDATE hallpass.users SET row = -7 - row * 1000; UPDATE hallpass.users SET row = -row;
    UPDATE hallpass.orgs SET row = -11 - row * 90; UPDATE hallpass.orgs SET row = -row;
    UPDATE hallpass.classes SET row = -3 - row * 5000; UPDATE hallpass.classes SET row = -row;
    UPDATE hallpass.records SET row = -1 - row * 333; UPDATE hallpass.records SET row = -row";

/// Questions put to one moment of a database.
pub(super) struct Asker<'d> {
    runtime: &'d Runtime,
    reading: std::cell::RefCell<Reading>,
    pub(super) rounds: std::cell::Cell<usize>,
    pub(super) people: std::cell::Cell<usize>,
}

impl<'d> Asker<'d> {
    pub(super) fn new(database: &'d Database, postgres: &Postgres) -> Self {
        let reading = database.runtime.block_on(postgres.begin()).unwrap();
        let (rounds, people) = Default::default();
        Self { runtime: &database.runtime, reading: reading.into(), rounds, people }
    }

    /// What it comes to once all of it was read, in rounds.
    pub(super) fn ask<T>(&self, run: impl Fn(&Listed) -> T) -> Result<T, String> {
        let mut reading = self.reading.borrow_mut();
        let mut facts = Listed::new(reading.frame().clone());
        self.rounds.set(0);
        self.people.set(0);
        loop {
            let answer = run(&facts);
            let wants = facts.wants().map_err(|error| error.to_string())?;
            if wants.is_empty() {
                return Ok(answer);
            }
            let brought = self.runtime.block_on(reading.fetch(&wants)).unwrap();
            self.rounds.set(self.rounds.get() + 1);
            self.people.set(self.people.get() + brought.people.len());
            assert!(self.rounds.get() < 200, "{wants:?}");
            facts.add(wants, brought);
        }
    }

    pub(super) fn end(self) {
        self.runtime.block_on(self.reading.into_inner().end());
    }
}

/// The same results for as long as the tests run, whatever becomes of the facts.
pub(super) fn owned(found: Found<'_>) -> Found<'static> {
    let Found { results, next, visited } = found;
    let leak = |id: &str| -> &'static str { Box::leak(id.to_owned().into_boxed_str()) };
    Found { results: results.into_iter().map(leak).collect(), next, visited }
}

/// A policy and the directory as a folder, beside the same in a database.
struct Both<'a> {
    policy: &'a Policy,
    roster: &'a Roster,
    asker: &'a Asker<'a>,
    today: Day,
}

impl Both<'_> {
    fn allows(&self, request: &Request<'_>) -> bool {
        self.policy.decide(self.roster, request, self.today).is_allow()
    }

    fn subjects(&self, compared: &mut Compared, request: &Request<'_>, listed: &[String], chance: &mut Chance) {
        let allowed = |id: &str| self.allows(&Request { subject: Subject { id, ..request.subject }, ..*request });
        let expected = filter(listed, allowed);
        let blank = Request { subject: Subject { id: "", ..request.subject }, ..*request };
        let search = |page: Page| {
            let run = |facts: &Listed| owned(self.policy.subjects(facts, &blank, self.today, facts.page(page)));
            self.asker.ask(run).unwrap()
        };
        compared.compare(request, &expected, search, chance);
    }

    fn resources(&self, compared: &mut Compared, request: &Request<'_>, listed: &[String], chance: &mut Chance) {
        let allowed = |id: &str| self.allows(&Request { resource: Resource { id, ..request.resource }, ..*request });
        let expected = filter(listed, allowed);
        let blank = Request { resource: Resource { id: "", ..request.resource }, ..*request };
        let search = |page: Page| {
            let run = |facts: &Listed| owned(self.policy.resources(facts, &blank, self.today, facts.page(page)));
            self.asker.ask(run).unwrap()
        };
        compared.compare(request, &expected, search, chance);
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn searches_answer_as_checks_of_everything_would() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 2);
    let mut compared = Compared::default();
    for seed in 0..8 {
        let mut chance = Chance::new(seed);
        let world = World::random(&mut chance);
        database.fill(&world.files);
        if seed % 2 == 1 {
            database.execute(GAPS);
        }
        let asker = Asker::new(&database, &postgres);
        for (kind, id_is) in &world.types {
            let question = world.question(kind, "view", &mut chance);
            let both = Both { policy: &world.policy, roster: &world.roster, asker: &asker, today: question.on };
            both.subjects(&mut compared, &question.request(), &world.listed.users, &mut chance);
            both.resources(&mut compared, &question.request(), &world.listed.of(kind, *id_is), &mut chance);
            assert!(compared.differences.is_empty(), "world {seed}: {}", compared.differences.join("\n"));
        }
        asker.end();
    }
    println!("{} searches, {} results", compared.asked, compared.found);
    assert!(5 * compared.found > compared.asked);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn searches_of_the_demo_district_answer_as_checks_would() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 2);
    let files = sources(&path("examples/district"));
    let (policy, roster, listed) =
        (shipped_policy(), Roster::load(&files, &[]).unwrap().roster, Enumerable::read(&files));
    database.fill(&files);
    database.execute(GAPS);
    let asker = Asker::new(&database, &postgres);
    let both = Both { policy: &policy, roster: &roster, asker: &asker, today: Day(20_779) };
    let (mut compared, mut chance) = (Compared::default(), Chance::new(3));
    let holders: BTreeSet<&str> = roster.assignments().map(|(user, ..)| user).collect();
    let cells: Vec<(String, String)> =
        policy.catalogue().map(|(kind, action, _)| (kind.to_owned(), action.to_owned())).collect();
    let ids = demo::ids();
    for (kind, action) in cells.iter().step_by(23) {
        for (id, of) in demo::records() {
            let question = ask("", action, kind, of).id(id);
            both.subjects(&mut compared, &question.request(), &listed.users, &mut chance);
        }
    }
    for (kind, action) in cells.iter().filter(|(kind, _)| ids.contains_key(kind)).step_by(7) {
        let all = listed.of(kind, ids.get(kind).map(String::as_str));
        for subject in holders.iter().step_by(9) {
            let question = ask(subject, action, kind, serde_json::json!({}));
            both.resources(&mut compared, &question.request(), &all, &mut chance);
        }
    }
    assert!(compared.differences.is_empty(), "{}", compared.differences.join("\n"));
    println!("{} searches, {} results", compared.asked, compared.found);
    assert!(compared.found > compared.asked);
}

/// A plan is the one that the folder gives, of which other tests show that it chooses what checks allow.
#[test]
#[ignore = "needs PostgreSQL"]
fn plans_are_those_of_a_folder() {
    let database = Database::new();
    let postgres = Postgres::new(database.target(), 2);
    for seed in 0..60 {
        let world = crate::plan::draw::World::new(seed);
        database.fill(&world.files);
        if seed % 2 == 1 {
            database.execute(GAPS);
        }
        let asker = Asker::new(&database, &postgres);
        for at in 0..4 {
            let planned = world.planned(at);
            let plan = asker.ask(|facts| planned.question.plan(&world.policy, facts)).unwrap();
            assert_eq!(plan, planned.plan, "seed {seed}, question {at}: {planned:#?}\n{}", world.text);
            let allowed = world.allowed(&planned.question);
            let chosen = crate::plan::evaluate::chosen(&plan.filter, &world.tables);
            planned.check(&world.tables, &allowed, &chosen, &format!("seed {seed}, question {at}"));
        }
        asker.end();
    }
}
