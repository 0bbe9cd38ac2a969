//! Closed-loop load from one thread: gRPC over bare HTTP/2, so that the client costs little, and HTTP/1. Every answer is
//! looked at, and must be the allow that it has to be.

use std::time::Instant;

use hallpass::grpc::proto::hallpass as wire;
use hyper::body::Bytes;
use hyper::{HeaderMap, Request};
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process::{Server, runtime};
use crate::world::OWN;
use crate::{AT_ONCE, BATCH};

/// What is asked at once.
#[derive(Clone, Copy)]
pub(crate) enum Load {
    Grpc { connections: usize, streams: usize },
    Batch { streams: usize },
    Stream,
    Http { connections: usize },
}

/// Makes about so many calls, and says how many microseconds each took.
pub(crate) fn run(server: &Server, load: Load, calls: usize) -> Vec<f64> {
    runtime().block_on(async { begin(server, load, calls).await.join_all().await.concat() })
}

async fn begin(server: &Server, load: Load, calls: usize) -> JoinSet<Vec<f64>> {
    let mut tasks = JoinSet::new();
    match load {
        Load::Grpc { connections, streams } => {
            let (body, calls) = (framed(&check()), calls.div_ceil(connections * streams));
            for _ in 0..connections {
                let client = connect(server).await;
                (0..streams).for_each(|_| _ = tasks.spawn(stream(client.clone(), "Check", body.clone(), calls)));
            }
        }
        Load::Batch { streams } => {
            let (body, calls) =
                (framed(&wire::BatchCheckRequest { checks: vec![check(); BATCH] }), calls.div_ceil(streams));
            let client = connect(server).await;
            (0..streams).for_each(|_| _ = tasks.spawn(stream(client.clone(), "BatchCheck", body.clone(), calls)));
        }
        Load::Stream => _ = tasks.spawn(check_stream(connect(server).await, calls)),
        Load::Http { connections } => {
            for _ in 0..connections {
                let connection = TcpStream::connect(server.http).await.expect("it listens");
                connection.set_nodelay(true).expect("a socket");
                tasks.spawn(evaluations(connection, calls.div_ceil(connections)));
            }
        }
    }
    tasks
}

