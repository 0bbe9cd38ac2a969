//! More than the server can take: how many calls a second are answered to connections that ask one question after the
//! other, up to where more of them get no more done, and five times beyond that.

use std::time::Instant;

use crate::ROUNDS;
use crate::load::{self, Load};
use crate::process::{Server, spinners};

/// Calls of one turn.
const CALLS: usize = 30_000;
/// Numbers of connections among which the fewest are sought that saturate the server.
const CONNECTIONS: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/// A server is saturated by as many as get this share of the most done.
const SATURATED: f64 = 0.95;
/// How many times as many are too many.
const TIMES: usize = 5;

/// One turn: answers a second, and microseconds that all but one in a hundred waited at most.
#[derive(Clone, Copy)]
struct Turn {
    rate: f64,
    p99: f64,
}

/// Measures and prints.
pub(crate) fn report() {
    let _spinners = spinners();
    let server = Server::start("serve-hallpass");
    turn(&server, 16);
    println!("\nmedians of {ROUNDS} rounds of {CALLS} calls\n{:>12} {:>12} {:>10}", "connections", "calls/s", "p99 us");
    let turns = CONNECTIONS.map(|connections| row(&server, &[connections])[0]);
    let peak = turns.iter().map(|turn| turn.rate).fold(0.0, f64::max);
    let enough = turns.iter().position(|turn| turn.rate >= SATURATED * peak).map_or(1, |at| CONNECTIONS[at]);
    let before = server.resident();
    println!("\nsaturated by {enough}; turn about with {TIMES} times as many:");
    let both = row(&server, &[enough, TIMES * enough]);
    println!("goodput {:.0} % of that when saturated", 100.0 * both[1].rate / both[0].rate);
    println!("resident MB: {before:.1} before, {:.1} after", server.resident());
}

/// Turn about, so that all see the same machine.
fn row(server: &Server, connections: &[usize]) -> Vec<Turn> {
    let rounds: Vec<Vec<Turn>> =
        (0..ROUNDS).map(|_| connections.iter().map(|connections| turn(server, *connections)).collect()).collect();
    let median = |at: usize, of: fn(&Turn) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(|turns| of(&turns[at])).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let shown = connections.iter().enumerate().map(|(at, connections)| {
        let turn = Turn { rate: median(at, |turn| turn.rate), p99: median(at, |turn| turn.p99) };
        println!("{connections:>12} {:>12.0} {:>10.0}", turn.rate, turn.p99);
        turn
    });
    shown.collect()
}

fn turn(server: &Server, connections: usize) -> Turn {
    let begun = Instant::now();
    let mut waits = load::run(server, Load::Grpc { connections, streams: 1 }, CALLS);
    let rate = waits.len() as f64 / begun.elapsed().as_secs_f64();
    waits.sort_by(f64::total_cmp);
    Turn { rate, p99: waits[waits.len() * 99 / 100] }
}
