//! Counters are exactly what was asked: every surface, answers that had to be fetched for and those that had not, and every
//! way to get none.

use std::collections::BTreeMap;
use std::sync::Arc;

use hallpass::grpc::proto::hallpass as hp;
use hallpass::policy::decision::Reason;
use hallpass::snapshot::Snapshot;
use hp::check_stream_response::Result as Item;
use tonic::Code;

use super::page::{Page, labels, whole};
use super::{counting, pdp, settings, start};
use crate::listen::{EVALUATION, check, question};
use crate::running::{Server, runtime};
use crate::surfaces::{self, Tally};
use crate::twin::Twin;

const QUESTIONS: usize = 20_000;
const ASKED: usize = 5_000;

/// What a page has counted, as the questions say it.
fn tally(page: &Page) -> Tally {
    let mut tally = Tally::new();
    for (series, value) in page.series.iter().filter(|(_, value)| **value != 0.0) {
        let label = |name: &str| labels(series).into_iter().find(|(own, _)| own == name).unwrap().1;
        let key = match page.metric(series) {
            "hallpass_decisions_total" => {
                let effect = if label("reason") == "granted" { "allow" } else { "deny" };
                assert_eq!(label("effect"), effect, "{series}");
                (label("application"), label("reason"))
            }
            "hallpass_undecided_total" => (String::new(), label("why")),
            _ => continue,
        };
        assert!(tally.insert(key, whole(*value)).is_none(), "{series}");
    }
    tally
}

/// The histogram has each decision once, none below the one before.
fn timed(page: &Page) {
    let decisions: u64 = page.counted("hallpass_decisions_total").values().sum();
    assert_eq!(whole(page.value("hallpass_decision_seconds_count")), decisions);
    let bound = |series: &str| labels(series)[0].1.replace("+Inf", "inf").parse::<f64>().unwrap();
    let buckets = page.series.iter().filter(|(series, _)| series.starts_with("hallpass_decision_seconds_bucket"));
    let mut buckets: Vec<(f64, u64)> = buckets.map(|(series, value)| (bound(series), whole(*value))).collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(buckets.is_sorted_by_key(|(_, count)| *count), "{buckets:?}");
    assert_eq!((buckets.len(), buckets[0].0, buckets[18].0, buckets[19]), (20, 1e-6, 1.0, (f64::INFINITY, decisions)));
    assert!(page.value("hallpass_decision_seconds_sum") > 0.0);
}

/// Asks so many questions, of which at least so many reasons come.
fn hold(questions: usize, least: usize, pdp: impl Fn(Snapshot) -> Arc<hallpass::pdp::Pdp>) {
    let (expected, page) = surfaces::counted(questions, &settings(), pdp, Server::page);
    assert_eq!(tally(&page), expected);
    let reasons: std::collections::BTreeSet<&str> = expected.keys().map(|(_, reason)| reason.as_str()).collect();
    assert!(reasons.len() >= least, "{reasons:?}");
    timed(&page);
    println!("{} answers counted, each once", expected.values().sum::<u64>());
}

#[test]
fn every_surface_is_counted_exactly() {
    // All there are, and what is malformed.
    hold(QUESTIONS, Reason::ALL.len() + 1, pdp);
}

/// Questions are run again while facts are fetched for them; that counts once.
#[test]
fn what_is_fetched_for_is_counted_exactly() {
    hold(ASKED, Reason::ALL.len(), |snapshot| {
        let twin = Twin::of(snapshot);
        // The thread goes on for as long as its handle is there.
        std::mem::forget(twin.handle);
        Arc::new(Arc::into_inner(twin.pdp).unwrap().telling(counting()))
    });
}

