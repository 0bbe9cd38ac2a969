//! `serve`, and commands that ask it: the built binary, from its first line to its end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Ended, Place, run_in, small};
use crate::pki::Authority;
use crate::traces::collector::Collector;

/// A server in a process of its own, which ends with the value.
pub(super) struct Serving {
    process: Child,
    pub(super) grpc: String,
    http: String,
}

impl Serving {
    pub(super) fn start(place: &Place) -> Self {
        Self::with(place, "")
    }

    pub(super) fn with(place: &Place, flags: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--workers", "1"]);
        command
            .args(flags.split_whitespace())
            .current_dir(place.0.path())
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = |label: &str| lines.next().unwrap().unwrap().strip_prefix(label).unwrap().to_owned();
        let (grpc, http) = (address("gRPC on "), address("HTTP on "));
        Self { process, grpc, http }
    }

    fn signal(&self, signal: &str) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_server_answers_as_the_files_do() {
    let place = small(&[]);
    let serving = Serving::start(&place);
    for line in [
        "check --subject lee --action update --type sis.grades.mark --student sam",
        "check --subject lee --action update --type sis.grades.mark --student zoe --format json",
        "explain --subject lee --action view --type sis.grades.mark --student zoe",
        "explain --subject lee --action view --type sis.grades.mark --section music --section art --format json",
        "explain --subject kim --action view --type sis.grades.mark --school high --date 2026-01-31 --property n:=[1,true]",
        "check --subject nobody --action view --type sis.grades.mark",
        "check --subject lee --action view --type sis.grades.mark --date 2026-02-30",
        "check --subject= --action view --type sis.grades.mark",
    ] {
        let Ended { code, out, err } = place.run(line);
        let served = place.run(&format!("{line} --server {}", serving.grpc));
        assert_eq!((served.code, served.out, served.err), (code, out, err), "{line}");
    }
}

#[test]
fn asked_to_end_it_ends_well() {
    for signal in ["-TERM", "-INT"] {
        let mut serving = Serving::start(&small(&[]));
        assert!(std::net::TcpStream::connect(&serving.http).is_ok());
        serving.signal(signal);
        assert_eq!(serving.process.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn nobody_serves_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let line = format!("check --subject lee --action view --type sis.grades.mark --server {free}");
    let ended = run_in(Path::new("."), &line, &[]);
    assert!(ended.code == 1 && ended.out.is_empty(), "{ended:?}");
    assert!(ended.err.starts_with(&format!("error: no server answers at `{free}`")), "{}", ended.err);
}

const KEY: &str = "0123456789abcdef0123456789abcdef";
const CALLERS: &str = "\
hallpass: callers/v1
callers:
  gradebook:
    spiffe: spiffe://district.example/gradebook
    may: [check, explain]
  portal:
    key_file: portal.key
    applications: [sis]
";

/// A small place with certificates of two authorities, and callers.
pub(super) fn secured() -> Place {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let (server, client) = (ours.server(), ours.client(&["spiffe://district.example/gradebook"]));
    small(&[
        ("ca.pem", &ours.pem),
        ("other.pem", &theirs.pem),
        ("cert.pem", &server.cert),
        ("key.pem", &server.key),
        ("client.pem", &client.cert),
        ("client-key.pem", &client.key),
        ("callers.yaml", CALLERS),
        ("portal.key", KEY),
        ("wrong.key", "an0ther-key-that-is-long-enough-to-be-one"),
    ])
}

pub(super) const TLS: &str = "--tls-cert cert.pem --tls-key key.pem --tls-client-ca ca.pem --callers callers.yaml";

#[test]
fn a_server_is_asked_over_each_listener() {
    let place = secured();
    let serving = Serving::with(&place, &format!("{TLS} --unix-listen hallpass.sock"));
    let port = serving.grpc.rsplit(':').next().unwrap();
    let https = format!("--server https://localhost:{port}");
    let certificate = "--tls-client-cert client.pem --tls-client-key client-key.pem";
    let question = "check --subject lee --action update --type sis.grades.mark --student sam";
    for (flags, code, message) in [
        ("--server unix:hallpass.sock --key-file portal.key".to_owned(), 0, ""),
        (format!("{https} --tls-ca ca.pem --key-file portal.key"), 0, ""),
        (format!("{https} --tls-ca ca.pem {certificate}"), 0, ""),
        ("--server unix:hallpass.sock".to_owned(), 1, "the server did not decide: say who asks"),
        ("--server unix:hallpass.sock --key-file wrong.key".to_owned(), 1, "the key is no caller's"),
        (format!("{https} --tls-ca ca.pem"), 1, "the server did not decide: say who asks"),
        (format!("{https} --tls-ca other.pem {certificate}"), 1, "no server answers at"),
        (format!("{https} {certificate}"), 1, "name the authority of the server's certificate with `--tls-ca`"),
        (
            format!("--server {} {certificate}", serving.grpc),
            1,
            "certificates are shown to servers whose address begins",
        ),
        (format!("--server {}", serving.grpc), 1, "error: "),
        ("--server unix:nowhere.sock".to_owned(), 1, "no server answers at `unix:nowhere.sock`"),
        (format!("{https} --tls-ca ca.pem --tls-client-cert client.pem"), 1, "--tls-client-key <FILE>"),
        ("--key-file portal.key".to_owned(), 1, "--server <ADDR>"),
    ] {
        let ended = place.run(&format!("{question} {flags}"));
        assert_eq!(ended.code, code, "{flags}: {ended:?}");
        assert!(ended.err.contains(message), "{flags}: {}", ended.err);
    }
    let explain = question.replacen("check", "explain", 1);
    assert_eq!(place.run(&format!("{explain} {https} --tls-ca ca.pem {certificate}")).code, 0);
    let ended = place.run(&format!("{explain} {https} --tls-ca ca.pem --key-file portal.key"));
    assert!(ended.err.contains("the caller `portal` lacks the permission `explain`"), "{ended:?}");
}

#[test]
fn certificates_and_callers_that_cannot_be_used() {
    let place = secured();
    let other = Authority::new().server();
    for (name, text) in [
        ("other-key.pem", other.key.as_str()),
        ("empty.pem", ""),
        ("bad.yaml", "hallpass: callers/v1\ncallers:\n  a:\n    uid: x\n"),
    ] {
        place.write(name, text);
    }
    for (from, to, message) in [
        ("cert.pem", "empty.pem", "`empty.pem`, as `--tls-cert` says, holds no certificate that can be read as PEM"),
        ("cert.pem", "none.pem", "`none.pem`, as `--tls-cert` says, cannot be read: No such file"),
        ("--tls-key key.pem", "--tls-key empty.pem", "`empty.pem`, as `--tls-key` says, holds no key"),
        (
            "--tls-key key.pem",
            "--tls-key other-key.pem",
            "the key in `other-key.pem` is not that of the certificate in `cert.pem`",
        ),
        ("ca.pem", "key.pem", "`key.pem`, as `--tls-client-ca` says, holds no certificate"),
        ("ca.pem", "policies", "`policies`, as `--tls-client-ca` says, cannot be read: it is no regular file"),
        ("callers.yaml", "none.yaml", "none.yaml: the callers cannot be read: No such file"),
        ("callers.yaml", "bad.yaml", "bad.yaml:4:10: `uid` must be the number of a user (`id -u NAME` prints it)"),
    ] {
        let ended = place.run(&format!("serve {}", TLS.replacen(from, to, 1)));
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
        assert!(ended.err.contains(message), "{message}: {}", ended.err);
    }
}

/// What was made before the end was asked for has left by the end.
#[test]
fn spans_leave_before_the_end() {
    let place = small(&[]);
    let collector = Collector::start();
    let mut serving = Serving::with(&place, &format!("--otlp-endpoint {}", collector.url()));
    let question = "check --subject lee --action update --type sis.grades.mark --student sam";
    assert_eq!(place.run(&format!("{question} --server {}", serving.grpc)).code, 0);
    serving.signal("-TERM");
    assert_eq!(serving.process.wait().unwrap().code(), Some(0));
    let names: Vec<String> = collector.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["hallpass.v1.Hallpass/Check"]);
}

/// Each line of the log is an object.
#[test]
fn a_log_for_programs() {
    let place = small(&[]);
    let log = place.0.path().join("log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
    command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--log", "debug"]);
    command.args(["--log-format", "json"]).current_dir(place.0.path()).env_clear().stdout(Stdio::piped());
    let mut process = command.stderr(std::fs::File::create(&log).unwrap()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let grpc = lines.next().unwrap().unwrap().strip_prefix("gRPC on ").unwrap().to_owned();
    let mut serving = Serving { process, grpc: grpc.clone(), http: String::new() };
    assert_eq!(place.run(&format!("healthcheck --server {grpc}")).code, 0);
    serving.signal("-TERM");
    assert_eq!(serving.process.wait().unwrap().code(), Some(0));
    let log = std::fs::read_to_string(log).unwrap();
    let objects: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said =
        |object: &serde_json::Value| object["message"].as_str().is_some_and(|said| said.contains("a connection from"));
    assert!(objects.iter().any(said), "{log}");
    assert!(objects.iter().all(|object| object["level"].is_string() && object["timestamp"].is_string()), "{log}");
}
