//! `diff`: exit codes, the report in its three forms, git revisions, people.

use std::fs;
use std::process::Command;

use serde_json::Value as Json;

use super::{APPLICATION, AUDITOR, DISTRICT, Ended, Place, TEACHER};
use crate::little::{Little, ask, day};
use crate::support::{compile, sources};
use hallpass::policy::facts::OrgKind;

/// The policies as they were, and as they are to be.
fn two(application: &str, teacher: &str, auditor: &str) -> Place {
    let place = Place::with(&[
        ("old/sis.yaml", APPLICATION),
        ("old/teacher.yaml", TEACHER),
        ("old/auditor.yaml", AUDITOR),
        ("new/sis.yaml", application),
        ("new/teacher.yaml", teacher),
        ("new/auditor.yaml", auditor),
    ]);
    DISTRICT.iter().for_each(|(name, text)| place.write(name, text));
    place
}

fn wider() -> Place {
    let auditor = AUDITOR.replace("allow: view", "allow: [view, update]");
    two(APPLICATION, &TEACHER.replace("[view, update]", "[view]"), &auditor)
}

const REPORT: &str = "\
from old to new: 1 gain, 1 loss

+ Auditor gains: update grades.mark at the organisation where the role is held, and below
    for example: subject, who holds sis.auditor at school, may update sis.grades.mark of school: school on 2026-09-01: \
deny (no_grant) before, allow (granted) after

- Teacher loses: update grades.mark in sections that the holder teaches
    for example: subject, who holds sis.teacher at school and teaches class, may update sis.grades.mark of \
section: class on 2026-09-01: allow (granted) before, deny (no_grant) after
";

#[test]
fn what_changes_is_told_with_an_exit_code_of_its_own() {
    let place = wider();
    let ended = place.run("diff old new --on 2026-09-01");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (3, "", REPORT));
    let ended = place.run("diff old old");
    assert_eq!((ended.code, ended.out.as_str()), (0, "no decision changes from old to old\n"));
    let ended = place.run("diff old nowhere");
    assert_eq!(
        (ended.code, ended.out.as_str(), ended.err.as_str()),
        (1, "", "error: nowhere: does not exist (check the path in the settings and what is mounted there)\n")
    );
    place.write("new/sis.yaml", "hallpass: application/v2\n");
    let ended = place.run("diff old new");
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("new/sis.yaml:1:11"), "{}", ended.err);
}

#[test]
fn people_are_counted_and_listed() {
    let ended = wider().run("diff old new --directory examples/district --on 2026-09-01");
    assert_eq!(ended.code, 3, "{}", ended.err);
    let first =
        "from old to new: 1 gain, 1 loss; on 2026-09-01 1 of the people in the directory gain and 1 lose something\n";
    assert!(ended.out.starts_with(first), "{}", ended.out);
    assert!(ended.out.contains("    1 person gains: kim\n"), "{}", ended.out);
    assert!(ended.out.contains("    1 person loses: lee\n"), "{}", ended.out);
}

#[test]
fn a_list_of_people_is_bounded_unless_all_are_asked_for() {
    let place = wider();
    let mut rows = fs::read_to_string(place.0.path().join("examples/district/role_assignments.csv")).unwrap();
    let mut users = fs::read_to_string(place.0.path().join("examples/district/users.csv")).unwrap();
    for at in 0..14 {
        rows += &format!("x{at},,u{at:02},sis.auditor,d,,\n");
        users += &format!("u{at:02},,true,d\n");
    }
    place.write("examples/district/role_assignments.csv", &rows);
    place.write("examples/district/users.csv", &users);
    let line = "diff old new --directory examples/district";
    let bounded = place.run(line).out;
    assert!(
        bounded.contains(
            "15 people gain: kim, u00, u01, u02, u03, u04, u05, u06, u07, u08 and 5 more (`--all` lists them)\n"
        ),
        "{bounded}"
    );
    let all = place.run(&format!("{line} --all")).out;
    assert!(all.contains("u08, u09, u10, u11, u12, u13\n"), "{all}");
}

#[test]
fn markdown_is_for_a_comment() {
    let ended = wider().run("diff old new --format markdown --on 2026-09-01");
    assert_eq!(ended.code, 3);
    let begins = "### from old to new: 1 gain, 1 loss\n\n**Gained**\n\n- Auditor gains: update grades.mark at the organisation where the role is held, and below\n  - for example: subject, who holds sis.auditor";
    assert!(ended.out.starts_with(begins), "{}", ended.out);
    assert!(ended.out.contains("allow (granted) before, deny (no\\_grant) after\n"), "{}", ended.out);
}

