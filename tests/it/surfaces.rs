//! One question, one answer: whichever surface carries it, the decision, its reason and its grant are those of the
//! library in process and of the naive evaluator, and what is malformed on one surface is so on all.

mod ask;
mod asked;
mod command_line;
mod district;
mod encode;
mod exam;
mod gateway;
mod logged;
mod questions;

use std::sync::Arc;
use std::time::SystemTime;

use hallpass::Engine;
use hallpass::app::Settings;
use hallpass::pdp::Pdp;
use hallpass::policy::day::Day;
use hallpass::policy::request::Limits;
use hallpass::snapshot::Snapshot;

use crate::oracle::Oracle;
use crate::running::{Server, settings};
use crate::support::path;
use crate::twin::Twin;
use district::{District, Folders};
use exam::Exam;

/// How many questions are asked on each surface.
const QUESTIONS: usize = 100_000;
/// How many of a directory that is asked.
const ASKED: usize = 20_000;
/// Over gRPC a check, an item of a batch, an item of a stream, an evaluation and one of several; over HTTP an evaluation
/// and one of several; a gateway's; embedded.
const SURFACES: usize = 9;
/// Of so many questions a gateway can ask one, at least: it knows no properties of subjects and actions, and no context.
const AT_A_GATEWAY: usize = 4;
/// Everything that a question can come to.
const REASONS: [&str; 13] = [
    "assignment_not_in_effect",
    "condition_error",
    "condition_not_met",
    "denied_by_rule",
    "granted",
    "malformed",
    "missing_attribute",
    "no_grant",
    "scope_mismatch",
    "unknown_action",
    "unknown_resource_type",
    "unknown_role",
    "unknown_subject",
];

#[test]
fn every_surface_gives_one_answer() {
    let folders = Folders::new();
    let engine = Engine::load(folders.policies(), folders.directory()).unwrap();
    hold(QUESTIONS, &folders, &Arc::new(Pdp::new(folders.snapshot(), Limits::default())), Some(&engine));
}

/// The same facts in a directory that is asked for each question.
#[test]
fn every_surface_gives_the_same_answer_of_a_directory_that_is_asked() {
    let folders = Folders::new();
    let twin = Twin::of(folders.snapshot());
    twin.look_up_all();
    hold(ASKED, &folders, &twin.pdp, None);
    let state = twin.remote().state();
    assert!(state.hits > 0 && state.unknown > 0 && state.failed_loads == 0, "{state:?}");
}

/// Asks so many questions on all surfaces; the engine is one, where there is one.
fn hold(questions: usize, folders: &Folders, pdp: &Arc<Pdp>, engine: Option<&Engine>) {
    let server = Server::over(&settings(), Arc::clone(pdp), None);
    let mut settings = settings();
    settings.authzen.explain = true;
    let explaining = Server::over(&settings, Arc::clone(pdp), None);
    let [answers, skipped] = on_one_day(&folders.snapshot(), |today| {
        let exam = Arc::new(exam(questions, 1, folders, today));
        let reasons = exam.reasons();
        assert_eq!(reasons.keys().copied().collect::<Vec<_>>(), REASONS);
        println!("{reasons:?}");
        ask_all(&exam, &server, &explaining, engine);
        Arc::into_inner(exam).unwrap()
    });
    assert_eq!(answers + skipped, questions * (SURFACES - usize::from(engine.is_none())));
    assert!(questions - skipped >= questions / AT_A_GATEWAY, "{skipped} questions were passed over");
    println!("{answers} answers, no difference; {skipped} questions that a gateway cannot ask");
}

/// Asks all questions, on all surfaces at once.
fn ask_all(exam: &Arc<Exam>, server: &Server, explaining: &Server, engine: Option<&Engine>) {
    std::thread::scope(|scope| {
        scope.spawn(|| ask::http(exam, server));
        engine.map(|engine| scope.spawn(|| ask::embedded(exam, engine)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(ask::grpc(Arc::clone(exam), server, explaining));
    });
}

/// How often what came of questions, by application and reason.
pub(crate) type Tally = std::collections::BTreeMap<(String, String), u64>;

/// Asks so many questions on all surfaces of a server: what it must have counted, and what `read` made of it.
pub(crate) fn counted<T>(
    questions: usize,
    settings: &Settings,
    pdp: impl Fn(Snapshot) -> Arc<Pdp>,
    read: impl Fn(&Server) -> T,
) -> (Tally, T) {
    let (folders, outcome) = (Folders::new(), std::cell::RefCell::new(None));
    let snapshot = folders.snapshot();
    on_one_day(&snapshot, |today| {
        let pdp = pdp(folders.snapshot());
        let server = Server::over(settings, Arc::clone(&pdp), None);
        let mut telling = crate::running::settings();
        telling.authzen.explain = true;
        let explaining = Server::over(&telling, pdp, None);
        let exam = Arc::new(exam(questions, 2, &folders, today));
        ask_all(&exam, &server, &explaining, None);
        let application = |kind: &str| snapshot.policy.application_of(kind).unwrap_or("unknown").to_owned();
        *outcome.borrow_mut() = Some((exam.tally(application), read(&server)));
        Arc::into_inner(exam).unwrap()
    });
    outcome.into_inner().unwrap()
}

/// Questions with what they come to, on these folders.
fn exam(count: usize, seed: u64, folders: &Folders, today: Day) -> Exam {
    let snapshot = folders.snapshot();
    let asked = questions::questions(count, seed, &District::read(&folders.directory()), &snapshot.policy);
    let oracle = Oracle::load(&path("tests/data"), &folders.directory());
    Exam::new(asked, &snapshot, &oracle, today)
}

/// Runs an exam on one day: where there were differences and the day has changed meanwhile, it is held again.
fn on_one_day(snapshot: &Snapshot, hold: impl Fn(Day) -> Exam) -> [usize; 2] {
    loop {
        let today = day(snapshot);
        let (counts, differences) = hold(today).outcome();
        if differences.is_empty() {
            return counts;
        }
        assert_ne!(day(snapshot), today, "{}", differences.join("\n"));
    }
}

#[expect(clippy::disallowed_methods, reason = "the day that a server sees")]
fn day(snapshot: &Snapshot) -> Day {
    snapshot.calendar.day(SystemTime::now())
}
