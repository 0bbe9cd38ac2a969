//! An HTTP/1 connection that is kept: several requests are sent ahead, answers come in their order. A connection that
//! ends, or an answer that is none, fails the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::running::Answer;

/// The connection.
pub(crate) struct Kept {
    stream: BufReader<TcpStream>,
}

impl Kept {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Posts all bodies, then reads all answers.
    pub(crate) fn post_all(&mut self, path: &str, bodies: &[String]) -> Vec<Answer> {
        let mut sent = String::new();
        for body in bodies {
            let length = body.len();
            sent += &format!("POST {path} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n");
            sent += &format!("content-length: {length}\r\n\r\n{body}");
        }
        self.stream.get_mut().write_all(sent.as_bytes()).unwrap();
        bodies.iter().map(|_| self.answer()).collect()
    }

    /// Posts a body; the answer's body as it was written.
    pub(crate) fn post_text(&mut self, path: &str, body: &str) -> String {
        self.send(path, body);
        self.text().1
    }

    fn send(&mut self, path: &str, body: &str) {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n");
        write!(self.stream.get_mut(), "{head}content-length: {length}\r\n\r\n{body}").unwrap();
    }

    fn answer(&mut self) -> Answer {
        let (head, body) = self.text();
        Answer::of(&head, &body)
    }

    fn text(&mut self) -> (String, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.stream.read_line(&mut head).unwrap(), 0, "the connection ended: {head:?}");
        }
        let length = Answer::of(&head, "").header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (head, String::from_utf8(body).unwrap())
    }
}
