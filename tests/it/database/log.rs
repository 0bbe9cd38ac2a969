//! Every kind of write logs exactly what it changed.

use super::own::{Database, Sql};

/// A small district to change.
const ROWS: &str = "
    INSERT INTO hallpass.orgs (id, type) VALUES ('d', 'district'), ('s', 'school');
    INSERT INTO hallpass.academic_sessions (id, start_date, end_date) VALUES ('t', '2026-08-01', '2027-07-01');
    INSERT INTO hallpass.users (id) VALUES ('u1'), ('u2'), ('u3');
    INSERT INTO hallpass.classes (id, school_id) VALUES ('c1', 's'), ('c2', 's');
    INSERT INTO hallpass.enrollments (id, class_id, user_id, role) VALUES
        ('e1', 'c1', 'u1', 'teacher'), ('e2', 'c1', 'u2', 'student'), ('e3', 'c2', 'u3', 'student');
    INSERT INTO hallpass.roles (id, user_id, org_id, role) VALUES ('r1', 'u1', 's', 'teacher');
    INSERT INTO hallpass.role_assignments (id, user_id, role, org_id) VALUES ('a1', 'u1', 'misis.teacher', 's');
    INSERT INTO hallpass.records (id, type, properties) VALUES ('m1', 'x.y', '{}'), ('m2', 'x.y', '{}');";

