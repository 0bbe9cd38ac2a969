//! Connections that break wherever they may: cut after k bytes, or garbage from there on.

use super::{District, PATIENCE, RECOVERY, Sidecar, Verdict};

/// So many bytes of answers a connection has for its first look-ups, at most.
const MOST: usize = 4_000;

/// Cuts what is open, so that whoever asks meets the weather from its first byte.
fn meet(district: &District, sidecar: &Sidecar, who: &str, what: &str) {
    district.proxy.cut(|_| true);
    let told = sidecar.ask_in_time(who);
    assert!(!told.denied(), "{what}: {told:?}");
    let nobody = sidecar.ask_in_time("u.revoked");
    assert!(nobody.verdict != Verdict::Allow, "{what}: {nobody:?}");
}

fn recovered(district: &District, sidecar: &Sidecar, who: &str, what: &str) {
    district.proxy.clear();
    let took = sidecar.until(what, |told| told.verdict == Verdict::Allow, who);
    assert!(took < RECOVERY * PATIENCE, "{what}: {took:?}");
    assert!(sidecar.ask("u.revoked").denied(), "{what}");
}

fn district() -> District {
    let district = District::new(1_000);
    district.sql.run(
        "INSERT INTO hallpass.users (id, org_ids) VALUES ('u.revoked', '{sch.fernvale}');
         INSERT INTO hallpass.role_assignments (id, user_id, role, org_id, deleted)
             VALUES ('ra.revoked', 'u.revoked', 'misis.principal', 'sch.fernvale', true)",
    );
    district
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_connection_that_is_cut_after_any_byte_gives_the_truth_or_nothing() {
    let district = district();
    // Nothing is kept for long, so that every question is a look-up.
    let sidecar = district.sidecar(&["--directory-ttl-seconds", "1"]);
    for (at, after) in (0..MOST).step_by(17).enumerate() {
        let (who, what) = (format!("u.{at}"), format!("cut after {after} bytes"));
        district.proxy.weather(|weather| weather.cut_after = Some(after));
        meet(&district, &sidecar, &who, &what);
        if at % 16 == 0 {
            recovered(&district, &sidecar, &who, &what);
        }
    }
    recovered(&district, &sidecar, "u.999", "cut connections");
    district.no_connection_is_left_over();
}

#[test]
#[ignore = "needs PostgreSQL"]
fn garbage_from_any_byte_on_gives_the_truth_or_nothing() {
    let district = district();
    let sidecar = district.sidecar(&["--directory-ttl-seconds", "1"]);
    for (at, after) in (0..MOST).step_by(113).enumerate() {
        let (who, what) = (format!("u.{at}"), format!("garbage after {after} bytes"));
        district.proxy.weather(|weather| weather.garbage_after = Some((after, at as u64)));
        meet(&district, &sidecar, &who, &what);
        if at % 8 == 0 {
            recovered(&district, &sidecar, &who, &what);
        }
    }
    recovered(&district, &sidecar, "u.999", "garbage");
    district.no_connection_is_left_over();
}
