//! How long it takes until there is something to decide with: compiling, loading, the binary's start to its first
//! answer, a saved file to its effect. Prints medians; judges nothing.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a benchmark")]

mod world;

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hallpass::caller::Caller;
use hallpass::directory::Roster;
use hallpass::live;
use hallpass::policy::compiled::Policy;
use hallpass::policy::request::Limits;
use hallpass::reload::Config;
use hallpass::snapshot::Builder;
use world::{OWN, district, policies, request, root, sources};

/// How often the binary is started, and a file saved.
const TIMES: usize = 15;
/// How long is waited for what does not come.
const LIMIT: Duration = Duration::from_secs(10);

fn main() {
    println!("{:<52} {:>10} {:>10} {:>10}", "milliseconds", "median", "least", "most");
    let (shipped, demo) = (policies(1), sources(&root().join("examples/district")));
    row("compile the shipped policies", TIMES, || {
        black_box(Policy::compile(&shipped).expect("they compile"));
    });
    row("load the demo district", TIMES, || {
        black_box(Roster::load(&demo, &[]).expect("it loads"));
    });
    let large = district(1_000);
    row("load 262,000 people with 1,810,000 enrolments", 3, || {
        black_box(Roster::load(&large, &[]).expect("it loads"));
    });
    drop(large);
    saved_to_served();
    started_to_answering();
}

fn row(name: &str, times: usize, mut work: impl FnMut()) {
    let spans = (0..times).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    print(name, spans.collect());
}

fn print(name: &str, mut spans: Vec<Duration>) {
    spans.sort();
    let shown = |at: usize| format!("{:.2}", spans[at].as_secs_f64() * 1e3);
    println!("{name:<52} {:>10} {:>10} {:>10}", shown(spans.len() / 2), shown(0), shown(spans.len() - 1));
}

/// Follows a copy of the shipped files, and turns a teacher's assignment on and off.
fn saved_to_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let (policies, directory) = (folder.path().join("policies"), folder.path().join("district"));
    copy(&root().join("policies"), &policies);
    copy(&root().join("examples/district"), &directory);
    let file = directory.join("role_assignments.csv");
    let with = std::fs::read_to_string(&file).expect("it was copied");
    let without: String = with.lines().filter(|line| !line.contains(OWN.0)).flat_map(|line| [line, "\n"]).collect();
    let builder = Builder::new(vec!["user".to_owned()], None);
    let config = Config::new(&policies, Some(directory));
    let (pdp, handle) = live::start(config, builder, Limits::default()).expect("the copies are good");
    let is_allow = || pdp.view(Caller::Anybody).decide(&request(OWN.0, OWN.1)).expect("well formed").is_allow();
    let mut spans = Vec::new();
    let watched = handle.status().wait_for(LIMIT, |status| status.checks > 0);
    assert!(watched.is_ok_and(|status| status.watching), "the copies are watched");
    for turn in 0..TIMES {
        let (text, allow) = if turn % 2 == 0 { (&without, false) } else { (&with, true) };
        let begun = Instant::now();
        std::fs::write(&file, text).expect("it is ours");
        while is_allow() != allow {
            assert!(begun.elapsed() < LIMIT, "the change is served");
            std::thread::sleep(Duration::from_micros(200));
        }
        spans.push(begun.elapsed());
    }
    handle.stop();
    print("file saved to changed decision, 30 of it quiet", spans);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder of ours");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, to).expect("a file is copied");
        }
    }
}

/// Starts the binary as it is shipped, and asks it over HTTP as soon as it listens.
fn started_to_answering() {
    let mut resident = 0.0;
    let mut spans = Vec::new();
    for _ in 0..TIMES {
        let (grpc, http) = (free(), free());
        let begun = Instant::now();
        let mut server = Command::new(env!("CARGO_BIN_EXE_hallpass"))
            .args(["serve", "--grpc-listen", &grpc.to_string(), "--http-listen", &http.to_string()])
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let answered = first_answer(&mut server, http, begun);
        if answered {
            spans.push(begun.elapsed());
            resident = megabytes(server.id());
        }
        _ = server.kill();
        _ = server.wait();
        if !answered {
            println!("start to first answer: skipped, as `hallpass serve` does not answer");
            return;
        }
    }
    print("start of the binary to its first answer", spans);
    println!("resident after the first answer: {resident:.1} MB");
}

/// A port that is free now.
fn free() -> SocketAddr {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    socket.local_addr().expect("it is bound")
}

fn first_answer(server: &mut Child, http: SocketAddr, begun: Instant) -> bool {
    while begun.elapsed() < LIMIT && !matches!(server.try_wait(), Ok(Some(_))) {
        if let Ok(connection) = TcpStream::connect(http) {
            return allows(connection);
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    false
}

fn allows(mut connection: TcpStream) -> bool {
    let (teacher, student) = OWN;
    let body = format!(
        r#"{{"subject":{{"type":"user","id":"{teacher}"}},"action":{{"name":"update"}},"resource":{{"type":"misis.grades.mark","id":"m.1","properties":{{"student":"{student}"}}}}}}"#
    );
    let head = "POST /access/v1/evaluation HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json";
    let mut answer = String::new();
    write!(connection, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).is_ok()
        && connection.read_to_string(&mut answer).is_ok()
        && answer.ends_with(r#"{"decision":true}"#)
}

fn megabytes(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}
