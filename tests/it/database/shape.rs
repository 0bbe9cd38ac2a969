//! What a sidecar needs of a database: the tables as they are made, views as documented, and everything that is wrong
//! told at once.

use hallpass::directory::postgres::shape::{Shape, check};

use super::own::{Database, Sql};
use crate::support::path;

fn judge(sql: &mut Sql) -> Result<Shape, String> {
    sql.with(async |client| check(client).await).map_err(|error| error.to_string())
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_tables_are_all_that_is_needed() {
    let database = Database::migrated();
    assert_eq!(judge(&mut database.connect()), Ok(Shape { logged: true, numbered: true }));
}

/// The SQL of the document on PostgreSQL.
fn documented() -> String {
    let text = std::fs::read_to_string(path("docs/postgres.md")).unwrap();
    text.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_documented_views_can_be_asked() {
    let database = Database::empty();
    let mut sql = database.sql();
    sql.run(&documented());
    assert_eq!(judge(&mut sql), Ok(Shape { logged: false, numbered: true }));
    sql.run("INSERT INTO sis.school VALUES (1, 'secondary'); INSERT INTO sis.person VALUES (7, 'ada', false, false, 1);
             INSERT INTO sis.course VALUES (3, 1); INSERT INTO sis.seat VALUES (3, 'ada', true); INSERT INTO sis.duty VALUES (9, 'ada', 'teacher', 1)");
    let ada = "SELECT concat_ws(' ', u.id, u.org_ids[1], a.role, e.role, c.school_id) FROM hallpass.users u
               JOIN hallpass.role_assignments a ON a.user_id = u.id JOIN hallpass.enrollments e ON e.user_id = u.id
               JOIN hallpass.classes c ON c.id = e.class_id";
    assert_eq!(sql.one::<String>(ada), "ada s1 misis.teacher teacher s1");
    let asked = [
        ("users", "id", "person_login"),
        ("enrollments", "user_id", "seat_person"),
        ("enrollments", "class_id", "seat_course"),
        ("role_assignments", "user_id", "duty_person"),
        ("classes", "id", "course_no"),
    ];
    sql.run("SET enable_seqscan = off");
    for (relation, column, index) in asked {
        let plan = format!(
            "EXPLAIN SELECT r.* FROM unnest('{{a}}'::text[]) AS k (id) JOIN hallpass.{relation} r ON r.{column} = k.id"
        );
        let plan: Vec<String> = sql.rows(&plan, &[]).iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{plan:#?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_is_wrong_is_named_with_what_to_do() {
    let cases = [
        ("DROP VIEW hallpass.roles", "`hallpass.roles` is missing: make a view or table, even an empty one, of id text, deleted boolean"),
        ("ALTER VIEW hallpass.users RENAME COLUMN student TO pupil", "`hallpass.users.student` is missing: add it as boolean"),
        ("DROP VIEW hallpass.classes; CREATE VIEW hallpass.classes AS SELECT no AS id, no AS row, false AS deleted, 's' || school AS school_id, NULL::text[] AS term_ids FROM sis.course",
         "`hallpass.classes.id` is integer, not text: write `id::text`"),
        ("DROP VIEW hallpass.users; CREATE COLLATION public.careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
          CREATE VIEW hallpass.users AS SELECT login COLLATE public.careless AS id, no AS row, left_us AS deleted, true AS enabled, pupil AS student,
          '{}'::text[] AS org_ids, '{}'::json AS properties FROM sis.person",
         "`hallpass.users.id` has the collation `careless`, under which different texts count as equal: write `id COLLATE \"C\"`"),
        ("DROP SCHEMA hallpass CASCADE", "it is not there: run `hallpass directory migrate`"),
    ];
    for (change, expected) in cases {
        let database = Database::empty();
        let mut sql = database.sql();
        sql.run(&format!("{}; {change}", documented()));
        let wrong = judge(&mut sql).unwrap_err();
        assert!(wrong.contains(expected), "{wrong}");
    }
    let database = Database::empty();
    let mut sql = database.sql();
    let every = documented().replace("AS row", "AS nr").replace("AS deleted", "AS gone");
    sql.run(&every);
    assert_eq!(judge(&mut sql).unwrap_err().matches("is missing").count(), 8, "all at once");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn without_numbers_there_are_no_searches() {
    let database = Database::empty();
    let mut sql = database.sql();
    sql.run(&documented().replace("AS row", "AS nr"));
    assert_eq!(judge(&mut sql), Ok(Shape { logged: false, numbered: false }));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_table_that_does_not_write_the_log_is_noticed() {
    let database = Database::migrated();
    let mut sql = database.sql();
    sql.run("ALTER TABLE hallpass.users DISABLE TRIGGER log_delete");
    let wrong = judge(&mut sql).unwrap_err();
    assert!(
        wrong.contains("`hallpass.users` does not write the change log, so its changes would go unseen"),
        "{wrong}"
    );
    sql.run("DROP TABLE hallpass.change_log CASCADE");
    assert_eq!(judge(&mut sql), Ok(Shape { logged: false, numbered: true }));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn whoever_may_not_read_is_told() {
    let database = Database::migrated();
    let owner = database.sql();
    owner.run("DROP ROLE IF EXISTS hallpass_test_stranger; CREATE ROLE hallpass_test_stranger LOGIN");
    let mut stranger = database.sql_as("hallpass_test_stranger");
    let wrong = judge(&mut stranger).unwrap_err();
    assert!(wrong.ends_with("this role may not use it: GRANT USAGE ON SCHEMA hallpass"), "{wrong}");
    owner.run("GRANT USAGE ON SCHEMA hallpass TO hallpass_test_stranger");
    let wrong = judge(&mut stranger).unwrap_err();
    assert!(wrong.contains("this role may not read `hallpass.users`: GRANT SELECT ON hallpass.users"), "{wrong}");
    drop(stranger);
    owner.run("DROP OWNED BY hallpass_test_stranger; DROP ROLE hallpass_test_stranger");
}
