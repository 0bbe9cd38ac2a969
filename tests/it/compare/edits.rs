//! Edits of the shipped rules, and the sentences that they must come to.

use std::path::Path;

use hallpass::policy::compiled::Policy;
use tempfile::TempDir;

use super::{compare, told};
use crate::support::{append, compile, copy, edit, path, shipped_policy, sources};

/// A file of the shipped rules, what is changed in it, and what the change comes to.
type Case<'c> = (&'c str, &'c str, &'c str, &'c [&'c str]);

const CASES: &[Case<'_>] = &[
    (
        "misis/teacher.yaml",
        "  - allow: enter\n    topics: [gradebook.entry]",
        "  - allow: manage\n    topics: [gradebook.entry]",
        &["Teacher gains: delete gradebook.entry in sections that the holder teaches"],
    ),
    (
        "misis/teacher.yaml",
        "[grades.mark, grades.retention_warning, grades.failing_senior]",
        "[grades.mark, grades.retention_warning]",
        &["Teacher loses: view, create, update grades.failing_senior in sections that the holder teaches"],
    ),
    (
        "misis/teacher.yaml",
        "held_at: school",
        "held_at: anywhere",
        &["Teacher gains: everything that the role allows where the role is held at an organisation that is no school"],
    ),
    ("misis/teacher.yaml", "title: Teacher", "title: Classroom Teacher", &[]),
    ("misis/teacher.yaml", "# works with", "# Works with", &[]),
];

pub fn changed(change: impl FnOnce(&Path)) -> Policy {
    let folder = TempDir::new().unwrap();
    copy(&path("policies"), folder.path());
    change(folder.path());
    compile(&sources(folder.path()))
}

#[test]
fn edits_of_the_shipped_rules_come_to_sentences() {
    let before = shipped_policy();
    let mut wrong = Vec::new();
    for (file, from, to, expected) in CASES {
        let after = changed(|folder| edit(&folder.join(file), from, to));
        let comparison = compare(&before, &after);
        let found = told(&comparison);
        if found != expected.join("\n") {
            wrong.push(format!("{file}: {from} -> {to}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

const SEALED: &str = "deny:\n  - id: past\n    topics: [grades.mark]\n    actions: [update]\n    when: resource.date < today\n    unless_role: [misis.principal]\n    because: marks of the past stand\n";

#[test]
fn a_deny_rule_is_told_once_for_all_whom_it_touches() {
    let before = shipped_policy();
    let after = changed(|folder| append(&folder.join("misis/application.yaml"), SEALED));
    let comparison = compare(&before, &after);
    let lines = told(&comparison);
    assert_eq!(lines, "");
}