#[test]
fn searches_and_plans_are_counted_apart() {
    let server = start();
    let hp::CheckRequest { subject, action, resource, .. } = check();
    let resource = resource.unwrap();
    runtime().block_on(async {
        let mut client = server.hallpass();
        let resources = vec![resource.clone(); 3];
        let list = hp::ListActionsRequest { subject: subject.clone(), resources, ..hp::ListActionsRequest::default() };
        client.list_actions(list).await.unwrap();
        let columns = hp::Columns { student: Some(hp::Column::default()), ..hp::Columns::default() };
        let resource = Some(hp::Resource { student: None, ..resource });
        let plan = hp::PlanRequest { subject, action, resource, columns: Some(columns), ..hp::PlanRequest::default() };
        client.plan(plan).await.unwrap();
    });
    for (what, member) in [("subject", "id"), ("resource", "id"), ("action", "name")] {
        let mut body = question();
        body[what].as_object_mut().unwrap().remove(member);
        let path = format!("/access/v1/search/{what}");
        let answer = server.post(&path, &[("content-type", "application/json")], body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{what}: {}", answer.text);
    }
    let page = server.page();
    let expected = [("actions", 4), ("plan", 1), ("resources", 1), ("subjects", 1)];
    let expected = expected.map(|(kind, count)| (format!("{{application=\"misis\",kind=\"{kind}\"}}"), count));
    assert_eq!(page.counted("hallpass_searches_total"), BTreeMap::from(expected));
    assert!(page.counted("hallpass_decisions_total").is_empty());
}

/// Over each protocol, as whole requests, as items and in a stream.
#[test]
fn what_is_malformed_counts_once_a_question() {
    let server = start();
    let mut nameless = check();
    nameless.action.as_mut().unwrap().name = String::new();
    runtime().block_on(async {
        let mut client = server.hallpass();
        assert_eq!(client.check(nameless.clone()).await.unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(client.explain(hp::ExplainRequest { check: None }).await.unwrap_err().code(), Code::InvalidArgument);
        let checks = vec![nameless.clone(), check(), hp::CheckRequest::default()];
        client.batch_check(hp::BatchCheckRequest { checks: checks.clone() }).await.unwrap();
        let questions = checks.into_iter().map(|check| hp::CheckStreamRequest { id: 1, check: Some(check) });
        let mut answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
        let mut errors = 0;
        while let Some(answer) = answers.message().await.unwrap() {
            errors += usize::from(matches!(answer.result, Some(Item::Error(_))));
        }
        assert_eq!(errors, 2);
    });
    for body in ["", "{", "[]", r#"{"subject":{"type":"user","id":"x"}}"#] {
        let answer = server.post(EVALUATION, &[("content-type", "application/json")], body.as_bytes());
        assert_eq!(answer.status, 400, "{body}");
    }
    // There is nothing to decide at these.
    assert_eq!(server.post("/access/v1/nothing", &[], b"{}").status, 404);
    assert_eq!(server.send("GET", EVALUATION, &[], b"").status, 405);
    let page = server.page();
    assert_eq!(page.counted("hallpass_undecided_total"), BTreeMap::from([(r#"{why="malformed"}"#.to_owned(), 10)]));
    assert_eq!(page.counted("hallpass_decisions_total").values().sum::<u64>(), 2);
}

/// Each surface asked once where a record is required and can't be had: every question counts once, as undecided. The twin,
/// whose records can be had, counts the same questions as decided.
#[test]
fn an_answer_that_is_not_recorded_is_no_decision() {
    use hallpass::telemetry::Telemetry;
    use hallpass::telemetry::decision_log::{DecisionLog, Settings};
    let place = tempfile::TempDir::new().unwrap();
    let counted = |path: std::path::PathBuf| {
        let settings_of_log = Settings { required: true, ..Settings::at(Some(path)) };
        let log = Arc::new(DecisionLog::start(settings_of_log).unwrap());
        let telemetry = Telemetry::new(Some(Arc::clone(&log))).counting(Arc::default());
        let pdp = hallpass::pdp::Pdp::new(crate::running::snapshot(), hallpass::policy::request::Limits::default());
        let server = Server::over(&settings(), Arc::new(pdp.telling(telemetry)), None);
        let body = question();
        let mut batch = body.clone();
        batch["evaluations"] = serde_json::json!([{}, {}]);
        for (path, body) in [(EVALUATION, body), ("/access/v1/evaluations", batch)] {
            server.post(path, &[("content-type", "application/json")], body.to_string().as_bytes());
        }
        runtime().block_on(async {
            let mut client = server.hallpass();
            _ = client.check(check()).await;
            _ = client.batch_check(hp::BatchCheckRequest { checks: vec![check(), check()] }).await;
            let questions = [1, 2].map(|id| hp::CheckStreamRequest { id, check: Some(check()) });
            let mut answers = client.check_stream(tokio_stream::iter(questions)).await.unwrap().into_inner();
            while answers.message().await.unwrap().is_some() {}
        });
        let (page, figures) = (server.page(), log.figures());
        let decided = page.counted("hallpass_decisions_total").values().sum::<u64>();
        assert_eq!(whole(page.value("hallpass_decision_seconds_count")), decided);
        (decided, page.counted("hallpass_undecided_total"), (figures.sent, figures.written))
    };
    // Two requests over HTTP, two calls, and two questions of a stream.
    let unavailable = BTreeMap::from([(r#"{why="unavailable"}"#.to_owned(), 6)]);
    assert_eq!(counted("/dev/full".into()), (0, unavailable, (8, 0)));
    assert_eq!(counted(place.path().join("decisions.log")), (8, BTreeMap::new(), (8, 8)));
}
