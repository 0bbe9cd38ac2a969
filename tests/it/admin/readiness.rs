//! Live and ready, from before there is anything to decide with until the end.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use hallpass::directory::remote::Settings as Asking;
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use tonic::Code;

use super::{settings, start};
use crate::held_source::Step;
use crate::listen::{EVALUATION, check, question};
use crate::running::{Server, runtime, snapshot};
use crate::secure::until;
use crate::twin::Twin;

fn probes(server: &Server) -> [u16; 2] {
    ["/livez", "/readyz"].map(|path| server.admin("GET", path, &[]).status)
}

/// A server whose directory has not been reached lives, and is not ready; once it is reached, it is ready for good.
#[test]
fn a_directory_is_waited_for_and_not_died_for() {
    let down = || HashSet::from([Step::Follow, Step::Frame, Step::Load, Step::Changes]);
    let twin = Twin::told(snapshot(), Asking::default(), |held| held.world().failing = down());
    let server = Server::over(&settings(), twin.pdp.clone(), None);
    assert_eq!(probes(&server), [200, 503]);
    let answer = server.admin("GET", "/readyz", &[]);
    assert_eq!(answer.text, "unready");
    let refused = runtime().block_on(async { HallpassClient::new(server.channel()).check(check()).await });
    assert_eq!(refused.unwrap_err().code(), Code::Unavailable);
    twin.held.world().failing.clear();
    until("ready", || probes(&server) == [200, 200]);
    twin.held.world().failing = down();
    until("down", || !twin.remote().state().connected);
    assert_eq!(probes(&server), [200, 200], "what is kept still counts");
}

/// A request that is under way keeps the server from ending: until it is answered the server lives, and is not ready.
#[test]
fn whoever_ends_is_not_ready_and_tells_so_to_the_last() {
    let mut server = start();
    let body = question().to_string();
    let mut slow = TcpStream::connect(server.http).unwrap();
    let length = body.len();
    let head = format!("POST {EVALUATION} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n");
    write!(slow, "{head}content-length: {length}\r\nexpect: 100-continue\r\n\r\n").unwrap();
    // The server reads: from now on the request is under way.
    let mut going = [0; 25];
    slow.read_exact(&mut going).unwrap();
    assert!(going.starts_with(b"HTTP/1.1 100 Continue"));
    assert_eq!(probes(&server), [200, 200]);
    server.ask_to_end();
    until("unready", || probes(&server) == [200, 503]);
    slow.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("200 OK") && answer.contains(r#"{"decision":true}"#), "{answer}");
    let admin = server.admin.unwrap();
    server.end().unwrap();
    assert!(TcpStream::connect(admin).is_err(), "the admin plane is still there");
}
