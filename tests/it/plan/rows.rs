//! Rows and questions at random: rows fit the directory, contradict it or know nothing of it.

use hallpass::policy::request::{Properties, Value};

use super::dice::Dice;
use super::draw::{CLASSES, DAYS, LABELS, ORGS, PLACES, RECORDS, ROLES, STAFF, STUDENTS};
use super::question::{PROPERTIES, Question, Row, TODAY, texts};
use crate::little::day;

/// A row; often one of a class that there is.
pub(crate) fn row(dice: &mut Dice, enrolments: &[[String; 3]]) -> Row {
    let mut row = Row::new();
    let mut put = |dice: &mut Dice, name: &'static str, null: usize, value: &dyn Fn(&mut Dice) -> String| {
        if !dice.percent(null) {
            let text = if dice.percent(2) { String::new() } else { value(dice) };
            row.insert(name, Value::Text(text));
        }
    };
    let fitting = (!enrolments.is_empty() && dice.percent(45)).then(|| dice.of(enrolments));
    let [student, section, school] = fitting.map_or([None, None, None], |all| all.map(Some));
    let org = |dice: &mut Dice| match dice.below(10) {
        0 => "nowhere".to_owned(),
        1 | 2 => dice.of(&ORGS).0.to_owned(),
        _ => dice.of(&PLACES).to_owned(),
    };
    put(dice, "id", 25, &|dice| match dice.below(5) {
        0 => dice.of(&RECORDS).to_owned(),
        1 => dice.of(&STAFF).to_owned(),
        2 => dice.of(&STUDENTS).to_owned(),
        3 => (if dice.percent(50) { dice.of(&CLASSES) } else { dice.of(&PLACES) }).to_owned(),
        _ => dice.of(&["zz", "r0 "]).to_owned(),
    });
    put(dice, "student", 25, &|dice| match &student {
        Some(student) if dice.percent(85) => student.clone(),
        _ if dice.percent(25) => dice.of(&["stranger", "k9", "u1", "u0", "k'9\\\""]).to_owned(),
        _ => dice.of(&STUDENTS).to_owned(),
    });
    put(dice, "section", 45, &|dice| match &section {
        Some(section) if dice.percent(85) => section.clone(),
        _ if dice.percent(10) => "nothing".to_owned(),
        _ => dice.of(&CLASSES).to_owned(),
    });
    put(dice, "school", 40, &|dice| match &school {
        Some(school) if dice.percent(85) => school.clone(),
        _ => org(dice),
    });
    put(dice, "created_by", 35, &|dice| if dice.percent(10) { "k0".to_owned() } else { dice.of(&STAFF).to_owned() });
    put(dice, "referred_to", 40, &org);
    put(dice, "label", 25, &|dice| dice.of(&LABELS).to_owned());
    for name in ["date", "due"] {
        if !dice.percent(25) {
            row.insert(name, Value::Text(dice.of(&DAYS).to_owned()));
        }
    }
    for name in ["n", "m"] {
        if !dice.percent(25) {
            row.insert(name, Value::Number(dice.of(&[0.0, 1.0, 1.5, 2.0, -3.0, 1e9])));
        }
    }
    if !dice.percent(30) {
        row.insert("flag", Value::Bool(dice.percent(50)));
    }
    if dice.percent(30) {
        row.insert("tags", texts(&["x", "y"]));
    }
    row
}

/// A question, with the columns that there are for it.
pub(crate) fn question(dice: &mut Dice) -> Question {
    let a = dice.of(&["student", "student", "student", "school", "district", "user", "user", "open"]);
    let may = if a == "user" { dice.of(&["view", "create", "assign_role"]) } else { dice.of(&["view", "create"]) };
    let dense = dice.percent(50);
    let some = |dice: &mut Dice, name: &str| match name {
        "tags" => dice.percent(4),
        "id" => dice.percent(if a == "user" { 80 } else { 40 }),
        "student" => dice.percent(80),
        _ => dice.percent(if dense { 75 } else { 35 }),
    };
    let columns: Vec<&str> = PROPERTIES.into_iter().filter(|name| some(dice, name)).collect();
    let mut shared = Properties::new();
    if a == "user" && dice.percent(80) {
        shared.push(("role".to_owned(), Value::Text(dice.of(&ROLES).to_owned())));
    }
    for (name, times) in [("school", 30), ("section", 20), ("student", 30), ("created_by", 20), ("flag", 20)] {
        if !columns.contains(&name) && dice.percent(times) {
            let value = match name {
                "school" if dice.percent(40) => texts(&[dice.of(&ORGS).0, dice.of(&ORGS).0]),
                "section" if dice.percent(40) => texts(&[dice.of(&CLASSES), "nothing"]),
                "school" => Value::Text(dice.of(&ORGS).0.to_owned()),
                "section" => Value::Text(dice.of(&CLASSES).to_owned()),
                "student" => Value::Text(dice.of(&["k0", "k'1", "kdel", "stranger"]).to_owned()),
                "created_by" => Value::Text(dice.of(&STAFF).to_owned()),
                _ => dice.of(&[Value::Bool(true), Value::Text("neither".to_owned())]),
            };
            shared.push((name.to_owned(), value));
        }
    }
    let enrolments = dice.percent(35).then(|| dice.percent(50));
    let subject = if dice.percent(20) { vec![("n".to_owned(), Value::Number(1.5))] } else { Vec::new() };
    let context =
        if dice.percent(50) { vec![("ids".to_owned(), texts(&["k0", "k'1", "stranger"]))] } else { Vec::new() };
    let who = if dice.percent(85) { "u0" } else { dice.of(&["u1", "U0", "off", "ghost", "k0"]) }.to_owned();
    let most_ids = if dice.percent(75) { 10_000 } else { dice.below(8) };
    Question { who, may, a: a.to_owned(), columns, enrolments, shared, subject, context, most_ids, on: day(TODAY) }
}
