//! The states of a server, as `docs/states.md` has them in a table: each is brought about, and looked at from outside.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hallpass::app::LIVENESS;
use hallpass::directory::remote::Settings;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::ending::deaf;
use crate::held_source::{Held, Step};
use crate::listen::check;
use crate::process::Process;
use crate::running::{Server, runtime, settings, snapshot};
use crate::secure::until;
use crate::support::{copy, edit, path};
use crate::twin::Twin;

/// Process, liveness, health, and what becomes of a question.
type Row = [String; 4];

/// The rows of the table.
fn documented() -> Vec<(String, Row)> {
    let text = fs::read_to_string(path("docs/states.md")).unwrap();
    let lines = text.lines().skip_while(|line| !line.starts_with("| --- ")).skip(1);
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let row = |line: &str| {
        let [state, row @ ..] = <[String; 5]>::try_from(cells(line)).unwrap();
        (state, row)
    };
    lines.take_while(|line| line.starts_with('|')).map(row).collect()
}

fn ended(code: Option<i32>) -> Row {
    [format!("ends with {}", code.unwrap()), String::new(), String::new(), String::new()]
}

/// A process that runs, seen from outside.
fn seen(server: SocketAddr) -> Row {
    runtime().block_on(async {
        let channel = Endpoint::from_shared(format!("http://{server}")).unwrap().connect_lazy();
        let mut services = Vec::new();
        for name in ["", "hallpass.v1.Hallpass", "authzen.access.v1.Access", "envoy.service.auth.v3.Authorization"] {
            services.push(health(&channel, name).await);
        }
        services.dedup();
        ["runs".to_owned(), health(&channel, LIVENESS).await, services.join(" or "), asked(&channel).await]
    })
}

async fn health(channel: &Channel, service: &str) -> String {
    let answer = HealthClient::new(channel.clone()).check(HealthCheckRequest { service: service.to_owned() }).await;
    answer.unwrap().into_inner().status().as_str_name().to_owned()
}

async fn asked(channel: &Channel) -> String {
    let mut client = HallpassClient::new(channel.clone());
    let status = client.status(hp::StatusRequest {}).await.unwrap().into_inner();
    let is_old = status.reload.is_some_and(|reload| reload.failing);
    match client.check(check()).await {
        Ok(answer) => {
            assert!(answer.into_inner().allow);
            if is_old { "decided by the last good files".to_owned() } else { "decided".to_owned() }
        }
        Err(status) if status.code() == tonic::Code::Unavailable => "UNAVAILABLE".to_owned(),
        Err(status) => format!("{status:?}"),
    }
}

/// Copies of the shipped files.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&path("policies"), &folder.path().join("policies"));
        copy(&path("examples/district"), &folder.path().join("directory"));
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn flags(&self) -> [String; 4] {
        let text = |name| self.path(name).to_str().unwrap().to_owned();
        ["--policies".to_owned(), text("policies"), "--directory".to_owned(), text("directory")]
    }

    fn misspell(&self) {
        edit(&self.path("policies/misis/teacher.yaml"), "title: Teacher", "titel: Teacher");
    }

    /// Takes a folder away in one step: file by file, what is left for a moment may be a set by itself.
    fn remove(&self, name: &str) {
        fs::rename(self.path(name), self.path("removed")).unwrap();
    }

    fn break_directory(&self) {
        fs::remove_file(self.path("directory/users.csv")).unwrap();
    }

    /// A server that can't start with these files.
    fn refused(&self) -> Row {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.arg("serve").args(self.flags()).env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        ended(command.status().unwrap().code())
    }

    /// A server that runs while something happens to its files.
    fn changed(&self, change: impl FnOnce(&Self)) -> Row {
        let flags = self.flags();
        let server = Process::start(&flags.each_ref().map(String::as_str));
        change(self);
        server.until_logged("files refused; the last good ones stay live");
        seen(server.grpc)
    }
}

/// A server whose directory fails at these steps from the start, or once it has the facts.
fn without_directory(from_the_start: bool, time_to_live: Duration) -> Row {
    let fail = |held: &Held| held.world().failing.extend([Step::Follow, Step::Frame, Step::Load, Step::Changes]);
    let prepare = |held: &Held| {
        if from_the_start {
            fail(held)
        }
    };
    let twin = Twin::told(snapshot(), Settings { time_to_live, ..Settings::default() }, prepare);
    let server = Server::over(&settings(), Arc::clone(&twin.pdp), None);
    if from_the_start {
        return seen(server.grpc);
    }
    let decided = |row: Row| row[3] == "decided";
    until("an answer", || decided(seen(server.grpc)));
    fail(&twin.held);
    twin.held.cut();
    until("the outage", || !twin.remote().state().connected);
    if time_to_live < Duration::from_secs(10) {
        until("facts that are too old", || !decided(seen(server.grpc)));
    }
    seen(server.grpc)
}

/// A server that was told to end.
fn ending(flags: &[&str], look: impl FnOnce(&mut Process) -> Row) -> Row {
    let mut server = Process::start(flags);
    server.signal("TERM");
    look(&mut server)
}

fn unreachable(server: &Process) -> Row {
    until("the end of accepting", || TcpStream::connect(server.grpc).is_err());
    ["runs".to_owned(), String::new(), String::new(), "no connection".to_owned()]
}

fn observed(state: &str) -> Row {
    let files = Files::new();
    let long = ["--drain-seconds", "3600"];
    match state {
        "no policy files at the start" => {
            files.remove("policies");
            files.refused()
        }
        "policy files refused at the start" => {
            files.misspell();
            files.refused()
        }
        "directory files refused at the start" => {
            files.break_directory();
            files.refused()
        }
        "database not reached since the start" => without_directory(true, Duration::from_secs(60)),
        "all is well" => seen(Process::start(&[]).grpc),
        "policy files refused later" => files.changed(Files::misspell),
        "policy files gone" => files.changed(|files| files.remove("policies")),
        "directory files refused later" => files.changed(Files::break_directory),
        "database down, facts at hand" => without_directory(false, Duration::from_secs(3_600)),
        "database down, facts too old or never asked for" => without_directory(false, Duration::from_secs(1)),
        "told to end, the delay is not over" => ending(&["--drain-delay-seconds", "3600"], |server| {
            until("the end of serving", || seen(server.grpc)[2] != "SERVING");
            seen(server.grpc)
        }),
        "told to end, the delay is over" => {
            let mut server = Process::start(&long);
            let _deaf = deaf(&server);
            server.signal("TERM");
            let row = unreachable(&server);
            assert!(server.runs());
            row
        }
        "told to end, nothing is under way" => ending(&long, |server| ended(server.ended())),
        "told to end again" => {
            let mut server = Process::start(&long);
            let _deaf = deaf(&server);
            server.signal("TERM");
            unreachable(&server);
            server.signal("TERM");
            ended(server.ended())
        }
        unknown => panic!("`{unknown}` is in the table, and nobody brings it about"),
    }
}

#[test]
fn the_table_says_what_is_seen() {
    let rows = documented();
    assert_eq!(rows.len(), 14);
    for (state, row) in rows {
        assert_eq!(observed(&state), row, "{state}");
    }
}
