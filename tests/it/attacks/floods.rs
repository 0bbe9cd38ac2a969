//! Floods of frames, answers that are never read, headers that unfold: memory stays bounded, whether the server stops
//! reading or hangs up.

use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS, WINDOW_UPDATE, asked,
    call, frame, hello, kept, named, question, received,
};
use super::honest::beside;
use crate::process::Process;

/// What an attack may cost, in kilobytes.
const COST: u64 = 32 * 1024;
/// A peer that can't send for so long has been stopped.
const STOPPED: Duration = Duration::from_millis(300);

/// What is sent: a beginning, and then rounds of it, each from its number.
struct Attack {
    name: &'static str,
    begin: fn() -> Vec<u8>,
    round: fn(u32) -> Vec<u8>,
    /// Bytes that one connection sends, if it is let.
    bytes: usize,
}

/// Streams of a client have odd numbers.
fn odd(round: u32) -> u32 {
    2 * round + 1
}

/// So many streams of checks, opened.
fn streams(begin: &mut Vec<u8>, many: u32, method: &str) {
    (0..many).for_each(|at| begin.extend(frame(HEADERS, END_HEADERS, odd(at), &call(method))));
}

/// Calls with the beginning of a message of a megabyte each.
fn large(begin: &mut Vec<u8>) {
    streams(begin, OPEN, "Check");
    (0..OPEN).for_each(|at| begin.extend(frame(DATA, 0, odd(at), &[0, 0, 16, 0, 0])));
}

/// Settings of a client that will not have a byte on any stream.
const NO_WINDOW: (u16, u32) = (4, 0);
/// The most streams that the server lets open.
const OPEN: u32 = 100;
const MEGABYTES: usize = 1 << 20;

#[rustfmt::skip]
const ATTACKS: [Attack; 19] = [
    Attack { name: "calls whose answers are never read", begin: || hello(&[]), round: |n| asked(odd(n)), bytes: 8 * MEGABYTES },
    Attack { name: "calls without room for their answers", begin: || hello(&[NO_WINDOW]), round: |n| asked(odd(n)), bytes: 8 * MEGABYTES },
    Attack { name: "malformed headers", begin: || hello(&[]), round: |n| frame(HEADERS, END_HEADERS | END_STREAM, odd(n), &[0x83, 0x83]), bytes: 8 * MEGABYTES },
    Attack { name: "rapid reset", begin: || hello(&[]), round: |n| [frame(HEADERS, END_HEADERS, odd(n), &call("Check")), frame(RST_STREAM, 0, odd(n), &[0, 0, 0, 8])].concat(), bytes: 8 * MEGABYTES },
    Attack { name: "continuations without end", begin: || [hello(&[]), frame(HEADERS, 0, 1, &call("Check"))].concat(), round: |_| frame(CONTINUATION, 0, 1, &named("x", &"y".repeat(1_000))), bytes: 8 * MEGABYTES },
    Attack { name: "empty continuations", begin: || [hello(&[]), frame(HEADERS, 0, 1, &call("Check"))].concat(), round: |_| frame(CONTINUATION, 0, 1, b""), bytes: 4 * MEGABYTES },
    Attack { name: "pings", begin: || hello(&[]), round: |_| frame(PING, 0, 0, b"12345678"), bytes: 4 * MEGABYTES },
    Attack { name: "settings", begin: || hello(&[]), round: |_| frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 255, 255]), bytes: 4 * MEGABYTES },
    Attack { name: "empty settings", begin: || hello(&[]), round: |_| frame(SETTINGS, 0, 0, b""), bytes: 4 * MEGABYTES },
    Attack { name: "window updates", begin: || hello(&[]), round: |_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]), bytes: 4 * MEGABYTES },
    Attack { name: "priorities", begin: || hello(&[]), round: |n| frame(PRIORITY, 0, odd(n % 1_000), &[0, 0, 0, 0, 1]), bytes: 4 * MEGABYTES },
    Attack { name: "empty data", begin: || { let mut begin = hello(&[]); streams(&mut begin, 1, "Check"); begin }, round: |_| frame(DATA, 0, 1, b""), bytes: 4 * MEGABYTES },
    Attack { name: "data a byte each", begin: || { let mut begin = hello(&[]); streams(&mut begin, 1, "Check"); begin }, round: |_| frame(DATA, 0, 1, b"\0"), bytes: 4 * MEGABYTES },
    // Four kilobytes in the dynamic table, and then a thousand times their number.
    Attack { name: "headers that unfold", begin: || hello(&[]), round: |n| frame(HEADERS, END_HEADERS | END_STREAM, odd(n), &[call("Check"), kept("x", &"y".repeat(4_000)), vec![0xbe; 1_000]].concat()), bytes: 4 * MEGABYTES },
    Attack { name: "headers that are too many", begin: || hello(&[]), round: |n| frame(HEADERS, END_HEADERS | END_STREAM, odd(n), &[call("Check"), (0..500).flat_map(|n| named(&format!("x{n}"), "")).collect()].concat()), bytes: 4 * MEGABYTES },
    Attack { name: "streams of checks that are never read", begin: || { let mut begin = hello(&[]); streams(&mut begin, OPEN, "CheckStream"); begin }, round: |n| frame(DATA, 0, odd(n % OPEN), &question().repeat(20)), bytes: 8 * MEGABYTES },
    Attack { name: "streams of checks without room", begin: || { let mut begin = hello(&[NO_WINDOW]); streams(&mut begin, OPEN, "CheckStream"); begin }, round: |n| frame(DATA, 0, odd(n % OPEN), &question().repeat(20)), bytes: 8 * MEGABYTES },
    Attack { name: "large messages that never end", begin: || { let mut begin = hello(&[]); large(&mut begin); begin }, round: |n| frame(DATA, 0, odd(n % OPEN), &[0; 8_000]), bytes: 64 * MEGABYTES },
    Attack { name: "HTTP/1 requests whose answers are never read", begin: Vec::new, round: |_| b"GET /metrics HTTP/1.1\r\nhost: h\r\n\r\n".to_vec(), bytes: 8 * MEGABYTES },
];

