//! Plan over gRPC: what is asked, what is answered, and that the answer does its work in a database.

use std::collections::HashMap;

use hallpass::grpc::proto::hallpass as hp;
use hp::parameter::Value as Bound;
use tonic::Code;

use crate::running::{Server, runtime};

fn column(name: &[&str]) -> Option<hp::Column> {
    Some(hp::Column { name: name.iter().map(|part| (*part).to_owned()).collect() })
}

fn request(who: &str, may: &str, a: &str) -> hp::PlanRequest {
    hp::PlanRequest {
        subject: Some(hp::Subject { r#type: "user".into(), id: who.into(), properties: None }),
        action: Some(hp::Action { name: may.into(), properties: None }),
        resource: Some(hp::Resource { r#type: a.into(), ..Default::default() }),
        columns: Some(hp::Columns {
            student: column(&["marks", "student_id"]),
            school: column(&[]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn marks() -> hp::PlanRequest {
    request("t.rivera", "update", "misis.grades.mark")
}

fn plan(server: &Server, request: hp::PlanRequest) -> Result<hp::PlanResponse, tonic::Status> {
    runtime().block_on(async { server.hallpass().plan(request).await.map(tonic::Response::into_inner) })
}

#[test]
fn the_sql_of_a_plan_chooses_rows() {
    let server = Server::start();
    let asked = hp::PlanRequest { dialect: hp::Dialect::Sqlite.into(), parameters_before: 1, ..marks() };
    let answer = plan(&server, asked).unwrap();
    assert_eq!((answer.kind(), answer.reason.as_str(), answer.partial), (hp::PlanKind::Conditional, "granted", false));
    assert_eq!(answer.policy_revision, "00000000000000aa");
    assert_eq!(answer.directory_revision, "00000000000000bb");
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE marks (mark INTEGER, student_id TEXT, school TEXT); INSERT INTO marks VALUES
             (1, 's.0142', NULL), (2, 's.0142', 'sch.fernvale'), (3, 's.0142', 'sch.graniteford'), (4, 'S.0142', NULL),
             (5, 's.0001', NULL), (6, NULL, 'sch.fernvale'), (7, 's.0142 ', 'sch.fernvale'), (90, 's.0142', NULL)",
        )
        .unwrap();
    let query = format!("SELECT mark FROM marks WHERE mark < ?1 AND {} ORDER BY mark", answer.sql);
    let parameters = answer.parameters.iter().map(|parameter| match parameter.value.as_ref().unwrap() {
        Bound::Json(text) | Bound::Text(text) | Bound::Date(text) => text.clone(),
        other @ (Bound::Texts(_) | Bound::Number(_)) => panic!("{other:?}"),
    });
    let parameters: Vec<String> = ["10".to_owned()].into_iter().chain(parameters).collect();
    let mut statement = database.prepare(&query).unwrap();
    let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(rows.map(Result::unwrap).collect::<Vec<_>>(), [1, 2]);
}

/// Evaluates a filter by the messages alone, as somebody without a database would.
fn holds(filter: &hp::Filter, parameters: &[hp::Parameter], row: &HashMap<&str, &str>) -> bool {
    use hp::filter::Test;
    let listed = |number: u32, text: &str| match number.checked_sub(1).map(|at| &parameters[at as usize].value) {
        None => false,
        Some(Some(Bound::Text(only))) => only == text,
        Some(Some(Bound::Texts(list))) => list.texts.iter().any(|one| one == text),
        Some(other) => panic!("{other:?}"),
    };
    match filter.test.as_ref().unwrap() {
        Test::All(all) => all.filters.iter().all(|part| holds(part, parameters, row)),
        Test::Any(any) => any.filters.iter().any(|part| holds(part, parameters, row)),
        Test::Text(test) => match row.get(test.column.as_str()) {
            None => test.null,
            Some(text) => listed(test.parameter, text) != test.negated,
        },
        other @ (Test::Enrolment(_) | Test::Value(_) | Test::Columns(_)) => panic!("{other:?}"),
    }
}

#[test]
fn a_filter_says_the_same_without_sql() {
    let server = Server::start();
    let answer = plan(&server, request("p.okafor", "view", "misis.health.immunization")).unwrap();
    assert!(answer.sql.is_empty() && answer.kind() == hp::PlanKind::Conditional);
    let filter = answer.filter.unwrap();
    let rows = [
        (&[("student", "s.0142")][..], true),
        (&[("student", "s.0001")], false),
        (&[("student", "s.stranger")], false),
        (&[("student", "s.stranger"), ("school", "sch.fernvale")], true),
        (&[("student", "s.0001"), ("school", "sch.fernvale")], false),
        (&[("student", "s.0142"), ("school", "sch.alderwick")], false),
        (&[("school", "sch.fernvale")], true),
        (&[("student", ""), ("school", "sch.fernvale")], false),
        (&[], false),
    ];
    for (row, expected) in rows {
        let row = row.iter().copied().collect();
        assert_eq!(holds(&filter, &answer.parameters, &row), expected, "{row:?}");
    }
}

#[test]
fn always_and_never_need_no_filter() {
    let server = Server::start();
    let asked =
        hp::PlanRequest { dialect: hp::Dialect::Postgresql.into(), ..request("nobody", "view", "misis.grades.mark") };
    let never = plan(&server, asked).unwrap();
    assert_eq!((never.kind(), never.reason.as_str()), (hp::PlanKind::Never, "unknown_subject"));
    assert_eq!((never.sql.as_str(), never.parameters.len()), ("FALSE", 0));
    let filter = never.filter.unwrap();
    assert!(!holds(&filter, &[], &HashMap::new()));
}

#[test]
fn what_is_malformed_is_refused_and_says_why() {
    let server = Server::start();
    let with = |change: &dyn Fn(&mut hp::PlanRequest)| {
        let mut request = hp::PlanRequest { dialect: hp::Dialect::Postgresql.into(), ..marks() };
        change(&mut request);
        request
    };
    let of = |columns: hp::Columns| with(&|request| request.columns = Some(columns.clone()));
    let table = |name: &[&str], student: &str| hp::EnrolmentTable {
        name: name.iter().map(|part| (*part).to_owned()).collect(),
        student: student.into(),
        section: "section".into(),
        school: None,
    };
    let cases = [
        (hp::PlanRequest::default(), "`subject` is required"),
        (with(&|request| request.resource = None), "`resource` is required"),
        (with(&|request| request.resource.as_mut().unwrap().id = "x".into()), "`resource.id` must be empty"),
        (
            with(&|request| request.resource.as_mut().unwrap().student = Some("s".into())),
            "`student` must be the same in all rows, or a column",
        ),
        (with(&|request| request.dialect = 9), "`dialect` must be one that this server knows"),
        (of(hp::Columns { student: column(&[""]), ..Default::default() }), "a part of the name of `student` is empty"),
        (of(hp::Columns { student: column(&["a\0"]), ..Default::default() }), "the name of `student` holds a NUL"),
        (
            of(hp::Columns { student: column(&[&"x".repeat(64)]), ..Default::default() }),
            "the name of `student` is over the limit",
        ),
        (
            of(hp::Columns { enrolments: Some(table(&[], "student")), ..Default::default() }),
            "`enrolments.table` needs a name",
        ),
        (
            of(hp::Columns { enrolments: Some(table(&["e"], "")), ..Default::default() }),
            "a part of the name of `enrolments.student` is empty",
        ),
    ];
    for (request, message) in cases {
        let refused = plan(&server, request).unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{message}");
        assert!(refused.message().contains(message), "`{}`, not `{message}`", refused.message());
    }
}
