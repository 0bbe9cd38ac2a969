//! How plans read, and what is refused: written out for the shipped policies and the demo district.

use std::time::Instant;

use hallpass::directory::Roster;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::plan::sql::{self, Dialect, NameError, Names, Parameter, Parameters, Table};
use hallpass::policy::plan::{Columns, Enrolments, MOST_IDS, Outcome, Plan};
use hallpass::policy::request::{Action, AnyOf, Malformed, Request, Resource, Subject, Value};

use crate::little::day;
use crate::support::{path, shipped_policy, sources};

const SUBJECT: Subject<'static> = Subject { kind: "user", id: "t.rivera", properties: &[] };

fn today() -> Day {
    day("2026-11-20")
}

fn district() -> (Policy, Roster) {
    (shipped_policy(), Roster::load(&sources(&path("examples/district")), &[]).unwrap().roster)
}

fn request<'a>(who: &'a str, may: &'a str, a: &'a str) -> Request<'a> {
    Request {
        subject: Subject { id: who, ..SUBJECT },
        action: Action { name: may, properties: &[] },
        resource: Resource { kind: a, ..Resource::default() },
        context: &[],
    }
}

fn columns(names: &[&str]) -> Columns {
    let has = |name| names.contains(&name);
    Columns {
        id: has("id"),
        student: has("student"),
        school: has("school"),
        section: has("section"),
        created_by: has("created_by"),
        ..Columns::default()
    }
}

fn names() -> Names {
    let all = ["id", "student", "school", "section", "created_by", "status"];
    let table = Table {
        name: vec!["enrolments".to_owned()],
        student: "student".to_owned(),
        section: "section".to_owned(),
        school: Some("school".to_owned()),
    };
    Names {
        columns: all.iter().map(|name| ((*name).to_owned(), vec![(*name).to_owned()])).collect(),
        enrolments: Some(table),
    }
}

fn sql(plan: &Plan, dialect: Dialect) -> (String, Vec<Parameter>) {
    let mut parameters = Parameters::default();
    let text = sql::write(&plan.filter, dialect, &names(), &mut parameters).unwrap();
    (text, parameters.list().to_vec())
}

/// Who may do what to which columns, and the SQL.
const PLANS: &[(&str, &str, &str, &[&str], &str)] = &[
    (
        "t.rivera",
        "update",
        "misis.grades.mark",
        &["student"],
        "`student` COLLATE BINARY IN (SELECT value FROM json_each(?1))",
    ),
    (
        "t.rivera",
        "update",
        "misis.grades.mark",
        &["student", "school"],
        "(`student` COLLATE BINARY IN (SELECT value FROM json_each(?1)) AND (`school` IS NULL OR `school` COLLATE BINARY = ?2))",
    ),
    (
        "p.okafor",
        "view",
        "misis.health.immunization",
        &["student"],
        "`student` COLLATE BINARY IN (SELECT value FROM json_each(?1))",
    ),
    (
        "p.okafor",
        "view",
        "misis.health.immunization",
        &["student", "school"],
        "((`student` IS NULL OR `student` COLLATE BINARY NOT IN (SELECT value FROM json_each(?1))) AND (`school` IS NULL OR `school` COLLATE BINARY = ?2) AND (`student` COLLATE BINARY IN (SELECT value FROM json_each(?3)) OR `school` COLLATE BINARY = ?2))",
    ),
    ("nobody", "view", "misis.grades.mark", &["student"], "0"),
];

