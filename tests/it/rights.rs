//! The shipped policies give every right of the guides and no other: compared line by line with tables that were typed
//! from the guides without looking at the policies.

use std::collections::{BTreeMap, BTreeSet};

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::Source;

use crate::support::{compile, path, shipped_policy, source, sources};

/// Resource type, action, reach and limits.
type Right = (String, String, String, BTreeSet<String>);

#[test]
fn the_policies_give_what_the_guides_say_and_nothing_else() {
    let policy = shipped_policy();
    let guide = guide();
    let mut differences = Vec::new();
    for (role, expected) in &guide {
        let given = given(&policy, role);
        differences.extend(expected.difference(&given).map(|right| format!("{role} lacks {right:?}")));
        differences.extend(given.difference(expected).map(|right| format!("{role} has too much {right:?}")));
    }
    let roles: BTreeSet<&str> = policy.roles().map(|(id, _)| id).collect();
    assert_eq!(roles, guide.keys().map(String::as_str).collect(), "roles");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Each grant matters: without it its role no longer has what the guide says.
#[test]
fn every_grant_is_noticed() {
    let guide = guide();
    let mut count = 0;
    for application in ["policies/misis", "policies/map"] {
        let files = sources(&path(application));
        for (at, role, text) in files.iter().enumerate().flat_map(|(at, file)| without_each_grant(at, file)) {
            let mut fewer = files.clone();
            fewer[at] = source(&files[at].name, text);
            let policy = compile(&fewer);
            assert_ne!(given(&policy, &role), guide[&role], "{}", String::from_utf8_lossy(&fewer[at].bytes));
            count += 1;
        }
    }
    assert!(count > 150, "{count} grants");
}

/// A role's file without each of its grants in turn, with the file's place and the role; nothing for other files.
fn without_each_grant(at: usize, file: &Source) -> Vec<(usize, String, String)> {
    let text = std::str::from_utf8(&file.bytes).unwrap();
    let Some((head, grants)) = text.split_once("\ngrants:\n") else { return Vec::new() };
    let role = head.lines().find_map(|line| line.strip_prefix("role: ")).unwrap();
    let items = items(&grants.split("  - ").skip(1).collect::<Vec<_>>());
    let without = |dropped: usize| {
        let rest = [&items[..dropped], &items[dropped + 1..]].concat().concat();
        let rest = if rest.is_empty() { " []\n".to_owned() } else { format!("\n{rest}") };
        (at, role.to_owned(), format!("{head}\ngrants:{rest}"))
    };
    (0..items.len()).map(without).collect()
}

/// Each line of the guide's table matters: without it the policies have too much.
#[test]
fn every_line_of_the_guide_is_noticed() {
    let policy = shipped_policy();
    for (role, expected) in guide() {
        let given = given(&policy, &role);
        for line in &expected {
            let mut fewer = expected.clone();
            fewer.remove(line);
            assert_ne!(given, fewer, "{role} without {line:?}");
        }
    }
}

/// The items of a list of grants, from the pieces between `  - `: topics may be listed so too, further in.
fn items(pieces: &[&str]) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    let mut inner = false;
    for piece in pieces {
        match items.last_mut().filter(|_| inner) {
            Some(item) => item.push_str(&format!("  - {piece}")),
            None => items.push(format!("  - {piece}")),
        }
        // What follows is further in where the piece ends in more blanks than an item begins with.
        inner = piece.ends_with(' ');
    }
    items
}

/// What the policies give a role.
fn given(policy: &Policy, role: &str) -> BTreeSet<Right> {
    without_covered(policy.rights(role).iter().map(|right| {
        let limits = right.limits.iter().cloned().collect();
        (right.resource_type.to_owned(), right.action.to_owned(), right.reach.name().to_owned(), limits)
    }))
}

/// Leaves out what an unlimited right of scope `org` gives anyway.
fn without_covered(rights: impl Iterator<Item = Right>) -> BTreeSet<Right> {
    let rights: BTreeSet<Right> = rights.collect();
    let covered = |(resource_type, action, reach, limits): &Right| {
        let whole = (resource_type.clone(), action.clone(), "org".to_owned(), BTreeSet::new());
        (reach != "org" || !limits.is_empty()) && reach != "referred" && rights.contains(&whole)
    };
    rights.iter().filter(|right| !covered(right)).cloned().collect()
}

/// The table, by role.
fn guide() -> BTreeMap<String, BTreeSet<Right>> {
    let text = std::fs::read_to_string(path("tests/data/guide.tsv")).unwrap();
    let mut guide: BTreeMap<String, BTreeSet<Right>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let [role, _, topic, action, reach, limits] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let limits = limits.split(';').filter(|limit| !limit.is_empty()).map(in_words).collect();
        let fresh = guide.entry(role.to_owned()).or_default().insert((
            topic.to_owned(),
            action.to_owned(),
            reach.to_owned(),
            limits,
        ));
        assert!(fresh, "a line stands twice: {line}");
    }
    guide
}

/// A limit as the policy words it.
fn in_words(limit: &str) -> String {
    match limit.split_once('=') {
        Some(("made_by", role)) => format!("made by {role}"),
        Some(("role_not", roles)) => format!("not the roles {}", roles.replace(',', ", ")),
        Some(("not_holding", roles)) => format!("not people who hold {}", roles.replace(',', ", ")),
        None if limit == "not_self" => "not one's own record".to_owned(),
        _ if limit == "date<=today" => "when resource.date <= today".to_owned(),
        _ => panic!("unknown limit {limit}"),
    }
}
