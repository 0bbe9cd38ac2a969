//! Rows and questions at random: rows fit the directory, contradict it or know nothing of it.

use hallpass::policy::request::{Properties, Value};

use super::draw::{CLASSES, DAYS, LABELS, ORGS, PLACES, RECORDS, ROLES, STAFF, STUDENTS};
use super::question::{PROPERTIES, Question, Row, TODAY, texts};
use crate::chance::Chance;
use crate::little::day;

/// A row; often one of a class that there is.
pub(crate) fn row(chance: &mut Chance, enrolments: &[[String; 3]]) -> Row {
    let mut row = Row::new();
    let mut put = |chance: &mut Chance, name: &'static str, null: usize, value: &dyn Fn(&mut Chance) -> String| {
        if !chance.percent(null) {
            let text = if chance.percent(2) { String::new() } else { value(chance) };
            row.insert(name, Value::Text(text));
        }
    };
    let fitting = (!enrolments.is_empty() && chance.percent(45)).then(|| chance.pick(enrolments));
    let [student, section, school] = fitting.map_or([None, None, None], |all| all.map(Some));
    let org = |chance: &mut Chance| match chance.below(10) {
        0 => "nowhere".to_owned(),
        1 | 2 => chance.pick(&ORGS).0.to_owned(),
        _ => chance.pick(&PLACES).to_owned(),
    };
    put(chance, "id", 25, &|chance| match chance.below(5) {
        0 => chance.pick(&RECORDS).to_owned(),
        1 => chance.pick(&STAFF).to_owned(),
        2 => chance.pick(&STUDENTS).to_owned(),
        3 => (if chance.percent(50) { chance.pick(&CLASSES) } else { chance.pick(&PLACES) }).to_owned(),
        _ => chance.pick(&["zz", "r0 "]).to_owned(),
    });
    put(chance, "student", 25, &|chance| match &student {
        Some(student) if chance.percent(85) => student.clone(),
        _ if chance.percent(25) => chance.pick(&["stranger", "k9", "u1", "u0", "k'9\\\""]).to_owned(),
        _ => chance.pick(&STUDENTS).to_owned(),
    });
    put(chance, "section", 45, &|chance| match &section {
        Some(section) if chance.percent(85) => section.clone(),
        _ if chance.percent(10) => "nothing".to_owned(),
        _ => chance.pick(&CLASSES).to_owned(),
    });
    put(chance, "school", 40, &|chance| match &school {
        Some(school) if chance.percent(85) => school.clone(),
        _ => org(chance),
    });
    put(chance, "created_by", 35, &|chance| {
        if chance.percent(10) { "k0".to_owned() } else { chance.pick(&STAFF).to_owned() }
    });
    put(chance, "referred_to", 40, &org);
    put(chance, "label", 25, &|chance| chance.pick(&LABELS).to_owned());
    for name in ["date", "due"] {
        if !chance.percent(25) {
            row.insert(name, Value::Text(chance.pick(&DAYS).to_owned()));
        }
    }
    for name in ["n", "m"] {
        if !chance.percent(25) {
            row.insert(name, Value::Number(chance.pick(&[0.0, 1.0, 1.5, 2.0, -3.0, 1e9])));
        }
    }
    if !chance.percent(30) {
        row.insert("flag", Value::Bool(chance.percent(50)));
    }
    if chance.percent(30) {
        row.insert("tags", texts(&["x", "y"]));
    }
    row
}

/// A question, with the columns that there are for it.
pub(crate) fn question(chance: &mut Chance) -> Question {
    let a = chance.pick(&["student", "student", "student", "school", "district", "user", "user", "open"]);
    let may =
        if a == "user" { chance.pick(&["view", "create", "assign_role"]) } else { chance.pick(&["view", "create"]) };
    let dense = chance.percent(50);
    let some = |chance: &mut Chance, name: &str| match name {
        "tags" => chance.percent(4),
        "id" => chance.percent(if a == "user" { 80 } else { 40 }),
        "student" => chance.percent(80),
        _ => chance.percent(if dense { 75 } else { 35 }),
    };
    let columns: Vec<&str> = PROPERTIES.into_iter().filter(|name| some(chance, name)).collect();
    let mut shared = Properties::new();
    if a == "user" && chance.percent(80) {
        shared.push(("role".to_owned(), Value::Text(chance.pick(&ROLES).to_owned())));
    }
    for (name, times) in [("school", 30), ("section", 20), ("student", 30), ("created_by", 20), ("flag", 20)] {
        if !columns.contains(&name) && chance.percent(times) {
            let value = match name {
                "school" if chance.percent(40) => texts(&[chance.pick(&ORGS).0, chance.pick(&ORGS).0]),
                "section" if chance.percent(40) => texts(&[chance.pick(&CLASSES), "nothing"]),
                "school" => Value::Text(chance.pick(&ORGS).0.to_owned()),
                "section" => Value::Text(chance.pick(&CLASSES).to_owned()),
                "student" => Value::Text(chance.pick(&["k0", "k'1", "kdel", "stranger"]).to_owned()),
                "created_by" => Value::Text(chance.pick(&STAFF).to_owned()),
                _ => chance.pick(&[Value::Bool(true), Value::Text("neither".to_owned())]),
            };
            shared.push((name.to_owned(), value));
        }
    }
    let enrolments = chance.percent(35).then(|| chance.percent(50));
    let subject = if chance.percent(20) { vec![("n".to_owned(), Value::Number(1.5))] } else { Vec::new() };
    let context =
        if chance.percent(50) { vec![("ids".to_owned(), texts(&["k0", "k'1", "stranger"]))] } else { Vec::new() };
    let who = if chance.percent(85) { "u0" } else { chance.pick(&["u1", "U0", "off", "ghost", "k0"]) }.to_owned();
    let most_ids = if chance.percent(75) { 10_000 } else { chance.below(8) };
    Question { who, may, a: a.to_owned(), columns, enrolments, shared, subject, context, most_ids, on: day(TODAY) }
}