/// Statements, and what they log; the lines of one statement in any order.
const WRITES: &[(&str, &[&str])] = &[
    ("INSERT INTO hallpass.users (id) VALUES ('u4'), ('u5')", &["user u4", "user u5"]),
    ("INSERT INTO hallpass.classes (id, school_id) VALUES ('c3', 's')", &["class c3"]),
    ("INSERT INTO hallpass.enrollments VALUES ('e4', false, 'c2', 'u2', 'student')", &["user u2"]),
    (
        "INSERT INTO hallpass.enrollments VALUES ('e4', false, 'c2', 'u9', 'student'), ('e5', true, 'c2', 'u9', 'aide')",
        &["user u9"],
    ),
    ("INSERT INTO hallpass.roles VALUES ('r2', false, 'u2', 's', 'student')", &["user u2"]),
    ("INSERT INTO hallpass.role_assignments (id, user_id, role, org_id) VALUES ('a2', 'u3', 'x', 'd')", &["user u3"]),
    ("INSERT INTO hallpass.records (id, type) VALUES ('m3', 'x.z')", &["record x.z m3"]),
    ("INSERT INTO hallpass.orgs (id, type) VALUES ('s2', 'school'), ('s3', 'school')", &["frame"]),
    ("INSERT INTO hallpass.academic_sessions (id) VALUES ('t2')", &["frame"]),
    ("INSERT INTO hallpass.users (id) SELECT 'x' WHERE false", &[]),
    ("INSERT INTO hallpass.users (id) VALUES ('u1') ON CONFLICT DO NOTHING", &[]),
    (
        "INSERT INTO hallpass.users (id, enabled) VALUES ('u1', false), ('u2', true), ('u7', true)
      ON CONFLICT (id) DO UPDATE SET enabled = excluded.enabled",
        &["user u7", "user u1"],
    ),
    (
        "MERGE INTO hallpass.users u USING (VALUES ('u1'), ('u2'), ('u8')) AS s (id) ON u.id = s.id
      WHEN MATCHED AND s.id = 'u1' THEN DELETE WHEN MATCHED THEN UPDATE SET student = true
      WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
        &["user u1", "user u2", "user u8"],
    ),
    ("COPY hallpass.users (id) FROM PROGRAM 'echo u10; echo u11'", &["user u10", "user u11"]),
    ("UPDATE hallpass.users SET deleted = deleted", &[]),
    ("UPDATE hallpass.users SET deleted = id = 'u2'", &["user u2"]),
    ("UPDATE hallpass.users SET enabled = false WHERE id = 'u1'", &["user u1"]),
    ("UPDATE hallpass.users SET student = true WHERE id = 'u1'", &["user u1"]),
    ("UPDATE hallpass.users SET org_ids = '{s}' WHERE id = 'u1'", &["user u1"]),
    ("UPDATE hallpass.users SET properties = '{\"grade\": \"4\"}' WHERE id = 'u1'", &["user u1"]),
    ("UPDATE hallpass.users SET row = 77 WHERE id = 'u1'", &["user u1"]),
    ("UPDATE hallpass.users SET id = 'u6' WHERE id = 'u1'", &["user u1", "user u6"]),
    ("UPDATE hallpass.users SET id = 'U1' WHERE id = 'u1'", &["user u1", "user U1"]),
    ("UPDATE hallpass.enrollments SET deleted = true WHERE class_id = 'c1'", &["user u1", "user u2"]),
    ("UPDATE hallpass.enrollments SET user_id = 'u3' WHERE id IN ('e1', 'e3')", &["user u1", "user u3"]),
    ("UPDATE hallpass.enrollments SET class_id = 'c2' WHERE id = 'e1'", &["user u1"]),
    ("UPDATE hallpass.enrollments SET role = 'aide' WHERE id = 'e1'", &["user u1"]),
    ("UPDATE hallpass.enrollments SET begin_date = '2026-09-01' WHERE id = 'e1'", &["user u1"]),
    ("UPDATE hallpass.enrollments SET end_date = '2026-09-01' WHERE id = 'e1'", &["user u1"]),
    ("UPDATE hallpass.enrollments SET id = 'e' || id", &["user u1", "user u2", "user u3"]),
    (
        "UPDATE hallpass.roles SET org_id = 'd', begin_date = '2026-01-01', end_date = '2026-01-02', role = 'aide'",
        &["user u1"],
    ),
    ("UPDATE hallpass.roles SET user_id = 'u2'", &["user u1", "user u2"]),
    ("UPDATE hallpass.roles SET deleted = true", &["user u1"]),
    ("UPDATE hallpass.role_assignments SET user_id = 'u2'", &["user u1", "user u2"]),
    ("UPDATE hallpass.role_assignments SET role = 'misis.principal'", &["user u1"]),
    ("UPDATE hallpass.role_assignments SET org_id = 'd'", &["user u1"]),
    ("UPDATE hallpass.role_assignments SET begin_date = '2026-01-01'", &["user u1"]),
    ("UPDATE hallpass.role_assignments SET end_date = '2026-01-01'", &["user u1"]),
    ("UPDATE hallpass.role_assignments SET deleted = true", &["user u1"]),
    ("UPDATE hallpass.role_assignments SET row = 5", &["user u1"]),
    ("UPDATE hallpass.classes SET school_id = 'd' WHERE id = 'c1'", &["class c1", "user u1", "user u2"]),
    ("UPDATE hallpass.classes SET term_ids = '{t}' WHERE id = 'c2'", &["class c2", "user u3"]),
    ("UPDATE hallpass.classes SET deleted = true", &["class c1", "class c2", "user u1", "user u2", "user u3"]),
    ("UPDATE hallpass.classes SET id = 'c4' WHERE id = 'c2'", &["class c2", "class c4", "user u3"]),
    ("UPDATE hallpass.records SET properties = NULL WHERE id = 'm1'", &["record x.y m1"]),
    ("UPDATE hallpass.records SET type = 'x.z' WHERE id = 'm1'", &["record x.y m1", "record x.z m1"]),
    ("UPDATE hallpass.records SET deleted = true, id = 'm4' WHERE id = 'm1'", &["record x.y m1", "record x.y m4"]),
    ("UPDATE hallpass.orgs SET parent_id = 'd' WHERE id = 's'", &["frame"]),
    ("UPDATE hallpass.orgs SET level = 'secondary', time_zone = 'UTC'", &["frame"]),
    ("UPDATE hallpass.orgs SET type = type", &[]),
    ("UPDATE hallpass.academic_sessions SET end_date = '2027-06-01'", &["frame"]),
    ("UPDATE hallpass.academic_sessions SET end_date = '2027-07-01'", &[]),
    ("DELETE FROM hallpass.users WHERE id IN ('u1', 'u2', 'nobody')", &["user u1", "user u2"]),
    ("DELETE FROM hallpass.users WHERE id = 'nobody'", &[]),
    ("DELETE FROM hallpass.enrollments", &["user u1", "user u2", "user u3"]),
    ("DELETE FROM hallpass.roles", &["user u1"]),
    ("DELETE FROM hallpass.role_assignments", &["user u1"]),
    ("DELETE FROM hallpass.classes WHERE id = 'c1'", &["class c1", "user u1", "user u2"]),
    ("DELETE FROM hallpass.records WHERE id = 'm2'", &["record x.y m2"]),
    ("DELETE FROM hallpass.orgs WHERE id = 's'", &["frame"]),
    ("DELETE FROM hallpass.academic_sessions", &["frame"]),
    ("TRUNCATE hallpass.users", &["all"]),
    ("TRUNCATE hallpass.records, hallpass.orgs", &["all", "frame"]),
    ("TRUNCATE hallpass.academic_sessions", &["frame"]),
    ("INSERT INTO hallpass.users (id) SELECT 'n' || n FROM generate_series(1, 1001) n", &["all"]),
    (
        "INSERT INTO hallpass.enrollments SELECT 'n' || n, false, 'c1', 'u1', 'student' FROM generate_series(1, 1001) n",
        &["user u1"],
    ),
    (
        "INSERT INTO hallpass.users (id) VALUES ('u4'); DELETE FROM hallpass.users WHERE id = 'u4'",
        &["user u4", "user u4"],
    ),
    // Also in a session that counts as a replica.
    ("SET LOCAL session_replication_role = replica; UPDATE hallpass.role_assignments SET deleted = true", &["user u1"]),
    // A transaction of one moment doesn't see who was enrolled since.
    (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; UPDATE hallpass.classes SET school_id = 'd' WHERE id = 'c1'",
        &["all"],
    ),
    (
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; UPDATE hallpass.enrollments SET role = 'aide' WHERE id = 'e1'",
        &["user u1"],
    ),
];

