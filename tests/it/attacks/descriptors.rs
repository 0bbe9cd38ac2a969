//! A process that runs out of file descriptors: it rests instead of spinning, serves whom it has, and recovers.

use std::net::TcpStream;
use std::time::Duration;

use super::honest::beside;
use crate::kept::Kept;
use crate::listen::{EVALUATION, question};
use crate::process::Process;

/// Under a low limit from the start, connections leave some to files.
#[test]
fn under_a_low_limit_silent_peers_give_way() {
    let server = Process::under(&["prlimit", "--nofile=128"], &["--log", "info"]);
    server.until_logged("64 connections may be open, not 4096: there are file descriptors for no more");
    beside(server.http, |answered| {
        let mut silent = Vec::new();
        for _ in 0..25 {
            silent.extend((0..20).map(|_| TcpStream::connect(server.http).unwrap()));
            // So many that the honest client is never the oldest before it has spoken.
            answered.more(2);
        }
        assert!(server.descriptors() < 128, "{}", server.descriptors());
        drop(silent);
    });
    assert!(!server.log().contains("cannot accept"), "{}", server.log());
}

/// Where the descriptors are gone all the same, accepting rests.
#[test]
fn without_descriptors_it_rests_and_recovers() {
    let server = Process::start(&["--log", "warn"]);
    let mut kept = Kept::connect(server.http);
    let body = question().to_string();
    let mut ask = || assert_eq!(kept.post_text(EVALUATION, &body), r#"{"decision":true}"#);
    ask();
    server.allow_descriptors(server.descriptors());
    let waiting: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(server.http).unwrap()).collect();
    server.until_logged("cannot accept a connection: Too many open files");
    let before = server.cpu();
    std::thread::sleep(Duration::from_secs(1));
    let spent = server.cpu() - before;
    assert!(spent < 0.25, "{spent} s of CPU in a second of rest");
    assert!(server.log().matches("cannot accept").count() <= 4, "{}", server.log());
    ask();
    drop(waiting);
    server.allow_descriptors(1_000);
    beside(server.http, |_| {});
}
