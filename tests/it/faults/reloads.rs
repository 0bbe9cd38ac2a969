//! Faults while changed files are read: the last good ones decide, whatever happens, until the new ones do.

use std::fs;

use super::surfaces::Said;
use super::{Fault, Kind, NEVER, Scene, Table, hold, of};
use crate::support::path;

const TEACHER: &str = "policies/misis/teacher.yaml";
/// The Teacher's last grant, and the same without marks.
const ENTERS_MARKS: &str = "topics: [grades.mark, grades.retention_warning, grades.failing_senior]";
const ENTERS_WARNINGS: &str = "topics: [grades.retention_warning, grades.failing_senior]";
const LAST_GOOD: &str = "the last good files decide";
const NEW: &str = "the new files decide";

/// A server, and whether the files as they are let teachers enter marks.
struct Files {
    scene: Scene,
    allows: bool,
}

impl Files {
    fn start() -> Self {
        Self { scene: Scene::start(|_| Vec::new()), allows: true }
    }

    /// Changes what the rules say, and the directory in a way that says nothing.
    fn change(&mut self) {
        self.allows = !self.allows;
        let shipped = fs::read_to_string(path(TEACHER)).unwrap();
        let changed = shipped.replace(ENTERS_MARKS, ENTERS_WARNINGS);
        assert_ne!(shipped, changed);
        let mut users = fs::read_to_string(path("examples/district/users.csv")).unwrap();
        if !self.allows {
            users += "\n";
        }
        replace(&self.scene, TEACHER, if self.allows { &shipped } else { &changed });
        replace(&self.scene, "directory/users.csv", &users);
    }

    /// Whether what the server says is what the files say now.
    fn is_new(&self) -> bool {
        matches!(self.scene.check(), Said::Answer(allow, _) if allow == self.allows)
    }

    fn is_failing(&self) -> bool {
        self.scene.metric("hallpass_reload_ok") == Some(0)
    }

    /// What is seen under a fault; afterwards the new files decide, or the server has ended.
    fn under(&mut self, point: &str, kind: Kind, fault: Fault) -> String {
        if (kind, fault) == (Kind::Step, Fault::Error) {
            return NEVER.to_owned();
        }
        self.scene.control.arm(point, fault);
        self.change();
        let runs = self.scene.until(&format!("somebody at {point}"), |scene| scene.control.is_reached());
        assert!(runs || fault == Fault::Panic, "{point} {fault:?}: {}", self.scene.server.log());
        let seen = match fault {
            Fault::Error | Fault::Panic => self.broken(fault),
            // It stands still there.
            Fault::Second | Fault::Long => {
                assert!(!self.is_failing());
                match (point, fault) {
                    // It is come to now and then, before the new files or behind them.
                    ("reload.notice" | "reload.poll" | "reload.record", Fault::Long) => {
                        format!("{NEW} once it goes on")
                    }
                    (_, Fault::Long) if self.is_new() => NEW.to_owned(),
                    (_, Fault::Long) => format!("{LAST_GOOD} until it goes on"),
                    _ => NEW.to_owned(),
                }
            }
        };
        self.scene.control.disarm();
        if seen.starts_with("ends") {
            *self = Self::start();
        } else {
            let runs = self.new_ones(&format!("{point} {fault:?}"));
            assert!(runs, "{point} {fault:?}: it does not recover");
        }
        seen
    }

    /// What is seen once it has come to something.
    fn broken(&mut self, fault: Fault) -> String {
        let mut failing = false;
        loop {
            if !self.scene.server.runs() {
                return self.scene.ended();
            }
            failing |= self.is_failing();
            // A thread that dies may have published before; one that does not says what it lost.
            let survives = fault == Fault::Error || self.scene.server.log().contains("a notice was lost");
            let new = survives && self.is_new();
            if failing || new {
                break;
            }
            std::thread::yield_now();
        }
        if failing { format!("{LAST_GOOD}, `hallpass_reload_ok` 0") } else { NEW.to_owned() }
    }

    /// Waits until the new files decide; whether the server runs.
    fn new_ones(&mut self, after: &str) -> bool {
        let allows = self.allows;
        self.scene.until(&format!("the new files after {after}"), |scene| {
            let new = matches!(scene.check(), Said::Answer(allow, _) if allow == allows);
            new && scene.metric("hallpass_reload_ok") == Some(1)
        })
    }
}

/// In one step: nobody reads half of it.
fn replace(scene: &Scene, name: &str, content: &str) {
    let path = scene.file(name);
    let beside = path.with_extension("new");
    fs::write(&beside, content).unwrap();
    fs::rename(beside, path).unwrap();
}

#[test]
fn no_fault_while_files_are_read_lets_anybody_in() {
    let mut files = Files::start();
    let mut table = Table::new();
    for (point, kind) in of("reload") {
        table.insert(point.clone(), Fault::ALL.map(|fault| files.under(&point, kind, fault)));
    }
    hold("Reloading", &table);
}
