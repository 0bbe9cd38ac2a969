//! Real databases: the rows of a world in a table whose columns compare letters without their case unless told otherwise,
//! and its enrolments in another.

use hallpass::policy::plan::sql::Parameter;
use hallpass::policy::request::Value;
use rusqlite::types::Value as Cell;
use tokio_postgres::types::ToSql;

use super::draw::Tables;
use super::question::{PROPERTIES, Row, column, owned};

/// A table of rows and one of enrolments, by the type of text, of texts that compare carelessly, of numbers and so on.
fn tables(text: &str, careless: &str, number: &str, yes_no: &str, date: &str) -> String {
    let of = |property: &str| match property {
        "n" | "m" => number,
        "flag" => yes_no,
        "date" | "due" => date,
        "student" | "school" | "label" | "section" => careless,
        _ => text,
    };
    let columns: Vec<String> =
        PROPERTIES.iter().map(|name| format!("\"{}\" {}", column(name).replace('"', "\"\""), of(name))).collect();
    format!(
        "CREATE TABLE \"ta\"\"ble\" (nr integer, {}); CREATE TABLE \"enr\"\"ol`led\" (student {careless}, section {careless}, school {careless});",
        columns.join(", ")
    )
}

/// What stands in the database: a list as a text of whatever form.
fn cells(row: &Row) -> impl Iterator<Item = Option<Value>> {
    PROPERTIES.iter().map(|name| match row.get(name) {
        Some(Value::List(_)) => Some(Value::Text("[]".to_owned())),
        other => other.cloned(),
    })
}

/// SQLite, in memory.
pub(crate) struct Sqlite(rusqlite::Connection);

impl Sqlite {
    pub(crate) fn new() -> Self {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch(&tables("TEXT", "TEXT COLLATE NOCASE", "NUMERIC", "BOOLEAN", "TEXT")).unwrap();
        Self(connection)
    }

    /// Replaces all rows by those of a world.
    pub(crate) fn fill(&self, tables: &Tables) {
        self.0.execute_batch("BEGIN; DELETE FROM \"ta\"\"ble\"; DELETE FROM \"enr\"\"ol`led\"").unwrap();
        let places = vec!["?"; PROPERTIES.len() + 1].join(", ");
        let mut insert = self.0.prepare(&format!("INSERT INTO \"ta\"\"ble\" VALUES ({places})")).unwrap();
        for (at, row) in tables.rows.iter().enumerate() {
            let number = Cell::Integer(i64::try_from(at).unwrap());
            let cells = cells(row).map(|value| match value {
                Some(Value::Text(text)) => Cell::Text(text),
                Some(Value::Number(number)) => Cell::Real(number),
                Some(Value::Bool(flag)) => Cell::Integer(i64::from(flag)),
                _ => Cell::Null,
            });
            insert.execute(rusqlite::params_from_iter([number].into_iter().chain(cells))).unwrap();
        }
        let mut insert = self.0.prepare("INSERT INTO \"enr\"\"ol`led\" VALUES (?, ?, ?)").unwrap();
        for enrolment in &tables.enrolments {
            insert.execute(rusqlite::params_from_iter(enrolment)).unwrap();
        }
        self.0.execute_batch("COMMIT").unwrap();
    }

    /// The rows that an expression chooses.
    pub(crate) fn chosen(&self, text: &str, parameters: &[Parameter], about: &str) -> Vec<usize> {
        let parameters = parameters.iter().map(|parameter| match parameter {
            Parameter::Texts(ids) => Cell::Text(serde_json::to_string(&owned(ids)).unwrap()),
            Parameter::Text(text) => Cell::Text((**text).to_owned()),
            Parameter::Number(number) => Cell::Real(*number),
            Parameter::Day(day) => Cell::Text(day.to_string()),
        });
        let query = format!("SELECT nr FROM \"ta\"\"ble\" WHERE nr >= 0 AND {text} ORDER BY nr");
        let mut statement = self.0.prepare(&query).unwrap_or_else(|error| panic!("{error}: {query}\n{about}"));
        let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, i64>(0)).unwrap();
        rows.map(|row| usize::try_from(row.unwrap()).unwrap()).collect()
    }
}

/// PostgreSQL, by the connection string in `HALLPASS_TEST_POSTGRES`; in tables that end with the connection.
pub(crate) struct Postgres {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

impl Postgres {
    #[expect(clippy::disallowed_methods, reason = "where the database is, the environment says")]
    pub(crate) fn new() -> Self {
        let address = std::env::var("HALLPASS_TEST_POSTGRES").expect("HALLPASS_TEST_POSTGRES is a connection string");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
            tokio::task::spawn(connection);
            let careless = "CREATE COLLATION pg_temp.careless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";
            let tables = tables("text", "text COLLATE pg_temp.careless", "float8", "boolean", "date");
            let tables = tables.replace("CREATE TABLE", "CREATE TEMPORARY TABLE");
            client.batch_execute(&format!("{careless} {tables}")).await.unwrap();
            client
        });
        Self { runtime, client }
    }

    /// Replaces all rows by those of a world.
    pub(crate) fn fill(&mut self, tables: &Tables) {
        let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let tuple = |cells: Vec<String>| format!("({})", cells.join(", "));
        let rows = tables.rows.iter().enumerate().map(|(at, row)| {
            let cells = cells(row).map(|value| match value {
                Some(Value::Text(text)) => literal(&text),
                Some(Value::Number(number)) => number.to_string(),
                Some(Value::Bool(flag)) => flag.to_string(),
                _ => "NULL".to_owned(),
            });
            tuple([at.to_string()].into_iter().chain(cells).collect())
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        let enrolments = tables.enrolments.iter().map(|row| tuple(row.iter().map(|id| literal(id)).collect()));
        let enrolments = enrolments.collect::<Vec<_>>().join(", ");
        let mut batch = format!("TRUNCATE \"ta\"\"ble\", \"enr\"\"ol`led\"; INSERT INTO \"ta\"\"ble\" VALUES {rows};");
        if !enrolments.is_empty() {
            batch.push_str(&format!("INSERT INTO \"enr\"\"ol`led\" VALUES {enrolments};"));
        }
        self.runtime.block_on(self.client.batch_execute(&batch)).unwrap();
    }

    /// The rows that an expression chooses.
    pub(crate) fn chosen(&mut self, text: &str, parameters: &[Parameter], about: &str) -> Vec<usize> {
        let parameters: Vec<Box<dyn ToSql + Sync>> = parameters
            .iter()
            .map(|parameter| -> Box<dyn ToSql + Sync> {
                match parameter {
                    Parameter::Texts(ids) => Box::new(owned(ids)),
                    Parameter::Text(text) => Box::new((**text).to_owned()),
                    Parameter::Number(number) => Box::new(*number),
                    Parameter::Day(day) => Box::new(day.to_string()),
                }
            })
            .collect();
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(AsRef::as_ref).collect();
        let query = format!("SELECT nr FROM \"ta\"\"ble\" WHERE nr >= 0 AND {text} ORDER BY nr");
        let rows = self.runtime.block_on(self.client.query(&query, &parameters));
        let rows = rows.unwrap_or_else(|error| panic!("{error:?}: {query}\n{about}"));
        rows.iter().map(|row| usize::try_from(row.get::<_, i32>(0)).unwrap()).collect()
    }
}
