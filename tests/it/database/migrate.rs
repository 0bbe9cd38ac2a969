//! Making the schema: once, whole or not at all, and never over somebody else's.

use hallpass::directory::postgres::migrate::{MigrateError, Migrated, VERSION, migrate};

use super::own::{Database, Sql};

fn run(sql: &mut Sql, reader: Option<&str>) -> Result<Migrated, MigrateError> {
    sql.with(async |client| migrate(client, reader).await)
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_schema_is_made_once() {
    let database = Database::empty();
    let mut sql = database.connect();
    assert_eq!(run(&mut sql, None).unwrap(), Migrated { from: None, to: VERSION });
    sql.run("INSERT INTO hallpass.users (id) VALUES ('kept')");
    assert_eq!(run(&mut sql, None).unwrap(), Migrated { from: Some(VERSION), to: VERSION });
    assert_eq!(sql.one::<String>("SELECT id FROM hallpass.users"), "kept");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn two_at_once_make_it_once() {
    let database = Database::empty();
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| run(&mut database.connect(), None).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let made = results.iter().filter(|migrated| migrated.from.is_none()).count();
    assert_eq!(made, 1, "{results:?}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn an_empty_schema_that_somebody_made_is_taken() {
    let database = Database::empty();
    let mut sql = database.connect();
    sql.run("CREATE SCHEMA hallpass");
    assert_eq!(run(&mut sql, None).unwrap().from, None);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_is_newer_or_of_others_stays_untouched() {
    let newer = Database::migrated();
    let mut sql = newer.connect();
    sql.run("UPDATE hallpass.directory SET version = 7");
    let refused = run(&mut sql, None).unwrap_err().to_string();
    assert!(refused.starts_with("the schema has version 7, and this program knows versions up to 1"), "{refused}");

    let views = Database::empty();
    let mut sql = views.connect();
    sql.run("CREATE SCHEMA hallpass; CREATE VIEW hallpass.orgs AS SELECT 1 AS id");
    let refused = run(&mut sql, None).unwrap_err().to_string();
    assert!(refused.contains("`orgs`") && refused.contains("views of your own need no migration"), "{refused}");
    assert_eq!(sql.one::<i64>("SELECT count(*) FROM pg_class WHERE relnamespace = 'hallpass'::regnamespace"), 1);
}

/// The name is quoted by the server, whatever is in it.
const READER: &str = r#"hallpass test"; DROP SCHEMA hallpass CASCADE; --'"#;

#[test]
#[ignore = "needs PostgreSQL"]
fn a_reader_reads_all_and_writes_nothing() {
    let database = Database::empty();
    let mut sql = database.connect();
    let unknown = run(&mut sql, Some("hallpass_test_nobody")).unwrap_err().to_string();
    assert_eq!(unknown, "there is no role `hallpass_test_nobody`: make it with CREATE ROLE first");
    assert!(sql.one::<bool>("SELECT to_regnamespace('hallpass') IS NULL"), "half of it was done");

    let quoted = format!("\"{}\"", READER.replace('"', "\"\""));
    sql.run(&format!("DROP ROLE IF EXISTS {quoted}; CREATE ROLE {quoted} LOGIN"));
    run(&mut sql, Some(READER)).unwrap();
    let reader = database.sql_as(READER);
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'hallpass'::regnamespace AND relkind = 'r'";
    let tables = reader.rows(tables, &[]);
    assert_eq!(tables.len(), 10);
    for table in tables {
        let table: String = table.get(0);
        reader.run(&format!("SELECT * FROM hallpass.{table}"));
        for write in ["DELETE FROM", "TRUNCATE"] {
            assert!(reader.try_run(&format!("{write} hallpass.{table}")).is_err(), "{write} {table}");
        }
    }
    reader.run("LISTEN hallpass; SELECT hallpass.sequence()");
    assert!(reader.try_run("SELECT nextval('hallpass.change_numbers')").is_err());
    assert!(reader.try_run("CREATE TABLE hallpass.mine (n integer)").is_err());
    drop(reader);
    sql.run(&format!("DROP OWNED BY {quoted}; DROP ROLE {quoted}"));
}
