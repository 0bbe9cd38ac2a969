//! Traces: each request is a span of the trace that its caller names, says what was decided and never about whom, and what
//! becomes of spans changes no answer.

pub(crate) mod collector;

use std::time::{Duration, Instant};

use hallpass::grpc::proto::hallpass as hp;
use hallpass::telemetry::traces::{Sending, Traces};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::json;
use tonic::Request;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::asking::edges::check;
use crate::envoy::sent;
use crate::running::{Server, runtime, settings, snapshot};
use crate::twin::Twin;
use collector::{Collector, text};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{PARENT}-{flags}")
}

/// A server whose requests are traced.
fn traced(collector: &Collector) -> (Server, Sending) {
    let (traces, sending) = Traces::start(&collector.url()).unwrap();
    let mut settings = settings();
    settings.traces = Some(traces);
    (Server::with(&settings), sending)
}

fn with<T>(message: T, parents: &[&str]) -> Request<T> {
    let mut request = Request::new(message);
    for parent in parents {
        request.metadata_mut().append("traceparent", parent.parse().unwrap());
    }
    request
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A span as far as it is fixed: its name, attributes in order, and whether it is an error.
fn told(span: &Span) -> String {
    let attributes = span.attributes.iter().map(|one| {
        let value = text(&span.attributes, &one.key).unwrap();
        format!("{}={value}", one.key)
    });
    let error = span.status.as_ref().is_some_and(|status| status.code == StatusCode::Error as i32);
    let all = attributes.collect::<Vec<_>>().join(" ");
    format!("{}: {all}{}", span.name, if error { " !" } else { "" })
}

/// Every kind of request, in the trace of its caller, and nothing of who was asked about.
#[test]
fn each_request_is_a_span_of_its_callers_trace() {
    let collector = Collector::start();
    let (server, sending) = traced(&collector);
    let parent = traceparent("01");
    let (mine, theirs) = (check("t.rivera", "s.0142"), check("t.rivera", "s.0999"));
    runtime().block_on(async {
        let mut hallpass = server.hallpass();
        hallpass.check(with(mine.clone(), &[&parent])).await.unwrap();
        hallpass.check(with(theirs.clone(), &[&parent])).await.unwrap();
        let batch = hp::BatchCheckRequest { checks: vec![mine.clone(), theirs.clone(), mine.clone()] };
        hallpass.batch_check(with(batch, &[&parent])).await.unwrap();
        hallpass.explain(with(hp::ExplainRequest { check: Some(mine) }, &[&parent])).await.unwrap();
        hallpass.check(with(hp::CheckRequest::default(), &[&parent])).await.unwrap_err();
        hallpass.status(with(hp::StatusRequest {}, &[&parent])).await.unwrap();
        let channel = server.channel();
        let mut gateway =
            hallpass::grpc::proto::external::envoy::service::auth::v3::authorization_client::AuthorizationClient::new(
                channel,
            );
        gateway.check(with(sent("t.rivera", "GET", "/students/s.0142/photo").message(), &[&parent])).await.unwrap();
    });
    let headers = [("content-type", "application/json"), ("traceparent", parent.as_str())];
    let body = |student: &str| {
        json!({
            "subject": {"type": "user", "id": "t.rivera"}, "action": {"name": "update"},
            "resource": {"type": "misis.grades.mark", "id": "m.1", "properties": {"student": student}},
        })
        .to_string()
    };
    assert_eq!(server.post("/access/v1/evaluation", &headers, body("s.0142").as_bytes()).status, 200);
    assert_eq!(server.post("/access/v1/evaluation", &headers, body("s.0999").as_bytes()).status, 200);
    assert_eq!(server.post("/access/v1/evaluation", &headers, b"{").status, 400);
    assert_eq!(server.send("GET", "/students/s.0142", &headers, b"").status, 404);
    sending.stop();
    let spans = collector.spans();
    let grpc = |method: &str, rest: &str| {
        format!("{method}: rpc.system.name=grpc rpc.method={method} rpc.response.status_code={rest}")
    };
    let evaluation = "POST /access/v1/evaluation: http.request.method=POST http.route=/access/v1/evaluation";
    let expected = [
        grpc("hallpass.v1.Hallpass/Check", "OK hallpass.effect=allow hallpass.reason=granted"),
        grpc("hallpass.v1.Hallpass/Check", "OK hallpass.effect=deny hallpass.reason=scope_mismatch"),
        grpc("hallpass.v1.Hallpass/BatchCheck", "OK hallpass.decisions=3 hallpass.allows=2"),
        grpc("hallpass.v1.Hallpass/Explain", "OK hallpass.effect=allow hallpass.reason=granted"),
        grpc("hallpass.v1.Hallpass/Check", "INVALID_ARGUMENT"),
        grpc("hallpass.v1.Hallpass/Status", "OK"),
        grpc("envoy.service.auth.v3.Authorization/Check", "OK"),
        format!("{evaluation} http.response.status_code=200 hallpass.effect=allow hallpass.reason=granted"),
        format!("{evaluation} http.response.status_code=200 hallpass.effect=deny hallpass.reason=scope_mismatch"),
        format!("{evaluation} http.response.status_code=400"),
        "GET: http.request.method=GET http.response.status_code=404".to_owned(),
    ];
    assert_eq!(spans.iter().map(told).collect::<Vec<_>>(), expected);
    for span in &spans {
        assert_eq!((hex(&span.trace_id).as_str(), hex(&span.parent_span_id).as_str()), (TRACE, PARENT), "{span:?}");
        assert_eq!(span.kind, SpanKind::Server as i32);
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano && span.start_time_unix_nano > 0);
        let whole = format!("{span:?}");
        assert!(!whole.contains("rivera") && !whole.contains("s.0142") && !whole.contains("s.0999"), "{whole}");
    }
    assert_eq!(collector.sender("service.name").as_deref(), Some("hallpass"));
    assert_eq!(collector.sender("service.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
}

/// What a caller says of its trace counts where it is well said; what it does not want sampled is no span; health never is.
#[test]
fn the_caller_decides_about_its_trace() {
    let collector = Collector::start();
    let (server, sending) = traced(&collector);
    let (sampled, unsampled) = (traceparent("01"), traceparent("00"));
    let other = sampled.replace("0af7", "1bf7");
    let cases: [(&[&str], Option<bool>); 6] = [
        (&[&sampled], Some(true)),
        (&[&unsampled], None),
        (&[], Some(false)),
        (&["00-xyz-1-01"], Some(false)),
        (&[&sampled, &other], Some(false)),
        (&["00-00000000000000000000000000000000-b7ad6b7169203331-01"], Some(false)),
    ];
    runtime().block_on(async {
        for (parents, _) in &cases {
            server.hallpass().check(with(check("t.rivera", "s.0142"), parents)).await.unwrap();
        }
        let health = HealthCheckRequest { service: String::new() };
        HealthClient::new(server.channel()).check(with(health, &[&sampled])).await.unwrap();
    });
    sending.stop();
    let theirs: Vec<bool> = collector.spans().iter().map(|span| hex(&span.trace_id) == TRACE).collect();
    let expected: Vec<bool> = cases.iter().filter_map(|(_, theirs)| *theirs).collect();
    assert_eq!(theirs, expected);
    assert!(collector.spans().iter().all(|span| hex(&span.trace_id) == TRACE || span.parent_span_id.is_empty()));
}

/// Where facts are fetched, questions are decided several times until all are at hand: that counts once.
#[test]
fn decisions_for_nothing_are_not_counted() {
    let collector = Collector::start();
    let (traces, sending) = Traces::start(&collector.url()).unwrap();
    let twin = Twin::of(snapshot());
    let mut settings = settings();
    settings.traces = Some(traces);
    let server = Server::over(&settings, twin.pdp.clone(), None);
    let checks = vec![check("t.rivera", "s.0142"), check("t.rivera", "s.0999"), check("p.okafor", "s.0142")];
    runtime().block_on(async {
        let mut hallpass = server.hallpass();
        hallpass.check(checks[1].clone()).await.unwrap();
        hallpass.batch_check(hp::BatchCheckRequest { checks }).await.unwrap();
    });
    assert!(twin.held.world().loads > 1);
    sending.stop();
    let told: Vec<String> = collector.spans().iter().map(told).collect();
    assert!(told[0].ends_with("hallpass.effect=deny hallpass.reason=scope_mismatch"), "{told:?}");
    assert!(told[1].contains(" hallpass.decisions=3 "), "{told:?}");
}

/// With a collector that isn't there, or that accepts and says nothing, every answer is the same, and the end comes in time.
#[test]
fn a_collector_that_is_away_changes_no_answer() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plain = Server::start();
    let ask = |server: &Server| {
        runtime().block_on(async {
            let mut hallpass = server.hallpass();
            let mut answers = Vec::new();
            for number in 0..600 {
                let who = ["t.rivera", "p.okafor", "nobody"][number % 3];
                let answer = hallpass.check(check(who, &format!("s.{:04}", number % 200))).await.unwrap().into_inner();
                answers.push((answer.allow, answer.reason, answer.grant));
            }
            answers
        })
    };
    let expected = ask(&plain);
    for collector in [silent.local_addr().unwrap(), gone] {
        let (traces, sending) = Traces::start(&format!("http://{collector}").parse().unwrap()).unwrap();
        let mut settings = settings();
        settings.traces = Some(traces);
        let server = Server::with(&settings);
        assert_eq!(ask(&server), expected);
        assert!(server.end().is_ok());
        let began = Instant::now();
        sending.stop();
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }
}
