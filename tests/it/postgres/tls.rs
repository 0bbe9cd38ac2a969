//! A database over TLS: whoever sits in between learns nothing and gets nobody in, and nor does another certificate.

use tempfile::TempDir;
use tonic_health::pb::health_check_response::ServingStatus;

use super::proxy::message;
use super::{District, PATIENCE, RECOVERY, Sidecar, Verdict};
use crate::pki::{Authority, dns};
use crate::support::write;

fn serves_nobody(sidecar: &Sidecar, what: &str) {
    assert_eq!(sidecar.health(), ServingStatus::NotServing, "{what}");
    assert_eq!(sidecar.ask_in_time("u.0").verdict, Verdict::Unavailable, "{what}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_connection_over_tls_breaks_wherever_it_may_and_lets_nobody_in() {
    let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
    let (ours, theirs) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    write(&ours, &authority.pem);
    write(&theirs, &Authority::new().pem);
    let district = District::new(400);
    let certify = |pair: crate::pki::Pair| {
        district.postgres.certify(&pair.cert, &pair.key);
        district.postgres.stop();
        district.postgres.begin();
        district.proxy.lead_to(district.postgres.socket());
    };
    certify(authority.issue(|params| params.subject_alt_names = vec![dns("elsewhere")]));
    serves_nobody(&Sidecar::start(&district.proxy.url_over_tls(&ours), &[]), "the certificate of another host");
    certify(authority.server());
    serves_nobody(&Sidecar::start(&district.proxy.url_over_tls(&theirs), &[]), "another authority");
    // Whoever sits in between says that there is no TLS, and would play the server in the clear.
    district.proxy.weather(|weather| {
        weather.impostor = Some(std::sync::Arc::new(|client| {
            std::io::Read::read(client, &mut [0; 8])?;
            let welcome = [message(b'R', &[0; 4]), message(b'Z', b"I")].concat();
            std::io::Write::write_all(client, &[b"N".as_slice(), &welcome].concat())?;
            while std::io::Read::read(client, &mut [0; 4096])? > 0 {}
            Ok(())
        }));
    });
    let sidecar = Sidecar::start(&district.proxy.url_over_tls(&ours), &["--directory-ttl-seconds", "1"]);
    serves_nobody(&sidecar, "no TLS");
    district.proxy.clear();
    district.proxy.cut(|_| true);
    sidecar.until("the database over TLS", |told| told.verdict == Verdict::Allow, "u.0");
    for (at, after) in (0..6_000).step_by(61).enumerate() {
        let (who, what) = (format!("u.{}", at + 1), format!("after {after} bytes"));
        district.proxy.weather(|weather| match at % 2 {
            0 => weather.cut_after = Some(after),
            _ => weather.garbage_after = Some((after, at as u64)),
        });
        district.proxy.cut(|_| true);
        let told = sidecar.ask_in_time(&who);
        assert!(!told.denied(), "{what}: {told:?}");
        assert_ne!(sidecar.ask_in_time("nobody").verdict, Verdict::Allow, "{what}");
    }
    district.proxy.clear();
    let took = sidecar.until("the database over TLS again", |told| told.verdict == Verdict::Allow, "u.0");
    assert!(took < RECOVERY * PATIENCE, "{took:?}");
}
