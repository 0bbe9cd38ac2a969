//! `serve`, and commands that ask it: the built binary, from its first line to its end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{Ended, Place, run_in, small};

/// A server in a process of its own, which ends with the value.
struct Serving {
    process: Child,
    grpc: String,
    http: String,
}

impl Serving {
    fn start(place: &Place) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(["serve", "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--workers", "1"]);
        command.current_dir(place.0.path()).env_clear().stdout(Stdio::piped()).stderr(Stdio::null());
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
