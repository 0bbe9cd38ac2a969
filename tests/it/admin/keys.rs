//! The key of the admin plane, and its TLS: who is let in, and who isn't.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use hallpass::app::Settings;
use hallpass::credentials::{Files, tls};
use tempfile::TempDir;

use super::{pdp, settings};
use crate::pki::Authority;
use crate::running::{self, Server, exchange};
use crate::secure::{connect, until};
use crate::support::write;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

fn with_key(folder: &Path, key: &str) -> Settings {
    let file = folder.join("admin.key");
    write(&file, key);
    let settings = settings();
    Settings { credentials: Files { admin_key: Some(file), ..settings.credentials.clone() }, ..settings }
}

fn start(key: &str) -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::over(&with_key(folder.path(), key), pdp(running::snapshot()), None);
    (folder, server)
}

fn status_with(server: &Server, headers: &[&str]) -> u16 {
    let headers: Vec<(&str, &str)> = headers.iter().map(|value| ("authorization", *value)).collect();
    server.admin("GET", "/status", &headers).status
}

#[test]
fn only_the_key_lets_in_and_only_once() {
    let (_folder, server) = start(&format!("{KEY}\n# whatever follows\n"));
    let good = format!("Bearer {KEY}");
    let (shorter, longer) = (format!("Bearer {}", KEY.trim_start_matches('0')), format!("Bearer {KEY}0"));
    let (upper, basic) = (format!("Bearer {}", KEY.to_uppercase()), format!("Basic {KEY}"));
    let (other, spaced) = (format!("Bearer {OTHER}"), format!("Bearer  {KEY}"));
    let small = format!("bearer {KEY}");
    let table: [(&[&str], u16); 12] = [
        (&[&good], 200),
        (&[&small], 200),
        (&[], 401),
        (&[""], 401),
        (&["Bearer "], 401),
        (&[&shorter], 401),
        (&[&longer], 401),
        (&[&upper], 401),
        (&[&basic], 401),
        (&[&other], 401),
        (&[&spaced], 401),
        (&[&good, &good], 401),
    ];
    for (shown, expected) in table {
        for (method, path) in [("GET", "/metrics"), ("GET", "/status"), ("POST", "/reload")] {
            let headers: Vec<(&str, &str)> = shown.iter().map(|value| ("authorization", *value)).collect();
            let answer = server.admin(method, path, &headers);
            // Nothing is followed here, so there is nothing to read anew.
            let expected = if path == "/reload" && expected == 200 { 404 } else { expected };
            assert_eq!(answer.status, expected, "{method} {path} {shown:?}");
            assert_eq!(answer.header("www-authenticate").is_some(), expected == 401, "{method} {path} {shown:?}");
            assert!(!answer.text.contains(KEY), "{}", answer.text);
        }
    }
    assert_eq!(server.admin("GET", "/livez", &[]).status, 200);
    assert_eq!(server.admin("GET", "/readyz", &[]).status, 200);
    assert_eq!(server.admin("GET", "/nothing", &[]).status, 404);
}

#[test]
fn another_key_in_the_file_counts_and_what_is_no_key_changes_nothing() {
    let (folder, server) = start(KEY);
    let file = folder.path().join("admin.key");
    let (ours, theirs) = (format!("Bearer {KEY}"), format!("Bearer {OTHER}"));
    fs::write(&file, OTHER).unwrap();
    until("the other key", || status_with(&server, &[&theirs]) == 200);
    assert_eq!(status_with(&server, &[&ours]), 401);
    for broken in ["short", "", "a key with blanks in it that is long enough for one"] {
        fs::write(&file, broken).unwrap();
        let problems = || server.admin("GET", "/status", &[("authorization", &theirs)]).body["credentials"].clone();
        until(broken, || problems()["problems"].as_array().is_some_and(|problems| problems.len() == 1));
        let told = problems().to_string();
        assert!(told.contains("--admin-key-file") && !told.contains(OTHER), "{told}");
        assert_eq!(status_with(&server, &[&ours]), 401, "{broken}");
        fs::write(&file, OTHER).unwrap();
        until("well again", || problems()["problems"].as_array().is_some_and(Vec::is_empty));
    }
}

/// Over TLS with the server's certificate; whoever connects need not show one, though callers must.
#[test]
fn tls_is_spoken_where_there_is_a_certificate() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let file = |name: &str| folder.path().join(name);
    let pair = authority.server();
    write(&file("cert.pem"), &pair.cert);
    write(&file("key.pem"), &pair.key);
    write(&file("ca.pem"), &authority.pem);
    let mut settings = with_key(folder.path(), KEY);
    let files = tls::Files { cert: file("cert.pem"), key: file("key.pem"), client_ca: Some(file("ca.pem")) };
    settings.credentials.tls = Some(files);
    let server = Server::over(&settings, pdp(running::snapshot()), None);
    let admin = server.admin.unwrap();
    let good = format!("Bearer {KEY}");
    let ask = |headers: &[(&str, &str)], path: &str| {
        exchange(connect(admin, &authority, None).unwrap(), "GET", path, headers, b"").unwrap()
    };
    let answer = ask(&[("authorization", &good)], "/status");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["credentials"]["certificate_not_after"], "4096-01-01T00:00:00Z");
    assert_eq!(ask(&[], "/status").status, 401);
    assert_eq!(ask(&[], "/livez").status, 200);
    let mut plain = TcpStream::connect(admin).unwrap();
    plain.write_all(b"GET /livez HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").unwrap();
    let mut heard = Vec::new();
    let _ = plain.read_to_end(&mut heard);
    assert!(!String::from_utf8_lossy(&heard).contains("HTTP"), "plain text is answered");
    assert!(connect(admin, &Authority::new(), None).is_err(), "any authority's certificate would do");
    let callers = exchange(connect(server.http, &authority, None).unwrap(), "GET", "/livez", &[], b"");
    assert!(callers.is_err(), "callers need no certificate");
}