#[test]
fn plans_read_well() {
    let (policy, roster) = district();
    let mut wrong = Vec::new();
    for (who, may, a, has, expected) in PLANS {
        let plan = policy.plan(&roster, &request(who, may, a), &columns(has), today(), MOST_IDS).unwrap();
        let (text, _) = sql(&plan, Dialect::Sqlite);
        if text != *expected {
            wrong.push(format!("{who} {may} {a} {has:?}:\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_table_of_enrolments_spares_the_lists() {
    let (policy, roster) = district();
    let columns = Columns { enrolments: Some(Enrolments { school: true }), ..columns(&["student", "school"]) };
    let plan = policy.plan(&roster, &request("p.okafor", "view", "misis.health.immunization"), &columns, today(), 100);
    let plan = plan.unwrap();
    let (text, parameters) = sql(&plan, Dialect::PostgreSql);
    assert!(
        plan.short.is_empty() && parameters.iter().all(|it| !matches!(it, Parameter::Texts(ids) if ids.len() > 20))
    );
    assert!(text.contains("IN (SELECT e.\"student\", e.\"student\" FROM \"enrolments\" AS e WHERE "), "{text}");
}

#[test]
fn a_plan_says_why_there_is_nothing_to_see() {
    let (policy, roster) = district();
    let cases = [
        (request("nobody", "view", "misis.grades.mark"), &["student"][..], "unknown_subject"),
        (request("t.rivera", "view", "misis.grades.nothing"), &["student"], "unknown_resource_type"),
        (request("t.rivera", "dance", "misis.grades.mark"), &["student"], "unknown_action"),
        (request("t.rivera", "view", "misis.sped_placement.request"), &["student", "school"], "no_grant"),
        (request("t.rivera", "update", "misis.grades.mark"), &[], "missing_attribute"),
    ];
    for (request, has, reason) in cases {
        let plan = policy.plan(&roster, &request, &columns(has), today(), MOST_IDS).unwrap();
        assert_eq!((plan.outcome(), plan.reason.code()), (Outcome::Never, reason), "{request:?}");
    }
}

#[test]
fn a_plan_that_falls_short_says_so_and_lets_nobody_in() {
    let (policy, roster) = district();
    let request = request("p.okafor", "view", "misis.health.immunization");
    let plan = |most| policy.plan(&roster, &request, &columns(&["student"]), today(), most).unwrap();
    let (whole, short) = (plan(MOST_IDS), plan(3));
    assert!(whole.short.is_empty());
    assert_eq!(short.short.iter().map(|why| why.code()).collect::<Vec<_>>(), ["too_many_ids"]);
    let listed = |plan: &Plan| match sql(plan, Dialect::Sqlite).1.as_slice() {
        [Parameter::Texts(ids)] => ids.to_vec(),
        other => panic!("{other:?}"),
    };
    assert_eq!(listed(&short), listed(&whole)[..3]);
    let none = plan(0);
    assert_eq!((none.outcome(), sql(&none, Dialect::Sqlite).0.as_str()), (Outcome::Conditional, "0"));
}

#[test]
fn what_all_rows_share_is_no_column() {
    let (policy, roster) = district();
    let mut with_id = request("t.rivera", "view", "misis.grades.mark");
    with_id.resource.id = "g.1";
    let mut with_school = request("t.rivera", "view", "misis.grades.mark");
    with_school.resource.school = Some(AnyOf::One("sch.fernvale"));
    let ask = |request: &Request<'_>| policy.plan(&roster, request, &columns(&["school"]), today(), MOST_IDS);
    for (request, refused) in [(&with_id, "resource.id"), (&with_school, "school")] {
        assert!(matches!(ask(request), Err(Malformed::WrongType { name, .. }) if name == refused));
    }
}

#[test]
fn names_are_quoted_or_refused() {
    let (policy, roster) = district();
    let request = request("t.rivera", "update", "misis.grades.mark");
    let plan = policy.plan(&roster, &request, &columns(&["student"]), today(), MOST_IDS).unwrap();
    let write = |path: &[&str], dialect| {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        let names = Names { columns: vec![("student".to_owned(), path)], enrolments: None };
        sql::write(&plan.filter, dialect, &names, &mut Parameters::after(2))
    };
    let evil = "x\" = '' OR 1=1; DROP TABLE marks; --`";
    assert_eq!(
        write(&["m", evil], Dialect::PostgreSql).unwrap(),
        "(\"m\".\"x\"\" = '' OR 1=1; DROP TABLE marks; --`\" = ANY($3::text[]) AND \"m\".\"x\"\" = '' OR 1=1; DROP TABLE marks; --`\" COLLATE \"C\" = ANY($3::text[]))"
    );
    assert_eq!(
        write(&["m", evil], Dialect::Sqlite).unwrap(),
        "`m`.`x\" = '' OR 1=1; DROP TABLE marks; --``` COLLATE BINARY IN (SELECT value FROM json_each(?3))"
    );
    let student = "student".to_owned();
    for (path, error) in [
        (&[][..], NameError::Unnamed(student.clone())),
        (&[""], NameError::Empty(student.clone())),
        (&["m", ""], NameError::Empty(student.clone())),
        (&["a\0b"], NameError::Nul(student.clone())),
        (&[&"x".repeat(64)], NameError::TooLong(student.clone())),
        (&["a", "b", "c", "d", "e"], NameError::TooLong(student)),
    ] {
        assert_eq!(write(path, Dialect::PostgreSql), Err(error.clone()));
        assert_eq!(write(path, Dialect::Sqlite), Err(error));
    }
}

/// No id, however odd, stands in the SQL.
#[test]
fn values_never_stand_in_the_text() {
    let (policy, roster) = district();
    let mut asked = request("p.okafor", "view", "misis.health.immunization");
    let odd = [("'; DROP TABLE marks; --".to_owned(), Value::Text("'; DROP TABLE marks; --".to_owned()))];
    asked.context = &odd;
    for dialect in [Dialect::PostgreSql, Dialect::Sqlite] {
        let plan = policy.plan(&roster, &asked, &columns(&["id", "student", "school", "section"]), today(), MOST_IDS);
        let (text, parameters) = sql(&plan.unwrap(), dialect);
        assert!(!text.contains("DROP") && !text.contains("sch.") && !text.contains("s.0"), "{text}");
        assert!(parameters.len() > 3);
    }
}

/// A name in double quotes that is no column's is a text in SQLite: a slip would let everything in.
#[test]
fn a_column_that_is_not_there_is_an_error_in_sqlite() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.execute_batch("CREATE TABLE marks (student TEXT)").unwrap();
    let error = database.prepare("SELECT 1 FROM marks WHERE `studnet` COLLATE BINARY <> ?1").err().unwrap();
    assert!(error.to_string().contains("no such column"), "{error}");
    let error = database.prepare("SELECT 1 FROM marks WHERE `marks`.`studnet` COLLATE BINARY <> ?1").err().unwrap();
    assert!(error.to_string().contains("no such column"), "{error}");
}

/// An index of the column serves a list.
#[test]
fn an_index_serves_a_list_in_sqlite() {
    let (policy, roster) = district();
    let request = request("t.rivera", "update", "misis.grades.mark");
    let plan = policy.plan(&roster, &request, &columns(&["student"]), today(), MOST_IDS).unwrap();
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database.execute_batch("CREATE TABLE marks (student TEXT); CREATE INDEX by_student ON marks (student)").unwrap();
    let query = format!("EXPLAIN QUERY PLAN SELECT 1 FROM marks WHERE {}", sql(&plan, Dialect::Sqlite).0);
    let steps: Vec<String> =
        database.prepare(&query).unwrap().query_map(["[]"], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    assert!(steps.iter().any(|step| step.contains("by_student (student=?)")), "{steps:?}");
}

/// Sizes and times of plans, to be read with `--nocapture`.
#[test]
fn plans_of_the_demo_district_are_small() {
    let (policy, roster) = district();
    let all = columns(&["id", "student", "school", "section", "created_by"]);
    for (who, may, a) in
        [("t.rivera", "update", "misis.grades.mark"), ("p.okafor", "view", "misis.health.immunization")]
    {
        for has in [&columns(&["student", "school"]), &all] {
            let request = request(who, may, a);
            let started = Instant::now();
            let plan = policy.plan(&roster, &request, has, today(), MOST_IDS).unwrap();
            let took = started.elapsed();
            let (text, parameters) = sql(&plan, Dialect::PostgreSql);
            let ids: usize =
                parameters.iter().map(|it| if let Parameter::Texts(ids) = it { ids.len() } else { 1 }).sum();
            println!(
                "{who} {may} {a}: {} tests, {} parameters, {ids} ids, {} bytes of SQL, {took:?}\n{text}",
                plan.filter.tests(),
                parameters.len(),
                text.len()
            );
            assert!(plan.short.is_empty() && plan.filter.tests() < 40);
        }
    }
}