fn filled() -> (Database, Sql) {
    let database = Database::migrated();
    let sql = database.sql();
    sql.run(ROWS);
    (database, sql)
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_write_logs_what_it_changed_and_nothing_else() {
    let (_database, sql) = filled();
    for (write, expected) in WRITES {
        let before = sql.sequence();
        let begin = if write.contains("ISOLATION") { String::new() } else { "SAVEPOINT s;".to_owned() };
        sql.run(&format!("BEGIN;{begin}{write}"));
        let mut logged = sql.log(before);
        sql.run("ROLLBACK");
        logged.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(logged, expected, "{write}");
        assert_eq!(sql.log(before), [""; 0], "rolled back: {write}");
    }
}

/// A thousand keys are listed, one more is everything.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_thousand_keys_are_listed() {
    let (_database, sql) = filled();
    let before = sql.sequence();
    sql.run("INSERT INTO hallpass.users (id) SELECT 'n' || n FROM generate_series(1, 1000) n");
    assert_eq!(sql.log(before).len(), 1000);
    assert_eq!(sql.sequence(), before + 1000);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn whoever_may_write_rows_need_not_be_able_to_write_the_log() {
    let (database, sql) = filled();
    sql.run(
        "DROP ROLE IF EXISTS hallpass_test_writer; CREATE ROLE hallpass_test_writer LOGIN;
             GRANT USAGE ON SCHEMA hallpass TO hallpass_test_writer;
             GRANT SELECT, INSERT, UPDATE, DELETE ON hallpass.users, hallpass.classes TO hallpass_test_writer",
    );
    let before = sql.sequence();
    let writer = database.sql_as("hallpass_test_writer");
    // Operators, types and functions of the writer's own are not what the log is written with.
    writer.run("CREATE TEMPORARY TABLE enrollments (class_id text, user_id text);
                INSERT INTO hallpass.users (id) VALUES ('w'); UPDATE hallpass.classes SET school_id = 'd' WHERE id = 'c2'");
    assert_eq!(sql.log(before), ["user w", "class c2", "user u3"]);
    assert!(writer.try_run("DELETE FROM hallpass.change_log").is_err());
    assert_eq!(writer.sequence(), sql.sequence());
    drop(writer);
    sql.run("DROP OWNED BY hallpass_test_writer; DROP ROLE hallpass_test_writer");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn writers_prune_what_is_older_than_a_day() {
    let (_database, sql) = filled();
    let pruned = "SELECT pruned FROM hallpass.directory";
    let newest = sql.sequence();
    sql.run("UPDATE hallpass.users SET student = true WHERE id = 'u1'");
    assert_eq!(sql.one::<i64>(pruned), 0);

    sql.run(&format!("UPDATE hallpass.change_log SET at = at - interval '26 hours' WHERE sequence <= {newest}"));
    sql.run("UPDATE hallpass.users SET student = false WHERE id = 'u1'");
    assert_eq!(sql.one::<i64>(pruned), newest);
    assert_eq!(sql.log(0), ["user u1", "user u1"]);

    sql.run("UPDATE hallpass.change_log SET at = at - interval '26 hours'");
    let last = sql.sequence();
    sql.run("BEGIN; UPDATE hallpass.users SET student = true WHERE id = 'u1'; ROLLBACK");
    assert_eq!((sql.one::<i64>(pruned), sql.sequence()), (newest, last), "a writer who aborts prunes nothing");
    sql.run("DELETE FROM hallpass.change_log; UPDATE hallpass.directory SET pruned = 4711");
    assert_eq!(sql.sequence(), 4711, "the newest number outlives its row");
}
