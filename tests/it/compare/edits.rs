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
    (
        "misis/teacher.yaml",
        "[grades.mark, grades.retention_warning, grades.failing_senior]",
        "[grades.failing_senior, grades.retention_warning, grades.mark]",
        &[],
    ),
    (
        "misis/teacher.yaml",
        "reach: section",
        "reach: org",
        &[
            "Teacher gains: everything that the role allows at the organisation where the role is held, and below",
            "no difference: Teacher: everything that the role allows in sections that the holder teaches stood in the old set",
        ],
    ),
    (
        "misis/counselor.yaml",
        "[grades.mark, grades.retention_warning]",
        "[grades.mark, grades.retention_warning, grades.failing_senior]",
        &[
            "Counselor and Counselor Plus gain: create, update grades.failing_senior at the organisation where the role is held, and below",
        ],
    ),
    (
        "misis/counselor.yaml",
        "held_at: school",
        "held_at: district",
        &[
            "Counselor gains: everything that the role allows where the role is held at an organisation that is no school",
        ],
    ),
    (
        "misis/option_school_user.yaml",
        "    reach: referred\n",
        "",
        &[
            "Option School User gains: everything that the role allows at the organisation where the role is held, and below",
            "Option School User loses: everything that the role allows on what is referred to the organisation where the role is held",
        ],
    ),
    (
        "misis/cte_teacher.yaml",
        "not_at: [elementary]\n",
        "",
        &["CTE Teacher gains: everything that the role allows where the role is held at a school of level elementary"],
    ),
    (
        "misis/is_administrator.yaml",
        "available_from: 2022-07-19",
        "available_from: 2027-01-01",
        &["IS Administrator loses: everything that the role allows on days from 2022-07-19 on and before 2027-01-01"],
    ),
    (
        "misis/is_administrator.yaml",
        "available_from: 2022-07-19\n",
        "",
        &["IS Administrator gains: everything that the role allows on days before 2022-07-19"],
    ),
    (
        "misis/is_administrator.yaml",
        "resource.date <= today",
        "resource.date < today",
        &[
            "IS Administrator loses: view, submit independent_study.attendance at the organisation where the role is held, and below, when `resource.date <= today` (now when `resource.date < today`)",
        ],
    ),
    (
        "misis/is_administrator.yaml",
        "    when: resource.date <= today\n",
        "",
        &[
            "IS Administrator gains: view, submit independent_study.attendance at the organisation where the role is held, and below, without a condition (before when `resource.date <= today`)",
        ],
    ),
    (
        "misis/is_administrator.yaml",
        "when: resource.date <= today",
        "when: today >= resource.date",
        &[
            "no difference: IS Administrator: view, submit independent_study.attendance at the organisation where the role is held, and below, when `today >= resource.date` (before when `resource.date <= today`) stands in the new set",
        ],
    ),
    (
        "map/district_proctor.yaml",
        "held_at: district",
        "held_at: school",
        &[
            "District Proctor loses: everything that the role allows where the role is held at an organisation that is no school",
            "School Proctor loses: view, conduct testing.session at the organisation where the role is held, and below, made by map.district_proctor (a role that the grant names has effect elsewhere)",
        ],
    ),
    (
        "map/data_administrator.yaml",
        "    people: {not_holding: [map.system_administrator, map.district_assessment_coordinator]}\n    clause: 3",
        "    clause: 3",
        &[
            "Data Administrator gains: create, update, reset_password setup.user at the organisation where the role is held, and below",
            "no difference: Data Administrator: create, update, reset_password setup.user at the organisation where the role is held, and below, not people who hold map.system_administrator, map.district_assessment_coordinator stood in the old set",
        ],
    ),
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
    let expected = "6 roles lose: update grades.mark, which the deny rule misis.past denies when `resource.date < today` to all but holders of misis.principal";
    assert_eq!(told(&comparison), expected);
    let mut roles = comparison.lines[0].roles.clone();
    roles.push("misis.principal".to_owned());
    let mut granted: Vec<&str> = before.roles().map(|(id, _)| id).collect();
    granted.retain(|id| {
        before.rights(id).iter().any(|right| right.resource_type == "misis.grades.mark" && right.action == "update")
    });
    roles.sort();
    granted.sort_unstable();
    assert_eq!(roles, granted);
    let free = compare(&after, &before);
    let expected = "6 roles gain: update grades.mark, which the deny rule misis.past denied when `resource.date < today` to all but holders of misis.principal";
    assert_eq!(told(&free), expected);
}

/// A role that is taken away loses everything, and whoever gave it can no longer do so.
#[test]
fn a_role_that_is_gone_can_no_longer_be_given() {
    let (before, gone) = (shipped_policy(), "map/interventionist.yaml");
    let after = changed(|folder| std::fs::remove_file(folder.join(gone)).unwrap());
    let comparison = compare(&before, &after);
    let lost = "Interventionist loses: everything that the role allows at the organisation where the role is held, and below (the role is gone)";
    let lines: Vec<String> = comparison.lines.iter().map(|line| comparison.sentence(line)).collect();
    assert!(lines.iter().any(|line| line == lost), "{lines:#?}");
    let gives = "System Administrator loses: create, assign_role setup.user at the organisation where the role is held, and below (there are roles less to be given)";
    assert!(lines.iter().any(|line| line == gives), "{lines:#?}");
    assert!(comparison.lines.iter().all(|line| !line.gain) && comparison.notes.is_empty());
}
