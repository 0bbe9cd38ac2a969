//! The binary as a process of its own, serving the shipped policies and the demo district: where it listens, what it
//! costs, what it logs and how it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::running::runtime;
use crate::support::path;

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);
const BINARY: &str = env!("CARGO_BIN_EXE_hallpass");

/// The process, which ends with the value.
pub(crate) struct Process {
    child: Child,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    /// Where the admin plane is, where a flag asks for one.
    pub(crate) admin: Option<SocketAddr>,
    /// Whether a panic is what the test is for.
    pub(crate) may_panic: bool,
    folder: TempDir,
}

impl Process {
    /// Serves with these flags beside those that say where and what.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::under(&[], flags)
    }

    /// The same, started by another program that becomes it.
    pub(crate) fn under(program: &[&str], flags: &[&str]) -> Self {
        let line: Vec<&str> = program.iter().copied().chain([BINARY, "serve"]).collect();
        let folder = TempDir::new().unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).args(["--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]);
        command.args(["--workers", "2"]).args(flags).current_dir(path("")).env_clear();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |label: &str| {
            let line = lines.next().and_then(Result::ok);
            let address = line.as_deref().and_then(|line| line.strip_prefix(label)?.parse().ok());
            address.unwrap_or_else(|| panic!("{line:?}\n{}", read(folder.path())))
        };
        let (grpc, http) = (address("gRPC on "), address("HTTP on "));
        let admin = flags.contains(&"--admin-listen").then(|| address("admin on "));
        Self { child, grpc, http, admin, may_panic: false, folder }
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").arg(format!("-{signal}")).arg(process).status().unwrap().success());
    }

    /// Waits until it has ended: its exit code, none where a signal ended it.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < end, "it does not end\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// From now on it may have so many file descriptors.
    pub(crate) fn allow_descriptors(&self, most: usize) {
        allow_descriptors(self.child.id(), most);
    }

    /// How many file descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(self.proc("fd")).unwrap().count()
    }

    /// What it tells of the health of a service; none where it knows of none.
    pub(crate) fn health(&self, service: &str) -> Option<ServingStatus> {
        runtime().block_on(async {
            let channel = Endpoint::from_shared(format!("http://{}", self.grpc)).unwrap().connect_lazy();
            let asked = HealthCheckRequest { service: service.to_owned() };
            Some(HealthClient::new(channel).check(asked).await.ok()?.into_inner().status())
        })
    }

    /// Seconds of CPU that it has had.
    pub(crate) fn cpu(&self) -> f64 {
        cpu(self.child.id())
    }

    /// Kilobytes of memory that it has; from now on [`Process::peak`] is the most that it had since.
    pub(crate) fn memory(&self) -> u64 {
        fs::write(self.proc("clear_refs"), "5").unwrap();
        self.kilobytes("VmRSS:")
    }

    /// The most kilobytes of memory that it had.
    pub(crate) fn peak(&self) -> u64 {
        self.kilobytes("VmHWM:")
    }

    fn kilobytes(&self, label: &str) -> u64 {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(label)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn proc(&self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.child.id()).into()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        read(self.folder.path())
    }

    /// Waits until it has logged something.
    pub(crate) fn until_logged(&self, what: &str) {
        let end = Instant::now() + LIMIT;
        while !self.log().contains(what) {
            assert!(Instant::now() < end, "it never logs `{what}`\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        if !std::thread::panicking() && !self.may_panic {
            assert!(!self.log().contains("panicked"), "{}", self.log());
        }
    }
}

/// Seconds of CPU that a process has had.
pub(crate) fn cpu(process: u32) -> f64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return 0.0 };
    let nanos = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e9
}

/// From now on a process may have so many file descriptors.
pub(crate) fn allow_descriptors(process: u32, most: usize) {
    let (process, most) = (format!("--pid={process}"), format!("--nofile={most}:"));
    assert!(Command::new("prlimit").args([&process, &most]).status().unwrap().success());
}

fn read(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}
