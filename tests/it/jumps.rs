//! Clocks that jump while a server runs: what is in force on a day is so from the next request on, whichever way the clock
//! went; lines of the log are ordered by their numbers, whatever their times say.

use std::path::Path;

use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use tempfile::TempDir;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::asking::edges::check;
use crate::decision_log::{decisions, key_file, verified};
use crate::process::Process;
use crate::running::runtime;
use crate::support::{copy, edit, path};

/// What the clock says in UTC, and whether a role that is held on 15 November 2026 alone, a day of the district's, eight hours
/// behind, is held then.
const CLOCKS: [(&str, bool); 17] = [
    ("2026-11-15 12:00:00", true),
    ("2026-11-15 13:00:00", true),
    ("2026-11-15 11:00:00", true),
    ("2026-11-16 07:59:59", true),
    ("2026-11-16 08:00:00", false),
    ("2026-11-16 07:59:59", true),
    ("2026-11-15 08:00:00", true),
    ("2026-11-15 07:59:59", false),
    ("2026-11-15 12:00:00", true),
    ("2026-11-16 12:00:00", false),
    ("2026-11-15 12:00:00", true),
    ("2026-11-14 12:00:00", false),
    ("2026-11-15 12:00:00", true),
    ("2036-11-15 12:00:00", false),
    ("2026-11-15 12:00:00", true),
    ("2016-11-15 12:00:00", false),
    ("2026-11-15 12:00:00", true),
];

/// Sets a clock in one step.
fn set(clock: &Path, to: &str) {
    let beside = clock.with_extension("new");
    std::fs::write(&beside, to).unwrap();
    std::fs::rename(beside, clock).unwrap();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "where the library is, the environment says")]
#[ignore = "needs libfaketime"]
fn a_clock_that_jumps_is_believed_at_the_next_request_and_harms_nothing_else() {
    let library = std::env::var("HALLPASS_TEST_FAKETIME").expect("the path of libfaketime's library");
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    copy(&path("examples/district"), &folder.path().join("directory"));
    let row = "ra.p.okafor.1,,p.okafor,misis.principal,sch.fernvale,";
    edit(
        &folder.path().join("directory/role_assignments.csv"),
        &format!("{row},"),
        &format!("{row}2026-11-15,2026-11-16"),
    );
    let (clock, key) = (folder.path().join("clock"), key_file(folder.path()));
    set(&clock, CLOCKS[0].0);
    let preload = [
        "/usr/bin/env".to_owned(),
        format!("LD_PRELOAD={library}"),
        format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let files = ["--directory", &place("directory")];
    let log = ["--decision-log", &place("decisions.log"), "--decision-log-key-file", key.to_str().unwrap()];
    let required = ["--decision-log-mode", "required", "--decision-log-wait-ms", "60000"];
    let flags = [files.to_vec(), log.to_vec(), required.to_vec()].concat();
    let mut server = Process::under(&preload.each_ref().map(String::as_str), &flags);
    runtime().block_on(async {
        let channel = Endpoint::from_shared(format!("http://{}", server.grpc)).unwrap().connect_lazy();
        let mut client = HallpassClient::new(channel);
        for (to, held) in CLOCKS {
            set(&clock, to);
            let answer = client.check(check("p.okafor", "s.0142")).await.unwrap().into_inner();
            assert_eq!(answer.allow, held, "{to}: {answer:?}");
        }
    });
    assert_eq!(server.health(""), Some(ServingStatus::Serving));
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0), "{}", server.log());
    let lines = decisions(Path::new(&place("decisions.log")));
    let told: Vec<(&str, bool)> = lines
        .iter()
        .map(|line| (line["time"].as_str().unwrap().get(..19).unwrap(), line["effect"] == "allow"))
        .collect();
    let expected: Vec<(String, bool)> = CLOCKS.iter().map(|(to, held)| (to.replace(' ', "T"), *held)).collect();
    assert_eq!(told, expected.iter().map(|(to, held)| (to.as_str(), *held)).collect::<Vec<_>>());
    assert!(lines.is_sorted_by_key(|line| line["seq"].as_u64().unwrap()));
    assert_eq!(verified(&[place("decisions.log").into()], Some(&key), None).findings, []);
}
