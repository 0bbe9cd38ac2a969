//! The rules of the house, kept by tests: what a linter does not know.

use std::path::PathBuf;

use crate::support::{path, sources};

/// The longest a file may be, in lines.
const LONGEST: usize = 400;

fn rust_files() -> Vec<(PathBuf, String)> {
    let folders = ["src", "tests", "benches"].map(path);
    let files = folders
        .iter()
        .flat_map(|folder| sources(folder).into_iter().map(|source| (folder.join(&*source.name), source)));
    let rust = files.filter(|(path, _)| path.extension().is_some_and(|ending| ending == "rs"));
    rust.map(|(path, source)| (path, String::from_utf8(source.bytes.to_vec()).unwrap())).collect()
}

fn assert_none(broken: &[String]) {
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_file_says_what_it_holds() {
    let broken: Vec<String> = rust_files()
        .iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| format!("{} does not begin with `//!`", path.display()))
        .collect();
    assert_none(&broken);
}

#[test]
fn no_file_is_too_long() {
    let long = |(path, text): &(PathBuf, String)| {
        (text.lines().count() > LONGEST).then(|| format!("{} has more than {LONGEST} lines", path.display()))
    };
    assert_none(&rust_files().iter().filter_map(long).collect::<Vec<_>>());
}

/// The first invariant: the core does no I/O, knows no clock, spawns nothing.
#[test]
fn the_core_knows_nothing_of_the_outside() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::io",
        "std::env",
        "std::time",
        "std::thread",
        "tokio",
        "tonic",
        "hyper",
        "arc_swap",
        "crate::directory",
        "crate::pdp",
        "crate::snapshot",
        "crate::grpc",
        "crate::http",
        "SystemTime",
        "Instant",
    ];
    let core = path("src/policy");
    let mut broken = Vec::new();
    for (path, text) in
        rust_files().iter().filter(|(path, _)| path.starts_with(&core) || path.ends_with("src/policy.rs"))
    {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for (line, found) in code.filter_map(|line| Some((line, forbidden.iter().find(|word| line.contains(**word))?)))
        {
            broken.push(format!("{}: `{found}` in `{}`", path.display(), line.trim()));
        }
    }
    assert_none(&broken);
}

/// A file that no module names is compiled by nobody.
#[test]
fn no_file_is_an_orphan() {
    let files = rust_files();
    let roots = ["src/lib.rs", "src/main.rs", "tests/it/main.rs"].map(path);
    let mut broken = Vec::new();
    for (file, _) in files.iter().filter(|(file, _)| !roots.contains(file) && !file.starts_with(path("benches"))) {
        let module = file.file_stem().unwrap().to_string_lossy();
        let named = |text: &str| text.lines().any(|line| line.trim_end().ends_with(&format!("mod {module};")));
        if !files.iter().any(|(other, text)| other != file && named(text)) {
            broken.push(format!("{} belongs to no module", file.display()));
        }
    }
    assert_none(&broken);
}
