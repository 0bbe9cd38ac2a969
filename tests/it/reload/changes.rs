//! Every way in which files change, several times over: the second change is where watches are lost.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{LIMIT, MODES, Mode, NEVER, Server, publish, relink, replace, scene, write};
use hallpass::reload::Config;
use hallpass::reload::read::{Root, read};

/// How many changes of each kind follow one another.
const CHANGES: usize = 3;

/// A way to change: given the test's own folder and a number, what to do so that the set's only text is that number.
struct Way {
    name: &'static str,
    policies: &'static str,
    to: fn(&Path, &str),
}

const WAYS: [Way; 13] = [
    Way { name: "written in place", policies: "policies", to: |root, n| write(&root.join("policies/x.yaml"), n) },
    Way { name: "replaced by renaming", policies: "policies", to: |root, n| replace(&root.join("policies/x.yaml"), n) },
    Way { name: "removed and created", policies: "policies", to: |root, n| recreate(&root.join("policies/x.yaml"), n) },
    Way { name: "renamed to another name", policies: "policies", to: rename },
    Way { name: "swapped as a ConfigMap", policies: "policies", to: |root, n| swap(&root.join("policies"), n) },
    Way { name: "swapped in a subfolder", policies: "policies", to: |root, n| swap(&root.join("policies/a"), n) },
    Way {
        name: "written in a subfolder",
        policies: "policies",
        to: |root, n| write(&root.join("policies/a/b/x.yml"), n),
    },
    Way { name: "subfolder replaced by another", policies: "policies", to: another_subfolder },
    Way { name: "folder removed and created", policies: "policies", to: folder_recreated },
    Way { name: "folder moved away", policies: "policies", to: folder_moved },
    Way { name: "folder's link set elsewhere", policies: "policies", to: |root, n| retarget(root, "policies", "", n) },
    Way {
        name: "link above set elsewhere",
        policies: "now/policies",
        to: |root, n| retarget(root, "now", "policies", n),
    },
    Way { name: "behind a file's link", policies: "policies", to: behind_link },
];

#[test]
fn every_change_goes_live_however_often_and_however_found() {
    for way in &WAYS {
        for mode in MODES {
            let root = tempfile::tempdir().unwrap();
            (way.to)(root.path(), "0");
            let server = Server::start(mode.config(&root.path().join(way.policies), None));
            for change in 1..=CHANGES {
                (way.to)(root.path(), &change.to_string());
                server.shows(&change.to_string(), &format!("{}, {mode:?}, change {change}", way.name));
                let edited = format!("{change} edited");
                write(&only_file(&root.path().join(way.policies)), &edited);
                server.shows(&edited, &format!("written in place after {}, {mode:?}, change {change}", way.name));
            }
            server.handle.stop();
        }
    }
}

#[test]
fn a_directory_that_is_a_zip_goes_live_with_what_lies_beside_it() {
    for mode in MODES {
        let (root, policies) = scene("p");
        let zip = root.path().join("people.zip");
        write(&root.path().join("v1/people.zip"), "linked");
        write(&zip, "first");
        write(&root.path().join("users.csv"), "not part of it");
        let server = Server::start(mode.config(&policies, Some(zip.clone())));
        server.shows("p/first", "at start");
        replace(&zip, "second");
        server.shows("p/second", "replaced");
        write(&zip, "third");
        server.shows("p/third", "written in place");
        write(&root.path().join("role_assignments.csv"), "roles");
        server.shows("p/third|roles", "with assignments beside it");
        relink(&root.path().join("v1/people.zip"), &zip);
        server.shows("p/linked|roles", "as a link");
        write(&root.path().join("v1/people.zip"), "behind");
        server.shows("p/behind|roles", "behind the link");
        server.handle.stop();
    }
}

