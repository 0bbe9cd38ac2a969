//! Changes are read in the order in which they were committed: one that took its number early and committed late isn't
//! missed; without the writers' lock it is.

use std::time::Instant;

use super::revocation::without;
use super::{District, PATIENCE, Verdict, bound};

/// The number of the newest change that the sidecar has read.
fn read(district: &District, sidecar: &super::Sidecar) -> i64 {
    let committed: i64 = district.sql.one("SELECT coalesce(max(sequence), 0) FROM hallpass.change_log");
    let told = sidecar.ask_at("p.okafor", &format!("at-least={committed}"));
    told.revision.unwrap_or_else(|| panic!("{:?}\n{}", told.verdict, sidecar.log())).parse().unwrap()
}

#[test]
#[ignore = "needs PostgreSQL"]
fn who_commits_late_is_not_missed() {
    let district = District::new(9);
    let sidecar = district.sidecar(&[]);
    for round in 0..3 {
        let [early, late, after] = [0, 1, 2].map(|at| format!("u.{}", 3 * round + at));
        for who in [&early, &late, &after] {
            sidecar.knows(who);
        }
        let (one, two) = (district.postgres.sql(), district.postgres.sql());
        one.run(&format!("BEGIN; {}", super::revocation_of(&early)));
        std::thread::scope(|scope| {
            // Waits for the first, or commits before it.
            let second = scope.spawn(|| two.run(&super::revocation_of(&late)));
            until_blocked(&district);
            read(&district, &sidecar);
            assert_eq!(sidecar.ask(&early).verdict, Verdict::Allow, "it isn't committed");
            one.run("COMMIT");
            let committed = Instant::now();
            second.join().unwrap();
            for who in [&early, &late] {
                sidecar.until("the revocation", |told| told.denied(), who);
            }
            assert!(committed.elapsed() < bound() * PATIENCE, "{:?}", committed.elapsed());
        });
        sidecar.knows(&after);
    }
}

/// Waits until somebody waits for the writers' lock.
fn until_blocked(district: &District) {
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while district.sql.one::<i64>(waiting) == 0 {
        std::thread::yield_now();
    }
}

/// The same without the lock: this is what it is there for.
#[test]
#[ignore = "needs PostgreSQL"]
fn without_the_lock_it_would_be_missed() {
    let district = District::new(4);
    let sidecar = district.sidecar(&["--directory-ttl-seconds", "3"]);
    without(&district, "pg_advisory_xact_lock");
    sidecar.knows("u.0");
    let (one, two) = (district.postgres.sql(), district.postgres.sql());
    one.run(&format!("BEGIN; {}", super::revocation_of("u.0")));
    two.run(&super::revocation_of("u.1"));
    read(&district, &sidecar);
    // Loaded again now, so that its time to live lies ahead.
    sidecar.until("the second revocation", |told| told.denied(), "u.1");
    one.run("COMMIT");
    two.run(&super::revocation_of("u.2"));
    read(&district, &sidecar);
    assert!(sidecar.ask("u.2").denied(), "later ones are heard of");
    assert_eq!(sidecar.ask("u.0").verdict, Verdict::Allow, "the twin misses what the lock brings");
    // Nothing but time bounds it then.
    sidecar.until("the end of its time", |told| told.denied(), "u.0");
}
