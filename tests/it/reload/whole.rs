//! No set is ever part of one version and part of another, and a folder that never rests is still reloaded.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::{Mode, Server, publish, replace, scene, text, write};
use hallpass::policy::source::Source;
use hallpass::reload::read::{Root, Trouble, read};
use hallpass::reload::{Config, Sets, load_once};

/// How often a version is swapped for the next.
const SWAPS: usize = 100;

#[test]
fn a_swapped_folder_is_never_read_half_old_half_new() {
    let root = tempfile::tempdir().unwrap();
    publish_version(root.path(), 0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            (1..=SWAPS).for_each(|version| publish_version(root.path(), version));
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            match read(&Root::policies(root.path(), 1 << 20)) {
                Ok(files) => assert_whole(&files),
                Err(error) => {
                    assert!(matches!(error.trouble, Trouble::Changing | Trouble::Unreadable { .. }), "{error}")
                }
            }
        }
    });
    let files = read(&Root::policies(root.path(), 1 << 20)).unwrap();
    assert_eq!(files[0].bytes, SWAPS.to_string().into_bytes().into());
}

#[test]
fn swaps_under_way_never_build_a_mixed_set_and_the_last_one_goes_live() {
    let root = tempfile::tempdir().unwrap();
    publish_version(root.path(), 0);
    let built: Arc<Mutex<Vec<Vec<Source>>>> = Arc::default();
    let to = Arc::clone(&built);
    let build = move |sets: Sets| {
        to.lock().unwrap().push(sets.policies.files.clone());
        Ok(text(&sets.policies.files))
    };
    let (first, reloader) = load_once(Mode::Watched.config(root.path(), None), build).unwrap();
    let server = Server::follow(first, reloader);
    for version in 1..=SWAPS {
        publish_version(root.path(), version);
        server.handle.reload_now();
    }
    let last = version(SWAPS);
    let expected: Vec<String> = last.iter().map(|(_, text)| text.clone()).collect();
    server.shows(&expected.join("|"), "the last version");
    server.handle.stop();
    built.lock().unwrap().iter().for_each(|files| assert_whole(files));
}

#[test]
fn a_folder_that_is_never_quiet_is_reloaded_by_the_cap() {
    let (_root, policies) = scene("0");
    let config = Mode::Watched.config(&policies, None);
    let server = Server::start(Config { cap: Duration::from_millis(100), ..config });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                write(&policies.join("noise.txt"), "noise");
                thread::sleep(Duration::from_millis(10));
            }
        });
        for n in 1..=5 {
            replace(&policies.join("x.yaml"), &n.to_string());
            server.shows(&n.to_string(), "amid noise");
        }
        done.store(true, Ordering::Release);
    });
}

#[test]
fn a_file_that_changes_all_the_time_is_reloaded_again_and_again() {
    let (_root, policies) = scene("0");
    let config = Mode::Watched.config(&policies, None);
    let server = Server::start(Config { cap: Duration::from_millis(100), ..config });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in (0..).take_while(|_| !done.load(Ordering::Acquire)) {
                replace(&policies.join("x.yaml"), &format!("{n}"));
                thread::sleep(Duration::from_millis(10));
            }
        });
        server.until("five reloads", |state| state.reloads_ok >= 5);
        done.store(true, Ordering::Release);
    });
    replace(&policies.join("x.yaml"), "end");
    server.shows("end", "the last change");
}

fn publish_version(folder: &Path, number: usize) {
    publish(folder, &format!("version-{number}"), &version(number));
}

/// Eight files that all say which version they are of, and one more in every other version.
fn version(number: usize) -> Vec<(String, String)> {
    (0..8 + number % 2).map(|file| (format!("{file:02}.yaml"), number.to_string())).collect()
}

fn assert_whole(files: &[Source]) {
    let number: usize = String::from_utf8(files[0].bytes.to_vec()).unwrap().parse().unwrap();
    let found: Vec<_> =
        files.iter().map(|file| (file.name.to_string(), String::from_utf8_lossy(&file.bytes).into())).collect();
    assert_eq!(found, version(number));
}