/// What a title says means nothing to the page that it is shown on.
#[test]
fn markdown_is_not_written_by_titles() {
    let auditor =
        AUDITOR.replace("allow: view", "allow: [view, update]").replace("title: Auditor", "title: <b>*@all*</b>");
    let ended = two(APPLICATION, TEACHER, &auditor).run("diff old new --format markdown");
    assert!(ended.out.contains("- &lt;b&gt;\\*@\u{200b}all\\*&lt;/b&gt; gains: "), "{}", ended.out);
}

/// Whoever reads the JSON can make the directory of each witness and ask both sets: they answer as it says.
#[test]
fn a_witness_in_json_can_be_asked_again() {
    let teacher = TEACHER
        .replace("    clause: 1\n", "    clause: 1\n    when: resource.date <= today\n")
        .replace("not_at: [elementary]\n", "");
    let place = two(APPLICATION, &teacher, AUDITOR);
    let ended = place.run("diff old new --format json --on 2026-09-01");
    let report: Json = serde_json::from_str(&ended.out).unwrap();
    let [old, new] = ["old", "new"].map(|folder| compile(&sources(&place.0.path().join(folder))));
    let changes = report["changes"].as_array().unwrap();
    assert!(changes.len() >= 2, "{report:#}");
    for change in changes {
        let witness = &change["witness"];
        let facts = directory(&witness["directory"]);
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        let (subject, resource) = (&witness["subject"], &witness["resource"]);
        let question = ask(
            &text(&subject["id"]),
            &text(&witness["action"]["name"]),
            &text(&resource["type"]),
            resource["properties"].clone(),
        );
        let question =
            question.id(&text(&resource["id"])).subject(subject["properties"].clone()).on(&text(&witness["day"]));
        let question = question.action(witness["action"]["properties"].clone()).context(witness["context"].clone());
        assert_eq!(question.reason(&old, &facts), text(&witness["before"]["reason"]), "{change:#}");
        assert_eq!(question.reason(&new, &facts), text(&witness["after"]["reason"]), "{change:#}");
        assert_ne!(witness["before"]["allow"], witness["after"]["allow"]);
        assert_eq!(witness["after"]["allow"], change["effect"] == "gains");
    }
    assert_eq!(day("2026-09-01").to_string(), text_of(&report["day"]));
}

