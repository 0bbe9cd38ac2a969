//! From the bytes of a gRPC check to the bytes of its answer, without a socket: decode, decide, encode.
#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark")]

mod world;

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, criterion_group, criterion_main};
use hallpass::grpc::Service;
use hallpass::grpc::proto::hallpass::hallpass_server::Hallpass;
use hallpass::grpc::proto::hallpass::{Action, CheckRequest, CheckResponse, Resource, Subject};
use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use hallpass::snapshot::{Builder, Files};
use prost::Message;
use tonic::Request;

use world::{OTHER, OWN, policies, root, sources};

fn service() -> Service {
    let (rules, people) = (policies(1), sources(&root().join("examples/district")));
    let policies = Files { revision: &"00000000000000aa".into(), files: &rules };
    let directory = Files { revision: &"00000000000000bb".into(), files: &people };
    let mut builder = Builder::new(vec!["user".to_owned()], None);
    let snapshot = builder.build(policies, directory, 1).expect("the shipped files are good");
    Service::new(Arc::new(Pdp::new(snapshot, Limits::default())), None, None)
}

fn message((subject, student): (&str, &str)) -> Vec<u8> {
    let request = CheckRequest {
        subject: Some(Subject { r#type: "user".to_owned(), id: subject.to_owned(), ..Subject::default() }),
        action: Some(Action { name: "update".to_owned(), ..Action::default() }),
        resource: Some(Resource {
            r#type: "misis.grades.mark".to_owned(),
            student: Some(student.to_owned()),
            ..Resource::default()
        }),
        ..CheckRequest::default()
    };
    request.encode_to_vec()
}

/// The answer to a message. A check never waits, so asking once is enough.
fn answer(service: &Service, message: &[u8]) -> Vec<u8> {
    let request = CheckRequest::decode(message).expect("a request");
    let mut check = pin!(service.check(Request::new(request)));
    match check.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.expect("an answer").into_inner().encode_to_vec(),
        Poll::Pending => panic!("a check does not wait"),
    }
}

fn codec(c: &mut Criterion) {
    let service = service();
    let mut group = c.benchmark_group("decode to encode");
    for (name, question, allow) in [("allow", OWN, true), ("deny", OTHER, false)] {
        let message = message(question);
        let answered = CheckResponse::decode(answer(&service, &message).as_slice()).expect("a response");
        assert_eq!(answered.allow, allow, "{name}");
        group.bench_function(name, |b| b.iter(|| answer(&service, black_box(&message))));
    }
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
