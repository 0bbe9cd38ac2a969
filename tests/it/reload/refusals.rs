//! Whatever is wrong with the files, the last good ones stay live, the refusal shows, and the next good ones go live.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use super::{LIMIT, MODES, Server, build, replace, scene, write};
use hallpass::reload::status::Failure;
use hallpass::reload::{Config, load_once};

/// A way to spoil the set, and words of the finding.
type Spoil = (&'static str, fn(&Path), &'static str);

const SPOILED: [Spoil; 9] = [
    ("refused by the builder", |folder| replace(&folder.join("x.yaml"), "refuse this"), "`refuse this` is refused"),
    ("a builder that panics", |folder| replace(&folder.join("x.yaml"), "panic"), "internal error"),
    ("all files deleted", |folder| fs::remove_file(folder.join("x.yaml")).unwrap(), "holds no file"),
    ("folder deleted", |folder| fs::remove_dir_all(folder).unwrap(), "does not exist"),
    ("a file in its place", file_for_folder, "is not a folder"),
    ("a link to nothing", |folder| link("nowhere", folder, "y.yaml"), "`y.yaml` cannot be read"),
    ("a link into itself", |folder| link(".", folder, "again"), "`again/` leads back"),
    ("a pipe", pipe, "`y.yaml` is not a regular file"),
    ("a socket", socket, "`y.yaml` is not a regular file"),
];

#[test]
fn a_set_that_is_wrong_keeps_the_last_good_one_and_the_next_good_one_goes_live() {
    for (what, spoil, words) in SPOILED {
        for mode in MODES {
            let (_root, policies) = scene("good");
            let server = Server::start(mode.config(&policies, None));
            spoil(&policies);
            let says = |failure: &Failure| failure.findings[0].to_string().contains(words);
            let state = server.until(what, |state| state.failing && state.last_failure.as_ref().is_some_and(says));
            assert!(state.reloads_failed > 0);
            assert_eq!((server.live().as_str(), state.generation), ("good", 1), "{what}, {mode:?}");
            clear(&policies);
            write(&policies.join("x.yaml"), "better");
            server.shows("better", &format!("after {what}, {mode:?}"));
            let state = server.until("no longer failing", |state| !state.failing);
            assert!(state.last_failure.is_some(), "what was wrong stays readable");
            assert!(server.handle.is_running());
            server.handle.stop();
        }
    }
}

#[test]
fn a_set_that_is_wrong_at_the_start_is_reported_and_nothing_starts() {
    for (what, spoil, words) in SPOILED {
        let (_root, policies) = scene("good");
        spoil(&policies);
        let findings = load_once(Config::new(&policies, None), build).map(|(first, _)| first).unwrap_err();
        assert!(findings[0].to_string().contains(words), "{what}: {}", findings[0]);
    }
}

#[test]
fn both_sets_report_what_is_wrong_with_them_at_the_start() {
    let root = tempfile::tempdir().unwrap();
    let config = Config::new(root.path().join("policies"), Some(root.path().join("people.zip")));
    let findings = load_once(config, build).map(|(first, _)| first).unwrap_err();
    assert_eq!(findings.len(), 2);
}

#[test]
fn going_back_to_what_is_live_mends_a_failure_without_a_reload() {
    let (_root, policies) = scene("good");
    let server = Server::start(super::Mode::Watched.config(&policies, None));
    replace(&policies.join("x.yaml"), "refuse");
    server.until("refused", |state| state.failing);
    replace(&policies.join("x.yaml"), "good");
    let state = server.until("mended", |state| !state.failing);
    assert_eq!((state.generation, state.reloads_ok), (1, 0));
    replace(&policies.join("x.yaml"), "refuse");
    server.until("refused again", |state| state.failing);
}

#[test]
fn a_refused_set_is_tried_again_and_logged_once() {
    let (_root, policies) = scene("good");
    let log = Log::default();
    let (kept, mut listening) = (log.clone(), false);
    let build = move |sets| {
        if std::thread::current().name() == Some("reload") && !listening {
            let kept = kept.clone();
            let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || kept.clone()).finish();
            std::mem::forget(tracing::subscriber::set_default(lines));
            listening = true;
        }
        super::build(sets)
    };
    let (first, reloader) = load_once(super::Mode::Polled.config(&policies, None), build).unwrap();
    let server = Server::follow(first, reloader);
    replace(&policies.join("x.yaml"), "refuse one");
    server.until("tried three times", |state| state.reloads_failed >= 3);
    let seen = server.handle.status().load().reloads_failed;
    replace(&policies.join("x.yaml"), "refuse two");
    server.until("tried two times more", |state| state.reloads_failed >= seen + 3);
    server.handle.stop();
    let lines = log.0.lock().unwrap().clone();
    let lines = String::from_utf8(lines).unwrap();
    for text in ["`refuse one`", "`refuse two`"] {
        assert_eq!(lines.matches(text).count(), 1, "{lines}");
    }
}

#[test]
fn waiting_for_what_never_comes_ends_with_the_state() {
    let (_root, policies) = scene("good");
    let server = Server::start(super::Mode::Watched.config(&policies, None));
    server.until("a check", |state| state.checks > 0);
    let late = server.handle.status().wait_for(std::time::Duration::ZERO, |state| state.generation > 1).unwrap_err();
    assert_eq!(late.last.generation, 1);
    assert!(server.handle.status().wait_for(LIMIT, |state| state.generation == 1).is_ok());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn clear(folder: &Path) {
    _ = fs::remove_file(folder);
    _ = fs::remove_dir_all(folder);
}

fn file_for_folder(folder: &Path) {
    clear(folder);
    fs::write(folder, "text").unwrap();
}

fn link(target: &str, folder: &Path, name: &str) {
    std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
}

fn pipe(folder: &Path) {
    assert!(Command::new("mkfifo").arg(folder.join("y.yaml")).status().unwrap().success());
}

fn socket(folder: &Path) {
    drop(std::os::unix::net::UnixListener::bind(folder.join("y.yaml")).unwrap());
}
