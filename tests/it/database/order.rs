//! Numbers come in the order of commits: whoever reads past the newest number misses nothing. And the twin without the
//! lock, which does.

use hallpass::directory::postgres::migrate::VERSION;

use super::own::{Database, Sql};

/// Somebody waits for an advisory lock.
const WAITS: &str = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database =
                     (SELECT oid FROM pg_database WHERE datname = current_database()))";

/// Reads like a sidecar.
struct Reader {
    sql: Sql,
    last: i64,
    seen: Vec<String>,
}

impl Reader {
    fn of(database: &Database) -> Self {
        let sql = database.sql();
        let last = sql.sequence();
        Self { sql, last, seen: Vec::new() }
    }

    fn read(&mut self) {
        let query = "SELECT sequence, kind || ' ' || id FROM hallpass.change_log WHERE sequence > $1 ORDER BY sequence";
        for row in self.sql.rows(query, &[&self.last]) {
            self.last = row.get(0);
            self.seen.push(row.get(1));
        }
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_reader_misses_nothing() {
    let database = Database::migrated();
    let (a, b, mut reader) = (database.sql(), database.sql(), Reader::of(&database));
    a.run("BEGIN; INSERT INTO hallpass.users (id) VALUES ('a')");
    let b = b.begin("INSERT INTO hallpass.users (id) VALUES ('b')");
    reader.sql.until(WAITS);
    reader.read();
    assert_eq!(reader.seen, [""; 0]);
    a.run("COMMIT");
    b.join().unwrap();
    reader.read();
    assert_eq!(reader.seen, ["user a", "user b"]);
}

/// The trigger's function without its lock.
fn unlocked(sql: &Sql) {
    let function: String = sql.one("SELECT pg_get_functiondef('hallpass.log_changes'::regproc)");
    let lock = "PERFORM pg_advisory_xact_lock(7521412065683141491);";
    assert_eq!(function.matches(lock).count(), VERSION);
    sql.run(&function.replace(lock, ""));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn without_the_lock_a_reader_misses_a_change() {
    let database = Database::migrated();
    let (a, b, mut reader) = (database.sql(), database.sql(), Reader::of(&database));
    unlocked(&a);
    a.run("BEGIN; INSERT INTO hallpass.users (id) VALUES ('a')");
    b.run("INSERT INTO hallpass.users (id) VALUES ('b')");
    reader.read();
    a.run("COMMIT");
    reader.read();
    assert_eq!(reader.seen, ["user b"]);
    assert_eq!(reader.sql.log(0), ["user a", "user b"]);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_writer_who_aborts_leaves_no_trace_and_lets_others_go_on() {
    let database = Database::migrated();
    let (a, b, mut reader) = (database.sql(), database.sql(), Reader::of(&database));
    a.run("BEGIN; INSERT INTO hallpass.users (id) VALUES ('a')");
    let b = b.begin("INSERT INTO hallpass.users (id) VALUES ('b')");
    reader.sql.until(WAITS);
    a.run("ROLLBACK");
    b.join().unwrap();
    reader.read();
    assert_eq!(reader.seen, ["user b"]);
    let c = database.sql();
    c.run("BEGIN; INSERT INTO hallpass.users (id) VALUES ('c')");
    drop(c);
    reader.sql.run("INSERT INTO hallpass.users (id) VALUES ('c')");
    reader.read();
    assert_eq!(reader.seen, ["user b", "user c"]);
}

/// Who is in a class is looked for under the lock: an enrolment that was committed while a change of the class waited.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_change_of_a_class_touches_whoever_was_enrolled_while_it_waited() {
    let database = Database::migrated();
    let (a, b, mut reader) = (database.sql(), database.sql(), Reader::of(&database));
    a.run("INSERT INTO hallpass.classes (id, school_id) VALUES ('c', 's')");
    reader.read();
    reader.seen.clear();
    a.run("BEGIN; INSERT INTO hallpass.enrollments VALUES ('e', false, 'c', 'u', 'teacher')");
    let b = b.begin("UPDATE hallpass.classes SET deleted = true");
    reader.sql.until(WAITS);
    a.run("COMMIT");
    b.join().unwrap();
    reader.read();
    reader.seen[1..].sort_unstable();
    assert_eq!(reader.seen, ["user u", "class c", "user u"]);
}

/// Many at once: whatever anybody has committed is seen by whoever reads past the newest number, once.
#[test]
#[ignore = "needs PostgreSQL"]
fn many_writers_and_a_reader() {
    const WRITERS: usize = 4;
    const WRITES: usize = 50;
    let database = Database::migrated();
    let mut reader = Reader::of(&database);
    std::thread::scope(|scope| {
        let start = |writer| {
            let sql = database.sql();
            scope.spawn(move || (0..WRITES).for_each(|write| insert(&sql, writer, write)))
        };
        let writers: Vec<_> = (0..WRITERS).map(start).collect();
        while !writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            reader.read();
        }
    });
    reader.read();
    let all = reader.sql.rows("SELECT 'user ' || id FROM hallpass.users", &[]);
    let mut all: Vec<String> = all.iter().map(|row| row.get(0)).collect();
    all.sort_unstable();
    reader.seen.sort_unstable();
    assert_eq!(reader.seen, all);
    assert_eq!(all.len(), WRITERS * WRITES * 4 / 5);
}

/// One user; each fifth is taken back.
fn insert(sql: &Sql, writer: usize, write: usize) {
    let end = if write % 5 == 4 { "ROLLBACK" } else { "COMMIT" };
    sql.run(&format!("BEGIN; INSERT INTO hallpass.users (id) VALUES ('{writer}.{write}'); {end}"));
}