fn text_of(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

fn kind(written: &Json) -> OrgKind {
    match written.as_str().unwrap() {
        "school" => OrgKind::School,
        "district" => OrgKind::District,
        _ => OrgKind::Other,
    }
}

/// An organisation of which only the place on somebody's way up is written: the topmost is the district.
fn between(id: &str, above: Option<&String>) -> (String, OrgKind, String, String) {
    let kind = if above.is_none() { OrgKind::District } else { OrgKind::Other };
    (id.to_owned(), kind, above.cloned().unwrap_or_default(), String::new())
}

/// The directory of a witness, made by hand from what is written of it.
fn directory(written: &Json) -> Little {
    let list = |value: &Json| value.as_array().unwrap().clone();
    let mut orgs: Vec<(String, OrgKind, String, String)> = Vec::new();
    for org in list(&written["orgs"]) {
        let above: Vec<String> = list(&org["above"]).iter().map(text_of).collect();
        let level = org["level"].as_str().unwrap_or_default().to_owned();
        let own = (text_of(&org["id"]), kind(&org["kind"]), above.first().cloned().unwrap_or_default(), level);
        let way = above.iter().enumerate().rev().map(|(at, id)| between(id, above.get(at + 1)));
        for made in way.chain([own]) {
            orgs.extend((!orgs.iter().any(|(known, ..)| *known == made.0)).then_some(made));
        }
    }
    let orgs: Vec<_> =
        orgs.iter().map(|(id, kind, above, level)| (id.as_str(), *kind, above.as_str(), level.as_str())).collect();
    let mut facts = Little::new(&orgs);
    for class in list(&written["classes"]) {
        facts.section(&text_of(&class["id"]), &text_of(&class["school"]), None);
    }
    for person in list(&written["people"]) {
        let id = text_of(&person["id"]);
        facts.user(&id).student = person["student"].as_bool().unwrap();
        for org in list(&person["belongs_to"]) {
            facts.member(&id, &text_of(&org));
        }
        for held in list(&person["holds"]) {
            facts.assign(&id, &text_of(&held["role"]), &text_of(&held["org"]));
        }
        for class in list(&person["teaches"]) {
            facts.teach(&id, &text_of(&class));
        }
        for class in list(&person["attends"]) {
            facts.attend(&id, &text_of(&class), crate::little::period("", ""));
        }
    }
    facts
}

#[test]
fn a_condition_that_changed_is_told_with_both_texts() {
    let old = TEACHER.replace("    clause: 1\n", "    clause: 1\n    when: resource.date <= today\n");
    let place = two(APPLICATION, &old.replace("<= today", "< today"), AUDITOR);
    place.write("old/teacher.yaml", &old);
    let out = place.run("diff old new").out;
    let line = "- Teacher loses: view, update grades.mark in sections that the holder teaches, when `resource.date <= today` (now when `resource.date < today`)\n";
    assert!(out.contains(line), "{out}");
    assert!(!out.contains("no request was found"), "{out}");
    place.write(
        "new/teacher.yaml",
        &old.replace("resource.date <= today", "'!(resource.date > today) && resource.date != null'"),
    );
    let ended = place.run("diff old new");
    let told = "\
no decision changes from old to new

rules changed, and no request was found that is decided otherwise
  Teacher: view, update grades.mark in sections that the holder teaches, when `!(resource.date > today) && resource.date != null` (before when `resource.date <= today`) stands in the new set
";
    assert_eq!((ended.code, ended.out.as_str()), (0, told));
}

fn git(place: &Place, line: &str) {
    let mut command = Command::new("git");
    command.args(line.split_whitespace()).current_dir(place.0.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The binary with `git` to be found.
fn run(place: &Place, line: &str) -> Ended {
    super::run_in(place.0.path(), line, &[("PATH", "/usr/local/bin:/usr/bin:/bin")])
}

#[test]
fn a_revision_is_read_by_git() {
    let place = wider();
    git(&place, "init --quiet --initial-branch main");
    place.write("old/.hidden.yaml", "no policy: [");
    git(&place, "add --all");
    git(&place, "-c user.name=a -c user.email=a@b commit --quiet --message old");
    place.write("old/teacher.yaml", "broken: [");
    let ended = run(&place, "diff main:old new --on 2026-09-01");
    assert_eq!((ended.code, ended.err.as_str()), (3, ""));
    assert_eq!(ended.out, REPORT.replace("from old", "from main:old"));
    let ended = run(&place, "diff HEAD:old main:old");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    for (spec, error) in [
        ("elsewhere:old", "error: `elsewhere:old` is neither a folder nor a git revision: "),
        ("main:nowhere", "error: `main:nowhere` is neither a folder nor a git revision: "),
        ("main:examples", "error: `main:examples` holds no policy file\n"),
        ("--output=x:old", "error: unexpected argument"),
    ] {
        let ended = run(&place, &format!("diff {spec} new"));
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{spec}");
        assert!(ended.err.starts_with(error), "{}", ended.err);
    }
    place.write("new/teacher.yaml", "hallpass: role/v1\nrole: [");
    git(&place, "add --all");
    git(&place, "-c user.name=a -c user.email=a@b commit --quiet --message new");
    let ended = run(&place, "diff old main:new");
    assert_eq!(ended.code, 1);
    let ended = run(&place, "diff HEAD~1:old main:new");
    assert!(ended.err.contains("main:new/teacher.yaml:2"), "{}", ended.err);
    std::os::unix::fs::symlink("teacher.yaml", place.0.path().join("new/link.yaml")).unwrap();
    git(&place, "add --all");
    git(&place, "-c user.name=a -c user.email=a@b commit --quiet --message link");
    let ended = run(&place, "diff HEAD~2:old main:new");
    assert_eq!(ended.err, "error: `link.yaml` in `main:new` is no plain file: links in a revision are not followed\n");
}

#[test]
fn a_database_lists_nobody() {
    let ended = wider().run("diff old new --directory postgres://nowhere/x");
    assert_eq!(ended.code, 1);
    assert_eq!(
        ended.err,
        "error: people are found in files: name the folder or the zip that the database was imported from\n"
    );
}
