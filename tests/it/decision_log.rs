//! The decision log through its public boundary: what stands in it, what happens where it can't be written, what
//! verifying finds, and what an auditor is told.

mod audit;
mod crash;
mod disk;
mod lists;
mod required;
mod rotate;
mod says;
mod tamper;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hallpass::pdp::{Asking, Pdp, Undecided};
use hallpass::policy::request::Limits;
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::decision_log::audit::Logs;
use hallpass::telemetry::decision_log::verify::{Report, verify};
use hallpass::telemetry::decision_log::{DecisionLog, Figures, Key, Settings};
use hallpass::{Action, Request, Resource, Subject};
use serde_json::Value;
use tempfile::TempDir;

use crate::running::{runtime, snapshot};

/// A decision point that writes a log in a folder of its own.
pub(crate) struct Scene {
    pub(crate) place: TempDir,
    pub(crate) log: Arc<DecisionLog>,
    pub(crate) pdp: Arc<Pdp>,
}

impl Scene {
    /// With these settings; the path is that of the scene.
    pub(crate) fn with(change: impl FnOnce(&Path, Settings) -> Settings) -> Self {
        let place = TempDir::new().unwrap();
        let settings =
            Settings { patience: Duration::from_secs(60), ..Settings::at(Some(place.path().join("decisions.log"))) };
        let settings = change(place.path(), settings);
        let (log, pdp) = pdp(settings);
        Self { place, log, pdp }
    }

    pub(crate) fn new() -> Self {
        Self::with(|_, settings| settings)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.place.path().join("decisions.log")
    }

    /// Asks whether Rivera may do something to a student's mark.
    pub(crate) fn ask(&self, student: &str) -> Result<bool, Undecided> {
        ask(&self.pdp, &mark("t.rivera", student))
    }

    /// Closes the log; what is in it.
    pub(crate) fn closed(&self) -> Vec<Value> {
        close(&self.log);
        lines(&self.path())
    }
}

/// A decision point over the demo district that writes a log.
pub(crate) fn pdp(settings: Settings) -> (Arc<DecisionLog>, Arc<Pdp>) {
    let log = Arc::new(DecisionLog::start(settings).unwrap());
    let pdp = Pdp::new(snapshot(), Limits::default()).telling(Telemetry::new(Some(Arc::clone(&log))));
    (log, Arc::new(pdp))
}

/// Whether somebody may update a mark of a student: Rivera may for s.0142.
pub(crate) fn mark<'a>(who: &'a str, student: &'a str) -> Request<'a> {
    Request {
        subject: Subject { kind: "user", id: who, ..Subject::default() },
        action: Action { name: "update", ..Action::default() },
        resource: Resource { kind: "misis.grades.mark", student: Some(student), ..Resource::default() },
        ..Request::default()
    }
}

pub(crate) fn ask(pdp: &Pdp, request: &Request<'_>) -> Result<bool, Undecided> {
    runtime().block_on(pdp.ask(Asking::default(), |view| view.decide(request).map(|decision| decision.is_allow())))
}

pub(crate) fn close(log: &DecisionLog) {
    assert!(log.close(Duration::from_secs(60)));
}

/// Every line of a log, each of which is JSON.
pub(crate) fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// Lines of one kind.
pub(crate) fn of<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["line"] == kind).collect()
}

/// The decisions of a log.
pub(crate) fn decisions(path: &Path) -> Vec<Value> {
    lines(path).into_iter().filter(|line| line["line"] == "decision").collect()
}

/// Decisions that a log says are missing.
pub(crate) fn missing(lines: &[Value]) -> u64 {
    of(lines, "gap").iter().map(|gap| gap["missing"].as_u64().unwrap()).sum()
}

/// Waits until figures are as they should be.
pub(crate) fn until(log: &DecisionLog, what: impl Fn(&Figures) -> bool) -> Figures {
    loop {
        let figures = log.figures();
        if what(&figures) {
            return figures;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A key's file in a folder.
pub(crate) fn key_file(place: &Path) -> PathBuf {
    let path = place.join("log.key");
    std::fs::write(&path, format!("{SECRET}\n")).unwrap();
    path
}

/// Verifies files of a log.
pub(crate) fn verified(files: &[PathBuf], key: Option<&Path>, checkpoints: Option<&Path>) -> Report {
    let keys: Vec<Key> = key.into_iter().map(|key| Key::read(key).unwrap()).collect();
    verify(&Logs::open(files).unwrap(), &keys, checkpoints, &mut |_| {}).unwrap()
}
