//! Connections that are told to leave when they are old, and cut off if they don't.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::clients::Clients;
use crate::attacks::frames::{GOAWAY, PING, SETTINGS, frame, hello, received};
use crate::running::{Server, runtime, settings};
use crate::streams::{open, own, told};

fn ageing(age: Duration, grace: Duration) -> Server {
    let mut settings = settings();
    settings.bounds.age = Some(age);
    settings.drain = grace;
    Server::with(&settings)
}

/// The frames are GOAWAY with the largest stream, and once the peer has shown that it has heard that, GOAWAY with the last
/// one that was served; then the connection ends.
#[test]
fn an_old_connection_is_told_to_leave_and_ends() {
    let server = ageing(Duration::from_millis(100), Duration::from_secs(3_600));
    let mut stream = TcpStream::connect(server.grpc).unwrap();
    stream.write_all(&[hello(&[]), frame(SETTINGS, 1, 0, b"")].concat()).unwrap();
    let mut left = Vec::new();
    while left.len() < 2 {
        let ([kind, flags], _, payload) = received(&mut stream);
        if kind == GOAWAY {
            left.push(payload[..8].to_vec());
        }
        if [kind, flags] == [PING, 0] {
            stream.write_all(&frame(PING, 1, 0, &payload)).unwrap();
        }
    }
    assert_eq!(left, [[127, 255, 255, 255, 0, 0, 0, 0], [0; 8]]);
    assert_eq!(stream.read(&mut [0; 64]).unwrap(), 0);
}

/// No question fails for that a connection is old: each has its answer, or was never sent.
#[test]
fn clients_of_old_connections_lose_nothing() {
    let server = ageing(Duration::from_millis(200), Duration::from_secs(3_600));
    let told = runtime().block_on(async { Clients::connect(server.grpc, 50).await.left().await });
    assert!(told.answered > 0 && told.failed.is_empty(), "{told:?}");
}

#[test]
fn whoever_stays_is_cut_off() {
    let server = ageing(Duration::from_millis(50), Duration::from_millis(50));
    let mut stream = TcpStream::connect(server.grpc).unwrap();
    stream.write_all(&hello(&[])).unwrap();
    let mut said = Vec::new();
    // Neither an answer nor a word of the peer, who never leaves by itself.
    _ = stream.read_to_end(&mut said);
    assert!(!said.is_empty());
    drop(server);
}

/// HTTP/1 says so with the next answer, or by closing what is idle.
#[test]
fn an_idle_connection_of_http_1_is_closed() {
    let server = ageing(Duration::from_millis(100), Duration::from_secs(3_600));
    let mut stream = TcpStream::connect(server.http).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 404"), "{said}");
}

/// A stream of checks that is open ends with a status that means: ask the rest elsewhere.
#[test]
fn a_stream_on_an_old_connection_ends_as_one_to_be_opened_again() {
    let server = ageing(Duration::from_millis(200), Duration::from_secs(3_600));
    runtime().block_on(async {
        let (ask, asked) = tokio::sync::mpsc::channel(1);
        let mut answers = open(&server, tokio_stream::wrappers::ReceiverStream::new(asked)).await;
        ask.send(own(1)).await.unwrap();
        assert_eq!(told(&answers.message().await.unwrap().unwrap()), (1, Ok("granted")));
        let status = answers.message().await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable, "{status:?}");
        // The next goes over a connection of its own.
        ask.send(own(2)).await.unwrap_err();
        assert!(server.hallpass().check(own(2).check.unwrap()).await.is_ok());
    });
}
