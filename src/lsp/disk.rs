//! What lies on the disk: which folders are sets of policies, and which files belong to them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::reload::is_hidden;

/// The name of a folder that is a set, wherever it lies.
const POLICIES: &str = "policies";
/// Folders in which no sets are looked for, nor policies outside of sets.
const LEFT_ALONE: [&str; 3] = ["node_modules", "target", "vendor"];
/// How deep is looked.
const DEEPEST: usize = 12;
/// The most files of a set.
const MOST: usize = 20_000;
/// The largest file that is read, in bytes; the compiler takes no larger one.
const LARGEST: u64 = (1 << 20) + 1;

/// The folders below one that are sets: those named `policies`, the outermost counting; else the folder itself, which
/// then consists of the files that say that they are policies.
pub(super) fn sets(folder: &Path) -> Vec<(PathBuf, bool)> {
    let mut named = Vec::new();
    named_policies(folder, 0, &mut named);
    let named = named.into_iter().map(|folder| (folder, false)).collect::<Vec<_>>();
    if named.is_empty() { vec![(folder.to_owned(), true)] } else { named }
}

fn named_policies(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if folder.file_name().is_some_and(|name| name == POLICIES) {
        found.push(folder.to_owned());
    } else if depth < DEEPEST {
        entries(folder, true).folders.iter().for_each(|below| named_policies(below, depth + 1, found));
    }
}

/// The policy files of a set's folder and the folders below: those that the server reads.
pub(super) fn files(folder: &Path, loose: bool) -> Vec<PathBuf> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    collect(folder, loose, 0, &mut seen, &mut found);
    found
}

fn collect(folder: &Path, loose: bool, depth: usize, seen: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>) {
    let Ok(real) = fs::canonicalize(folder) else { return };
    if depth > DEEPEST || !seen.insert(real.clone()) {
        return;
    }
    let entries = entries(folder, loose);
    let room = MOST.saturating_sub(found.len());
    found.extend(entries.files.into_iter().filter(|path| is_policy(path)).take(room));
    entries.folders.iter().for_each(|below| collect(below, loose, depth + 1, seen, found));
    // What two links lead to is in a set twice, as for the server.
    if !loose {
        seen.remove(&real);
    }
}

/// Whether what has this way from a set's folder belongs to the set, as far as names tell.
pub(super) fn belongs(below: &Path, loose: bool) -> bool {
    below.iter().all(|name| counts(name, loose))
}

/// Hidden things count nowhere; what is left alone counts in a set proper.
fn counts(name: &OsStr, loose: bool) -> bool {
    !(is_hidden(name) || loose && LEFT_ALONE.iter().any(|left| name == *left))
}

/// Whether a file has the name of a policy file.
pub(super) fn is_policy(path: &Path) -> bool {
    let hidden = path.file_name().is_none_or(is_hidden);
    !hidden && path.extension().is_some_and(|kind| kind == "yaml" || kind == "yml")
}

/// Whether a text says of itself that it is one.
pub(super) fn says_so(text: &str) -> bool {
    let mut lines = text.lines().map(|line| line.trim_start_matches('\u{feff}'));
    let first = lines.find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#') && *line != "---");
    first.is_some_and(|line| line.starts_with("hallpass:"))
}

/// A file's bytes; `None` where it is gone or can't be read.
pub(super) fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))?;
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[derive(Default)]
struct Entries {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// What a folder holds, in the order of names; hidden things and what can't be read are left out.
fn entries(folder: &Path, loose: bool) -> Entries {
    let read = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = read.map(|entry| entry.path()).collect();
    paths.sort();
    let mut entries = Entries::default();
    for path in paths.into_iter().filter(|path| path.file_name().is_some_and(|name| counts(name, loose))) {
        match path.metadata() {
            Ok(found) if found.is_dir() => entries.folders.push(path),
            Ok(found) if found.is_file() => entries.files.push(path),
            Ok(_) | Err(_) => {}
        }
    }
    entries
}
