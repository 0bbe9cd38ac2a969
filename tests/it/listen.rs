//! How the server is reached: shared addresses, the Unix socket, TLS and the certificates that name callers.

mod identities;
mod rotation;
mod unix;

use hallpass::grpc::proto::hallpass as hp;
use serde_json::{Value, json};

use crate::running::{Server, runtime, settings};

pub(crate) const EVALUATION: &str = "/access/v1/evaluation";

/// A teacher's own student: allowed.
pub(crate) fn question() -> Value {
    json!({
        "subject": {"type": "user", "id": "t.rivera"},
        "action": {"name": "update"},
        "resource": {"type": "misis.grades.mark", "id": "", "properties": {"student": "s.0142"}},
    })
}

/// The same as a check.
pub(crate) fn check() -> hp::CheckRequest {
    hp::CheckRequest {
        subject: Some(hp::Subject { r#type: "user".into(), id: "t.rivera".into(), properties: None }),
        action: Some(hp::Action { name: "update".into(), properties: None }),
        resource: Some(hp::Resource {
            r#type: "misis.grades.mark".into(),
            student: Some("s.0142".into()),
            ..hp::Resource::default()
        }),
        context: None,
    }
}

#[test]
fn one_address_serves_both_protocols() {
    let free = Server::start();
    let address = free.http;
    free.end().unwrap();
    let mut shared = settings();
    (shared.grpc, shared.http) = (address, address);
    let server = Server::with(&shared);
    assert_eq!((server.grpc, server.http), (address, address));
    let answer = server.post(EVALUATION, &[("content-type", "application/json")], question().to_string().as_bytes());
    assert_eq!((answer.status, &answer.body), (200, &json!({"decision": true})));
    let answer = runtime().block_on(async { server.hallpass().check(check()).await }).unwrap();
    assert!(answer.into_inner().allow);
}

/// Each listener speaks both: who is configured for the wrong one is served all the same.
#[test]
fn each_address_serves_both_protocols() {
    let mut server = Server::start();
    std::mem::swap(&mut server.grpc, &mut server.http);
    let answer = server.post(EVALUATION, &[("content-type", "application/json")], question().to_string().as_bytes());
    assert_eq!(answer.body, json!({"decision": true}));
    assert!(runtime().block_on(async { server.hallpass().check(check()).await }).unwrap().into_inner().allow);
}

/// What callers who know nothing of authentication may send.
#[test]
fn without_callers_no_authorization_is_looked_at() {
    let server = Server::start();
    for value in ["undefined", "Bearer", "Bearer x", "Basic dTpw", ""] {
        let headers = [("content-type", "application/json"), ("authorization", value)];
        let answer = server.post(EVALUATION, &headers, question().to_string().as_bytes());
        assert_eq!((answer.status, &answer.body), (200, &json!({"decision": true})), "{value}");
        let mut request = tonic::Request::new(check());
        request.metadata_mut().insert("authorization", value.parse().unwrap());
        assert!(
            runtime().block_on(async { server.hallpass().check(request).await }).unwrap().into_inner().allow,
            "{value}"
        );
    }
}
