//! A right that was taken away is gone in time: with notifications, without, with the connection cut or silent, and for
//! one that slept meanwhile.

use std::time::{Duration, Instant};

use super::{District, PATIENCE, Sidecar, Told, Verdict, bound};

/// How long after the commit the last allow was asked for. Ends when the answers have changed for good.
fn last_allow(sidecar: &Sidecar, who: &str, committed: Instant) -> Duration {
    let mut last = Duration::ZERO;
    loop {
        let asked = committed.elapsed();
        match sidecar.ask_in_time(who).verdict {
            Verdict::Allow => last = asked,
            // Not known at the moment, but perhaps again later.
            Verdict::Unavailable => {}
            Verdict::Deny(_) => return last,
        }
        assert!(asked < bound() * PATIENCE, "{who} keeps it after {asked:?}\n{}", sidecar.log());
    }
}

fn revoked_in_time(district: &District, sidecar: &Sidecar, who: &str, what: &str, meanwhile: impl FnOnce()) {
    district.proxy.until("a connection that listens", |connections| {
        connections.iter().any(|connection| connection.open && connection.listens)
    });
    sidecar.knows(who);
    meanwhile();
    district.revoke(who);
    let last = last_allow(sidecar, who, Instant::now());
    assert!(last < bound() * PATIENCE, "{what}: {last:?}");
    println!("{what}: the last allow {last:?} after the commit");
    for _ in 0..20 {
        assert!(sidecar.ask(who).denied(), "{what}: it came back");
    }
}

/// Takes a line out of the trigger's function, wherever it is said.
pub(super) fn without(district: &District, needle: &str) {
    let functions: i64 = district.sql.one(&format!(
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'hallpass'::regnamespace AND prosrc LIKE '%{needle}%'"
    ));
    assert!(functions > 0, "no function says `{needle}`");
    district.sql.run(&format!(
        "DO $do$ DECLARE one record; BEGIN
            FOR one IN SELECT oid, prosrc FROM pg_proc
                WHERE pronamespace = 'hallpass'::regnamespace AND prosrc LIKE '%{needle}%' LOOP
                EXECUTE replace(pg_get_functiondef(one.oid), one.prosrc,
                    regexp_replace(one.prosrc, '[^;\\n]*{needle}[^;]*;', 'NULL;', 'g'));
            END LOOP;
        END $do$"
    ));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_revocation_counts_in_time_however_it_is_heard_of() {
    let district = District::new(20);
    let sidecar = district.sidecar(&[]);
    revoked_in_time(&district, &sidecar, "u.0", "notified", || {});
    revoked_in_time(&district, &sidecar, "u.1", "the listening connection cut", || {
        assert_eq!(district.proxy.cut(|connection| connection.listens), 1);
    });
    revoked_in_time(&district, &sidecar, "u.2", "every connection cut", || {
        district.proxy.cut(|_| true);
    });
    revoked_in_time(&district, &sidecar, "u.3", "the listening connection silent", || {
        assert_eq!(district.proxy.hush(|connection| connection.listens), 1);
    });
    district.proxy.clear();
    without(&district, "pg_notify");
    revoked_in_time(&district, &sidecar, "u.4", "no notifications", || {});
    revoked_in_time(&district, &sidecar, "u.5", "no notifications, every connection cut", || {
        district.proxy.cut(|_| true);
    });
}

/// While the database can't be reached nobody knows of a revocation; once it can, the bound holds from there.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_revocation_during_an_outage_counts_soon_after_it() {
    let district = District::new(4);
    let sidecar = district.sidecar(&[]);
    sidecar.knows("u.0");
    district.proxy.refuse();
    district.proxy.cut(|_| true);
    district.revoke("u.0");
    assert_eq!(sidecar.ask_in_time("u.1").verdict, Verdict::Unavailable);
    district.proxy.admit();
    let last = last_allow(&sidecar, "u.0", Instant::now());
    println!("after an outage: the last allow {last:?} after its end");
    sidecar.knows("u.1");
}

/// What a writer got to know is enough for everybody whom they tell it, however little the sidecar has heard.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_token_of_the_writer_is_waited_for_and_full_consistency_needs_none() {
    let district = District::new(30);
    let sidecar = district.sidecar(&[]);
    without(&district, "pg_notify");
    for number in 0..10 {
        let who = format!("u.{number}");
        sidecar.knows(&who);
        district.revoke(&who);
        let sequence: i64 = district.sql.one("SELECT hallpass.sequence()");
        let told = sidecar.ask_at(&who, &format!("at-least={sequence}"));
        assert!(told.denied(), "{told:?}");
        assert!(told.revision.as_deref().unwrap().parse::<i64>().unwrap() >= sequence, "{told:?}");
        let who = format!("u.{}", number + 10);
        sidecar.knows(&who);
        district.revoke(&who);
        assert!(sidecar.ask_at(&who, "full").denied());
        assert!(sidecar.ask(&who).denied(), "and for who asks without a wish after it");
    }
    let future = district.sql.one::<i64>("SELECT hallpass.sequence()") + 1;
    let Told { verdict, took, .. } = sidecar.ask_at("u.20", &format!("at-least={future}"));
    assert_eq!(verdict, Verdict::Unavailable);
    assert!(took < super::ANSWER * PATIENCE, "{took:?}");
    district.proxy.weather(|weather| weather.silent = true);
    assert_eq!(sidecar.ask_at("p.okafor", "full").verdict, Verdict::Unavailable);
    district.proxy.clear();
}

/// A process that is stopped, as one whose machine sleeps, doesn't wake with what it knew.
#[test]
#[ignore = "needs PostgreSQL"]
fn who_slept_asks_first() {
    let district = District::new(12);
    let sidecar = district.sidecar(&[]);
    for round in 0..4 {
        let who = format!("u.{round}");
        sidecar.knows(&who);
        sidecar.signal("STOP");
        district.revoke(&who);
        // What the bound promises begins when it is over: nothing else tells.
        std::thread::sleep(bound());
        let told = std::thread::scope(|scope| {
            // Sent while it sleeps, so that it is there when it wakes; the kernel accepts for it.
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| sidecar.ask(&who))).collect();
            sidecar.signal("CONT");
            asked.into_iter().map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
        });
        for told in told {
            assert!(told.verdict != Verdict::Allow, "round {round}: {told:?}");
        }
        sidecar.until("the revocation", |told| told.denied(), &who);
    }
}
