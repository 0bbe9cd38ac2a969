//! Findings while typing: across files, over what lies on the disk, told once and taken back.

use std::collections::BTreeSet;
use std::fs;

use hallpass::policy::compiled::Policy;
use hallpass::policy::source::{Finding, Source};
use hallpass::reload::read::Root;
use serde_json::json;
use tempfile::TempDir;

use super::client::{Client, at};
use crate::support::{edit, path, sources, write};

const APPLICATION: &str = "\
hallpass: application/v1
application: sis
title: A small application
modules:
  grades:
    title: Grades
    topics:
      mark: {actions: [view, update], nobody: update}
";

fn role(id: &str, grants: &str) -> String {
    format!("hallpass: role/v1\nrole: sis.{id}\ntitle: A role\nheld_at: school\nreach: org\ngrants:\n{grants}")
}

const VIEW: &str = "  - allow: view\n    topics: [grades.mark]\n";

#[test]
fn the_shipped_policies_are_found_to_be_well() {
    let mut client = Client::shipped();
    let text = client.open("policies/misis/teacher.yaml");
    client.change("policies/misis/teacher.yaml", &text.replace("gradebook.entry", "gradebook.entri"));
    client.finds(&["policies/misis/teacher.yaml:38:14 there is no topic, module or set `gradebook.entri` / did you mean `gradebook.entry`?"]);
    client.change("policies/misis/teacher.yaml", &text);
    client.finds(&[]);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_change_of_one_file_is_told_of_in_others_and_taken_back() {
    let include = role("plus", "  - include: sis.aide\n");
    let mut client = Client::on(&[
        ("policies/application.yaml", APPLICATION),
        ("policies/a/aide.yaml", &role("aide", VIEW)),
        ("policies/b/plus.yaml", &include),
    ]);
    client.open("policies/a/aide.yaml");
    client.change("policies/a/aide.yaml", &role("aid", VIEW));
    client.finds(&["policies/b/plus.yaml:7:14 there is no role `sis.aide` / did you mean `sis.aid`?"]);
    assert_eq!(client.findings.keys().collect::<Vec<_>>(), ["policies/b/plus.yaml"], "of well files nothing is told");

    // The buffer goes: the file on the disk counts again.
    client.close("policies/a/aide.yaml");
    client.finds(&[]);

    fs::remove_file(client.path("policies/a/aide.yaml")).unwrap();
    client.saved("policies/a/aide.yaml");
    client.finds(&[
        "policies/b/plus.yaml:7:14 there is no role `sis.aide` / name a role of this set, or add a file for it",
    ]);

    write(&client.path("policies/c/aide.yml"), role("aide", VIEW));
    client.saved("policies/c/aide.yml");
    client.finds(&[]);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn an_open_buffer_counts_more_than_the_disk() {
    let mut client =
        Client::on(&[("policies/application.yaml", APPLICATION), ("policies/aide.yaml", &role("aide", VIEW))]);
    client.open("policies/aide.yaml");
    edit(&client.path("policies/aide.yaml"), "held_at: school", "held_at: skool");
    client.saved("policies/aide.yaml");
    edit(&client.path("policies/application.yaml"), "mark:", "marks:");
    client.saved("policies/application.yaml");
    client.finds(&[
        "policies/aide.yaml:8:14 there is no topic, module or set `grades.mark` / did you mean `grades.marks`?",
    ]);
    client.close("policies/aide.yaml");
    client.finds(&[
        "policies/aide.yaml:4:10 `held_at` cannot be `skool` / did you mean `school`?",
        "policies/aide.yaml:8:14 there is no topic, module or set `grades.mark` / did you mean `grades.marks`?",
    ]);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_others_their_answers() {
    let aide = role("aide", VIEW);
    let mut client = Client::on(&[
        ("policies/application.yaml", APPLICATION),
        ("policies/aide.yaml", &aide),
        ("policies/other.yaml", &role("other", VIEW)),
    ]);
    client.open("policies/application.yaml");
    client.change("policies/application.yaml", &format!("{APPLICATION}      other: [view\n"));
    client.until(|client| client.findings.contains_key("policies/application.yaml"));
    let mark = at(&aide, "grades.mark", 2);
    assert!(client.hover("policies/aide.yaml", mark).contains("*view* and *update*"));
    assert_eq!(client.defined("policies/aide.yaml", mark), ["policies/application.yaml:8:7"]);
    assert_eq!(client.hover("policies/application.yaml", at(APPLICATION, "mark", 0)), "", "places would be others");
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn folders_called_policies_are_sets_of_their_own() {
    let broken = role("aide", "  - allow: vieww\n    topics: [grades.mark]\n");
    let said = "`grades.mark` has no action `vieww` / did you mean `view`?";
    let (one, two) = (format!("one/policies/aide.yaml:7:12 {said}"), format!("two/policies/x/aide.yaml:7:12 {said}"));
    let files = [
        ("one/policies/application.yaml", APPLICATION),
        ("one/policies/aide.yaml", &broken),
        ("two/policies/application.yaml", APPLICATION),
        ("two/policies/x/aide.yaml", &broken),
        ("three/aide.yaml", "hallpass: role/v1\n"),
        ("three/compose.yaml", "services: {}\n"),
        ("one/policies/.hidden.yaml", "{"),
        ("one/policies/notes.txt", "{"),
    ];
    let mut client = Client::on(&files);
    client.finds(&[&one, &two]);

    // A policy elsewhere is looked at once it is opened, with what lies beside it.
    client.open("three/aide.yaml");
    client.until(|client| client.findings.contains_key("three/aide.yaml"));
    client.open("three/compose.yaml");
    client.close("three/aide.yaml");
    client.finds(&[&one, &two]);
    assert_eq!(client.leave(), Some(0));

    // Folders that are named are the sets, and no others.
    for (flags, options) in
        [(["--policies", "two/policies"].as_slice(), json!({})), (&[], json!({"policies": "two/policies"}))]
    {
        let folder = TempDir::new().unwrap();
        files.iter().for_each(|(name, text)| write(&folder.path().join(name), text));
        let mut client = Client::begun(folder, flags, &json!({"initializationOptions": options}));
        client.finds(&[&two]);
        assert_eq!(client.leave(), Some(0));
    }
}

/// Wherever a file lies: it is looked at if the server reads it, opened or not.
#[test]
fn a_set_has_the_files_that_the_server_reads() {
    let folder = TempDir::new().unwrap();
    let places = [
        "a.yaml",
        "b/c/d.yml",
        "vendor/a.yaml",
        "target/b/a.yaml",
        "node_modules/a.yaml",
        ".git/a.yaml",
        ".a.yaml",
        "a.yaml~",
        "old~/a.yaml",
        "notes.txt",
        "b/.c/a.yaml",
    ];
    let policies = folder.path().join("policies");
    places.iter().for_each(|place| write(&policies.join(place), "hallpass: nothing/v1\n"));
    std::os::unix::fs::symlink("b", policies.join("linked")).unwrap();
    let read = hallpass::reload::read::read(&Root::policies(&policies, 1 << 20)).unwrap();
    let wanted: BTreeSet<String> = read.iter().map(|source| format!("policies/{}", source.name)).collect();
    assert!(wanted.contains("policies/vendor/a.yaml") && wanted.contains("policies/linked/c/d.yml"), "{wanted:?}");
    let mut client = Client::begun(folder, &[], &json!({}));
    let found = |client: &Client| client.findings.keys().cloned().collect::<BTreeSet<_>>();
    client.until(|client| found(client) == wanted);
    places.iter().for_each(|place| _ = client.open(&format!("policies/{place}")));
    client.change("policies/a.yaml", "hallpass: none/v1\n");
    client.until(|client| client.all().iter().any(|finding| finding.contains("`none/v1`")));
    assert_eq!(found(&client), wanted);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn without_such_a_folder_the_workspace_is_a_set_of_what_says_so() {
    let aide = role("aide", "  - allow: view\n    topics: [grades.marc]\n");
    let mut client = Client::on(&[
        ("sis/application.yaml", APPLICATION),
        ("aide.yaml", &aide),
        ("vendor/aide.yaml", &role("aide", VIEW)),
        ("compose.yaml", "services: {}\n"),
    ]);
    client.finds(&["aide.yaml:8:14 there is no topic, module or set `grades.marc` / did you mean `grades.mark`?"]);
    client.open("vendor/aide.yaml");
    client.open_as("aide.yaml", &format!("\n{aide}"));
    client.finds(&["aide.yaml:9:14 there is no topic, module or set `grades.marc` / did you mean `grades.mark`?"]);
    assert_eq!(client.leave(), Some(0));
}

/// Every mistake that is known: the same findings at the same places as the compiler has, in every file.
#[test]
fn every_known_mistake_is_told_of_where_it_is() {
    for source in sources(&path("tests/data/mistakes")).iter().filter(|source| !source.name.contains('/')) {
        let Ok(text) = std::str::from_utf8(&source.bytes) else { continue };
        if !source.name.ends_with(".yaml") {
            continue;
        }
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("policies/mistake.yaml"), text);
        let mut client =
            Client::begun(folder, &[], &json!({"capabilities": {"general": {"positionEncodings": ["utf-32"]}}}));
        let alone = Source { name: "mistake.yaml".into(), bytes: source.bytes.clone() };
        let found = match Policy::compile(&[alone]) {
            Ok(compiled) => compiled.warnings,
            Err(findings) => findings,
        };
        let told = |finding: &Finding| {
            let (line, column) = (finding.place.line.max(1), finding.place.column.max(1));
            let help =
                finding.help.as_ref().map(|help| format!(" / {}", help.replace('\n', " / "))).unwrap_or_default();
            format!("policies/mistake.yaml:{line}:{column} {}{help}", finding.message)
        };
        let wanted: Vec<String> = found.iter().map(told).collect();
        client.until(|client| client.findings.contains_key("policies/mistake.yaml"));
        assert_eq!(client.all(), wanted, "{}", source.name);
    }
}
