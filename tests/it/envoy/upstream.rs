//! A small server behind the gateway: it answers every request with the request itself, and counts what reaches it. And a
//! client that sends exactly what it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The server; it lives as long as the tests.
#[derive(Clone)]
pub(super) struct Upstream {
    pub(super) addr: SocketAddr,
    seen: Arc<AtomicUsize>,
}

impl Upstream {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream = Self { addr: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = Arc::clone(&upstream.seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || echo(stream, &seen));
            }
        });
        upstream
    }

    /// How many requests have reached it.
    pub(super) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

fn echo(stream: TcpStream, seen: &AtomicUsize) {
    let mut reader = BufReader::new(stream);
    loop {
        let Some(head) = head(&mut reader) else { return };
        let _ = reader.read_exact(&mut vec![0; length(&head)]);
        seen.fetch_add(1, Ordering::SeqCst);
        let body = if head.starts_with(b"HEAD ") { &[] } else { head.as_slice() };
        let answer = format!("HTTP/1.1 200 OK\r\nserver: upstream\r\ncontent-length: {}\r\n\r\n", body.len());
        if reader.get_mut().write_all(&[answer.as_bytes(), body].concat()).is_err() {
            return;
        }
    }
}

/// Lines up to an empty one; none where the connection ends before.
fn head(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

fn length(head: &[u8]) -> usize {
    header(&String::from_utf8_lossy(head), "content-length").map_or(0, |length| length.parse().unwrap())
}

/// The value of a header of a head.
pub(super) fn header(head: &str, wanted: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim().to_owned())
}

/// A client on one connection, which it opens anew when it is closed.
pub(super) struct Client {
    addr: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) status: u16,
    pub(super) head: String,
    /// Where the upstream answered: the head that it was sent.
    pub(super) body: Vec<u8>,
}

impl Client {
    pub(super) fn new(addr: SocketAddr) -> Self {
        Self { addr, stream: None }
    }

    /// Sends a request. `None` where the connection was closed without an answer.
    pub(super) fn send(&mut self, method: &str, target: &[u8], headers: &[(&str, &str)]) -> Option<Came> {
        let mut request = [method.as_bytes(), b" ", target, b" HTTP/1.1\r\nhost: gateway.example\r\n"].concat();
        for (name, value) in headers {
            request.extend(format!("{name}: {value}\r\n").bytes());
        }
        request.extend(b"content-length: 0\r\n\r\n");
        let stream = self.stream.take();
        let mut stream = stream.unwrap_or_else(|| BufReader::new(TcpStream::connect(self.addr).unwrap()));
        stream.get_mut().set_nodelay(true).unwrap();
        stream.get_mut().write_all(&request).ok()?;
        let head = head(&mut stream)?;
        let text = String::from_utf8_lossy(&head).into_owned();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let mut body = vec![0; if method == "HEAD" { 0 } else { length(&head) }];
        stream.read_exact(&mut body).ok()?;
        let closes = header(&text, "connection").is_some_and(|value| value == "close");
        self.stream = (!closes).then_some(stream);
        Some(Came { status, head: text, body })
    }
}
