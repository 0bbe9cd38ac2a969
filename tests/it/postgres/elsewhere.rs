//! Another server in the database's place: one that was restored from an older copy, or grew out of it.

use super::{District, PATIENCE, RECOVERY, Sidecar, Told, Verdict, bound};

fn until(sidecar: &Sidecar, who: &str, allowed: bool, what: &str) {
    let wanted = |told: &Told| if allowed { told.verdict == Verdict::Allow } else { told.denied() };
    let took = sidecar.until(what, wanted, who);
    assert!(took < (RECOVERY + bound()) * PATIENCE, "{what}: {took:?}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_was_known_of_one_server_does_not_count_at_another() {
    let district = District::new(6);
    let other = district.postgres.copy();
    // Each history has revocations of its own, and numbers them alike.
    let (ours, theirs) = (district.postgres.sql(), other.sql());
    let sidecar = district.sidecar(&[]);
    for number in 0..6 {
        until(&sidecar, &format!("u.{number}"), true, "the start");
    }
    theirs.run(&super::revocation_of("u.0"));
    theirs.run(&super::revocation_of("u.1"));
    ours.run(&super::revocation_of("u.2"));
    until(&sidecar, "u.2", false, "a revocation");
    for (what, socket, gone) in [
        ("the other server, which is ahead", other.socket(), ["u.0", "u.1"].as_slice()),
        ("the first server, which is behind", district.postgres.socket(), &["u.2"]),
        ("the other server again", other.socket(), &["u.0", "u.1"]),
    ] {
        district.proxy.lead_to(socket);
        district.proxy.cut(|_| true);
        for who in gone {
            until(&sidecar, who, false, what);
        }
        for number in 0..6 {
            let who = format!("u.{number}");
            until(&sidecar, &who, !gone.contains(&who.as_str()), what);
        }
    }
    theirs.run(&super::revocation_of("u.5"));
    until(&sidecar, "u.5", false, "a revocation there");
}

/// Where the log has been emptied, or the schema made anew, nothing that was known counts any more.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_log_that_lost_what_was_not_read_makes_all_be_read_again() {
    let district = District::new(6);
    let sidecar = district.sidecar(&[]);
    for (at, loss) in ["DELETE FROM hallpass.change_log; UPDATE hallpass.directory SET pruned = (SELECT last_value FROM hallpass.change_numbers)",
        "TRUNCATE hallpass.change_log; UPDATE hallpass.directory SET pruned = 0; ALTER SEQUENCE hallpass.change_numbers RESTART"].into_iter().enumerate() {
        let who = format!("u.{at}");
        until(&sidecar, &who, true, "the start");
        // Nobody is told of it, and the log doesn't say it.
        district.proxy.refuse();
        district.proxy.cut(|_| true);
        district.sql.run(&format!("{}; {loss}", super::revocation_of(&who)));
        district.proxy.admit();
        until(&sidecar, &who, false, loss);
        until(&sidecar, "u.5", true, loss);
    }
}