#[test]
fn both_sets_are_followed_and_built_together() {
    let (root, policies) = scene("p1");
    let directory = root.path().join("directory");
    write(&directory.join("users.csv"), "d1");
    let server = Server::start(Mode::Watched.config(&policies, Some(directory.clone())));
    for n in 2..5 {
        write(&policies.join("x.yaml"), &format!("p{n}"));
        server.shows(&format!("p{n}/d{}", n - 1), "policies");
        write(&directory.join("users.csv"), &format!("d{n}"));
        server.shows(&format!("p{n}/d{n}"), "directory");
    }
    let state = server.handle.status().load();
    assert!(state.live.directory.is_some());
    assert_eq!(state.generation, state.reloads_ok + 1);
}

#[test]
fn what_changes_between_the_first_load_and_the_thread_is_found() {
    let (_root, policies) = scene("0");
    let config = Config { poll: NEVER, ..Config::new(&policies, None) };
    let (first, reloader) = hallpass::reload::load_once(config, super::build).unwrap();
    replace(&policies.join("x.yaml"), "1");
    Server::follow(first, reloader).shows("1", "changed before the thread started");
}

#[test]
fn files_that_are_touched_or_noise_beside_them_reload_nothing() {
    for mode in MODES {
        let (root, policies) = scene("0");
        let server = Server::start(mode.config(&policies, None));
        replace(&policies.join("x.yaml"), "0");
        write(&policies.join("README.md"), "left alone");
        write(&policies.join(".hidden.yaml"), "left alone");
        write(&policies.join("x.yaml~"), "left alone");
        write(&root.path().join("beside.yaml"), "left alone");
        let state = server.after_a_check();
        assert_eq!((state.reloads_ok, state.reloads_failed, state.generation), (0, 0, 1), "{mode:?}");
        assert_eq!(server.live(), "0");
    }
}

#[test]
fn reading_the_files_gives_no_hint() {
    let (_root, policies) = scene("0");
    let server = Server::start(Mode::Watched.config(&policies, None));
    let (status, begun) = (server.handle.status(), Instant::now());
    let mut checks = 0;
    while let Ok(state) = status.wait_for(Duration::from_millis(500), |state| state.checks > checks) {
        checks = state.checks;
        assert!(begun.elapsed() < LIMIT, "each check causes the next");
    }
    assert!(status.load().watching);
}

fn only_file(folder: &Path) -> PathBuf {
    folder.join(&*read(&Root::policies(folder, u64::MAX)).unwrap()[0].name)
}

fn recreate(path: &Path, n: &str) {
    _ = fs::remove_file(path);
    write(path, n);
}

fn rename(root: &Path, n: &str) {
    let folder = root.join("policies");
    fs::create_dir_all(&folder).unwrap();
    let old: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let new = folder.join(format!("{n}.yaml"));
    for path in old {
        fs::rename(path, &new).unwrap();
    }
    write(&new, n);
}

fn swap(folder: &Path, n: &str) {
    publish(folder, n, &[("x.yaml".to_owned(), n.to_owned())]);
}

fn another_subfolder(root: &Path, n: &str) {
    let folder = root.join("policies");
    write(&folder.join(n).join("deep/x.yaml"), n);
    let number: usize = n.parse().unwrap();
    if let Some(before) = number.checked_sub(1) {
        fs::remove_dir_all(folder.join(before.to_string())).unwrap();
    }
}

fn folder_recreated(root: &Path, n: &str) {
    _ = fs::remove_dir_all(root.join("policies"));
    write(&root.join("policies/x.yaml"), n);
}

fn folder_moved(root: &Path, n: &str) {
    _ = fs::rename(root.join("policies"), root.join(format!("before-{n}")));
    write(&root.join("policies/x.yaml"), n);
}

fn retarget(root: &Path, link: &str, inner: &str, n: &str) {
    let target = root.join("versions").join(n);
    write(&target.join(inner).join("x.yaml"), n);
    relink(&target, &root.join(link));
}

fn behind_link(root: &Path, n: &str) {
    let link = root.join("policies/x.yaml");
    write(&root.join("elsewhere/real.yaml"), n);
    if !link.is_symlink() {
        fs::create_dir_all(root.join("policies")).unwrap();
        symlink("../elsewhere/real.yaml", link).unwrap();
    }
}
