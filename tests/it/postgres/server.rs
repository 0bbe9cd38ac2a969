//! A PostgreSQL server of a test's own, from the programs in the folder that `HALLPASS_TEST_POSTGRES_BIN` names.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use socket2::SockAddr;
use tempfile::TempDir;
use tokio_postgres::types::FromSqlOwned;

/// What its socket is called by.
const PORT: u16 = 5432;

/// A server with an empty data folder, on a Unix socket; it ends when it is dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    bin: PathBuf,
    /// Where it listens beside its socket; 0 where nowhere.
    port: AtomicU16,
}

impl Postgres {
    /// Makes the data folder and starts the server.
    pub(crate) fn start() -> Self {
        let postgres = Self::nowhere();
        let data = postgres.data();
        postgres.run(
            "initdb",
            &[
                "--pgdata",
                &data,
                "--auth",
                "trust",
                "--username",
                "postgres",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
        );
        postgres.set("listen_addresses = ''");
        postgres.begin();
        postgres
    }

    /// Another server with the same rows as of now, which it has from a copy of this one's files.
    pub(crate) fn copy(&self) -> Self {
        let other = Self::nowhere();
        self.stop();
        assert!(Command::new("cp").args(["-a", &self.data(), &other.data()]).status().unwrap().success());
        self.begin();
        other.begin();
        other
    }

    /// Speaks TLS from its next start on, with this certificate and key. It never does on its socket, so it listens on a
    /// port as well.
    pub(crate) fn certify(&self, cert: &str, key: &str) {
        let data = PathBuf::from(self.data());
        for (name, text) in [("server.crt", cert), ("server.key", key)] {
            std::fs::write(data.join(name), text).unwrap();
            assert!(Command::new("chmod").arg("600").arg(data.join(name)).status().unwrap().success());
            own(&data.join(name));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        self.port.store(port, Ordering::Relaxed);
        self.set(&format!("listen_addresses = '127.0.0.1'\nport = {port}\nssl = on"));
        drop(listener);
    }

    fn set(&self, settings: &str) {
        let file = Path::new(&self.data()).join("postgresql.auto.conf");
        std::fs::write(file, format!("{settings}\n")).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "where the programs are, the environment says")]
    fn nowhere() -> Self {
        let bin = std::env::var("HALLPASS_TEST_POSTGRES_BIN").expect("HALLPASS_TEST_POSTGRES_BIN names a folder");
        // Where another user can reach it, and short enough for a socket's path.
        let folder = tempfile::Builder::new().prefix("hallpass-pg.").tempdir_in("/tmp").unwrap();
        own(folder.path());
        Self { folder, bin: bin.into(), port: AtomicU16::new(0) }
    }

    /// Starts it, again too.
    pub(crate) fn begin(&self) {
        let options = format!(
            "-c unix_socket_directories={} -c fsync=off -c shared_buffers=32MB -c max_connections=200",
            self.folder.path().display()
        );
        let log = self.folder.path().join("log").display().to_string();
        self.run(
            "pg_ctl",
            &["--pgdata", &self.data(), "--log", &log, "--wait", "--silent", "--options", &options, "start"],
        );
    }

    /// Ends it as an operator does who wants it down at once; its data is whole.
    pub(crate) fn stop(&self) {
        self.run("pg_ctl", &["--pgdata", &self.data(), "--mode", "fast", "--wait", "--silent", "stop"]);
    }

    /// Kills all its processes.
    pub(crate) fn kill(&self) {
        let family = self.processes();
        for process in &family {
            _ = Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status();
        }
        // They hold its memory until they are gone; a killed process that nobody has waited for is gone as well.
        while family.iter().any(|process| status(*process).is_some_and(|status| !status.contains("State:\tZ"))) {
            std::thread::yield_now();
        }
        // A killed process that nobody has waited for looks alive to the next one.
        _ = std::fs::remove_file(Path::new(&self.data()).join("postmaster.pid"));
        _ = std::fs::remove_file(self.folder.path().join(format!(".s.PGSQL.{PORT}.lock")));
    }

    /// The processes of the server, the first of them the one that starts the others.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let Ok(file) = std::fs::read_to_string(Path::new(&self.data()).join("postmaster.pid")) else {
            return Vec::new();
        };
        let first: u32 = file.lines().next().unwrap().trim().parse().unwrap();
        let all =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let ours =
            all.filter(|process| status(*process).is_some_and(|status| status.contains(&format!("PPid:\t{first}\n"))));
        [first].into_iter().chain(ours).collect()
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> SockAddr {
        match self.port.load(Ordering::Relaxed) {
            0 => SockAddr::unix(self.folder.path().join(format!(".s.PGSQL.{PORT}"))).unwrap(),
            port => SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into(),
        }
    }

    /// How it is reached without a proxy.
    pub(crate) fn url(&self) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }

    /// The same in the driver's words.
    pub(crate) fn address(&self) -> String {
        format!("host={} port={PORT} user=postgres dbname=postgres", self.folder.path().display())
    }

    /// A connection.
    pub(crate) fn sql(&self) -> Sql {
        Sql::new(&self.address())
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if root() { Command::new("runuser") } else { Command::new(&program) };
        if root() {
            command.args(["-u", "postgres", "--"]).arg(&program);
        }
        // A server that is started keeps its output open: nobody reads it to its end.
        let status = command.args(arguments).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(status.unwrap().success(), "{} {arguments:?}", program.display());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Gives a file to the user as which the server runs.
fn own(path: &Path) {
    if root() {
        assert!(Command::new("chown").arg("postgres").arg(path).status().unwrap().success());
    }
}

/// It doesn't run as root.
fn root() -> bool {
    std::fs::read_to_string("/proc/self/status").unwrap().lines().any(|line| line.starts_with("Uid:\t0\t"))
}

fn status(process: u32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{process}/status")).ok()
}

/// A connection whose calls wait for their answer.
pub(crate) struct Sql {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

impl Sql {
    #[expect(clippy::disallowed_methods, reason = "the connection ends with its runtime")]
    fn new(address: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
            tokio::task::spawn(connection);
            client
        });
        Self { runtime, client }
    }

    /// Runs statements.
    pub(crate) fn run(&self, statements: &str) {
        self.try_run(statements).unwrap_or_else(|error| panic!("{error:?}: {statements}"));
    }

    /// Runs statements that may fail.
    pub(crate) fn try_run(&self, statements: &str) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(self.client.batch_execute(statements))
    }

    /// The one value that a query gives.
    pub(crate) fn one<T: FromSqlOwned>(&self, query: &str) -> T {
        self.runtime
            .block_on(self.client.query_one(query, &[]))
            .unwrap_or_else(|error| panic!("{error:?}: {query}"))
            .get(0)
    }
}
