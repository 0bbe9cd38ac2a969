//! What counting costs: two servers, one that counts and one that doesn't, take turns under the same load over several
//! rounds, and what a scrape costs the one that does. Prints medians and differences; judges nothing, as times say little on
//! a shared machine.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, reason = "a benchmark")]

#[path = "wire/load.rs"]
mod load;
#[path = "wire/process.rs"]
mod process;
mod world;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use load::Load;
use process::{Server, spinners};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each server has its turn.
const ROUNDS: usize = 9;
/// Questions of a batch, and of a stream that are sent at once.
const BATCH: usize = 100;
const AT_ONCE: usize = 256;
const SCRAPES: usize = 500;

/// Ways of asking: their names, calls of one turn, and questions of a call.
const WAYS: [(&str, Load, usize, usize); 4] = [
    ("gRPC check, 8 x 32 streams", Load::Grpc { connections: 8, streams: 32 }, 60_000, 1),
    ("gRPC batch of 100, 4 streams", Load::Batch { streams: 4 }, 1_500, BATCH),
    ("gRPC check stream, one stream", Load::Stream, 2_000, AT_ONCE),
    ("HTTP evaluation, 16 connections", Load::Http { connections: 16 }, 30_000, 1),
];

fn main() {
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    match asked.as_deref() {
        Some("serve-quiet") => process::serve_hallpass(false),
        Some("serve-counting") => process::serve_hallpass(true),
        Some("spin") => loop {
            std::hint::spin_loop();
        },
        part => report(part.unwrap_or_default()),
    }
}

/// Measures the ways whose names have this part, then a scrape.
fn report(part: &str) {
    let _spinners = spinners();
    let servers = ["serve-quiet", "serve-counting"].map(Server::start);
    println!("medians of {ROUNDS} rounds, least and most in brackets: the server's CPU in nanoseconds a question\n");
    println!("{:<33} {:>22} {:>22} {:>11} {:>6}", "", "quiet", "counting", "difference", "ratio");
    for (name, load, calls, questions) in WAYS.into_iter().filter(|(name, ..)| name.contains(part)) {
        let mut turns = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (server, turns) in servers.iter().zip(&mut turns) {
                turns.push(turn(server, load, calls, questions));
            }
        }
        let pairs = || turns[0].iter().zip(&turns[1]);
        let difference = median(pairs().map(|(quiet, counting)| counting - quiet).collect());
        let ratio = median(pairs().map(|(quiet, counting)| counting / quiet).collect()).0;
        let [quiet, counting] = turns.map(shown);
        println!("{name:<33} {quiet:>22} {counting:>22} {:>8.0} ns {ratio:>6.3}", difference.0);
    }
    scrape(&servers[1]);
}

/// Nanoseconds of a server's CPU a question.
fn turn(server: &Server, load: Load, calls: usize, questions: usize) -> f64 {
    load::run(server, load, calls / 10);
    let before = server.cpu();
    let calls = load::run(server, load, calls).len();
    (server.cpu() - before) * 1e9 / (calls * questions) as f64
}

fn scrape(server: &Server) {
    let admin = server.admin.expect("it counts");
    let bytes = page(admin);
    let before = server.cpu();
    (0..SCRAPES).for_each(|_| _ = page(admin));
    let cost = (server.cpu() - before) * 1e6 / SCRAPES as f64;
    println!("\na scrape, with its connection: {cost:.0} us of CPU for {bytes} bytes");
    println!("resident MB of the server that counts: {:.1}", server.resident());
}

/// Bytes of the page.
fn page(admin: SocketAddr) -> usize {
    let mut stream = TcpStream::connect(admin).expect("it listens");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    answer.len()
}

/// The one in the middle, the least and the most.
fn median(mut all: Vec<f64>) -> (f64, f64, f64) {
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[0], all[all.len() - 1])
}

fn shown(turns: Vec<f64>) -> String {
    let (median, least, most) = median(turns);
    format!("{median:.0} ({least:.0}-{most:.0})")
}
