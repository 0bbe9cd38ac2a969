//! The Unix socket: its mode at every moment, what stands at its path, who connects, and what is left at the end.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use hallpass::app::{App, Settings};
use hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient;
use serde_json::json;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use super::{EVALUATION, check, question};
use crate::running::{Answer, Server, exchange, runtime, settings};
use crate::support::write;

fn at(path: &Path) -> Settings {
    Settings { unix: Some(path.to_owned()), ..settings() }
}

fn post(path: &Path) -> Answer {
    let headers = [("content-type", "application/json")];
    exchange(UnixStream::connect(path).unwrap(), "POST", EVALUATION, &headers, question().to_string().as_bytes())
        .unwrap()
}

fn channel(path: &Path) -> Channel {
    Endpoint::from_shared(format!("unix:{}", path.display())).unwrap().connect_lazy()
}

/// Why a server can't begin there.
fn refused(path: &Path) -> String {
    let server = Server::start();
    App::bind(&at(path), &server.pdp, None).unwrap_err().to_string()
}

/// What else lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn both_protocols_are_spoken_and_nothing_is_left() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hallpass.sock");
    let server = Server::with(&at(&path));
    assert_eq!(names(folder.path()), ["hallpass.sock"]);
    for _ in 0..8 {
        assert_eq!(post(&path).body, json!({"decision": true}));
    }
    runtime().block_on(async {
        assert!(HallpassClient::new(channel(&path)).check(check()).await.unwrap().into_inner().allow);
    });
    server.end().unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn its_mode_is_0660_from_its_first_moment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hallpass.sock");
    let (stop, seen) = (AtomicBool::new(false), AtomicBool::new(false));
    let look = || {
        let found = fs::symlink_metadata(&path).ok()?;
        seen.store(true, Ordering::Relaxed);
        Some((found.file_type().is_socket(), found.permissions().mode() & 0o7777))
    };
    let modes = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut modes = std::collections::BTreeSet::new();
            while !stop.load(Ordering::Relaxed) {
                modes.extend(look());
            }
            modes
        });
        for _ in 0..20 {
            seen.store(false, Ordering::Relaxed);
            let server = Server::with(&at(&path));
            while !seen.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            server.end().unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert_eq!(modes.into_iter().collect::<Vec<_>>(), [(true, 0o660)]);
}

#[test]
fn a_socket_at_which_nobody_answers_is_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hallpass.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let _server = Server::with(&at(&path));
    assert_eq!(post(&path).status, 200);
}

#[test]
fn whatever_else_stands_there_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("file"), "kept").unwrap();
    fs::create_dir(file("folder")).unwrap();
    let dead = file("dead");
    drop(UnixListener::bind(&dead).unwrap());
    symlink(&dead, file("link")).unwrap();
    symlink(file("nowhere"), file("dangling")).unwrap();
    let live = UnixListener::bind(file("live")).unwrap();
    let datagrams = UnixDatagram::bind(file("datagrams")).unwrap();
    let before = || {
        let mut all: Vec<_> = names(folder.path()).into_iter().map(|name| (file(&name), name)).collect();
        all.sort();
        all.into_iter().map(|(path, name)| (name, fs::symlink_metadata(path).unwrap().ino())).collect::<Vec<_>>()
    };
    let found = before();
    for (name, what) in [
        ("file", "a file stands there; remove it, or choose another path with `--unix-listen`"),
        ("folder", "a folder stands there"),
        ("link", "a symbolic link stands there"),
        ("dangling", "a symbolic link stands there"),
        ("live", "a server answers there; stop it, or choose another path with `--unix-listen`"),
        ("datagrams", "as `--unix-listen` says"),
        ("missing/hallpass.sock", "as `--unix-listen` says"),
    ] {
        let message = refused(&file(name));
        assert!(message.contains(what) && message.contains(name), "{message}");
        assert_eq!(before(), found, "{name}");
    }
    assert_eq!(fs::read_to_string(file("file")).unwrap(), "kept");
    drop((live, datagrams));
}

