//! Streams by their bytes: cut up in every way, broken, too large, cut short.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hallpass::grpc::proto::hallpass as hp;
use prost::Message;
use prost::bytes::Bytes;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::codec::Codec as _;
use tonic::{Code, Status, Streaming};

use super::{mixed, own, told};
use crate::running::{Server, runtime};

/// A message with gRPC's five bytes before it.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), message].concat()
}

/// Questions as a transport hands them over.
pub(super) fn streaming(asked: &[hp::CheckStreamRequest]) -> Streaming<hp::CheckStreamRequest> {
    let bytes: Vec<u8> = asked.iter().flat_map(|asked| framed(&asked.encode_to_vec())).collect();
    let body = tonic::body::Body::new(http_body_util::Full::new(Bytes::from(bytes)));
    let decoder = tonic_prost::ProstCodec::<(), hp::CheckStreamRequest>::default().decoder();
    Streaming::new_request(decoder, body, None, None)
}

/// What came back.
struct Answered {
    answers: Vec<hp::CheckStreamResponse>,
    status: Status,
}

/// Sends a stream in these parts; `open` leaves it open.
async fn send(server: &Server, parts: &[&[u8]], open: bool) -> Answered {
    let socket = TcpStream::connect(server.grpc).await.unwrap();
    let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
    let mut driver = JoinSet::new();
    driver.spawn(async { connection.await.unwrap_or_default() });
    let (answer, mut sending) = client.send_request(request(), false).unwrap();
    for part in parts {
        // The server may have ended the stream already.
        _ = sending.send_data(Bytes::copy_from_slice(part), false);
    }
    if !open {
        _ = sending.send_data(Bytes::new(), true);
    }
    received(answer.await.unwrap()).await
}

fn request() -> hyper::Request<()> {
    let request = hyper::Request::post("http://localhost/hallpass.v1.Hallpass/CheckStream");
    request.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap()
}

async fn received(answer: hyper::Response<h2::RecvStream>) -> Answered {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/grpc");
    let mut body = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        bytes.extend_from_slice(&data);
    }
    let trailers = body.trailers().await.unwrap().unwrap();
    Answered { answers: answers(&bytes), status: Status::from_header_map(&trailers).unwrap() }
}

fn answers(mut bytes: &[u8]) -> Vec<hp::CheckStreamResponse> {
    let mut answers = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<5>() {
        let length = u32::from_be_bytes(*header.last_chunk().unwrap()) as usize;
        answers.push(hp::CheckStreamResponse::decode(&rest[..length]).unwrap());
        bytes = &rest[length..];
    }
    answers
}

fn ask(parts: &[&[u8]], open: bool) -> Answered {
    let server = Server::start();
    runtime().block_on(send(&server, parts, open))
}

#[test]
fn however_questions_are_cut_up_each_is_answered() {
    let server = Server::start();
    let (asked, expected) = mixed();
    let bytes: Vec<u8> = asked.iter().flat_map(|asked| framed(&asked.encode_to_vec())).collect();
    runtime().block_on(async {
        for size in (1..40).chain([bytes.len() - 1, bytes.len()]) {
            let answered = pin!(send(&server, &bytes.chunks(size).collect::<Vec<_>>(), false)).await;
            assert_eq!(answered.answers.iter().map(told).collect::<Vec<_>>(), expected, "{size}");
            assert_eq!(answered.status.code(), Code::Ok, "{size}");
        }
    });
}

#[test]
fn an_unreadable_question_answers_for_itself() {
    let good = own(1).encode_to_vec();
    // A subject whose `type` is a number; a check that is a number, then an id; bytes that are no message; no bytes.
    let unreadable: [(&[u8], u64); 4] = [
        (b"\x08\x05\x12\x04\x0a\x02\x08\x05", 5),
        (b"\x10\x01\x08\x09", 9),
        (b"\xff\xff\xff", 0),
        (b"\x08\x02\x12\x7f", 0),
    ];
    for (bytes, id) in unreadable {
        let answered = ask(&[&framed(&good), &framed(bytes), &framed(&good)], false);
        assert_eq!(answered.status.code(), Code::Ok);
        let told: Vec<_> = answered.answers.iter().map(told).collect();
        assert_eq!([told[0], told[2]], [(1, Ok("granted")); 2]);
        let (of, Err(message)) = told[1] else { panic!("{told:?}") };
        assert!(of == id && message.contains("unreadable"), "{of}: {message}");
    }
}

