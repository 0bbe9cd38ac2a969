//! TLS itself: its versions, peers that stall or speak something else, and what Status tells of it.

use std::io::{Read, Write};
use std::net::TcpStream;

use hallpass::grpc::proto::hallpass as hp;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use serde_json::json;
use tokio_rustls::rustls::{SupportedProtocolVersion, version};

use super::{EVALUATION, check, question};
use crate::running::{exchange, runtime};
use crate::secure::{Secure, connect_with};

const CALLERS: &str = "\
hallpass: callers/v1
callers:
  gradebook:
    spiffe: spiffe://district.example/gradebook
    may: [check, status]
  portal:
    key_file: portal.key
";
const KEY: (&str, &str) = ("portal.key", "0123456789abcdef0123456789abcdef");

#[test]
fn both_versions_are_spoken() {
    let scene = Secure::start(CALLERS, &[KEY]);
    let client = scene.authority.client(&["spiffe://district.example/gradebook"]);
    let versions: [&[&SupportedProtocolVersion]; 2] = [&[&version::TLS12], &[&version::TLS13]];
    for version in versions {
        let stream = connect_with(version, scene.server.http, &scene.authority, Some(&client)).unwrap();
        assert_eq!(stream.conn.protocol_version(), Some(version[0].version));
        let headers = [("content-type", "application/json")];
        let answer = exchange(stream, "POST", EVALUATION, &headers, question().to_string().as_bytes()).unwrap();
        assert_eq!(answer.body, json!({"decision": true}));
    }
}

/// Whoever asks in plain text where TLS is spoken learns nothing.
#[test]
fn plain_text_is_not_answered() {
    let scene = Secure::start(CALLERS, &[KEY]);
    for address in [scene.server.http, scene.server.grpc] {
        let mut stream = TcpStream::connect(address).unwrap();
        let body = question().to_string();
        let length = body.len();
        let key = KEY.1;
        let head = format!("POST {EVALUATION} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {key}\r\n");
        let head = head + &format!("content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "{answer:?}");
    }
}

/// Peers that connect and say nothing, or half of something, are hung up on; others are served meanwhile.
#[test]
fn a_handshake_that_does_not_end_is_ended() {
    let scene = Secure::start(CALLERS, &[KEY]);
    let mut stalled: Vec<TcpStream> = (0..200)
        .map(|number| {
            let mut stream = TcpStream::connect(scene.server.http).unwrap();
            // The beginning of a record that holds a first message of 512 bytes.
            let begun: &[u8] = if number % 2 == 0 { &[] } else { &[22, 3, 1, 2, 0, 1, 0, 1, 252] };
            stream.write_all(begun).unwrap();
            stream
        })
        .collect();
    let authorization = format!("Bearer {}", KEY.1);
    let headers = [("authorization", authorization.as_str())];
    for _ in 0..10 {
        assert_eq!(scene.send(None, EVALUATION, &headers, question().to_string().as_bytes()).unwrap().status, 200);
    }
    for stream in &mut stalled {
        let mut rest = Vec::new();
        // It ends, well or with a reset; a server that waited would keep this test.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.len() < 64, "{rest:?}");
    }
}

#[test]
fn status_tells_when_the_certificate_ends() {
    let scene = Secure::start(CALLERS, &[KEY]);
    let client = scene.authority.client(&["spiffe://district.example/gradebook"]);
    runtime().block_on(async {
        let mut hallpass = HallpassClient::new(scene.channel(Some(&client)));
        assert!(hallpass.check(check()).await.unwrap().into_inner().allow);
        let status = hallpass.status(hp::StatusRequest {}).await.unwrap().into_inner();
        let credentials = status.credentials.unwrap();
        assert_eq!(credentials.certificate_not_after.unwrap().to_string(), "4096-01-01T00:00:00Z");
        assert!(credentials.problems.is_empty());
    });
}
