//! What 1, 2, 4 and 8 sidecars cost one PostgreSQL, and how soon a revocation counts at all of them: each serves checks of
//! a whole district while somebody revokes. Prints; judges nothing, as times say little on a shared machine.
//!
//! Starts a PostgreSQL of its own from the programs in `HALLPASS_TEST_POSTGRES_BIN`. What it counts is the database's own
//! (`pg_stat_database`, `pg_stat_activity`) and the CPU time of its processes.
#![expect(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark")]
#![expect(dead_code, reason = "the server of the tests can more than is wanted here")]

#[path = "sidecars/asking.rs"]
mod asking;
#[path = "sidecars/fleet.rs"]
mod fleet;
#[path = "../tests/it/postgres/server.rs"]
mod server;

use std::time::{Duration, Instant};

use fleet::Fleet;
use server::{Postgres, Sql};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many sidecars.
const FLEETS: [usize; 4] = [1, 2, 4, 8];
/// Principals of one school, of whom one after the other loses the role.
const PEOPLE: usize = 20_000;
/// Questions a second that each sidecar gets.
const RATE: u32 = 200;
/// Revocations a second.
const REVOCATIONS: u32 = 10;
/// How long each measurement takes.
const MEASURED: Duration = Duration::from_secs(20);

/// What the database has done so far.
#[derive(Clone, Copy)]
struct Work {
    at: Instant,
    transactions: i64,
    rows: i64,
    cpu: f64,
}

impl Work {
    fn so_far(postgres: &Postgres, sql: &Sql) -> Self {
        // Sessions report now and then.
        sql.run("SELECT pg_stat_force_next_flush(); SELECT pg_stat_clear_snapshot()");
        let stat = |what: &str| sql.one(&format!("SELECT {what} FROM pg_stat_database WHERE datname = 'postgres'"));
        let cpu = postgres.processes().into_iter().map(fleet::cpu).sum();
        Self { at: Instant::now(), transactions: stat("xact_commit"), rows: stat("tup_fetched"), cpu }
    }
}

fn main() {
    let postgres = Postgres::start();
    let sql = postgres.sql();
    fleet::import(&postgres.url());
    sql.run(&format!(
        "INSERT INTO hallpass.users (id, org_ids) SELECT 'u.' || n, '{{sch.fernvale}}' FROM generate_series(0, {PEOPLE} - 1) n;
         INSERT INTO hallpass.role_assignments (id, user_id, role, org_id)
             SELECT 'ra.u.' || n, 'u.' || n, 'misis.principal', 'sch.fernvale' FROM generate_series(0, {PEOPLE} - 1) n;
         ANALYZE"
    ));
    println!(
        "{PEOPLE} people, {RATE} checks a second at each sidecar, {REVOCATIONS} revocations a second, {} s each\n",
        MEASURED.as_secs()
    );
    println!(
        "sidecars  state   connections  queries/s  each  rows/s  PostgreSQL CPU s/s  sidecars CPU s/s  MB each  revocation p50    p99    max  checks p50   p99 (ms)  undecided"
    );
    for count in FLEETS {
        let fleet = Fleet::start(count, &postgres.url());
        idle(&postgres, &sql, &fleet);
        for revocations in [0, REVOCATIONS] {
            busy(&postgres, &sql, &fleet, revocations);
        }
    }
}

/// Nobody asks and nothing changes.
fn idle(postgres: &Postgres, sql: &Sql, fleet: &Fleet) {
    let (before, own) = (Work::so_far(postgres, sql), fleet.cpu());
    std::thread::sleep(MEASURED / 2);
    let after = Work::so_far(postgres, sql);
    row(fleet, sql, "idle", (before, after), fleet.cpu() - own);
    println!();
}

/// Everybody asks, and so many times a second somebody loses a role.
fn busy(postgres: &Postgres, sql: &Sql, fleet: &Fleet, revocations: u32) {
    let (before, own) = (Work::so_far(postgres, sql), fleet.cpu());
    let asked = asking::run(fleet, &postgres.address(), revocations);
    let after = Work::so_far(postgres, sql);
    row(fleet, sql, if revocations == 0 { "asked" } else { "revoked" }, (before, after), fleet.cpu() - own);
    let millis = |times: &[Duration], share: usize| {
        times
            .get((times.len() * share / 100).min(times.len().saturating_sub(1)))
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    let (seen, waits) = (&asked.seen, &asked.waits);
    println!(
        "  {:>14.1} {:>6.1} {:>6.1}  {:>10.2} {:>10.2}  {:>9}",
        millis(seen, 50),
        millis(seen, 99),
        millis(seen, 100),
        millis(waits, 50),
        millis(waits, 99),
        asked.undecided
    );
}

fn row(fleet: &Fleet, sql: &Sql, state: &str, (before, after): (Work, Work), own: f64) {
    let seconds = (after.at - before.at).as_secs_f64();
    let connections: i64 = sql.one("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hallpass%'");
    let queries = (after.transactions - before.transactions) as f64 / seconds;
    print!(
        "{:>8}  {state:<7} {connections:>11}  {queries:>9.1} {:>5.1}  {:>6.0}  {:>18.3}  {:>16.3}  {:>7}",
        fleet.count(),
        queries / fleet.count() as f64,
        (after.rows - before.rows) as f64 / seconds,
        (after.cpu - before.cpu) / seconds,
        own / seconds,
        fleet.memory(),
    );
}