#[test]
fn what_is_no_stream_of_messages_ends_it() {
    let good = framed(&own(1).encode_to_vec());
    let over = [&[0], (1_048_577_u32).to_be_bytes().as_slice()].concat();
    let cases: [(&[u8], bool, Code, &str); 5] = [
        (&over, true, Code::InvalidArgument, "the message is over the limit of 1048576"),
        (&[1, 0, 0, 0, 0], true, Code::InvalidArgument, "messages must not be compressed"),
        (&good[..good.len() - 1], false, Code::InvalidArgument, "the last message is cut short"),
        (&good[..3], false, Code::InvalidArgument, "the last message is cut short"),
        (&good[..good.len() - 1], true, Code::DeadlineExceeded, "the request did not arrive in time"),
    ];
    for (bytes, open, code, message) in cases {
        let answered = ask(&[&good, &good, bytes], open);
        let told: Vec<_> = answered.answers.iter().map(told).collect();
        assert_eq!(told, [(1, Ok("granted")); 2], "{message}");
        assert_eq!((answered.status.code(), answered.status.message()), (code, message));
    }
}

/// Many clients send each question in a frame of its own, and only flow control stops them.
#[test]
fn a_late_reader_may_send_questions_one_by_one() {
    const QUESTIONS: usize = 10_000;
    let server = Server::start();
    runtime().block_on(async {
        let socket = TcpStream::connect(server.grpc).await.unwrap();
        let (mut client, connection) = h2::client::handshake(socket).await.unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async { connection.await.unwrap_or_default() });
        let (answer, mut sending) = client.send_request(request(), false).unwrap();
        let question = Bytes::from(framed(&own(1).encode_to_vec()));
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        tasks.spawn(async move {
            for at in 1..=QUESTIONS {
                sending.reserve_capacity(question.len());
                while sending.capacity() < question.len() {
                    poll_fn(|context| sending.poll_capacity(context)).await.unwrap().unwrap();
                }
                sending.send_data(question.clone(), at == QUESTIONS).unwrap();
                counted.store(at, Ordering::Relaxed);
            }
        });
        let (mut before, mut other) = (usize::MAX, server.hallpass());
        while before != sent.load(Ordering::Relaxed) {
            before = sent.load(Ordering::Relaxed);
            for _ in 0..50 {
                other.status(hp::StatusRequest {}).await.unwrap();
            }
        }
        assert!((1..QUESTIONS).contains(&before), "{before} questions were sent though no answer was read");
        let answered = received(answer.await.unwrap()).await;
        assert_eq!((answered.answers.len(), answered.status.code()), (QUESTIONS, Code::Ok), "{:?}", answered.status);
    });
}

/// The largest message that there may be is read, and leaves room for the next.
#[test]
fn a_question_may_be_as_large_as_a_message() {
    let mut large = own(1);
    let padding = 1_048_576 - large.encoded_len() - 12;
    large.check.as_mut().unwrap().resource.as_mut().unwrap().id = "i".repeat(padding);
    let large = large.encode_to_vec();
    assert!((1_048_550..=1_048_576).contains(&large.len()), "{}", large.len());
    let answered = ask(&[&framed(&large), &framed(&own(2).encode_to_vec())], false);
    let told: Vec<_> = answered.answers.iter().map(told).collect();
    assert_eq!(told, [(1, Err("resource.id is over the limit of 256")), (2, Ok("granted"))]);
    assert_eq!(answered.status.code(), Code::Ok);
}
