//! What Hallpass costs on the wire, beside services that decide nothing, in the same run: one worker of each, turn about
//! over several rounds. Prints medians and ratios; judges nothing, as times say little on a shared machine.
//!
//! Each server is a process of its own, this program run again, so that its CPU time and memory are its own. Server and
//! load sit on a core each where `taskset` is there, and idle-priority spinners keep both cores awake where `chrt` is.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, reason = "a benchmark")]

#[path = "wire/floor.rs"]
mod floor;
#[path = "wire/load.rs"]
mod load;
#[path = "wire/overload.rs"]
mod overload;
#[path = "wire/process.rs"]
#[expect(dead_code, reason = "what is shared with other benchmarks can more than is wanted here")]
mod process;
mod world;

use load::Load;
use process::{Server, spinners};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each server has its turn.
const ROUNDS: usize = 5;
/// Questions of a batch.
const BATCH: usize = 100;

/// Questions of a stream that are sent at once; as many are on their way while these are answered.
const AT_ONCE: usize = 256;

/// A way of asking.
struct Way {
    name: &'static str,
    load: Load,
    /// Calls of one turn.
    calls: usize,
    /// Questions of a call.
    questions: usize,
}

const WAYS: [Way; 6] = [
    Way {
        name: "gRPC check, 8 x 32 streams",
        load: Load::Grpc { connections: 8, streams: 32 },
        calls: 60_000,
        questions: 1,
    },
    Way { name: "gRPC check, one stream", load: Load::Grpc { connections: 1, streams: 1 }, calls: 5_000, questions: 1 },
    Way { name: "gRPC batch of 100, 4 streams", load: Load::Batch { streams: 4 }, calls: 1_500, questions: BATCH },
    Way { name: "gRPC check stream, one stream", load: Load::Stream, calls: 2_000, questions: AT_ONCE },
    Way { name: "HTTP evaluation, 16 connections", load: Load::Http { connections: 16 }, calls: 30_000, questions: 1 },
    Way { name: "HTTP evaluation, one connection", load: Load::Http { connections: 1 }, calls: 5_000, questions: 1 },
];

/// One turn of a server: microseconds of its CPU a question, and of waiting for an answer.
#[derive(Clone, Copy)]
struct Turn {
    cpu: f64,
    p50: f64,
    p99: f64,
}

fn main() {
    let asked = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    match asked.as_deref() {
        Some("serve-hallpass") => process::serve_hallpass(false, None),
        Some("serve-floor") => floor::serve(),
        Some("overload") => overload::report(),
        Some("spin") => loop {
            std::hint::spin_loop();
        },
        part => report(part.unwrap_or_default()),
    }
}

/// Measures the ways whose names have this part.
fn report(part: &str) {
    let _spinners = spinners();
    let (hallpass, floor) = (Server::start("serve-hallpass"), Server::start("serve-floor"));
    let idle = [hallpass.resident(), floor.resident()];
    println!(
        "medians of {ROUNDS} rounds, least and most in brackets; CPU is the server's, in microseconds a question\n"
    );
    println!(
        "{:<33} {:>22} {:>22} {:>6}  {:>13} {:>13}",
        "", "Hallpass CPU", "empty CPU", "ratio", "p50 H/empty", "p99 H/empty"
    );
    for way in WAYS.iter().filter(|way| way.name.contains(part)) {
        let mut turns = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for (server, turns) in [&hallpass, &floor].into_iter().zip(&mut turns) {
                turns.push(turn(server, way));
            }
        }
        row(way.name, &turns);
    }
    println!(
        "\nresident MB: Hallpass {:.1} idle, {:.1} after; empty {:.1}, {:.1}",
        idle[0],
        hallpass.resident(),
        idle[1],
        floor.resident()
    );
}

fn turn(server: &Server, way: &Way) -> Turn {
    load::run(server, way.load, way.calls / 10);
    let before = server.cpu();
    let mut waits = load::run(server, way.load, way.calls);
    let cpu = (server.cpu() - before) * 1e6 / (waits.len() * way.questions) as f64;
    waits.sort_by(f64::total_cmp);
    let at = |share: usize| waits[waits.len() * share / 100];
    Turn { cpu, p50: at(50), p99: at(99) }
}

fn row(name: &str, turns: &[Vec<Turn>; 2]) {
    let spread = |at: usize, of: fn(&Turn) -> f64| {
        let mut all: Vec<f64> = turns[at].iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        (all[all.len() / 2], all[0], all[all.len() - 1])
    };
    let cpu = [0, 1].map(|at| spread(at, |turn| turn.cpu));
    let shown = cpu.map(|(median, least, most)| format!("{median:.2} ({least:.2}-{most:.2})"));
    let mut ratios: Vec<f64> = turns[0].iter().zip(&turns[1]).map(|(ours, empty)| ours.cpu / empty.cpu).collect();
    ratios.sort_by(f64::total_cmp);
    let wait = |of: fn(&Turn) -> f64| format!("{:.0}/{:.0} us", spread(0, of).0, spread(1, of).0);
    println!(
        "{name:<33} {:>22} {:>22} {:>6.2}  {:>13} {:>13}",
        shown[0],
        shown[1],
        ratios[ratios.len() / 2],
        wait(|turn| turn.p50),
        wait(|turn| turn.p99)
    );
}
