//! The processes of a measurement: servers with their CPU time and memory, and what keeps cores awake.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hallpass::app::{AdminPlane, App, Bounds, Settings};
use hallpass::authzen::{self, Tokens};
use hallpass::credentials;
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::snapshot::{Builder, Files};
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::traces::Traces;

use crate::world::{policies, root, sources};

/// The core of the servers, and that of the load.
const CORES: [&str; 2] = ["0", "1"];

/// A server in a process of its own, which ends when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    /// Where its admin plane is, where it has one.
    pub(crate) admin: Option<SocketAddr>,
}

impl Server {
    /// Starts this program again as a server, and pins both.
    pub(crate) fn start(role: &str) -> Self {
        let this = std::env::current_exe().expect("this program has a path");
        let mut process = Command::new(this)
            .arg(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts again");
        pin(process.id(), CORES[0]);
        pin(std::process::id(), CORES[1]);
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let line = lines.next().expect("addresses").expect("UTF-8");
        let mut addresses = line.split(' ').map(|address| address.parse().expect("an address"));
        let mut address = || addresses.next();
        let (grpc, http) = (address().expect("gRPC"), address().expect("HTTP"));
        Self { grpc, http, admin: address(), process }
    }

    /// Seconds of CPU that it has had.
    pub(crate) fn cpu(&self) -> f64 {
        self.cpu_of(|_any| true)
    }

    /// Seconds of CPU that its threads with these names have had; a name is cut after 15 letters.
    pub(crate) fn cpu_of(&self, named: impl Fn(&str) -> bool) -> f64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("it runs");
        let read = |folder: &Path, name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let nanos = threads.map(|thread| thread.expect("an entry").path()).filter(|at| named(read(at, "comm").trim()));
        let nanos = nanos.map(|folder| {
            let text = read(&folder, "schedstat");
            text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or_default()
        });
        nanos.sum::<f64>() / 1e9
    }

    /// Megabytes of memory that it has.
    pub(crate) fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Says where a server listens.
pub(crate) fn announce(addresses: impl IntoIterator<Item = SocketAddr>) {
    let addresses: Vec<String> = addresses.into_iter().map(|address| address.to_string()).collect();
    println!("{}", addresses.join(" "));
    std::io::stdout().flush().expect("standard output takes it");
}

/// Any free port.
pub(crate) fn anywhere() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Serves the shipped policies and the demo district with one worker; with metrics where it counts, and with traces where some are made.
pub(crate) fn serve_hallpass(counts: bool, traces: Option<Traces>) {
    let (policies, directory) = (policies(1), sources(&root().join("examples/district")));
    let mut builder = Builder::new(vec!["user".to_owned()], None);
    let policies = Files { revision: &"00000000000000aa".into(), files: &policies };
    let directory = Files { revision: &"00000000000000bb".into(), files: &directory };
    let snapshot = builder.build(policies, directory, 1).expect("the shipped files are good");
    let telemetry = Telemetry::default();
    let telemetry = if counts { telemetry.counting(Arc::default()) } else { telemetry };
    let pdp = Arc::new(Pdp::new(snapshot, Limits::default()).telling(telemetry));
    let tokens = Tokens::random().expect("the system gives random bytes");
    let settings = Settings {
        grpc: anywhere(),
        http: anywhere(),
        unix: None,
        admin: counts.then(|| AdminPlane { listen: anywhere(), trigger: None }),
        credentials: credentials::Files { tls: None, callers: None, admin_key: None, recheck: Duration::from_secs(1) },
        workers: NonZeroUsize::new(1),
        reflection: false,
        authzen: authzen::Settings { explain: false, tokens, public_url: None },
        bounds: Bounds::default(),
        drain_delay: Duration::ZERO,
        drain: Duration::from_secs(1),
        traces,
    };
    let app = App::bind(&settings, &pdp, None).expect("a port is free");
    announce([app.grpc_addr(), app.http_addr()].into_iter().chain(app.admin_addr()));
    runtime().block_on(app.serve(std::future::pending())).expect("it serves");
}

/// A runtime of one thread, as a worker's.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Keeps a process on a core, where that can be done.
fn pin(process: u32, core: &str) {
    let pinned = Command::new("taskset").args(["-a", "-p", "-c", core, &process.to_string()]).output();
    if !pinned.is_ok_and(|output| output.status.success()) {
        println!("not pinned to core {core}: `taskset` is not there, or the core is not");
    }
}

/// Processes that use a core while nothing else does, so that it never halts; they end when these are dropped.
pub(crate) fn spinners() -> Vec<Spinner> {
    let this = std::env::current_exe().expect("this program has a path");
    let spin = |core| {
        Command::new("chrt").args(["--idle", "0", "taskset", "-c", core]).arg(&this).arg("spin").spawn().map(Spinner)
    };
    let spinners: Vec<Spinner> = CORES.into_iter().filter_map(|core| spin(core).ok()).collect();
    println!("cores kept awake: {}", if spinners.len() == CORES.len() { "yes" } else { "no, `chrt` is not there" });
    spinners
}

/// One such process.
pub(crate) struct Spinner(Child);

impl Drop for Spinner {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