#[test]
fn a_path_can_be_as_long_as_the_system_allows_and_no_longer() {
    let folder = TempDir::new().unwrap();
    let prefix = folder.path().join("d".repeat(100 - folder.path().as_os_str().len()));
    fs::create_dir(&prefix).unwrap();
    // The folder's path is so long that nothing but a very short name fits beside it.
    let longest = prefix.join("s".repeat(107 - prefix.as_os_str().len() - 1));
    assert_eq!(longest.as_os_str().len(), 107);
    let server = Server::with(&at(&longest));
    assert_eq!(post(&longest).status, 200);
    server.end().unwrap();
    let message = refused(&longest.with_extension("s"));
    assert_eq!(message, "`--unix-listen` is a path of 109 bytes, and a socket's can have 107: choose a shorter one");
}

/// Deleted or replaced while the server runs: it ends well, and what is not its own stays.
#[test]
fn only_its_own_socket_is_removed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hallpass.sock");
    let server = Server::with(&at(&path));
    fs::remove_file(&path).unwrap();
    server.end().unwrap();
    let first = Server::with(&at(&path));
    fs::remove_file(&path).unwrap();
    let second = Server::with(&at(&path));
    first.end().unwrap();
    assert_eq!(post(&path).status, 200);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "kept").unwrap();
    second.end().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
}

/// A connection outlives the file.
#[test]
fn connections_outlive_the_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hallpass.sock");
    let _server = Server::with(&at(&path));
    runtime().block_on(async {
        let mut client = HallpassClient::new(channel(&path));
        assert!(client.check(check()).await.unwrap().into_inner().allow);
        fs::remove_file(&path).unwrap();
        assert!(client.check(check()).await.unwrap().into_inner().allow);
    });
}

fn own_uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

fn with_callers(folder: &Path, uid: u32) -> Settings {
    let callers = folder.join("callers.yaml");
    write(&callers, format!("hallpass: callers/v1\ncallers:\n  envoy:\n    uid: {uid}\n"));
    let mut settings = at(&folder.join("hallpass.sock"));
    settings.credentials.callers = Some(callers);
    settings
}

#[test]
fn the_peer_is_its_user() {
    for (uid, status) in [(own_uid(), 200), (own_uid() + 1, 401)] {
        let folder = TempDir::new().unwrap();
        let server = Server::with(&with_callers(folder.path(), uid));
        assert_eq!(post(&folder.path().join("hallpass.sock")).status, status, "{uid}");
        // The same user over TCP is nobody.
        let answer =
            server.post(EVALUATION, &[("content-type", "application/json")], question().to_string().as_bytes());
        assert_eq!(answer.status, 401);
    }
}

/// Another user can't connect; where the operator lets them, they are still nobody.
#[test]
#[ignore = "needs root"]
fn another_user_is_refused() {
    const NOBODY: u32 = 65_534;
    assert_eq!(own_uid(), 0, "only root can become another user");
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let _server = Server::with(&with_callers(folder.path(), 0));
    let (path, binary) = (folder.path().join("hallpass.sock"), folder.path().join("hallpass"));
    fs::copy(env!("CARGO_BIN_EXE_hallpass"), &binary).unwrap();
    let ask = || {
        let mut command = Command::new(&binary);
        command.args(["check", "--subject", "t.rivera", "--action", "update", "--type", "misis.grades.mark"]);
        command.args(["--student", "s.0142", "--server", &format!("unix:{}", path.display())]);
        let ended = command.uid(NOBODY).gid(NOBODY).env_clear().output().unwrap();
        (ended.status.code().unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    let (code, message) = ask();
    assert!(code == 1 && message.contains("no server answers"), "{message}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let (code, message) = ask();
    assert!(code == 1 && message.contains("say who asks"), "{message}");
}
