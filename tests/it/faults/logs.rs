//! Faults while decisions are recorded: where a record is required nobody is answered without one, and otherwise everybody
//! is; what is missing is counted, and the log says so.

use std::fs;
use std::path::PathBuf;

use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use tonic::transport::Endpoint;

use super::surfaces::Said;
use super::{Fault, Kind, NEVER, Scene, Table, hold, of};
use crate::asking::edges::check;
use crate::decision_log::{key_file, missing, of as kinds, verified};
use crate::running::runtime;

/// Questions of one batch, and batches that fill a file.
const BATCH: usize = 1_000;
const BATCHES: usize = 4;

struct Log {
    scene: Scene,
    required: bool,
    changes: usize,
}

impl Log {
    /// `patience` is how long an answer waits for its record, in milliseconds.
    fn start(required: bool, patience: &str) -> Self {
        let scene = Scene::start(|place| {
            let key = key_file(&PathBuf::from(place("")));
            let flags = ["--decision-log", &place("decisions.log"), "--decision-log-fsync", "always"];
            let sealed = ["--decision-log-key-file", key.to_str().unwrap(), "--decision-log-checkpoint-lines", "1"];
            let elsewhere = ["--decision-log-checkpoints", &place("elsewhere"), "--decision-log-rotate-mb", "1"];
            let mode = if required { "required" } else { "best_effort" };
            let mode = ["--decision-log-mode", mode, "--decision-log-wait-ms", patience];
            [flags, sealed, elsewhere, mode].concat().into_iter().map(str::to_owned).collect()
        });
        Self { scene, required, changes: 0 }
    }

    /// What has to be so that the next question comes to a point.
    fn prepare(&mut self, point: &str) {
        match point {
            "log.open" => fs::rename(self.scene.file("decisions.log"), self.aside()).unwrap(),
            "log.archive" => {
                self.changes += 1;
                let file = self.scene.file("policies/routes.yaml");
                let text = fs::read_to_string(&file).unwrap();
                fs::write(&file, format!("{text}# {}\n", self.changes)).unwrap();
                let wanted = 1 + self.changes as u64;
                self.scene.until("the changed policy", |scene| scene.generation() == Some(wanted));
            }
            _ => {}
        }
    }

    fn aside(&mut self) -> PathBuf {
        self.changes += 1;
        self.scene.file(&format!("aside.{}", self.changes))
    }

    /// Asks until the file is full.
    fn fill(&self) {
        let checks = vec![check("t.rivera", "s.0142"); BATCH];
        runtime().block_on(async {
            let channel = Endpoint::from_shared(format!("http://{}", self.scene.server.grpc)).unwrap().connect_lazy();
            let mut client = HallpassClient::new(channel);
            for _ in 0..BATCHES {
                _ = client.batch_check(hp::BatchCheckRequest { checks: checks.clone() }).await;
            }
        });
    }

    /// What is seen under a fault; afterwards everything is recorded again, or the server has ended.
    fn under(&mut self, point: &str, kind: Kind, fault: Fault) -> String {
        if (kind, fault) == (Kind::Step, Fault::Error) {
            return NEVER.to_owned();
        }
        self.prepare(point);
        let errors = self.scene.metric("hallpass_decision_log_errors_total");
        self.scene.control.arm(point, fault);
        if point == "log.rotate" {
            self.fill();
        }
        let said = match fault {
            Fault::Second => std::thread::scope(|scope| {
                let asking = scope.spawn(|| self.scene.check());
                self.scene.control.release(point);
                asking.join().unwrap()
            }),
            Fault::Error | Fault::Panic | Fault::Long => self.scene.check(),
        };
        if fault != Fault::Second {
            self.scene.control.until_reached(point);
        }
        if fault == Fault::Panic {
            // Without a record there is no answer, until the process is gone.
            assert!(!self.required || matches!(said, Said::None(_)), "{point}: {said:?}");
            let told = self.scene.ended();
            self.scene.control.disarm();
            *self = Self::start(self.required, "60000");
            return told;
        }
        let mut told = match said {
            Said::Answer(true, _) => "decided".to_owned(),
            Said::None(code) => code,
            said @ Said::Answer(false, _) => panic!("{point} {fault:?}: {said:?}"),
        };
        if fault == Fault::Error {
            let counted =
                self.scene.until("the error", |scene| scene.metric("hallpass_decision_log_errors_total") > errors);
            assert!(counted, "{point}");
            told += ", counted as an error";
        }
        self.scene.control.disarm();
        let recovered = self.scene.until("a record", |scene| {
            let count = |name: &str| scene.metric(&format!("hallpass_decision_log_{name}"));
            let written = count("written_total");
            matches!(scene.check(), Said::Answer(true, _))
                && count("queue") == Some(0)
                && count("written_total") > written
        });
        assert!(recovered, "{point} {fault:?}: it does not recover");
        told
    }

    /// Ends it: all that was sent is written or missing, as the log itself says, and nothing in it was touched.
    fn end(mut self) {
        self.scene.server.signal("TERM");
        assert_eq!(self.scene.server.ended(), Some(0), "{}", self.scene.server.log());
        let files = fs::read_dir(self.scene.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let named = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            path.is_file()
                && (name.starts_with("decisions.log") || name.starts_with("aside."))
                && !name.ends_with(".torn")
        };
        let files: Vec<PathBuf> = files.filter(named).collect();
        let report = verified(&files, Some(&self.scene.file("log.key")), Some(&self.scene.file("elsewhere")));
        assert_eq!(report.findings, []);
        let lines: Vec<_> = files.iter().flat_map(|file| crate::decision_log::lines(file)).collect();
        assert_eq!(report.gaps, missing(&lines));
        assert!(!kinds(&lines, "decision").is_empty());
    }
}

impl Scene {
    fn generation(&self) -> Option<u64> {
        runtime().block_on(async {
            let channel = Endpoint::from_shared(format!("http://{}", self.server.grpc)).unwrap().connect_lazy();
            let status = HallpassClient::new(channel).status(hp::StatusRequest {}).await.ok()?;
            Some(status.into_inner().generation)
        })
    }
}

fn seen(required: bool) -> Table {
    let mut table = Table::new();
    for (point, kind) in of("log") {
        let mut log = Log::start(required, "60000");
        let [error, panic, second] =
            [Fault::Error, Fault::Panic, Fault::Second].map(|fault| log.under(&point, kind, fault));
        log.end();
        // Nobody waits for a record that long.
        let mut log = Log::start(required, "100");
        let long = log.under(&point, kind, Fault::Long);
        log.end();
        table.insert(point, [error, panic, second, long]);
    }
    table
}

#[test]
fn whatever_fails_nobody_is_answered_without_a_record_where_one_is_required() {
    hold("The decision log, where a record is required", &seen(true));
}

#[test]
fn whatever_fails_everybody_is_answered_where_no_record_is_required() {
    hold("The decision log, where it is not", &seen(false));
}
