//! Peers who take their time: they connect and say nothing, or a little, or half of something. They keep nobody out, even
//! where they take every place that there is.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use hallpass::credentials::tls::Files;

use super::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, call, frame, hello, received};
use super::honest::beside;
use crate::listen::{EVALUATION, question};
use crate::pki::{Authority, Pair};
use crate::process::Process;
use crate::running::{Server, exchange, settings};
use crate::secure;
use crate::support::write;

/// How many there are, and how many places.
const MANY: usize = 300;
const PLACES: &str = "100";

/// What they say before they fall silent, none of which is a question.
const BEGINNINGS: [(&str, &[u8]); 5] = [
    ("nothing", b""),
    ("a byte of HTTP/2", b"P"),
    ("half of HTTP/2's beginning", b"PRI * HTTP/2.0\r\n"),
    ("HTTP/2's beginning", PREFACE),
    ("half a header of HTTP/1", b"POST /access/v1/evaluation HTTP/1.1\r\nhost: "),
];

fn connect(server: SocketAddr, said: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_nodelay(true).unwrap();
    // It may have had to give way already.
    _ = stream.write_all(said);
    stream
}

#[test]
fn whoever_asks_nothing_gives_way_to_whoever_does() {
    for (what, said) in BEGINNINGS {
        let server = Process::start(&["--max-connections", PLACES, "--log", "error"]);
        beside(server.http, |answered| {
            let before = server.memory();
            let mut slow: Vec<TcpStream> = Vec::new();
            while slow.len() < MANY {
                slow.extend((0..20).map(|_| connect(server.http, said)));
                // So many that the honest client is never the oldest before it has spoken.
                answered.more(2);
            }
            // Byte by byte, those who still may.
            for _ in 0..3 {
                slow.iter().for_each(|mut stream| _ = stream.write_all(b"a"));
                answered.more(3);
            }
            assert!(server.peak() < before + 32 * 1024, "{what}");
            let closed = slow.iter().filter(|stream| is_closed(stream)).count();
            assert!(closed >= MANY - 100, "{what}: {closed} of {MANY} gave way");
        });
    }
}

fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut said = [0; 1024];
    loop {
        match stream.read(&mut said) {
            Ok(0) => return true,
            // HTTP/2's settings, or that what was sent is no request.
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// A body that never ends is not waited for, over either protocol, however many there are.
#[test]
fn bodies_that_never_end_are_refused_in_time() {
    let server = Process::start(&["--log", "error"]);
    let head = "POST /access/v1/evaluation HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    let half = [0, 0, 0, 0, 99, 1].as_slice();
    let half_call = [frame(HEADERS, END_HEADERS, 1, &call("Check")), frame(DATA, 0, 1, half)].concat();
    let half_call = [hello(&[]), half_call].concat();
    beside(server.http, |_| {
        let before = server.memory();
        let slow: Vec<_> = (0..MANY).map(|_| connect(server.http, head.as_bytes())).collect();
        let calls: Vec<_> = (0..MANY).map(|_| connect(server.grpc, &half_call)).collect();
        for mut stream in slow {
            let mut status = [0; 12];
            stream.read_exact(&mut status).unwrap();
            assert_eq!(&status, b"HTTP/1.1 408");
        }
        for mut stream in calls {
            // Status and end of the stream in one.
            while received(&mut stream).0 != [HEADERS, END_HEADERS | END_STREAM] {}
        }
        assert!(server.peak() < before + 32 * 1024, "{} KB", server.peak() - before);
    });
}

/// Half a handshake keeps nobody out either.
#[test]
fn half_handshakes_give_way() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let Pair { cert, key } = authority.server();
    let files = Files { cert: folder.path().join("cert"), key: folder.path().join("key"), client_ca: None };
    write(&files.cert, cert);
    write(&files.key, key);
    let mut settings = settings();
    settings.credentials.tls = Some(files);
    settings.bounds.connections = 100;
    let server = Server::with(&settings);
    let half = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let headers = [("content-type", "application/json")];
    let mut slow = Vec::new();
    while slow.len() < MANY {
        // So many that the honest client is never the oldest before it has spoken.
        slow.extend((0..20).map(|_| connect(server.http, half)));
        let stream = secure::connect(server.http, &authority, None).unwrap();
        let answer = exchange(stream, "POST", EVALUATION, &headers, question().to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 200);
    }
    drop(slow);
}
