//! One reading of a folder: what belongs to the set, what is refused, and the digest that names it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::{publish, scene, write};
use hallpass::policy::source::Source;
use hallpass::reload::read::{Root, Trouble, digest, read};

const ROOM: u64 = 1 << 20;

#[test]
fn a_set_is_every_wanted_file_at_any_depth_sorted_by_name() {
    let (root, policies) = scene("x");
    for name in ["b/c/z.yml", "a.yaml", "b.yaml", "folder.yaml/y.yaml"] {
        write(&policies.join(name), name);
    }
    for name in [".hidden.yaml", ".git/y.yaml", "old.yaml~", "copy~/y.yaml", "notes.txt", "Y.YAML"] {
        write(&policies.join(name), "left alone");
    }
    write(&root.path().join("shared/s.yaml"), "s");
    symlink("../shared", policies.join("linked")).unwrap();
    symlink("../shared/s.yaml", policies.join("s.yaml")).unwrap();
    symlink("nowhere", policies.join("dangling.txt")).unwrap();
    let expected = ["a.yaml", "b.yaml", "b/c/z.yml", "folder.yaml/y.yaml", "linked/s.yaml", "s.yaml", "x.yaml"];
    assert_eq!(names(&policies), expected);
}

#[test]
fn a_swapped_folder_is_its_one_version_and_what_else_lies_in_it() {
    let (_root, policies) = scene("own");
    publish(&policies, "1", &[("a.yaml".to_owned(), "a".to_owned()), ("b.yaml".to_owned(), "b".to_owned())]);
    publish(&policies, "2", &[("a.yaml".to_owned(), "a".to_owned())]);
    assert!(policies.join("b.yaml").is_symlink(), "the link of a removed name is still there");
    assert_eq!(names(&policies), ["a.yaml", "x.yaml"]);
}

#[test]
fn what_cannot_be_a_set_is_refused() {
    let nested = "a/".repeat(9) + "x.yaml";
    check(|folder| write(&folder.join(&nested), ""), |trouble| matches!(trouble, Trouble::TooDeep { max: 8, .. }));
    check(|folder| write(&folder.join("y.yaml"), &"y".repeat(1 << 20)), |trouble| matches!(trouble, Trouble::TooLarge));
    check(
        |folder| symlink("y.yaml", folder.join("y.yaml")).unwrap(),
        |trouble| matches!(trouble, Trouble::Unreadable { .. }),
    );
    check(
        |folder| {
            write(&folder.join("a/y.yaml"), "");
            symlink("..", folder.join("a/up")).unwrap();
        },
        |trouble| matches!(trouble, Trouble::Loop { name } if name == "a/up/"),
    );
    check(
        |folder| write(&folder.join(OsStr::from_bytes(b"\xff.yaml")), ""),
        |trouble| matches!(trouble, Trouble::Name { .. }),
    );
    check(many_files, |trouble| matches!(trouble, Trouble::TooMany { max: 10_000 }));
}

#[test]
fn a_file_without_permission_is_named() {
    let (_root, policies) = scene("secret");
    fs::set_permissions(policies.join("x.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    let is_privileged = fs::read(policies.join("x.yaml")).is_ok();
    let read = read(&Root::policies(&policies, ROOM)).map_err(|error| error.to_string());
    assert!(is_privileged || read.is_err_and(|message| message.contains("`x.yaml` cannot be read")));
}

#[test]
fn a_digest_tells_where_names_and_contents_begin_and_end() {
    let sets: [&[(&str, &str)]; 7] = [
        &[("a", "bc")],
        &[("ab", "c")],
        &[("a", "b"), ("c", "")],
        &[("a", ""), ("bc", "")],
        &[("a", ""), ("b", "c")],
        &[("b", "c"), ("a", "")],
        &[],
    ];
    let digests: std::collections::BTreeSet<_> = sets.iter().map(|set| digest(&sources(set))).collect();
    assert_eq!(digests.len(), sets.len());
    assert!(digests.iter().all(|digest| digest.len() == 16 && digest.bytes().all(|digit| digit.is_ascii_hexdigit())));
}

/// A folder of a hundred files that a hundred links lead to: 10,101 names.
fn many_files(folder: &Path) {
    (0..100).for_each(|n| write(&folder.join(format!("0/{n}.yaml")), ""));
    (1..=100).for_each(|n| symlink("0", folder.join(n.to_string())).unwrap());
}

fn check(spoil: impl Fn(&Path), fits: impl Fn(&Trouble) -> bool) {
    let (_root, policies) = scene("x");
    spoil(&policies);
    let error = read(&Root::policies(&policies, ROOM)).unwrap_err();
    assert!(fits(&error.trouble), "{error}");
}

fn names(folder: &Path) -> Vec<String> {
    read(&Root::policies(folder, ROOM)).unwrap().iter().map(|file| file.name.to_string()).collect()
}

fn sources(set: &[(&str, &str)]) -> Vec<Source> {
    set.iter().map(|(name, text)| Source { name: (*name).into(), bytes: text.as_bytes().into() }).collect()
}
