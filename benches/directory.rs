//! A directory of a district's size: how long a folder takes to load and how much memory it stays in, what a reload does to
//! checks beside it, what a look-up in PostgreSQL costs, and how soon a revocation counts. Prints; judges nothing.
//!
//! HALLPASS_BENCH_STUDENTS (600,000) is how many students there are, HALLPASS_TEST_POSTGRES where a server is that a
//! database may be made on (without it, only the folder is measured), HALLPASS_BENCH_REVOCATIONS (10,000) how many there are.
#![expect(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a benchmark")]

#[path = "directory/database.rs"]
mod database;
mod world;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hallpass::caller::Caller;
use hallpass::directory::generate::{Wanted, write};
use hallpass::live;
use hallpass::pdp::Pdp;
use hallpass::policy::request::{Action, Limits, Request, Resource, Subject};
use hallpass::reload::Config;
use hallpass::snapshot::Builder;
use world::root;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a reload is waited for.
const LIMIT: Duration = Duration::from_secs(300);

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("directory");
    let wanted = Wanted::new(number("HALLPASS_BENCH_STUDENTS", 600_000), 7);
    let begun = Instant::now();
    let made = write(&wanted, &directory, &mut |_| ()).expect("a new folder can be written");
    println!("generate {} students: {:.2} s, {} MB", wanted.students, seconds(begun), made.bytes / 1_000_000);
    let people = People::of(&directory);
    measure_folder(&directory, &people);
    match std::env::var("HALLPASS_TEST_POSTGRES") {
        Ok(server) => database::measure(&server, &directory, &people, number("HALLPASS_BENCH_REVOCATIONS", 10_000)),
        Err(_) => println!("PostgreSQL: skipped, as HALLPASS_TEST_POSTGRES names none"),
    }
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn seconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64()
}

/// Principals, each with a student of their school.
pub(crate) struct People(Vec<(String, String)>);

impl People {
    fn of(directory: &Path) -> Self {
        let mut students = std::collections::HashMap::new();
        rows(&directory.join("users.csv"), ["sourcedId", "status", "grades", "primaryOrgSourcedId"], |row| {
            if let [id, "", grade, school] = row
                && !grade.is_empty()
            {
                students.entry(school.to_owned()).or_insert_with(|| id.to_owned());
            }
        });
        let mut people = Vec::new();
        let columns = ["userSourcedId", "role", "orgSourcedId", "beginDate", "endDate"];
        rows(&directory.join("role_assignments.csv"), columns, |row| {
            if let [user, "misis.principal", school, "", ""] = row
                && let Some(student) = students.get(school)
            {
                people.push((user.to_owned(), student.clone()));
            }
        });
        Self(people)
    }

    /// The question with a number: may a principal see a student of their school?
    pub(crate) fn question(&self, number: usize) -> Request<'_> {
        let (user, student) = self.0.get(number % self.0.len()).expect("there are principals");
        Request {
            subject: Subject { kind: "user", id: user, properties: &[] },
            action: Action { name: "view", properties: &[] },
            resource: Resource { kind: "misis.census.student", id: "", student: Some(student), ..Resource::default() },
            context: &[],
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

fn rows<const N: usize>(file: &Path, columns: [&str; N], mut take: impl FnMut([&str; N])) {
    let mut reader = csv::Reader::from_path(file).expect("a file of the district");
    let header = reader.headers().expect("a header").clone();
    let places = columns.map(|name| header.iter().position(|known| known == name).expect("a column"));
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).expect("a row") {
        take(places.map(|at| row.get(at).unwrap_or_default()));
    }
}

fn measure_folder(directory: &Path, people: &People) {
    let before = memory("VmRSS:");
    let config = Config::new(root().join("policies"), Some(directory.to_owned()));
    let begun = Instant::now();
    let builder = Builder::new(vec!["user".to_owned()], None);
    let (pdp, handle) = live::start(config, builder, Limits::default()).expect("the district loads");
    println!("folder, start to ready: {:.2} s", seconds(begun));
    println!("folder, memory: {:.0} MB resident ({before:.0} before), peak {:.0}", memory("VmRSS:"), memory("VmHWM:"));
    let quiet = checks(&pdp, people, |_| std::thread::sleep(Duration::from_secs(3)));
    print_spans("folder, a check while nothing happens", quiet);
    let mut took = 0.0;
    let beside = checks(&pdp, people, |pdp| took = reload(pdp, directory));
    print_spans("folder, a check while it is reloaded", beside);
    println!("folder, a file saved to the changed set: {took:.2} s, peak {:.0} MB", memory("VmHWM:"));
    handle.stop();
}

/// Checks without end on another thread while something is done.
fn checks(pdp: &Arc<Pdp>, people: &People, work: impl FnOnce(&Pdp)) -> Vec<Duration> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let checking = scope.spawn(|| {
            let mut spans = Vec::new();
            while !done.load(Ordering::Relaxed) {
                spans.extend((0..64).map(|number| check(pdp, people, number)));
                // A sidecar is not always busy, and the reload needs a core too.
                std::thread::sleep(Duration::from_micros(100));
            }
            spans
        });
        work(pdp);
        done.store(true, Ordering::Relaxed);
        checking.join().expect("it checks")
    })
}

fn check(pdp: &Pdp, people: &People, number: usize) -> Duration {
    let begun = Instant::now();
    let view = pdp.view(Caller::Anybody);
    assert!(view.decide(&people.question(number)).expect("well formed").is_allow());
    begun.elapsed()
}

/// Adds a row to the largest file, and waits until that is served.
fn reload(pdp: &Pdp, directory: &Path) -> f64 {
    let generation = || pdp.view(Caller::Anybody).snapshot().generation;
    let before = generation();
    let file = OpenOptions::new().append(true).open(directory.join("enrollments.csv"));
    let begun = Instant::now();
    file.and_then(|mut file| writeln!(file, "enr.new,,,c.0001.001,sch.0001,s.0000001,student,false,,"))
        .expect("a row more");
    while generation() == before {
        assert!(begun.elapsed() < LIMIT, "the changed set is served");
        std::thread::sleep(Duration::from_millis(5));
    }
    seconds(begun)
}

/// Median, 99th percentile and the longest, in microseconds.
pub(crate) fn print_spans(name: &str, mut spans: Vec<Duration>) {
    spans.sort();
    let at = |share: usize| spans.get((spans.len() - 1) * share / 100).map_or(0.0, |span| span.as_secs_f64() * 1e6);
    println!("{name}: p50 {:.1} µs, p99 {:.1} µs, max {:.1} µs of {}", at(50), at(99), at(100), spans.len());
}

/// What the process takes, in megabytes.
fn memory(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}
