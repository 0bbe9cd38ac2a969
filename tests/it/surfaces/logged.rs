//! What all surfaces leave in the decision log: of every answer one line that says the same, and nothing of what was only
//! tried.

use std::collections::BTreeMap;
use std::sync::Arc;

use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::decision_log::{DecisionLog, Settings};
use serde_json::Value;

use super::asked::{Asked, Said};
use super::district::Folders;
use super::exam::Exam;
use super::{ask, day, exam, gateway};
use crate::decision_log::{close, decisions};
use crate::running::{Server, settings};
use crate::twin::Twin;
use tempfile::TempDir;

/// How many questions are asked on each surface.
const QUESTIONS: usize = 4_000;
/// Surfaces that can ask anything; a gateway is one more.
const SURFACES: usize = 7;

/// What is compared, as often as it was answered.
type Lines = BTreeMap<Vec<Option<String>>, usize>;

#[test]
fn every_answer_leaves_one_line_that_says_the_same() {
    for required in [false, true] {
        let folders = Folders::new();
        compare(&folders, Pdp::new(folders.snapshot(), Limits::default()), required);
    }
}

/// Where facts are missed the question is run again and again: one answer, one line.
#[test]
fn what_was_only_tried_leaves_no_line() {
    for required in [false, true] {
        let folders = Folders::new();
        let Twin { held: _held, pdp, handle: _asking } = Twin::of(folders.snapshot());
        compare(&folders, Arc::into_inner(pdp).unwrap(), required);
    }
}

fn compare(folders: &Folders, pdp: Pdp, required: bool) {
    let place = TempDir::new().unwrap();
    let path = place.path().join("decisions.log");
    let settings = Settings { required, ..Settings::at(Some(path.clone())) };
    let settings = Settings { patience: std::time::Duration::from_secs(60), queue_bytes: 1 << 30, ..settings };
    let log = Arc::new(DecisionLog::start(settings).unwrap());
    let pdp = Arc::new(pdp.telling(Telemetry::new(Some(Arc::clone(&log)))));
    let today = day(&folders.snapshot());
    let exam = Arc::new(exam(QUESTIONS, 3, folders, today));
    answer(&exam, &pdp);
    close(&log);
    let (logged, expected) = (logged(&decisions(&path)), expected(&exam, &pdp));
    let differences = Arc::into_inner(exam).unwrap().outcome().1;
    if day(&folders.snapshot()) == today {
        assert!(differences.is_empty(), "{}", differences.join("\n"));
        for (line, count) in &expected {
            assert_eq!(logged.get(line), Some(count), "{line:?}");
        }
        assert_eq!(logged.values().sum::<usize>(), expected.values().sum::<usize>());
    }
    let figures = log.figures();
    assert_eq!((figures.written, figures.dropped), (logged.values().sum::<usize>() as u64, 0), "{figures:?}");
}

fn answer(exam: &Arc<Exam>, pdp: &Arc<Pdp>) {
    let server = Server::over(&settings(), Arc::clone(pdp), None);
    let mut settings = settings();
    settings.authzen.explain = true;
    let explaining = Server::over(&settings, Arc::clone(pdp), None);
    std::thread::scope(|scope| {
        scope.spawn(|| ask::http(exam, &server));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(ask::grpc(Arc::clone(exam), &server, &explaining));
    });
}

fn logged(lines: &[Value]) -> Lines {
    let mut counts = Lines::new();
    for line in lines {
        assert_eq!(line["kind"], "check", "{line}");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let named = [&line["subject"]["type"], &line["subject"]["id"], &line["action"], &line["resource"]["type"]];
        let came = ["effect", "reason", "role", "org", "grant"].map(|name| text(&line[name]));
        let id = text(&line["resource"]["id"]).unwrap_or_default();
        let line = named.map(text).into_iter().chain([Some(id)]).chain(came).collect();
        *counts.entry(line).or_insert(0) += 1;
    }
    counts
}

fn expected(exam: &Exam, pdp: &Pdp) -> Lines {
    let mut counts = Lines::new();
    for (asked, said) in exam.all() {
        let Said::Decided { allow, reason, grant } = said else { continue };
        let Asked { subject: Some(subject), action: Some(action), resource: Some(resource), .. } = asked else {
            panic!("{asked:?}")
        };
        let named =
            [&subject.kind, &subject.id, &action.id, &resource.kind, &resource.id].map(|name| Some(name.clone()));
        let came = [Some(if *allow { "allow" } else { "deny" }.to_owned()), Some(reason.clone())];
        let grant = grant.clone().map_or([const { None }; 3], |grant| grant.map(Some));
        let line = named.into_iter().chain(came).chain(grant).collect();
        *counts.entry(line).or_insert(0) += SURFACES + usize::from(gateway::expressed(asked, pdp).is_some());
    }
    counts
}
