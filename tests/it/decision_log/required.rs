//! No record, no allow: where a record is required and can't be had, no surface answers; and without that guard each does.

use std::sync::Arc;
use std::time::Duration;

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::external::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use hallpass::grpc::proto::hallpass as hp;
use hallpass::pdp::{Pdp, Undecided};
use hallpass::policy::request::Limits;
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::decision_log::{DecisionLog, Figures, Settings};
use serde_json::json;
use tonic::Code;

use super::{close, decisions, mark, missing, of, pdp, until};
use crate::envoy::{sent, short, snapshot};
use crate::running::{Server, runtime, settings};

const QUESTION: (&str, &str, &str) = ("t.rivera", "update", "misis.grades.mark");

const ROUTES: &str = "hallpass: routes/v1\napplication: misis\nsubject: {claim: sub}\nroutes:\n  \
                      - match: GET /students/{student}/photo\n    action: view\n    type: misis.photo.student\n";

/// Writing to it always fails: the disk is full.
const FULL: &str = "/dev/full";

fn check(student: &str) -> hp::CheckRequest {
    let (id, name, kind) = QUESTION;
    hp::CheckRequest {
        subject: Some(hp::Subject { r#type: "user".into(), id: id.into(), properties: None }),
        action: Some(hp::Action { name: name.into(), properties: None }),
        resource: Some(hp::Resource { r#type: kind.into(), student: Some(student.into()), ..Default::default() }),
        context: None,
    }
}

/// A surface, and whether it answers.
type Surface = (&'static str, Result<(), Code>);

/// What each surface says: `Ok` where it answers.
fn surfaces(server: &Server) -> Vec<Surface> {
    let body = json!({
        "subject": {"type": "user", "id": QUESTION.0}, "action": {"name": QUESTION.1},
        "resource": {"type": QUESTION.2, "id": "m.1", "properties": {"student": "s.0142"}}
    });
    let mut batch = body.clone();
    batch["evaluations"] = json!([{}, {}]);
    let post = |path: &str, body: &serde_json::Value| {
        let answer = server.post(path, &[("content-type", "application/json")], body.to_string().as_bytes());
        match answer.status {
            200 => Ok(()),
            503 => Err(Code::Unavailable),
            status => panic!("{status}: {}", answer.body),
        }
    };
    let mut said = vec![
        ("evaluation", post("/access/v1/evaluation", &body)),
        ("evaluations", post("/access/v1/evaluations", &batch)),
        ("search/subject", post("/access/v1/search/subject", &body)),
        ("search/resource", post("/access/v1/search/resource", &body)),
        ("search/action", post("/access/v1/search/action", &body)),
    ];
    said.extend(runtime().block_on(over_grpc(server)));
    said
}

async fn over_grpc(server: &Server) -> Vec<Surface> {
    let (mut hallpass, mut access) = (server.hallpass(), server.access());
    let code = |status: tonic::Status| status.code();
    let batch = hp::BatchCheckRequest { checks: vec![check("s.0142"), check("s.0999")] };
    let stream = tokio_stream::iter([hp::CheckStreamRequest { id: 1, check: Some(check("s.0142")) }]);
    let list = hp::ListActionsRequest {
        subject: check("").subject,
        resources: vec![check("s.0142").resource.unwrap()],
        ..Default::default()
    };
    let mut plan = check("s.0142");
    let plan = hp::PlanRequest {
        subject: plan.subject.take(),
        action: plan.action.take(),
        resource: plan.resource.take(),
        ..Default::default()
    };
    let evaluation = || az::EvaluationRequest {
        subject: Some(az::Subject { r#type: "user".into(), id: QUESTION.0.into(), properties: None }),
        action: Some(az::Action { name: QUESTION.1.into(), properties: None }),
        resource: Some(az::Resource { r#type: QUESTION.2.into(), id: "m.1".into(), properties: None }),
        context: None,
    };
    let az::EvaluationRequest { subject, action, resource, .. } = evaluation();
    let searched = az::ActionSearchRequest { subject, action, resource, ..Default::default() };
    let mut gateway = AuthorizationClient::new(server.channel());
    let at_gateway =
        gateway.check(sent("t.rivera", "GET", "/students/s.0142/photo").message()).await.unwrap().into_inner();
    vec![
        ("Check", hallpass.check(check("s.0142")).await.map(drop).map_err(code)),
        ("a deny", hallpass.check(check("s.0999")).await.map(drop).map_err(code)),
        ("BatchCheck", hallpass.batch_check(batch).await.map(drop).map_err(code)),
        ("CheckStream", streamed(hallpass.check_stream(stream).await.unwrap().into_inner()).await),
        ("ListActions", hallpass.list_actions(list).await.map(drop).map_err(code)),
        (
            "Explain",
            hallpass.explain(hp::ExplainRequest { check: Some(check("s.0142")) }).await.map(drop).map_err(code),
        ),
        ("Plan", hallpass.plan(plan).await.map(drop).map_err(code)),
        ("Evaluation", access.evaluation(evaluation()).await.map(drop).map_err(code)),
        ("ActionSearch", access.action_search(searched).await.map(drop).map_err(code)),
        ("a gateway", if short(&at_gateway).0 == 14 { Err(Code::Unavailable) } else { Ok(()) }),
    ]
}

async fn streamed(mut answers: tonic::Streaming<hp::CheckStreamResponse>) -> Result<(), Code> {
    match answers.message().await.unwrap().unwrap().result.unwrap() {
        hp::check_stream_response::Result::Response(_) => Ok(()),
        hp::check_stream_response::Result::Error(error) => {
            assert!(error.unavailable, "{error:?}");
            Err(Code::Unavailable)
        }
    }
}

/// A server over a log at a path: what each surface says, and the figures of the log.
fn asked(path: &str, required: bool) -> (Vec<Surface>, Figures) {
    let log = Arc::new(DecisionLog::start(Settings { required, ..Settings::at(Some(path.into())) }).unwrap());
    let telemetry = Telemetry::new(Some(Arc::clone(&log)));
    let pdp = Arc::new(Pdp::new(snapshot(&[ROUTES]), Limits::default()).telling(telemetry));
    let server = Server::over(&settings(), Arc::clone(&pdp), None);
    let said = surfaces(&server);
    drop(server);
    close(&log);
    (said, log.figures())
}

#[test]
fn nothing_is_answered_that_has_to_be_recorded_and_cannot() {
    let (said, figures) = asked(FULL, true);
    for (surface, said) in &said {
        assert_eq!(*said, Err(Code::Unavailable), "{surface}");
    }
    assert_eq!((figures.written, figures.sent), (0, figures.dropped), "{figures:?}");
    assert!(figures.sent > said.len() as u64 && figures.errors > 0, "{figures:?}");
}

/// The twin without the guard: the same surfaces answer, and nothing is recorded.
#[test]
fn everything_is_answered_where_a_record_is_not_required() {
    let (said, figures) = asked(FULL, false);
    assert!(said.iter().all(|(_, said)| said.is_ok()), "{said:?}");
    assert_eq!((figures.written, figures.sent), (0, figures.dropped), "{figures:?}");
}

#[test]
fn answers_that_can_be_recorded_are_there_before_they_are_given() {
    let scene = super::Scene::with(|_, settings| Settings { required: true, ..settings });
    for count in 1..=20 {
        assert!(scene.ask("s.0142").unwrap());
        assert_eq!(decisions(&scene.path()).len(), count);
    }
}

/// The disk is full, and then it is not: first everything is refused, then it is as before, and the log says how many are
/// missing.
#[test]
fn it_recovers_by_itself_when_the_disk_does() {
    for required in [true, false] {
        let place = tempfile::TempDir::new().unwrap();
        let (link, real) = (place.path().join("decisions.log"), place.path().join("real.log"));
        std::os::unix::fs::symlink(FULL, &link).unwrap();
        let settings = Settings::at(Some(link.clone()));
        let (log, pdp) = pdp(Settings { required, patience: Duration::from_secs(60), ..settings });
        for _ in 0..7 {
            let said = super::ask(&pdp, &mark("t.rivera", "s.0142"));
            assert_eq!(matches!(said, Err(Undecided::Unavailable(_))), required, "{said:?}");
        }
        until(&log, |figures| figures.dropped == 7);
        std::os::unix::fs::symlink(&real, place.path().join("new")).unwrap();
        std::fs::rename(place.path().join("new"), &link).unwrap();
        while !super::ask(&pdp, &mark("t.rivera", "s.0142")).is_ok_and(|allow| allow) {}
        let figures = until(&log, |figures| figures.queued == 0 && figures.written > 0);
        close(&log);
        let lines = super::lines(&real);
        assert_eq!((missing(&lines), of(&lines, "decision").len() as u64), (figures.dropped, figures.written));
        assert_eq!(figures.sent, figures.written + figures.dropped);
        assert!(of(&lines, "gap")[0]["why"].as_str().unwrap().contains("No space left"), "{lines:?}");
    }
}
