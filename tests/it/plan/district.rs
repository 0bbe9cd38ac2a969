//! The same over the shipped policies and the demo district: whoever holds a role there, whatever the role may do.

use hallpass::directory::Roster;
use hallpass::policy::plan::MOST_IDS;
use hallpass::policy::plan::sql::Dialect;
use hallpass::policy::request::{Properties, Value};

use super::databases::Sqlite;
use super::draw::{Tables, enrolments};
use super::evaluate::chosen;
use super::question::{Planned, Question, Row};
use crate::chance::Chance;
use crate::little::day;
use crate::support::{path, shipped_policy, sources};

const ROUNDS: usize = 300;
const ROWS: usize = 40;

#[test]
fn plans_over_the_demo_district_choose_what_check_allows() {
    let (policy, on) = (shipped_policy(), day("2026-11-20"));
    let roster = Roster::load(&sources(&path("examples/district")), &[]).unwrap().roster;
    let enrolments = enrolments(&roster, on);
    let holders: Vec<(String, String)> =
        roster.assignments().map(|(user, held, _)| (user.to_owned(), (*held.role).to_owned())).collect();
    let (mut chance, sqlite, mut mixed) = (Chance(7), Sqlite::new(), 0);
    for round in 0..ROUNDS {
        let (who, role) = chance.pick(&holders);
        let rights = policy.rights(&role);
        if rights.is_empty() {
            continue;
        }
        let right = &rights[chance.below(rights.len())];
        let (may, a) = (right.action, right.resource_type.to_owned());
        let names = ["id", "student", "school", "section", "created_by", "referred_to", "date"];
        let columns = names.into_iter().filter(|_| chance.percent(60)).collect();
        let with_table = chance.percent(30).then(|| chance.percent(50));
        let shared = Properties::new();
        let question = Question {
            who: who.clone(),
            may: leak(may),
            a,
            columns,
            enrolments: with_table,
            shared,
            subject: Vec::new(),
            context: Vec::new(),
            most_ids: MOST_IDS,
            on,
        };
        let rows = (0..ROWS).map(|_| row(&mut chance, &who, &enrolments, &holders)).collect();
        let tables = Tables { rows, enrolments: enrolments.clone() };
        let planned = Planned { plan: question.plan(&policy, &roster), question };
        let allowed = tables.allowed(&planned.question, &policy, &roster);
        let about = format!("round {round}: {:#?}", planned.question);
        assert!(planned.plan.short.is_empty(), "{about}");
        planned.check(&tables, &allowed, &chosen(&planned.plan.filter, &tables), &about);
        sqlite.fill(&tables);
        let (text, parameters) = planned.sql(Dialect::Sqlite);
        planned.check(&tables, &allowed, &sqlite.chosen(&text, &parameters, &about), &about);
        mixed += usize::from(!allowed.is_empty() && allowed.len() < ROWS);
    }
    assert!(mixed > ROUNDS / 4, "{mixed}");
}

/// A row of an enrolment, or of three that have nothing to do with one another.
fn row(chance: &mut Chance, who: &str, enrolments: &[[String; 3]], holders: &[(String, String)]) -> Row {
    let [student, section, school] = chance.pick(enrolments);
    let [other, another, elsewhere] = chance.pick(enrolments);
    let odd = chance.percent(20);
    let text = |text: &str| Value::Text(text.to_owned());
    let mut row = Row::new();
    let mut put = |chance: &mut Chance, name, null, value: Value| {
        if !chance.percent(null) {
            row.insert(name, value);
        }
    };
    put(chance, "student", 20, text(if odd { "s.nobody" } else { &student }));
    let (section, school) = if chance.percent(15) { (another, elsewhere.clone()) } else { (section, school) };
    put(chance, "section", 50, text(&section));
    put(chance, "school", 40, text(&school));
    let maker = if chance.percent(40) { who.to_owned() } else { chance.pick(holders).0 };
    put(chance, "created_by", 40, text(&maker));
    put(chance, "referred_to", 40, text(&elsewhere));
    let day = chance.pick(&["2026-11-19", "2026-11-20", "2026-11-21"]);
    put(chance, "date", 40, text(day));
    let ids = [other, chance.pick(holders).0, "mts.0001".to_owned(), "mrk.0001".to_owned(), "new".to_owned()];
    let id = chance.pick(&ids);
    put(chance, "id", 30, text(&id));
    row
}

/// A name for as long as the tests run.
fn leak(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}
