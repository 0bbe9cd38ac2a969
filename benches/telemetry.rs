//! What counting and tracing cost: servers that do one of them and one that does neither take turns under the same load over
//! several rounds, and what a scrape costs. Of tracing, what its own threads cost is told apart: no request waits for that.
//! Prints medians and differences; judges nothing, as times say little on a shared machine.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, reason = "a benchmark")]

#[path = "telemetry/collector.rs"]
mod collector;
#[path = "wire/load.rs"]
mod load;
#[path = "wire/process.rs"]
mod process;
mod world;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use collector::Collector;
use hallpass::telemetry::traces::Traces;
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

/// The start of the role of a server that makes traces; the address of the collector follows.
const TRACING: &str = "serve-tracing=";

fn main() {
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    match (asked.as_str(), asked.strip_prefix(TRACING)) {
        ("serve-quiet", _) => process::serve_hallpass(false, None),
        ("serve-counting", _) => process::serve_hallpass(true, None),
        (_, Some(collector)) => {
            let collector = format!("http://{collector}").parse().expect("an address");
            let (traces, _sending) = Traces::start(&collector).expect("traces can be made");
            process::serve_hallpass(false, Some(traces));
        }
        ("spin", _) => loop {
            std::hint::spin_loop();
        },
        (part, None) => report(part),
    }
}

/// Measures the ways whose names have this part, then a scrape.
fn report(part: &str) {
    let _spinners = spinners();
    let collector = Collector::start();
    let tracing = format!("{TRACING}{}", collector.address);
    let servers = ["serve-quiet", "serve-counting", &tracing].map(Server::start);
    println!("medians of {ROUNDS} rounds, least and most in brackets: the server's CPU in nanoseconds a question\n");
    println!("{:<33} {:>22} {:>22} {:>11} {:>6}", "", "quiet", "the other", "difference", "ratio");
    for (name, load, calls, questions) in WAYS.into_iter().filter(|(name, ..)| name.contains(part)) {
        let mut turns: [Vec<Cost>; 3] = Default::default();
        for _ in 0..ROUNDS {
            for (server, turns) in servers.iter().zip(&mut turns) {
                turns.push(turn(server, load, calls, questions));
            }
        }
        println!("{name}");
        let [quiet, counting, tracing] = turns;
        compare("  counting", &quiet, &counting, |cost| cost.all);
        compare("  tracing, before the answer", &quiet, &tracing, |cost| cost.all - cost.sending);
        compare("  tracing, with sending", &quiet, &tracing, |cost| cost.all);
    }
    println!(
        "\nspans that came to the collector: {}; of more, made faster than they leave, some are dropped",
        collector.spans()
    );
    scrape(&servers[1]);
}

fn compare(name: &str, quiet: &[Cost], other: &[Cost], cost: fn(&Cost) -> f64) {
    let pairs = || quiet.iter().map(cost).zip(other.iter().map(cost));
    let difference = median(pairs().map(|(quiet, other)| other - quiet).collect());
    let ratio = median(pairs().map(|(quiet, other)| other / quiet).collect()).0;
    let [quiet, other] = [quiet, other].map(|turns| shown(turns.iter().map(cost).collect()));
    println!("{name:<33} {quiet:>22} {other:>22} {:>8.0} ns {ratio:>6.3}", difference.0);
}

/// Nanoseconds of a server's CPU a question: in all, and of those what the threads that send traces took.
struct Cost {
    all: f64,
    sending: f64,
}

/// Nanoseconds of a server's CPU a question.
fn turn(server: &Server, load: Load, calls: usize, questions: usize) -> Cost {
    load::run(server, load, calls / 10);
    let sends = |name: &str| name.starts_with("traces") || name.starts_with("OpenTelemetry");
    let (all, sending) = (server.cpu(), server.cpu_of(sends));
    let calls = load::run(server, load, calls).len();
    let each = |seconds: f64| seconds * 1e9 / (calls * questions) as f64;
    Cost { all: each(server.cpu() - all), sending: each(server.cpu_of(sends) - sending) }
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
