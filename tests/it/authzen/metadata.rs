//! AuthZEN's metadata: served from the configured URL alone, to those who only read.

use std::io::{Read, Write};
use std::net::TcpStream;

use hallpass::authzen::PublicUrl;

use crate::running::{Server, settings};

const WELL_KNOWN: &str = "/.well-known/authzen-configuration";

fn server(url: &str) -> Server {
    let mut settings = settings();
    settings.authzen.public_url = Some(PublicUrl::parse(url).unwrap());
    Server::with(&settings)
}

#[test]
fn a_server_that_knows_no_url_says_which_setting_is_missing() {
    let server = Server::start();
    for path in [WELL_KNOWN, "/.well-known/authzen-configuration/tenant"] {
        let answer = server.send("GET", path, &[], b"");
        assert_eq!(answer.status, 404, "{path}");
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.contains("`--public-url`") && message.contains("HALLPASS_PUBLIC_URL"), "{message}");
    }
    assert_eq!(server.send("GET", "/.well-known/other", &[], b"").status, 404);
}

#[test]
fn the_host_header_says_nothing() {
    let server = server("https://example.org/hallpass/");
    let ask = |headers: &[(&str, &str)]| server.send("GET", WELL_KNOWN, headers, b"");
    let plain = ask(&[]);
    assert_eq!(plain.body["policy_decision_point"], "https://example.org/hallpass");
    assert_eq!(plain.body["search_subject_endpoint"], "https://example.org/hallpass/access/v1/search/subject");
    assert_eq!(plain.header("cache-control"), Some("max-age=3600"));
    for headers in [[("x-forwarded-host", "evil.example")], [("forwarded", "host=evil.example")]] {
        assert_eq!(ask(&headers).body, plain.body);
    }
    let mut stream = TcpStream::connect(server.http).unwrap();
    write!(stream, "GET {WELL_KNOWN} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("evil"), "{answer}");
}

#[test]
fn it_is_found_where_the_standard_puts_it_and_only_read() {
    let server = server("https://example.org/hallpass");
    let statuses = [
        ("GET", WELL_KNOWN, 200),
        ("GET", "/.well-known/authzen-configuration/hallpass", 200),
        ("GET", "/.well-known/authzen-configuration/other", 404),
        ("GET", "/hallpass/.well-known/authzen-configuration", 404),
        ("POST", WELL_KNOWN, 405),
        ("DELETE", WELL_KNOWN, 405),
    ];
    for (method, path, status) in statuses {
        let answer = server.send(method, path, &[("x-request-id", "r-1")], b"");
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header("x-request-id"), Some("r-1"), "{method} {path}");
        assert_eq!(answer.header("allow"), (status == 405).then_some("GET, HEAD"), "{method} {path}");
    }
    let (whole, head) = (server.send("GET", WELL_KNOWN, &[], b""), server.send("HEAD", WELL_KNOWN, &[], b""));
    assert_eq!((head.status, &head.body), (200, &serde_json::Value::Null), "no body");
    for name in ["content-type", "content-length", "cache-control"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    for path in ["/access/v1/evaluation", "/access/v1/search/subject"] {
        let answer = server.send("GET", path, &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{path}");
    }
}