fn check() -> wire::CheckRequest {
    let text = str::to_owned;
    wire::CheckRequest {
        subject: Some(wire::Subject { r#type: text("user"), id: text(OWN.0), properties: None }),
        action: Some(wire::Action { name: text("update"), properties: None }),
        resource: Some(wire::Resource {
            r#type: text("misis.grades.mark"),
            id: text("m.1"),
            student: Some(text(OWN.1)),
            ..wire::Resource::default()
        }),
        context: None,
    }
}

fn is_allow(item: &wire::BatchCheckItem) -> bool {
    matches!(&item.result, Some(wire::batch_check_item::Result::Response(response)) if response.allow)
}

/// A message with gRPC's five bytes before it.
fn framed(message: &impl Message) -> Bytes {
    let length = u32::try_from(message.encoded_len()).expect("a small message");
    let mut body = vec![0];
    body.extend(length.to_be_bytes());
    message.encode(&mut body).expect("a vector grows");
    body.into()
}

async fn connect(server: &Server) -> h2::client::SendRequest<Bytes> {
    let socket = TcpStream::connect(server.grpc).await.expect("it listens");
    socket.set_nodelay(true).expect("a socket");
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(1 << 20).initial_connection_window_size(1 << 24);
    let (client, connection) = builder.handshake(socket).await.expect("it speaks HTTP/2");
    #[expect(clippy::disallowed_methods, reason = "ends with its client")]
    tokio::spawn(connection);
    client
}

async fn stream(client: h2::client::SendRequest<Bytes>, method: &str, body: Bytes, calls: usize) -> Vec<f64> {
    let request = post(method);
    let mut waits = Vec::with_capacity(calls);
    for _ in 0..calls {
        let begun = Instant::now();
        let mut client = client.clone().ready().await.expect("the connection stays");
        let (answer, mut sending) = client.send_request(request.clone(), false).expect("a stream");
        sending.send_data(body.clone(), true).expect("the window is wide");
        let (answer, trailers) = whole(answer.await.expect("an answer").into_body()).await;
        waits.push(begun.elapsed().as_secs_f64() * 1e6);
        assert_eq!(trailers.get("grpc-status").map(|status| status.as_bytes()), Some(b"0".as_slice()));
        let allowed = if method == "Check" {
            wire::CheckResponse::decode(&answer[5..]).is_ok_and(|answer| answer.allow)
        } else {
            wire::BatchCheckResponse::decode(&answer[5..]).is_ok_and(|answer| answer.items.iter().all(is_allow))
        };
        assert!(allowed, "{method} is allowed");
    }
    waits
}

/// One stream: while so many questions are answered, as many are under way.
async fn check_stream(client: h2::client::SendRequest<Bytes>, rounds: usize) -> Vec<f64> {
    let question = |id| framed(&wire::CheckStreamRequest { id, check: Some(check()) });
    let questions: Bytes = (1..=AT_ONCE as u64).flat_map(question).collect();
    let (answer, mut sending) =
        client.ready().await.expect("the connection stays").send_request(post("CheckStream"), false).expect("a stream");
    sending.send_data(questions.clone(), false).expect("the window is wide");
    let (mut body, mut arrived) = (answer.await.expect("an answer").into_body(), Vec::new());
    let mut waits = Vec::with_capacity(rounds);
    for round in 1..=rounds {
        let begun = Instant::now();
        let last = round == rounds;
        sending.send_data(if last { Bytes::new() } else { questions.clone() }, last).expect("the window is wide");
        let (mut answered, mut at) = (0, 0);
        while answered < AT_ONCE {
            let Some(message) = message(&arrived[at..]) else {
                arrived.drain(..std::mem::take(&mut at));
                let data = body.data().await.expect("an answer").expect("the stream stays");
                body.flow_control().release_capacity(data.len()).expect("it was received");
                arrived.extend_from_slice(&data);
                continue;
            };
            at += 5 + message.len();
            answered += 1;
            let answer = wire::CheckStreamResponse::decode(message).expect("an answer");
            let allowed = matches!(answer.result, Some(wire::check_stream_response::Result::Response(r)) if r.allow);
            assert!(allowed && answer.id == answered as u64, "{round}: {answered} is allowed");
        }
        arrived.drain(..at);
        waits.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    assert!(arrived.is_empty() && body.data().await.is_none(), "nothing more comes");
    waits
}

/// The first whole message of what has arrived.
fn message(arrived: &[u8]) -> Option<&[u8]> {
    let (header, rest) = arrived.split_first_chunk::<5>()?;
    rest.get(..u32::from_be_bytes(*header.last_chunk()?) as usize)
}

fn post(method: &str) -> Request<()> {
    let request = Request::post(format!("http://localhost/hallpass.v1.Hallpass/{method}"));
    request.header("content-type", "application/grpc").header("te", "trailers").body(()).expect("a request")
}

async fn whole(mut body: h2::RecvStream) -> (Vec<u8>, HeaderMap) {
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.expect("the stream stays");
        body.flow_control().release_capacity(data.len()).expect("it was received");
        bytes.extend_from_slice(&data);
    }
    (bytes, body.trailers().await.expect("the stream stays").unwrap_or_default())
}

async fn evaluations(mut connection: TcpStream, calls: usize) -> Vec<f64> {
    let (teacher, student) = OWN;
    let body = format!(
        r#"{{"subject":{{"type":"user","id":"{teacher}"}},"action":{{"name":"update"}},"resource":{{"type":"misis.grades.mark","id":"m.1","properties":{{"student":"{student}"}}}}}}"#
    );
    let request = format!(
        "POST /access/v1/evaluation HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answer = [0; 4096];
    let mut waits = Vec::with_capacity(calls);
    for _ in 0..calls {
        let begun = Instant::now();
        connection.write_all(request.as_bytes()).await.expect("the connection stays");
        let mut read = 0;
        while !answer[..read].ends_with(b"}") {
            read += match connection.read(&mut answer[read..]).await {
                Ok(more @ 1..) => more,
                other => panic!("the answer ends early: {other:?}"),
            };
        }
        waits.push(begun.elapsed().as_secs_f64() * 1e6);
        assert!(answer[..read].ends_with(br#"{"decision":true}"#), "it is allowed");
    }
    waits
}
