//! A writer that is held up or refused half way: what was sent is what was written and what is missing, to the last
//! decision. The binary, with limits set and lifted from outside.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use hallpass::telemetry::decision_log::Settings;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Scene, missing, of};
use crate::kept::Kept;
use crate::support::path;

/// The binary, over the demo district.
struct Serving {
    process: Child,
    http: std::net::SocketAddr,
    /// What operators are told.
    said: Receiver<String>,
}

impl Serving {
    /// Runs a shell line in which `$HALLPASS` serves; the log of operators tells where it listens.
    fn new(line: &str, place: &TempDir) -> Self {
        let serve = "serve --grpc-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --workers 1";
        let mut process = Command::new("sh")
            .args(["-c", line])
            .env("HALLPASS", format!("{} {serve}", env!("CARGO_BIN_EXE_hallpass")))
            .env("PLACE", place.path())
            .current_dir(path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        let (send, said) = channel();
        // Standard output may be the log: then it is left unread, until the test reads it.
        if line.contains("--decision-log -") {
            process.stdout = Some(out);
        } else {
            let send = send.clone();
            std::thread::spawn(move || tell(out, &send));
        }
        std::thread::spawn(move || tell(err, &send));
        let line = wait(&said, "HTTP on ");
        let (_, address) = line.split_once("HTTP on ").unwrap();
        Self { process, http: address.trim().parse().unwrap(), said }
    }

    /// Asks so many questions, all of which are answered.
    fn ask(&self, count: usize) {
        let batch = json!({
            "subject": {"type": "user", "id": "t.rivera"}, "action": {"name": "update"},
            "resource": {"type": "misis.grades.mark", "id": "m.1", "properties": {"student": "s.0142"}},
            "evaluations": vec![json!({}); 100],
        });
        let mut connection = Kept::connect(self.http);
        for answer in connection.post_all("/access/v1/evaluations", &vec![batch.to_string(); count / 100]) {
            assert_eq!(answer.status, 200);
        }
    }

    fn end(mut self) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Sends each line on.
fn tell(stream: impl Read, send: &Sender<String>) {
    BufReader::new(stream).lines().map_while(Result::ok).for_each(|line| _ = send.send(line));
}

/// Waits for a line with something in it.
fn wait(said: &Receiver<String>, what: &str) -> String {
    loop {
        let line = said.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("nobody said `{what}`"));
        if line.contains(what) {
            return line;
        }
    }
}

/// Nobody reads what is written: the writer stands still, requests do not.
#[test]
fn a_writer_that_stands_still_holds_nobody_up_and_what_it_missed_is_counted() {
    let place = TempDir::new().unwrap();
    let mut serving = Serving::new("exec $HALLPASS --decision-log - --decision-log-queue-mb 1", &place);
    let count = 20_000;
    serving.ask(count);
    let out = serving.process.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(out).lines().map(Result::unwrap);
        lines.map(|line| serde_json::from_str(&line).unwrap()).collect::<Vec<Value>>()
    });
    serving.end();
    let lines = reader.join().unwrap();
    let (written, missing) = (of(&lines, "decision").len() as u64, missing(&lines));
    assert_eq!(written + missing, count as u64);
    assert!(written > 0 && missing > 0, "{written} written, {missing} missing");
}

/// The file may not grow: writes end half way through a line. Once it may, the log goes on behind its last whole line.
#[test]
fn a_write_that_ends_half_way_leaves_no_half_line() {
    let place = TempDir::new().unwrap();
    let limited = "trap '' XFSZ; ulimit -S -f 64; exec $HALLPASS --decision-log $PLACE/decisions.log";
    let serving = Serving::new(limited, &place);
    serving.ask(1_000);
    wait(&serving.said, "the decision log can't be written: File too large");
    let process = serving.process.id().to_string();
    let full = || std::fs::metadata(place.path().join("decisions.log")).unwrap().len();
    assert!(full() <= 64 * 1024);
    assert!(
        Command::new("prlimit").args(["--fsize=unlimited:unlimited", "--pid", &process]).status().unwrap().success()
    );
    serving.ask(500);
    serving.end();
    let log = place.path().join("decisions.log");
    let lines = super::lines(&log);
    assert_eq!(of(&lines, "decision").len() as u64 + missing(&lines), 1_500);
    assert!(missing(&lines) > 0 && full() > 64 * 1024);
    let report = super::verified(&[log], None, None);
    assert_eq!((report.wrong, report.torn), (0, false), "{:?}", report.findings);
}

/// Whatever the queue drops is counted, and told in the log.
#[test]
fn a_queue_that_is_full_drops_and_says_how_many() {
    let scene = Scene::with(|_, settings| Settings { queue_bytes: 1, ..settings });
    let runtime = crate::running::runtime();
    let request = super::mark("t.rivera", "s.0142");
    for _ in 0..5_000 {
        let asking = hallpass::pdp::Asking::default();
        runtime.block_on(scene.pdp.ask(asking, |view| view.decide(&request).map(|_| ()))).unwrap();
    }
    let lines = scene.closed();
    let figures = scene.log.figures();
    assert_eq!((figures.sent, figures.queued), (5_000, 0));
    assert_eq!(figures.written, of(&lines, "decision").len() as u64);
    assert_eq!(figures.dropped, missing(&lines));
    assert!(figures.written > 0 && figures.dropped > 0, "{figures:?}");
}
