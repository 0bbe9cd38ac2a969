//! Clocks that jump while a server runs: what is in force on a day is so from the next request on, whichever way the clock
//! went; lines of the log are ordered by their numbers, whatever their times say.

use std::path::Path;

use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use tempfile::TempDir;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::asking::edges::check;
use crate::decision_log::{decisions, key_file, verified};
use crate::postgres::District;
use crate::process::Process;
use crate::running::runtime;
use crate::secure::until;
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

/// What a process is started by whose clock is in a file.
#[expect(clippy::disallowed_methods, reason = "where the library is, the environment says")]
fn preload(clock: &Path) -> [String; 5] {
    let library = std::env::var("HALLPASS_TEST_FAKETIME").expect("the path of libfaketime's library");
    [
        "/usr/bin/env".to_owned(),
        format!("LD_PRELOAD={library}"),
        format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ]
}

#[test]
#[ignore = "needs libfaketime"]
fn a_clock_that_jumps_is_believed_at_the_next_request_and_harms_nothing_else() {
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
    let preload = preload(&clock);
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

const DAYS: [&str; 3] = ["2026-11-15 12:00:00", "2026-11-17 12:00:00", "2026-11-13 12:00:00"];

/// A server whose clock is in a file knows of a principal, whose database then goes down: asks about them, now and again.
fn while_down(clock: &Path, time_to_live: &str, then: impl FnOnce(&dyn Fn() -> Option<bool>)) {
    set(clock, DAYS[0]);
    let (district, runtime) = (District::new(0), runtime());
    let url = district.proxy.url();
    let flags = ["--directory", &url, "--directory-ttl-seconds", time_to_live];
    let server = Process::under(&preload(clock).each_ref().map(String::as_str), &flags);
    let channel = runtime.block_on(async {
        Endpoint::from_shared(format!("http://{}", server.grpc)).map(|server| server.connect_lazy())
    });
    let client = HallpassClient::new(channel.unwrap());
    let ask = || {
        let mut client = client.clone();
        let answer = runtime.block_on(client.check(check("p.okafor", "s.0142")));
        answer.ok().map(|answer| answer.into_inner().allow)
    };
    until("a directory", || ask() == Some(true));
    district.proxy.refuse();
    district.proxy.cut(|_| true);
    then(&ask);
}

/// What is known of people while a database is down counts for its time to live, which a clock that is set neither ends nor
/// makes longer.
#[test]
#[ignore = "needs libfaketime and PostgreSQL"]
fn a_clock_that_jumps_moves_no_time_to_live() {
    let folder = TempDir::new().unwrap();
    let clock = folder.path().join("clock");
    let days = || DAYS.iter().cycle().inspect(|day| set(&clock, day));
    while_down(&clock, "600", |ask| days().take(30).for_each(|day| assert_eq!(ask(), Some(true), "{day}")));
    while_down(&clock, "3", |ask| {
        let mut days = days();
        until("an end of what is known", || {
            days.next();
            let answer = ask();
            assert_ne!(answer, Some(false));
            answer.is_none()
        });
    });
}
