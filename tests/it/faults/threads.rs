//! A server one of whose threads dies does not go on silently: it ends, with a code and a word.

use std::process::{Command, Stdio};

use super::control::Control;
use super::surfaces::Said;
use super::{Fault, Scene};
use crate::decision_log::key_file;
use crate::running::exchange;
use crate::support::append;

/// Brings a thread to a point.
type Lead = fn(&Scene);

/// A point on each thread, what brings the thread there, and what the server says as it ends.
#[test]
fn a_server_whose_thread_dies_ends_and_says_which() {
    let cases: [(&str, Lead, &str); 6] = [
        ("accept", |scene| _ = scene.check(), "a worker died"),
        ("credentials.check", |_| {}, "the thread that follows certificates and callers died"),
        ("reload.poll", |_| {}, "the files were no longer followed"),
        (
            "reload.publish",
            |scene| append(&scene.file("policies/routes.yaml"), "# \n"),
            "the files were no longer followed",
        ),
        ("log.take", |scene| _ = scene.check(), "the decision log was no longer written"),
        ("log.sync", |scene| _ = scene.check(), "the decision log was no longer written"),
    ];
    for (point, lead, message) in cases {
        let mut scene = scene();
        assert!(matches!(scene.check(), Said::Answer(true, _)));
        // Again and again: whoever waits to accept may turn to something else before it hears.
        scene.control.arm(point, Fault::Panic);
        lead(&scene);
        scene.control.until_reached(point);
        assert_eq!(scene.server.ended(), Some(1), "{point}");
        let log = scene.server.log();
        let last = log.lines().last().unwrap();
        assert!(log.contains(&format!("told to panic at {point}")), "{log}");
        assert!(last.starts_with("error: ") && last.contains(message), "{point}: {last}");
    }
}

/// With every thread that a server over files has.
fn scene() -> Scene {
    Scene::start(|place| {
        crate::support::write(place("admin.key").as_ref(), "k".repeat(32));
        let key = key_file(place("").as_ref());
        let log = ["--decision-log", &place("decisions.log"), "--decision-log-fsync", "always"];
        let sealed = ["--decision-log-key-file", key.to_str().unwrap(), "--admin-key-file", &place("admin.key")];
        log.into_iter().chain(sealed).map(str::to_owned).collect()
    })
}

/// While it still runs, nothing is lost: a panic of a request costs that request alone, and the admin plane's that.
#[test]
fn a_request_to_the_admin_plane_that_panics_fails_alone() {
    let scene = Scene::start(|_| Vec::new());
    let ask = || {
        let stream = std::net::TcpStream::connect(scene.server.admin.unwrap()).unwrap();
        exchange(stream, "GET", "/status", &[], b"").map(|answer| answer.status)
    };
    assert_eq!(ask().unwrap(), 200);
    scene.control.arm_once("request.view", Fault::Panic);
    assert!(ask().is_err());
    assert_eq!(ask().unwrap(), 200);
}

/// A server that can't begin says so and ends, whichever call fails.
#[test]
fn a_server_that_cannot_begin_ends() {
    for (point, fault, message) in [
        ("reload.list", Fault::Error, "told to fail at reload.list"),
        ("reload.read", Fault::Error, "told to fail at reload.read"),
        ("reload.build", Fault::Panic, "building from these files stopped at an internal error"),
        ("log.open", Fault::Error, "told to fail at log.open"),
        ("log.second", Fault::Error, "told to fail at log.second"),
        ("credentials.read", Fault::Error, "told to fail at credentials.read"),
    ] {
        let (control, folder) = (Control::new(), tempfile::TempDir::new().unwrap());
        control.arm(point, fault);
        let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let key = key_file(folder.path());
        crate::support::write(place("admin.key").as_ref(), "k".repeat(32));
        let (name, value) = control.variable().split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args([
            "serve",
            "--grpc-listen",
            "127.0.0.1:0",
            "--http-listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
        ]);
        command.args(["--decision-log", &place("log"), "--decision-log-checkpoints", &place("elsewhere")]);
        command.args(["--decision-log-key-file", key.to_str().unwrap(), "--admin-key-file", &place("admin.key")]);
        command.current_dir(crate::support::path("")).env_clear().env(name, value);
        let ended = command.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{point}: {said}");
        assert!(said.contains(message), "{point}: {said}");
        assert!(ended.stdout.is_empty(), "{point}: it listened");
    }
}
