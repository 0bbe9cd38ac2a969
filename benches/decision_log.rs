//! What the decision log costs: on the path of a request, on the thread that writes, and until an auditor has an answer.
//! Prints medians; judges nothing.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a benchmark")]

mod world;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use hallpass::pdp::{Asking, Pdp, Undecided};
use hallpass::policy::request::{Limits, Request};
use hallpass::snapshot::{Builder, Files, Snapshot};
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::decision_log::audit::{Filter, Logs, Unreadable, search};
use hallpass::telemetry::decision_log::verify::verify;
use hallpass::telemetry::decision_log::{DecisionLog, Settings};
use tempfile::TempDir;
use world::{OTHER, OWN, policies, request, root, sources};

/// Decisions of a round, and rounds.
const DECISIONS: u32 = 20_000;
const ROUNDS: usize = 15;
/// Decisions of a batch.
const BATCH: u32 = 100;
/// The log that is searched has so many bytes.
const LARGE: u64 = 1 << 30;

fn main() {
    println!("{:<64} {:>10} {:>10} {:>10}", "nanoseconds a decision", "median", "least", "most");
    path_of_a_request();
    thread_that_writes();
    println!("\n{:<64} {:>10} {:>10} {:>10}", "milliseconds", "median", "least", "most");
    auditor();
}

fn snapshot() -> Snapshot {
    let (rules, people) = (policies(1), sources(&root().join("examples/district")));
    let policies = Files { revision: &"00000000000000aa".into(), files: &rules };
    let directory = Files { revision: &"00000000000000bb".into(), files: &people };
    Builder::new(vec!["user".to_owned()], None).build(policies, directory, 1).expect("the shipped files are good")
}

/// A decision point, and its log where it has one.
fn pdp(settings: Option<Settings>) -> (Pdp, Option<Arc<DecisionLog>>) {
    let log = settings.map(|settings| Arc::new(DecisionLog::start(settings).expect("the log opens")));
    (Pdp::new(snapshot(), Limits::default()).telling(Telemetry::new(log.clone())), log)
}

fn log_at(place: &Path) -> Settings {
    Settings { rotate: None, queue_bytes: 1 << 30, ..Settings::at(Some(place.join("decisions.log"))) }
}

/// Asks so many questions at once, of which every other is denied.
fn ask(pdp: &Pdp, questions: [&Request<'_>; 2], count: u32) -> usize {
    let asked = pin!(pdp.ask(Asking::default(), |view| {
        let questions = questions.into_iter().cycle().take(count as usize);
        let decided = questions.map(|question| view.decide(question).map(|decision| usize::from(decision.is_allow())));
        decided.sum::<Result<usize, Undecided>>()
    }));
    match asked.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.expect("well formed"),
        Poll::Pending => 0,
    }
}

fn path_of_a_request() {
    let questions = [request(OWN.0, OWN.1), request(OTHER.0, OTHER.1)];
    let questions = [&questions[0], &questions[1]];
    let place = TempDir::new().expect("a folder");
    for (what, size) in [("a check", 1), ("an item of a batch of 100", BATCH)] {
        for logged in [false, true] {
            let (pdp, log) = pdp(logged.then(|| log_at(place.path())));
            let mut spans = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                (0..DECISIONS / size).for_each(|_| _ = black_box(ask(&pdp, questions, size)));
                spans.push(begun.elapsed() / DECISIONS);
                log.iter().for_each(|log| settle(log));
            }
            let name = format!("{what}, {}", if logged { "with the log" } else { "without" });
            print(&name, spans.iter().map(Duration::as_nanos).map(|nanos| nanos as f64).collect());
            log.iter().for_each(|log| assert!(log.close(Duration::from_secs(60))));
        }
    }
}

/// Waits until all is written.
fn settle(log: &DecisionLog) {
    while log.figures().queued > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// From the queue to the file: formatted, chained, written.
fn thread_that_writes() {
    let place = TempDir::new().expect("a folder");
    let questions = [request(OWN.0, OWN.1), request(OTHER.0, OTHER.1)];
    let (pdp, log) = pdp(Some(log_at(place.path())));
    let log = log.expect("there is one");
    let mut spans = Vec::new();
    for _ in 0..ROUNDS {
        (0..DECISIONS).for_each(|_| _ = black_box(ask(&pdp, [&questions[0], &questions[1]], 1)));
        let (begun, left) = (Instant::now(), log.figures().queued);
        settle(&log);
        spans.push(begun.elapsed().as_nanos() as f64 / left.max(1) as f64);
    }
    print("a line: formatted, chained and written, on its own thread", spans);
}

fn auditor() {
    let place = TempDir::new().expect("a folder");
    let (path, seen) = large(place.path());
    let logs = Logs::open(std::slice::from_ref(&path)).expect("it opens");
    for (what, student) in
        [("who saw a student who is not in it, of 1 GB", "s.0001"), ("who is in every other line", OWN.1)]
    {
        let filter = Filter { student: Some(student.to_owned()), ..Filter::default() };
        let mut spans = Vec::new();
        for _ in 0..3 {
            let begun = Instant::now();
            let tally = search(&logs, &filter, &mut |_| {}, |_| Ok::<_, Unreadable>(())).expect("it can be read");
            spans.push(begun.elapsed().as_secs_f64() * 1e3);
            assert!(tally.hits == 0 || tally.hits == seen);
        }
        print(what, spans);
    }
    let spans = (0..3).map(|_| {
        let begun = Instant::now();
        assert_eq!(verify(&logs, &[], None, &mut |_| {}).expect("it can be read").wrong, 0);
        begun.elapsed().as_secs_f64() * 1e3
    });
    print("verify 1 GB", spans.collect());
}

/// A log of a gigabyte, and how many allows are in it.
fn large(place: &Path) -> (PathBuf, u64) {
    let questions = [request(OWN.0, OWN.1), request(OTHER.0, OTHER.1)];
    let (pdp, log) = pdp(Some(log_at(place)));
    let (log, path) = (log.expect("there is one"), place.join("decisions.log"));
    let mut seen = 0;
    while std::fs::metadata(&path).map_or(0, |found| found.len()) < LARGE {
        for _ in 0..DECISIONS / BATCH {
            seen += ask(&pdp, [&questions[0], &questions[1]], BATCH) as u64;
        }
        settle(&log);
    }
    assert!(log.close(Duration::from_secs(60)));
    (path, seen)
}

fn print(name: &str, mut spans: Vec<f64>) {
    spans.sort_by(f64::total_cmp);
    let shown = |at: usize| format!("{:.0}", spans[at]);
    println!("{name:<64} {:>10} {:>10} {:>10}", shown(spans.len() / 2), shown(0), shown(spans.len() - 1));
}
