//! `hallpass serve` on a database, as a process of its own, and the one question that these tests ask it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{ANSWER, PATIENCE};
use crate::process::cpu;
use crate::running::{Answer, exchange, runtime};
use crate::support::path;

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// A server, which ends with the value.
pub(crate) struct Sidecar {
    process: Child,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    folder: TempDir,
}

/// What a sidecar makes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    /// With its reason.
    Deny(String),
    Unavailable,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) verdict: Verdict,
    /// The directory's revision, where there is one.
    pub(crate) revision: Option<String>,
    pub(crate) took: Duration,
}

impl Sidecar {
    /// Starts it; it listens, whether or not it has a directory.
    pub(crate) fn start(directory: &str, flags: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--workers", "2"]);
        command.arg("--policies").arg(path("policies")).args(["--directory", directory]).args(flags);
        command.args(["--log", "warn,hallpass::directory=debug"]);
        let mut process = command.env_clear().stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = |label: &str| {
            let line = lines.next().and_then(Result::ok);
            let address = line.as_deref().and_then(|line| line.strip_prefix(label)?.parse().ok());
            address.unwrap_or_else(|| panic!("{line:?}\n{}", read(folder.path())))
        };
        let (grpc, http) = (address("gRPC on "), address("HTTP on "));
        Self { process, grpc, http, folder }
    }

    /// Asks whether a person may view photos of students of Fernvale, as its principals may: what is looked up is the
    /// person alone.
    pub(crate) fn ask(&self, who: &str) -> Told {
        self.ask_for(who, &json!({"school": "sch.fernvale"}), None)
    }

    /// The same with a wish for consistency.
    pub(crate) fn ask_at(&self, who: &str, wish: &str) -> Told {
        self.ask_for(who, &json!({"school": "sch.fernvale"}), Some(wish))
    }

    /// Asks about photos with these properties.
    pub(crate) fn ask_for(&self, who: &str, properties: &serde_json::Value, wish: Option<&str>) -> Told {
        let question = json!({
            "subject": {"type": "user", "id": who},
            "action": {"name": "view"},
            "resource": {"type": "misis.photo.student", "id": "", "properties": properties},
            "options": {"hallpass": {"explain": true}},
        });
        let headers = [("content-type", "application/json")];
        let wished = wish.map(|wish| ("hallpass-consistency", wish));
        let headers: Vec<(&str, &str)> = headers.into_iter().chain(wished).collect();
        let began = Instant::now();
        let stream = TcpStream::connect(self.http).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let answer = exchange(stream, "POST", "/access/v1/evaluation", &headers, question.to_string().as_bytes());
        let answer = answer.unwrap_or_else(|error| panic!("no answer: {error}\n{}", self.log()));
        Told::new(&answer, began.elapsed())
    }

    /// Asks, and makes sure that the answer came in time.
    pub(crate) fn ask_in_time(&self, who: &str) -> Told {
        let told = self.ask(who);
        assert!(told.took < ANSWER * PATIENCE, "{who}: {told:?}");
        told
    }

    /// Asks until an answer is as wanted; how long that took.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&Told) -> bool, who: &str) -> Duration {
        let began = Instant::now();
        loop {
            let told = self.ask_in_time(who);
            if wanted(&told) {
                return began.elapsed();
            }
            assert!(began.elapsed() < LIMIT, "{what} never came: {told:?}\n{}", self.log());
        }
    }

    /// Asks about somebody who may until it knows them: a look-up that is late on a busy machine is made again.
    pub(crate) fn knows(&self, who: &str) {
        self.until("a look-up", |told| told.verdict == Verdict::Allow, who);
    }

    /// What it tells of its health.
    pub(crate) fn health(&self) -> ServingStatus {
        runtime().block_on(async {
            let channel = Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap().connect_lazy();
            let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
            answer.into_inner().status()
        })
    }

    /// Waits for a state of health.
    pub(crate) fn until_healthy(&self, wanted: ServingStatus) {
        let end = Instant::now() + LIMIT;
        while self.health() != wanted {
            assert!(Instant::now() < end, "{wanted:?} never came\n{}", self.log());
        }
    }

    /// Waits until it has a directory, or has said why it has none.
    pub(crate) fn until_settled(&self) {
        let end = Instant::now() + LIMIT;
        while !self.log().contains("followed") {
            assert!(Instant::now() < end, "it says nothing of its directory: {}", self.log());
            std::thread::yield_now();
        }
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").arg(format!("-{signal}")).arg(process).status().unwrap().success());
    }

    /// Seconds of CPU that it has had.
    pub(crate) fn cpu(&self) -> f64 {
        cpu(self.process.id())
    }

    /// Megabytes of memory that it has, or the most that it has had.
    pub(crate) fn memory(&self, most: bool) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let label = if most { "VmHWM:" } else { "VmRSS:" };
        let line = status.lines().find_map(|line| line.strip_prefix(label)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        read(self.folder.path())
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
        let log = self.log();
        if !std::thread::panicking() {
            assert!(!log.contains("panicked"), "{log}");
            assert!(!log.contains("secret"), "a password is in the log: {log}");
        }
    }
}

impl Told {
    fn new(answer: &Answer, took: Duration) -> Self {
        let text = |name: &str| answer.body["context"]["hallpass"][name].as_str().map(str::to_owned);
        let verdict = match (answer.status, answer.body["decision"].as_bool()) {
            (200, Some(true)) => Verdict::Allow,
            (200, Some(false)) => Verdict::Deny(text("reason").unwrap_or_default()),
            (503, None) => Verdict::Unavailable,
            _ => panic!("{answer:?}"),
        };
        Self { verdict, revision: text("directory_revision"), took }
    }

    pub(crate) fn denied(&self) -> bool {
        matches!(self.verdict, Verdict::Deny(_))
    }
}

fn read(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

/// Makes the schema and brings the demo district in.
pub(crate) fn import(database: &str) {
    for arguments in [vec!["directory", "migrate"], vec!["directory", "import", "examples/district"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(&arguments).args(["--database", database]).current_dir(path("")).env_clear();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
