//! How many instructions a decision takes, which a busy machine does not change, and how many more it takes with a
//! hundred times the roles or people: that is a gate. Runs itself under valgrind, a process a case.
#![expect(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a benchmark says what it finds")]

mod world;

use std::hint::black_box;
use std::process::Command;

use hallpass::policy::request::Request;
use world::{OTHER, OWN, World, request};

/// How many more instructions growth may cost.
const GROWTH: f64 = 1.3;
/// Questions of a case; what building the world costs is not counted.
const QUESTIONS: usize = 1_000;
/// The first argument of a process that asks.
const ASK: &str = "ask";

/// What is asked, and of which world.
const CASES: [&str; 6] = ["allow", "deny", "explain a deny", "random", "random, 100x roles", "random, 1,000x people"];
/// Cases that may not cost much more than [`BASE`].
const GROWN: [&str; 2] = ["random, 100x roles", "random, 1,000x people"];
const BASE: &str = "random";

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some(ASK), Some(case)) => ask(&case),
        _ => report(),
    }
}

fn report() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("instructions: skipped, as valgrind is not there: install it (`apt-get install valgrind`)");
        return;
    }
    println!("{:<24} {:>12}", "a decision", "instructions");
    let counts = CASES.map(|case| (case, count(case) / QUESTIONS as f64));
    let of = |name| counts.iter().find(|(case, _)| *case == name).map_or(f64::NAN, |(_, count)| *count);
    for (case, count) in counts {
        let growth = if GROWN.contains(&case) { format!("  {:.2}x", count / of(BASE)) } else { String::new() };
        println!("{case:<24} {count:>12.0}{growth}");
    }
    for case in GROWN {
        assert!(of(case) <= GROWTH * of(BASE), "{case} costs more than {GROWTH}x");
    }
}

/// The instructions of one case, counted by valgrind.
fn count(case: &str) -> f64 {
    let this = std::env::current_exe().expect("this program has a path");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*asked*"])
        .arg(this)
        .args([ASK, case])
        .output()
        .expect("valgrind runs");
    let said = String::from_utf8_lossy(&run.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.unwrap_or_else(|| panic!("valgrind counted nothing for `{case}`: {said}"))
}

fn ask(case: &str) {
    let world = match case {
        "random" => World::grown(1, 1),
        "random, 100x roles" => World::grown(100, 1),
        "random, 1,000x people" => World::grown(1, 1_000),
        _ => World::demo(),
    };
    let questions = if case.starts_with("random") { world.questions(QUESTIONS) } else { Vec::new() };
    let mut requests: Vec<Request<'_>> = questions.iter().map(|(subject, student)| request(subject, student)).collect();
    let repeated = if case == "allow" { OWN } else { OTHER };
    requests.resize(QUESTIONS, request(repeated.0, repeated.1));
    black_box(asked(&world, &requests, case == "explain a deny"));
}

/// What is counted; how many were allowed.
#[inline(never)]
fn asked(world: &World, requests: &[Request<'_>], explain: bool) -> usize {
    let allowed = |request: &&Request<'_>| match explain {
        true => world.explain(request).decision.is_allow(),
        false => world.decide(request).is_allow(),
    };
    requests.iter().filter(allowed).count()
}
