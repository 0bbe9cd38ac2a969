//! A database of its own for a test, with the schema, filled row by row from the files of a folder.

use std::sync::atomic::{AtomicU32, Ordering};

use hallpass::directory::postgres::connect::Target;
use hallpass::directory::postgres::migrate::migrate;
use hallpass::policy::source::Source;
use serde_json::Value as Json;
use tokio::runtime::Runtime;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

/// A database that goes when this does.
pub(crate) struct Database {
    pub(crate) runtime: Runtime,
    pub(crate) client: Client,
    name: String,
}

#[expect(clippy::disallowed_methods, reason = "where the database is, the environment says")]
fn config() -> Config {
    let text = std::env::var("HALLPASS_TEST_POSTGRES").expect("HALLPASS_TEST_POSTGRES names a server for tests");
    text.parse().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a connection ends with its client")]
fn connect(runtime: &Runtime, config: &Config) -> Client {
    runtime.block_on(async {
        let (client, wire) = config.connect(NoTls).await.unwrap();
        tokio::spawn(wire);
        client
    })
}

impl Database {
    /// One with the schema and nothing in it.
    pub(crate) fn new() -> Self {
        let mut database = Self::bare();
        database.runtime.block_on(migrate(&mut database.client, None)).unwrap();
        database
    }

    /// One with nothing at all.
    pub(crate) fn bare() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hallpass_test_asked_{}_{count}", std::process::id());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut config = config();
        let first = connect(&runtime, &config);
        runtime.block_on(first.batch_execute(&format!("CREATE DATABASE {name}"))).unwrap();
        let client = connect(&runtime, config.dbname(&name));
        Self { runtime, client, name }
    }

    /// The same, as a server's setting names it.
    pub(crate) fn target(&self) -> Target {
        let password = config().get_password().map(|password| String::from_utf8(password.to_vec()).unwrap());
        Target::new(&self.url(), password.as_deref()).unwrap()
    }

    /// Its URL, without a password.
    pub(crate) fn url(&self) -> String {
        let config = config();
        let host = match config.get_hosts().first().unwrap() {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.to_str().unwrap().replace('/', "%2F"),
        };
        let port = config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
        format!("postgres://{}@{host}{port}/{}?sslmode=disable", config.get_user().unwrap(), self.name)
    }

    /// Another connection.
    pub(crate) fn another(&self) -> Client {
        connect(&self.runtime, config().dbname(&self.name))
    }

    pub(crate) fn execute(&self, sql: &str) {
        if let Err(error) = self.runtime.block_on(self.client.batch_execute(sql)) {
            panic!("{error:?}: {sql}");
        }
    }

    /// A text that a query gives.
    pub(crate) fn text(&self, sql: &str) -> String {
        self.runtime.block_on(self.client.query_one(sql, &[])).unwrap().get(0)
    }

    /// Replaces all rows by those of a folder's files.
    pub(crate) fn fill(&self, files: &[Source]) {
        let tables =
            ["orgs", "academic_sessions", "classes", "users", "roles", "enrollments", "role_assignments", "records"];
        let all: Vec<String> = tables.iter().map(|table| format!("hallpass.{table}")).collect();
        let mut script = format!("BEGIN; TRUNCATE {} RESTART IDENTITY;", all.join(", "));
        for table in tables {
            script += &inserts(table, files);
        }
        self.execute(&(script + "COMMIT"));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let first = connect(&self.runtime, &config());
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        _ = self.runtime.block_on(first.batch_execute(&drop));
    }
}

/// What the rows of a table's file become.
fn inserts(table: &str, files: &[Source]) -> String {
    let name = if table == "academic_sessions" { "academicSessions" } else { table };
    let Some(file) = files.iter().find(|file| *file.name == *format!("{name}.csv")) else { return String::new() };
    let mut reader = csv::Reader::from_reader(&*file.bytes);
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        let cell = |name: &str| header.iter().position(|known| known == name).map_or("", |at| &record[at]);
        let values = values(table, &cell, &header).join(", ");
        format!("({values})")
    });
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("INSERT INTO hallpass.{table} ({}) VALUES {};\n", columns(table), rows.join(",\n"))
}

fn columns(table: &str) -> &'static str {
    match table {
        "orgs" => "id, deleted, type, parent_id, level, time_zone",
        "academic_sessions" => "id, deleted, start_date, end_date",
        "classes" => "id, deleted, school_id, term_ids",
        "users" => "id, deleted, enabled, student, org_ids, properties",
        "roles" | "role_assignments" => "id, deleted, user_id, role, org_id, begin_date, end_date",
        "enrollments" => "id, deleted, user_id, role, class_id, begin_date, end_date",
        _ => "id, deleted, type, properties",
    }
}

fn values<'c>(table: &str, cell: &impl Fn(&str) -> &'c str, header: &csv::StringRecord) -> Vec<String> {
    let mut deleted = !matches!(cell("status"), "" | "active");
    let dates: Vec<String> = ["beginDate", "endDate", "startDate"]
        .map(|name| if day(cell(name)) { maybe(cell(name)) } else { "NULL".to_owned() })
        .into();
    deleted |= ["beginDate", "endDate"].iter().any(|name| !cell(name).is_empty() && !day(cell(name)));
    let rest = match table {
        "orgs" => vec![
            text(cell("type")),
            maybe(cell("parentSourcedId")),
            maybe(cell("metadata.level")),
            maybe(cell("metadata.timeZone")),
        ],
        "academic_sessions" => vec![dates[2].clone(), dates[1].clone()],
        "classes" => {
            let terms = cell("termSourcedIds");
            let terms = if terms.is_empty() { "NULL".to_owned() } else { list([terms]) };
            vec![text(cell("schoolSourcedId")), terms]
        }
        "users" => vec![
            matches!(cell("enabledUser"), "" | "true").to_string(),
            cell("role").eq_ignore_ascii_case("student").to_string(),
            list([cell("orgSourcedIds"), cell("primaryOrgSourcedId")]),
            text(&properties(cell, header)),
        ],
        "records" => {
            let properties = cell("properties");
            let is_object = serde_json::from_str::<Json>(properties).is_ok_and(|json| json.is_object());
            vec![text(cell("type")), if is_object { text(properties) } else { "NULL".to_owned() }]
        }
        _ => {
            deleted |= table == "role_assignments" && cell("role").is_empty();
            let place = if table == "enrollments" { "classSourcedId" } else { "orgSourcedId" };
            let who = text(cell("userSourcedId"));
            vec![who, text(cell("role")), text(cell(place)), dates[0].clone(), dates[1].clone()]
        }
    };
    [vec![text(cell("sourcedId")), deleted.to_string()], rest].concat()
}

fn day(text: &str) -> bool {
    hallpass::policy::day::Day::parse(text).is_some()
}

fn properties<'c>(cell: &impl Fn(&str) -> &'c str, header: &csv::StringRecord) -> String {
    let named = header.iter().filter_map(|name| Some((name.strip_prefix("metadata.")?.to_owned(), cell(name))));
    let texts = named.filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, Json::from(text)));
    Json::Object(texts.collect()).to_string()
}

pub(crate) fn text(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn maybe(cell: &str) -> String {
    if cell.is_empty() { "NULL".to_owned() } else { text(cell) }
}

fn list<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let ids = cells.into_iter().flat_map(|cell| cell.split(',')).filter(|id| !id.is_empty()).map(text);
    format!("ARRAY[{}]::text[]", ids.collect::<Vec<_>>().join(", "))
}
