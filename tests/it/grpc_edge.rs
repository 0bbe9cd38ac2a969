//! gRPC: what is malformed, what a batch answers, what is echoed, what describes the server.

use std::collections::BTreeMap;

use hallpass::grpc::proto::authzen as az;
use hallpass::grpc::proto::hallpass as hp;
use hp::batch_check_item::Result as Item;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use tonic::{Code, Request};

use crate::running::{Server, runtime};

fn check() -> hp::CheckRequest {
    hp::CheckRequest {
        subject: Some(hp::Subject { r#type: "user".into(), id: "nobody".into(), properties: None }),
        action: Some(hp::Action { name: "view".into(), properties: None }),
        resource: Some(hp::Resource { r#type: "misis.grades.mark".into(), ..Default::default() }),
        context: None,
    }
}

/// A good check with another resource.
fn with(change: impl FnOnce(&mut hp::Resource)) -> hp::CheckRequest {
    let mut check = check();
    change(check.resource.as_mut().unwrap());
    check
}

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

fn text(text: &str) -> Value {
    value(Kind::StringValue(text.into()))
}

fn object(name: &str, value: Value) -> Option<Struct> {
    Some(Struct { fields: BTreeMap::from([(name.into(), value)]) })
}

#[test]
fn a_check_is_answered_with_reason_and_revisions() {
    let server = Server::start();
    runtime().block_on(async {
        let answer = server.hallpass().check(check()).await.unwrap().into_inner();
        assert!(!answer.allow && answer.grant.is_none() && !answer.reason.is_empty());
        assert_eq!(answer.policy_revision, "00000000000000aa");
        assert_eq!(answer.directory_revision, "00000000000000bb");
        let status = server.hallpass().status(hp::StatusRequest {}).await.unwrap().into_inner();
        assert_eq!((status.policy_revision.as_str(), status.generation), ("00000000000000aa", 1));
        let explained = server.hallpass().explain(hp::ExplainRequest { check: Some(check()) }).await.unwrap();
        assert_eq!(explained.into_inner().decision, Some(answer));
        let empty = server.hallpass().explain(hp::ExplainRequest { check: None }).await.unwrap_err();
        assert_eq!((empty.code(), empty.message()), (Code::InvalidArgument, "`check` is required"));
    });
}

#[test]
fn a_malformed_check_is_refused_and_says_why() {
    let any = |ids: &[&str]| Some(hp::AnyOf { ids: ids.iter().map(|id| (*id).to_owned()).collect() });
    let property = |name: &str, value: Value| with(|resource| resource.properties = object(name, value));
    let nested = (0..16).fold(text("x"), |inner, _| value(Kind::ListValue(ListValue { values: vec![inner] })));
    let cases = [
        (hp::CheckRequest::default(), "`subject` is required"),
        (hp::CheckRequest { action: None, ..check() }, "`action` is required"),
        (hp::CheckRequest { resource: None, ..check() }, "`resource` is required"),
        (hp::CheckRequest { subject: Some(hp::Subject::default()), ..check() }, "`subject.type` is required"),
        (hp::CheckRequest { action: Some(hp::Action::default()), ..check() }, "`action.name` is required"),
        (with(|resource| resource.r#type.clear()), "`resource.type` is required"),
        (with(|resource| resource.id = "i".repeat(257)), "resource.id is over the limit of 256"),
        (with(|resource| resource.student = Some(String::new())), "`student` must not be empty"),
        (with(|resource| resource.date = Some(String::new())), "`date` must not be empty"),
        (with(|resource| resource.date = Some("2026-02-30".into())), "`date` must be a day"),
        (with(|resource| resource.school = any(&["a", ""])), "`school` must not be empty"),
        (with(|resource| resource.section = any(&["s"; 65])), "section is over the limit of 64"),
        (property("school", text("s")), "`resource.properties.school` must be given in the field"),
        (property("date", text("2026-01-01")), "`resource.properties.date` must be given in the field"),
        (property("n", value(Kind::NumberValue(f64::NAN))), "`number_value` must be finite"),
        (property("n", nested), "nesting"),
    ];
    let server = Server::start();
    runtime().block_on(async {
        let mut client = server.hallpass();
        for (request, message) in cases {
            let status = client.check(request.clone()).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{request:?}");
            assert!(status.message().contains(message), "{status:?}: {request:?}");
        }
    });
}

#[test]
fn a_well_formed_check_is_decided() {
    let cases = [
        with(|resource| resource.school = Some(hp::AnyOf::default())),
        with(|resource| resource.properties = object("school", value(Kind::NullValue(0)))),
        with(|resource| resource.properties = object("school", Value { kind: None })),
        with(|resource| resource.date = Some("2028-02-29".into())),
        hp::CheckRequest { context: object("purpose", text("x")), ..check() },
    ];
    let server = Server::start();
    runtime().block_on(async {
        for request in cases {
            assert!(!server.hallpass().check(request).await.unwrap().into_inner().allow);
        }
    });
}

#[test]
fn a_batch_answers_in_order_and_a_broken_item_fails_alone() {
    let server = Server::start();
    runtime().block_on(async {
        let mut client = server.hallpass();
        let single = client.check(check()).await.unwrap().into_inner();
        let checks = vec![check(), hp::CheckRequest::default(), check()];
        let answer = client.batch_check(hp::BatchCheckRequest { checks }).await.unwrap().into_inner();
        let results: Vec<_> = answer.items.into_iter().map(|item| item.result.unwrap()).collect();
        let error = hp::ItemError { message: "`subject` is required".into(), unavailable: false };
        assert_eq!(results, [Item::Response(single.clone()), Item::Error(error), Item::Response(single)]);
        assert_eq!(answer.policy_revision, "00000000000000aa");
        let empty = client.batch_check(hp::BatchCheckRequest { checks: vec![] }).await.unwrap().into_inner();
        assert!(empty.items.is_empty());
        let full = hp::BatchCheckRequest { checks: vec![check(); 1_000] };
        assert_eq!(client.batch_check(full).await.unwrap().into_inner().items.len(), 1_000);
        let over = hp::BatchCheckRequest { checks: vec![check(); 1_001] };
        assert_eq!(client.batch_check(over).await.unwrap_err().code(), Code::InvalidArgument);
    });
}

#[test]
fn a_message_that_is_too_large_or_unreadable_is_the_callers_mistake() {
    let server = Server::start();
    runtime().block_on(async {
        let large = hp::CheckRequest { context: object("n", text(&"x".repeat(1 << 20))), ..check() };
        let status = server.hallpass().check(large).await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (Code::InvalidArgument, "the message is over the limit of 1048576")
        );
        // A subject whose `type` is a number, and bytes that are no message at all.
        for garbage in [b"\x0a\x02\x08\x05".as_slice(), b"\xff\xff\xff", b"\x0a\x02\x0a\xff"] {
            let status = crate::server::unary(&server, "/hallpass.v1.Hallpass/Check", garbage).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{garbage:?}: {status:?}");
        }
        let nothing = Request::new(tokio_stream::empty::<Vec<u8>>());
        let status = crate::server::messages(&server, "/hallpass.v1.Hallpass/Check", nothing).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    });
}

#[test]
fn request_ids_are_echoed_on_answers_and_errors() {
    let server = Server::start();
    runtime().block_on(async {
        let named = |request| {
            let mut request = Request::new(request);
            request.metadata_mut().insert("x-request-id", "r-1".parse().unwrap());
            request
        };
        let answer = server.hallpass().check(named(check())).await.unwrap();
        assert_eq!(answer.metadata().get("x-request-id").unwrap(), "r-1");
        let status = server.hallpass().check(named(hp::CheckRequest::default())).await.unwrap_err();
        assert_eq!(status.metadata().get("x-request-id").unwrap(), "r-1");
        let mut request = Request::new(evaluation());
        request.metadata_mut().insert("x-request-id", "r-2".parse().unwrap());
        let answer = server.access().evaluation(request).await.unwrap();
        assert_eq!(answer.metadata().get("x-request-id").unwrap(), "r-2");
        assert!(server.access().evaluation(evaluation()).await.unwrap().metadata().get("x-request-id").is_none());
    });
}

fn evaluation() -> az::EvaluationRequest {
    az::EvaluationRequest {
        subject: Some(az::Subject { r#type: "user".into(), id: "nobody".into(), properties: None }),
        action: Some(az::Action { name: "view".into(), properties: None }),
        resource: Some(az::Resource { r#type: "t".into(), id: String::new(), properties: None }),
        context: None,
    }
}

fn evaluations(options: Option<Struct>, evaluations: Vec<az::EvaluationRequest>) -> az::EvaluationsRequest {
    let az::EvaluationRequest { subject, action, resource, context } = evaluation();
    az::EvaluationsRequest { subject, action, resource, context, options, evaluations }
}

fn broken() -> az::EvaluationRequest {
    let properties = object("date", text("tomorrow"));
    let resource = Some(az::Resource { r#type: "t".into(), id: String::new(), properties });
    az::EvaluationRequest { resource, ..Default::default() }
}

#[test]
fn evaluations_behave_as_over_http() {
    let server = Server::start();
    let denied = az::EvaluationResponse { decision: false, context: None };
    runtime().block_on(async {
        let mut client = server.access();
        assert_eq!(client.evaluation(evaluation()).await.unwrap().into_inner(), denied);
        let single = client.evaluations(evaluations(None, vec![])).await.unwrap().into_inner();
        assert_eq!(single.evaluations, std::slice::from_ref(&denied));
        let items = vec![az::EvaluationRequest::default(), broken(), evaluation()];
        let answer = client.evaluations(evaluations(None, items.clone())).await.unwrap().into_inner().evaluations;
        assert_eq!([&answer[0], &answer[2]], [&denied, &denied]);
        assert!(!answer[1].decision && answer[1].context.as_ref().unwrap().fields.contains_key("error"));
        for (semantic, answered) in [("execute_all", 3), ("deny_on_first_deny", 1), ("permit_on_first_permit", 3)] {
            let options = object("evaluations_semantic", text(semantic));
            let answer = client.evaluations(evaluations(options, items.clone())).await.unwrap().into_inner();
            assert_eq!(answer.evaluations.len(), answered, "{semantic}");
        }
        let explain =
            object("hallpass", value(Kind::StructValue(object("explain", value(Kind::BoolValue(true))).unwrap())));
        let answer = client.evaluations(evaluations(explain, items)).await.unwrap().into_inner().evaluations;
        assert!(answer[0].context.as_ref().unwrap().fields.contains_key("hallpass"));
    });
}

#[test]
fn malformed_evaluations_are_refused() {
    let unknown = object("evaluations_semantic", text("some"));
    let wrong = object("hallpass", text("explain"));
    let cases = [
        evaluations(unknown, vec![]),
        evaluations(wrong, vec![]),
        az::EvaluationsRequest { subject: None, ..evaluations(None, vec![]) },
        az::EvaluationsRequest { resource: broken().resource, ..evaluations(None, vec![evaluation()]) },
        evaluations(None, vec![az::EvaluationRequest::default(); 1_001]),
    ];
    let server = Server::start();
    runtime().block_on(async {
        for case in cases {
            let status = server.access().evaluations(case).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        }
        let status = server.access().evaluation(broken()).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    });
}

#[test]
fn what_is_not_served_is_unimplemented() {
    let server = Server::start();
    runtime().block_on(async {
        for path in ["/hallpass.v1.Hallpass/Missing", "/authzen.access.v1.Access/Missing", "/none.Such/Call"] {
            let status = crate::server::unary(&server, path, b"").await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, "{path}");
        }
    });
}
