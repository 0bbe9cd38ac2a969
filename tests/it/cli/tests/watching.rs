//! `--watch`: each change is a round, a mistake is told and waited for, and what is written on is one round after the other.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use super::super::{Place, TEACHER, small};
use super::CASES;

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// The command, and what it writes.
struct Watching {
    process: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(place: &Place, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(["test", "--watch"]).args(more).current_dir(place.0.path()).env_clear().stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (sender, lines) = channel();
        let written = BufReader::new(process.stdout.take().unwrap()).lines();
        std::thread::spawn(move || written.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { process, lines }
    }

    /// The lines up to the next empty one.
    fn round(&self) -> Vec<String> {
        let line = || self.lines.recv_timeout(LIMIT).expect("another round");
        std::iter::repeat_with(line).take_while(|line| !line.is_empty()).collect()
    }

    /// Rounds until one ends so: what changes several files may be met between two of them.
    fn until(&self, end: &str) -> Vec<String> {
        let rounds = std::iter::repeat_with(|| self.round()).take(20);
        rounds.into_iter().find(|round| round.last().is_some_and(|line| line.contains(end))).expect(end)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_change_of_policies_or_people_is_asked_about_again() {
    let place = small(&[("policies/cases.yaml", CASES)]);
    let watching = Watching::start(&place, &[]);
    assert_eq!(watching.round().last().unwrap(), "1 passed, 2 failed");
    let mended: String = CASES.lines().take(3).map(|line| format!("{line}\n")).collect();
    place.write("policies/cases.yaml", &mended);
    assert_eq!(watching.until("1 passed, 0 failed"), ["1 passed, 0 failed"]);
    let nobody = "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\n";
    place.write("examples/district/role_assignments.csv", nobody);
    assert_eq!(watching.until("0 passed, 1 failed")[1], "  may lee update sis.grades.mark of student: sam");
}

#[test]
fn a_mistake_is_told_and_waited_for() {
    let place = small(&[("policies/cases.yaml", CASES), ("policies/teacher.yaml", "hallpass: role/v1\n")]);
    let watching = Watching::start(&place, &["--only", "update"]);
    let refused = watching.round();
    assert_eq!(refused[0], "error: the files are refused", "{refused:?}");
    assert!(refused[1].starts_with("  policies/teacher.yaml:1:1: "), "{refused:?}");
    place.write("policies/teacher.yaml", TEACHER);
    watching.until("1 passed, 0 failed");
    place.write("policies/teacher.yaml", &TEACHER.replace("grades.mark", "grades.marc"));
    assert_eq!(watching.until("grades.marc")[0], "error: the files are refused");
    place.write("policies/teacher.yaml", TEACHER);
    watching.until("1 passed, 0 failed");
}

/// Files that went and came back as they were leave no mistake as the last word.
#[test]
fn a_mistake_that_is_over_is_followed_by_a_round() {
    let place = small(&[("policies/cases.yaml", CASES)]);
    let watching = Watching::start(&place, &[]);
    assert_eq!(watching.round().last().unwrap(), "1 passed, 2 failed");
    let (here, away) = (place.0.path().join("policies"), place.0.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    watching.until("does not exist");
    std::fs::rename(&away, &here).unwrap();
    assert_eq!(watching.until("1 passed, 2 failed").last().unwrap(), "1 passed, 2 failed");
}

/// What is written is a change as well: the next round finds nothing missing.
#[test]
fn what_it_writes_is_asked_about_again() {
    let case = "hallpass: tests/v1\ntests:\n  - {who: lee, may: view, a: sis.grades.mark, of: {student: sam}}\n";
    let place = small(&[("policies/cases.yaml", case)]);
    let watching = Watching::start(&place, &["--write-missing"]);
    assert_eq!(watching.round().last().unwrap(), "0 passed, 0 failed, 1 written");
    assert_eq!(watching.until("1 passed"), ["1 passed, 0 failed"]);
}

/// For programs a round is a line, whatever came of it.
#[test]
fn each_round_is_a_line_of_json() {
    let place = small(&[("policies/cases.yaml", CASES)]);
    let watching = Watching::start(&place, &["--format", "json"]);
    let line = || -> Value { serde_json::from_str(&watching.lines.recv_timeout(LIMIT).unwrap()).unwrap() };
    assert_eq!(line()["passed"], 1);
    place.write("policies/cases.yaml", "hallpass: tests/v1\ntests: 1\n");
    let told = line()["error"].as_str().unwrap().to_owned();
    assert!(told.contains("policies/cases.yaml:2:8: "), "{told}");
}
