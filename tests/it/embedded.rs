//! The engine in process: what it answers, how it takes changes, and what it says of files that it can't take.

use std::time::Duration;

use hallpass::pdp::Undecided;
use hallpass::policy::request::{Limits, Malformed};
use hallpass::reload::read::{Root, digest, read};
use hallpass::snapshot::Builder;
use hallpass::{Action, AnyOf, Engine, Request, Resource, Subject};
use tempfile::TempDir;

use crate::support::{append, copy, edit, path};

/// How long a test that fails waits for a change to be noticed.
const LIMIT: Duration = Duration::from_secs(60);

/// Copies of the shipped policies and the demo district.
struct Folders(TempDir);

impl Folders {
    fn new() -> Self {
        let folders = Self(TempDir::new().unwrap());
        copy(&path("policies"), &folders.path("policies"));
        copy(&path("examples/district"), &folders.path("district"));
        folders
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn load(&self) -> Engine {
        Engine::load(self.path("policies"), self.path("district")).unwrap()
    }

    fn engine(&self, follow: bool) -> Engine {
        if follow { self.load().follow().unwrap() } else { self.load() }
    }

    /// A change of the policy that takes `enter` away from teachers' marks.
    fn take_marks_away(&self) {
        edit(
            &self.path("policies/misis/teacher.yaml"),
            "[grades.mark, grades.retention_warning",
            "[grades.retention_warning",
        );
    }

    /// A change that can't be taken.
    fn break_it(&self) {
        append(&self.path("policies/misis/teacher.yaml"), "nonsense: true\n");
    }
}

/// May a teacher do this to a mark of this student?
fn mark<'a>(subject: &'a str, student: &'a str) -> Request<'a> {
    Request {
        subject: Subject { kind: "user", id: subject, ..Subject::default() },
        action: Action { name: "update", ..Action::default() },
        resource: Resource { kind: "misis.grades.mark", student: Some(student), ..Resource::default() },
        ..Request::default()
    }
}

#[test]
fn an_answer_stands_by_itself() {
    let folders = Folders::new();
    let engine = folders.load();
    let answer = engine.check(&mark("t.rivera", "s.0142")).unwrap();
    let grant = answer.grant.unwrap();
    assert!(answer.allow);
    assert_eq!((grant.role.as_str(), grant.org.as_str()), ("misis.teacher", "sch.fernvale"));
    for (folder, revision) in [
        (Root::policies(folders.path("policies"), u64::MAX), answer.policy_revision),
        (Root::directory(folders.path("district"), u64::MAX), answer.directory_revision),
    ] {
        assert_eq!(digest(&read(&folder).unwrap()), revision);
    }
    let explained = engine.explain(&mark("t.rivera", "s.0999")).unwrap();
    assert_eq!(explained.answer, engine.check(&mark("t.rivera", "s.0999")).unwrap());
    assert_eq!(explained.answer.reason.code(), "scope_mismatch");
    assert!(explained.assignments.iter().any(|held| held.role == "misis.teacher"));
    let malformed = engine.check(&mark("", "s.0142")).unwrap_err();
    assert_eq!(malformed, Undecided::Malformed(Malformed::Missing("subject.id")));
    assert_eq!(malformed.to_string(), "`subject.id` is required");
}

#[test]
fn changes_count_once_they_are_read_again() {
    let folders = Folders::new();
    for follow in [false, true] {
        let engine = folders.engine(follow);
        let check = || engine.check(&mark("t.rivera", "s.0142")).unwrap();
        let before = check();
        assert!(before.allow && !engine.reload().unwrap());
        let view = engine.view();
        let policy = std::fs::read(folders.path("policies/misis/teacher.yaml")).unwrap();
        folders.take_marks_away();
        engine.reload().unwrap();
        let after = check();
        assert!(!after.allow && after.policy_revision != before.policy_revision);
        assert!(view.decide(&mark("t.rivera", "s.0142")).unwrap().is_allow(), "a view stays what it was");
        std::fs::write(folders.path("policies/misis/teacher.yaml"), policy).unwrap();
        engine.reload().unwrap();
        assert_eq!(check(), before);
    }
}

#[test]
fn an_engine_that_follows_needs_no_call() {
    let folders = Folders::new();
    let engine = folders.load().follow().unwrap();
    folders.take_marks_away();
    let begun = std::time::Instant::now();
    while engine.check(&mark("t.rivera", "s.0142")).unwrap().allow || engine.status().generation == 1 {
        assert!(begun.elapsed() < LIMIT, "{:?}", engine.status());
        std::thread::yield_now();
    }
}

#[test]
fn files_that_cannot_be_taken_leave_the_last_good_ones() {
    let folders = Folders::new();
    for follow in [false, true] {
        let engine = folders.engine(follow);
        let before = engine.check(&mark("t.rivera", "s.0142")).unwrap();
        let policy = std::fs::read(folders.path("policies/misis/teacher.yaml")).unwrap();
        folders.break_it();
        for _ in 0..2 {
            let refused = engine.reload().unwrap_err();
            let file = folders.path("policies/misis/teacher.yaml");
            let place = format!("{}:{}:1: ", file.display(), policy.split(|byte| *byte == b'\n').count());
            let message = refused.to_string();
            assert!(message.starts_with(&format!("the files are refused\n  {place}")), "{message}");
            assert!(message.contains("`nonsense`") && engine.status().failing, "{message}");
            assert_eq!(engine.check(&mark("t.rivera", "s.0142")).unwrap(), before);
        }
        std::fs::write(folders.path("policies/misis/teacher.yaml"), policy).unwrap();
        engine.reload().unwrap();
        assert!(!engine.status().failing);
    }
    folders.break_it();
    let refused = Engine::load(folders.path("policies"), folders.path("district")).unwrap_err();
    assert!(refused.to_string().contains("teacher.yaml:"), "{refused}");
    let missing = Engine::load(folders.path("none"), folders.path("district")).unwrap_err();
    assert_eq!(missing.findings.len(), 1);
    assert!(missing.to_string().contains(&*folders.path("none").to_string_lossy()), "{missing}");
}

#[test]
fn types_of_subject_and_limits_are_those_that_were_set() {
    let folders = Folders::new();
    let builder = Builder::new(vec!["staff".to_owned()], None);
    let limits = Limits { id_bytes: 8, ..Limits::default() };
    let engine = Engine::load_with(folders.path("policies"), folders.path("district"), builder, limits).unwrap();
    let mut request = mark("t.rivera", "s.0142");
    assert_eq!(engine.check(&request).unwrap_err().to_string(), "resource.type is over the limit of 8");
    request.resource.kind = "m";
    request.resource.school = Some(AnyOf::One("sch.fern"));
    assert_eq!(engine.check(&request).unwrap().reason.code(), "unknown_subject");
    request.subject.kind = "staff";
    assert_eq!(engine.check(&request).unwrap().reason.code(), "unknown_resource_type");
}

/// Threads that decide while files are reloaded: each answer is of one set of files.
#[test]
fn an_engine_is_shared_between_threads() {
    let folders = Folders::new();
    let engine = folders.load();
    let teacher = folders.path("policies/misis/teacher.yaml");
    let with = std::fs::read(&teacher).unwrap();
    let allowing = engine.check(&mark("t.rivera", "s.0142")).unwrap().policy_revision;
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let workers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut denied = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    let answer = engine.check(&mark("t.rivera", "s.0142")).unwrap();
                    assert_eq!(answer.allow, answer.policy_revision == allowing);
                    denied += usize::from(!answer.allow);
                }
                denied
            })
        });
        for _ in 0..3 {
            folders.take_marks_away();
            assert!(engine.reload().unwrap());
            std::fs::write(&teacher, &with).unwrap();
            assert!(engine.reload().unwrap());
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let denied: usize = workers.map(|worker| worker.join().unwrap()).iter().sum();
        println!("{denied} answers of the changed policy");
    });
}
