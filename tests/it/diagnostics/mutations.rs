//! One mistake is one finding: the shipped files with one thing changed each, in the ways in which people err. Names that
//! others refer to are left alone: who renames one has as many mistakes as there are references.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::policy::source::Source;

use super::{code, errors};
use crate::support::{path, source, sources};

/// Keys of files that declare names; other words before a colon may be names.
const KEYS: [&str; 24] = [
    "hallpass",
    "title",
    "modules",
    "topics",
    "actions",
    "record",
    "because",
    "except",
    "id_is",
    "sets",
    "deny",
    "id",
    "when",
    "unless_role",
    "apart",
    "apart_because",
    "types",
    "nobody",
    "subject",
    "claims_in",
    "hosts",
    "routes",
    "tests",
    "reason",
];
/// What can be left out of such a file without a name being lost.
const LEFT_OUT: [&str; 5] = ["hallpass", "title", "because", "apart_because", "id"];

/// A changed text, with what was changed.
pub(crate) struct Changed {
    how: String,
    pub(crate) text: String,
}

/// A line as `indent`, `key` and what follows the colon.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let start = line.find(|c: char| c.is_ascii_lowercase())?;
    let (indent, rest) = line.split_at(start);
    let (key, value) = rest.split_once(':')?;
    let plain = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.');
    (plain && indent.chars().all(|c| c == ' ' || c == '-')).then_some((indent, key, value))
}

/// Every single change of a text. Of files that declare names only what is no name is changed.
pub(crate) fn changes(text: &str, declares: bool) -> Vec<Changed> {
    let lines: Vec<&str> = text.lines().collect();
    let mut made = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((indent, key, value)) = parts(line) else { continue };
        let mut with = |how: &str, new: &[String]| {
            let before = lines[..at].iter().map(|line| (*line).to_owned());
            let after = lines[at + 1..].iter().map(|line| (*line).to_owned());
            let text: Vec<String> = before.chain(new.iter().cloned()).chain(after).collect();
            made.push(Changed { how: format!("line {}, {how}: {line}", at + 1), text: text.join("\n") + "\n" });
        };
        let own = (*line).to_owned();
        with("twice", &[own.clone(), own.clone()]);
        with("indented", &[format!(" {own}")]);
        let is_name = key == "role" && indent.is_empty() || declares && (!KEYS.contains(&key) || key == "application");
        if is_name {
            continue;
        }
        with("key misspelt", &[format!("{indent}{key}zz:{value}")]);
        if !value.trim().is_empty() {
            with("without value", &[format!("{indent}{key}:")]);
            with("value misspelt", &[format!("{own}zz")]);
            if !indent.contains('-') && (!declares || LEFT_OUT.contains(&key)) {
                with("left out", &[]);
            }
        }
        if let Some((before, item)) = value.split_once('[').filter(|_| !declares || key == "topics") {
            with("item misspelt", &[format!("{indent}{key}:{before}[zz{item}")]);
        }
    }
    made
}

/// A file with those that it names, and with its application.
fn companions(all: &[Source], of: &Source) -> Vec<Source> {
    let text = |file: &Source| String::from_utf8(file.bytes.to_vec()).unwrap();
    let id = |file: &Source| text(file).lines().find_map(|line| line.strip_prefix("role: ").map(str::to_owned));
    let roles: BTreeMap<String, &Source> = all.iter().filter_map(|file| Some((id(file)?, file))).collect();
    let folder = of.name.split('/').next().unwrap();
    let application = format!("{folder}/application.yaml");
    let (mut wanted, mut todo) = (BTreeSet::from([of.name.to_string(), application]), vec![of]);
    while let Some(file) = todo.pop() {
        let words = text(file);
        for word in words.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_') {
            let Some(other) = roles.get(word) else { continue };
            if wanted.insert(other.name.to_string()) {
                todo.push(other);
            }
        }
    }
    if wanted.len() == 2 && !roles.values().any(|role| role.name == of.name) {
        wanted.extend(roles.values().find(|role| role.name.starts_with(folder)).map(|role| role.name.to_string()));
    }
    all.iter().filter(|file| wanted.contains(&*file.name)).cloned().collect()
}

fn told_more_than_once(set: &[Source], file: &Source, change: &Changed) -> Option<String> {
    let changed = source(&file.name, change.text.clone());
    let others = set.iter().filter(|other| other.name != file.name).cloned();
    let found = errors(&others.chain([changed]).collect::<Vec<_>>());
    let told: Vec<String> = found.iter().map(|finding| format!("  {} {finding}", code(finding))).collect();
    (told.len() > 1).then(|| format!("{}: {}\n{}", file.name, change.how, told.join("\n")))
}

#[test]
fn one_mistake_in_a_shipped_file_is_one_finding() {
    let all = sources(&path("policies"));
    let (mut count, mut broken) = (0, Vec::new());
    for (number, file) in all.iter().enumerate() {
        let declares = file.name.ends_with("application.yaml");
        // The application's file is read with all that refers to it; of the others a share will do.
        let (set, every) = if declares { (all.clone(), 17) } else { (companions(&all, file), 3) };
        let every = if file.name.ends_with("tests.yaml") { 29 } else { every };
        let text = String::from_utf8(file.bytes.to_vec()).unwrap();
        let changes = changes(&text, declares || file.name.ends_with("tests.yaml"));
        for change in changes.iter().skip(number % every).step_by(every) {
            count += 1;
            broken.extend(told_more_than_once(&set, file, change));
        }
    }
    assert!(count > 1_000, "{count} changes");
    assert!(broken.is_empty(), "{} of {count}\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn one_mistake_in_a_set_that_uses_every_key_is_one_finding() {
    let all = sources(&path("tests/data/every_key"));
    let (mut count, mut broken) = (0, Vec::new());
    for file in &all {
        let text = String::from_utf8(file.bytes.to_vec()).unwrap();
        for change in changes(&text, &*file.name == "application.yaml") {
            count += 1;
            broken.extend(told_more_than_once(&all, file, &change));
        }
    }
    assert!(count > 300, "{count} changes");
    assert!(broken.is_empty(), "{} of {count}\n{}", broken.len(), broken.join("\n"));
}