/// Sends an attack until all of it is sent, the server hangs up, or it reads no more. The connection stays.
fn attack(server: SocketAddr, attack: &Attack, share: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_write_timeout(Some(STOPPED)).unwrap();
    let mut bytes = (attack.begin)();
    if !bytes.is_empty() {
        // Not before there is room for all that the server gives room for.
        stream.write_all(&bytes).unwrap();
        bytes.clear();
        while received(&mut stream).0[0] != WINDOW_UPDATE {}
    }
    let (mut sent, mut round) = (0, OPEN);
    while sent < attack.bytes / share {
        while bytes.len() < 64 * 1024 {
            bytes.extend((attack.round)(round));
            round += 1;
        }
        match stream.write(&bytes) {
            Ok(0) => break,
            Ok(some) => {
                sent += some;
                bytes.drain(..some);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // It hung up, or it has stopped reading.
            Err(_) => break,
        }
    }
    stream
}

fn from(connections: usize) {
    let mut over = Vec::new();
    for one in &ATTACKS {
        let server = Process::start(&["--log", "error"]);
        let (before, peak) = beside(server.http, |_| {
            let before = server.memory();
            let open: Vec<TcpStream> = std::thread::scope(|scope| {
                let attackers: Vec<_> =
                    (0..connections).map(|_| scope.spawn(|| attack(server.grpc, one, connections.min(8)))).collect();
                attackers.into_iter().map(|attacker| attacker.join().unwrap()).collect()
            });
            let peak = server.peak();
            drop(open);
            (before, peak)
        });
        println!("{}, {connections} connections: {} KB more", one.name, peak.saturating_sub(before));
        if peak > before + COST {
            over.push(format!("{}: {before} KB before, {peak} KB at most", one.name));
        }
    }
    assert!(over.is_empty(), "{connections} connections:\n{}", over.join("\n"));
}

#[test]
fn a_flood_on_one_connection_costs_little_and_disturbs_nobody() {
    from(1);
}

#[test]
fn a_flood_on_fifty_connections_costs_little_and_disturbs_nobody() {
    from(50);
}
