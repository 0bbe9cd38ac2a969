//! A database of a test's own, dropped with it, and plain sessions with it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hallpass::directory::postgres::connect::{Session, Target, connect};
use hallpass::directory::postgres::migrate::migrate;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{Client, Config, NoTls, Row};

static MADE: AtomicUsize = AtomicUsize::new(0);

pub(crate) type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A database of its own.
pub(crate) struct Database {
    name: String,
}

/// A session, and what drives it.
pub(crate) struct Sql {
    runtime: Runtime,
    pub(crate) client: Client,
}

/// How the program's own sessions are set up in tests.
pub(crate) const SESSION: Session<'static> = Session {
    name: "hallpass test",
    connect_timeout: Duration::from_secs(30),
    statement_timeout: None,
    read_only: false,
};

#[expect(clippy::disallowed_methods, reason = "where the server is, the environment says")]
fn server() -> Config {
    let address = std::env::var("HALLPASS_TEST_POSTGRES").expect("HALLPASS_TEST_POSTGRES is a connection string");
    address.parse().unwrap()
}

impl Database {
    /// With nothing in it.
    pub(crate) fn empty() -> Self {
        let name = format!("hallpass_test_own_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Sql::open(&server()).run(&format!("CREATE DATABASE {name}"));
        Self { name }
    }

    /// With the schema in it.
    pub(crate) fn migrated() -> Self {
        let database = Self::empty();
        database.sql().with(async |client| migrate(client, None).await.unwrap());
        database
    }

    /// A session.
    pub(crate) fn sql(&self) -> Sql {
        self.sql_as(server().get_user().unwrap())
    }

    /// A session of another role.
    pub(crate) fn sql_as(&self, role: &str) -> Sql {
        let mut config = server();
        Sql::open(config.dbname(&self.name).user(role))
    }

    /// The connection string, as the program takes it.
    pub(crate) fn url(&self) -> String {
        let server = server();
        let host = match &server.get_hosts()[0] {
            tokio_postgres::config::Host::Tcp(name) => name.clone(),
            tokio_postgres::config::Host::Unix(path) => path.to_str().unwrap().replace('/', "%2F"),
        };
        let port = server.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
        format!("postgres://{}@{host}{port}/{}", server.get_user().unwrap(), self.name)
    }

    /// A session, opened as the program does.
    pub(crate) fn connect(&self) -> Sql {
        let runtime = runtime();
        let target = Target::new(&self.url(), None).unwrap();
        let (client, wire) = runtime.block_on(connect(&target, SESSION)).unwrap();
        runtime.spawn(wire);
        Sql { runtime, client }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        Sql::open(&server()).run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

impl Sql {
    fn open(config: &Config) -> Self {
        let runtime = runtime();
        let (client, connection) = runtime.block_on(config.connect(NoTls)).unwrap();
        runtime.spawn(connection);
        Self { runtime, client }
    }

    /// Runs what needs the session itself.
    pub(crate) fn with<T>(&mut self, run: impl AsyncFnOnce(&mut Client) -> T) -> T {
        self.runtime.block_on(run(&mut self.client))
    }

    /// Runs statements.
    pub(crate) fn run(&self, statements: &str) {
        self.try_run(statements).unwrap_or_else(|error| panic!("{error:?}: {statements}"));
    }

    /// Runs statements that may fail.
    pub(crate) fn try_run(&self, statements: &str) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(self.client.batch_execute(statements))
    }

    /// Starts statements and doesn't wait for them.
    pub(crate) fn begin(self, statements: &str) -> std::thread::JoinHandle<Self> {
        let statements = statements.to_owned();
        std::thread::spawn(move || {
            self.run(&statements);
            self
        })
    }

    /// The rows of a query.
    pub(crate) fn rows(&self, query: &str, parameters: Parameters<'_>) -> Vec<Row> {
        let rows = self.runtime.block_on(self.client.query(query, parameters));
        rows.unwrap_or_else(|error| panic!("{error:?}: {query}"))
    }

    /// The one value of a query.
    pub(crate) fn one<T: FromSqlOwned>(&self, query: &str) -> T {
        self.rows(query, &[])[0].get(0)
    }

    /// Waits until a query says yes.
    pub(crate) fn until(&self, query: &str) {
        while !self.one::<bool>(query) {
            std::thread::yield_now();
        }
    }

    /// What was logged after a number: `kind`, `kind id` or `kind type id`, in order.
    pub(crate) fn log(&self, after: i64) -> Vec<String> {
        let query =
            "SELECT concat_ws(' ', kind, type, id) FROM hallpass.change_log WHERE sequence > $1 ORDER BY sequence";
        self.rows(query, &[&after]).iter().map(|row| row.get(0)).collect()
    }

    /// The newest number.
    pub(crate) fn sequence(&self) -> i64 {
        self.one("SELECT hallpass.sequence()")
    }
}
