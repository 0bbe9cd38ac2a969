//! What a place is said to be, and where the way from it leads: held against what the policy comes to.

use std::collections::BTreeSet;

use hallpass::policy::roles::Right;
use serde_json::json;
use tempfile::TempDir;

use super::client::{Client, at};
use crate::support::{copy, path, shipped_policy};

/// Every grant of every shipped role: what is said that it allows is what the compiled policy gives by it.
#[test]
fn a_grant_is_said_to_mean_what_it_comes_to() {
    let policy = shipped_policy();
    let mut client = Client::shipped();
    let mut grants = 0;
    for source in crate::support::sources(&path("policies")) {
        let text = String::from_utf8(source.bytes.to_vec()).unwrap();
        let Some(role) = text.lines().find_map(|line| line.strip_prefix("role: ")) else { continue };
        let (application, name) = (role.split('.').next().unwrap(), format!("policies/{}", source.name));
        let items = text.lines().enumerate().skip_while(|(_, line)| *line != "grants:");
        for (number, (line, _)) in items.filter(|(_, line)| line.starts_with("  - allow")).enumerate() {
            let nth = text.lines().take(line + 1).skip_while(|line| *line != "grants:");
            let nth = nth.filter(|line| line.starts_with("  - ")).count();
            assert!(nth > number);
            let said = client.hover(&name, (line, 5));
            let sentence = said.split(" may ").nth(1).unwrap_or_else(|| panic!("{name}:{line} {said}"));
            let id = format!("{role}#{nth}");
            let given = |right: &Right<'_>| (right.action.to_owned(), right.resource_type.to_owned());
            let rights = policy.rights(role);
            let ours: BTreeSet<_> = rights.iter().filter(|right| right.grant == id).map(given).collect();
            assert_eq!(allowed(sentence, application), ours, "{id}: {said}");
            let right = rights.iter().find(|right| right.grant == id).unwrap();
            assert!(sentence.contains(&format!("({})", right.reach.name())), "{id}: {said}");
            assert!(right.limits.iter().all(|limit| sentence.contains(limit.as_str())), "{id}: {said}");
            grants += 1;
        }
    }
    assert!(grants >= 200, "{grants}");
    assert_eq!(client.leave(), Some(0));
}

/// `*view* and *update* `a`, `b`; *view* `c`` as pairs of action and type.
fn allowed(sentence: &str, application: &str) -> BTreeSet<(String, String)> {
    let between =
        |text: &str, mark: char| -> Vec<String> { text.split(mark).skip(1).step_by(2).map(str::to_owned).collect() };
    let sentence = sentence.split(", at the organisation").next().unwrap();
    let sentence = [", in sections", ", on records", ", on what"]
        .iter()
        .fold(sentence, |text, end| text.split(end).next().unwrap());
    let mut found = BTreeSet::new();
    for group in sentence.split("; ").filter(|group| group.starts_with('*')) {
        let topics = between(group, '`');
        for action in between(group.split('`').next().unwrap(), '*') {
            found.extend(topics.iter().map(|topic| (action.clone(), format!("{application}.{topic}"))));
        }
    }
    found
}

#[test]
fn names_are_explained() {
    let mut client = Client::shipped();
    let scheduling = client.open("policies/misis/scheduling_administrator.yaml");
    let application = client.open("policies/misis/application.yaml");
    let tests = client.open("policies/misis/tests.yaml");
    let schools = client.open("policies/misis/tests_schools.yaml");
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "scheduling_administrator",
            &scheduling,
            "formal_discipline\n",
            &[
                "Set `formal_discipline`: formal discipline is actions taken",
                "6 topics",
                "`student_support.suspension_appeal`",
            ],
        ),
        (
            "scheduling_administrator",
            &scheduling,
            "misis.scheduling",
            &[
                "**Scheduling Administrator** `misis.scheduling_administrator`",
                "held at: school",
                "elementary: office managers",
                "one per 1000 students; at least 2; at most 4",
                "request through: One Access",
                "5 grants",
            ],
        ),
        (
            "scheduling_administrator",
            &scheduling,
            "grades.mark",
            &[
                "Topic `grades.mark`, for callers `misis.grades.mark`",
                "*view*, *create* and *update*: a student's record",
            ],
        ),
        (
            "scheduling_administrator",
            &scheduling,
            "[scheduling]",
            &["Module `scheduling`: Master Scheduling", "`scheduling.walk_in`"],
        ),
        ("scheduling_administrator", &scheduling, "  clause: 2", &["Clause 2: sets up and runs", "1 grant put"]),
        (
            "scheduling_administrator",
            &scheduling,
            "held_at",
            &["`held_at`: The kind of organisation at which it has effect"],
        ),
        ("application", &application, "attendance_category", &["Topic `enrollment.attendance_category`"]),
        ("application", &application, "formal_discipline", &["Set `formal_discipline`"]),
        ("tests", &tests, "misis.grades.mark", &["Topic `grades.mark`"]),
        ("tests_schools", &schools, "misis.pe_teacher", &["**PE Teacher** `misis.pe_teacher`"]),
    ];
    for (file, text, piece, wanted) in cases {
        let beyond = if piece.starts_with(['[', ' ']) { piece.len() - 1 } else { 2 };
        let said = client.hover(&format!("policies/misis/{file}.yaml"), at(text, piece, beyond));
        assert!(wanted.iter().all(|words| said.contains(words)), "{piece}\n{said}");
        assert!(!said.contains("in examples"), "no directory was named");
    }
    let included = client.open("policies/misis/counselor_plus.yaml");
    let said = client.hover("policies/misis/counselor_plus.yaml", at(&included, "include", 1));
    assert!(said.contains("has every grant of **Counselor** (`misis.counselor`"), "{said}");
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn the_holders_of_a_role_are_counted_where_a_directory_is_named() {
    let folder = TempDir::new().unwrap();
    copy(&path("policies"), &folder.path().join("policies"));
    copy(&path("examples/district"), &folder.path().join("district"));
    let mut rows = csv::Reader::from_path(path("examples/district/role_assignments.csv")).unwrap();
    let heads = rows.headers().unwrap().clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let (user, role, status) = (column("userSourcedId"), column("role"), column("status"));
    let all: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let theirs = all.iter().filter(|row| &row[role] == "misis.teacher" && ["", "active"].contains(&&row[status]));
    let holders: BTreeSet<&str> = theirs.map(|row| &row[user]).collect();
    let mut client = Client::begun(folder, &["--directory", "district"], &json!({}));
    let text = client.open("policies/misis/teacher.yaml");
    let mut said = String::new();
    while !said.contains("Held by") {
        said = client.hover("policies/misis/teacher.yaml", at(&text, "misis.teacher", 0));
        assert!(said.contains("is still being read") || said.contains("Held by"), "{said}");
    }
    let told = said.split("Held by ").nth(1).unwrap();
    let ever = told.split(" today, ").nth(1).unwrap_or(told).split(' ').next().unwrap();
    assert_eq!(ever.parse::<usize>().unwrap(), holders.len(), "{said}");
    assert_eq!(client.leave(), Some(0));

    let mut client = Client::begun(TempDir::new().unwrap(), &["--directory", "nowhere"], &json!({}));
    client.open_as("teacher.yaml", &text);
    let mut said = String::new();
    while !said.contains("nowhere can't be used") {
        said = client.hover("teacher.yaml", at(&text, "misis.teacher", 0));
        assert!(said.contains("nowhere"), "{said}");
    }
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn the_way_leads_to_where_a_name_is_described() {
    let mut client = Client::shipped();
    let cases = [
        ("misis/counselor_plus", "misis.counselor\n", "misis/counselor", "role: misis.counselor", 6),
        ("misis/scheduling_administrator", "formal_discipline\n", "misis/application", "  formal_discipline:", 2),
        ("misis/scheduling_administrator", "[scheduling]", "misis/application", "  scheduling:", 2),
        ("misis/scheduling_administrator", "grades.mark", "misis/application", "      mark: [view, create, update]", 6),
        ("misis/scheduling_administrator", "clause: 4", "misis/scheduling_administrator", "  4: ", 2),
        ("misis/tests", "misis.grades.mark", "misis/application", "      mark: [view, create, update]", 6),
        ("misis/tests_schools", "as: misis.pe_teacher", "misis/pe_teacher", "role: misis.pe_teacher", 6),
        ("map/data_administrator", "map.system_administrator", "map/system_administrator", "role: map.system", 6),
        ("map/school_proctor", "map.district_proctor", "map/district_proctor", "role: map.district_proctor", 6),
        ("misis/teacher", "role: misis.teacher", "misis/teacher", "role: misis.teacher", 6),
    ];
    for (from, piece, to, line, column) in cases {
        let (from, to) = (format!("policies/{from}.yaml"), format!("policies/{to}.yaml"));
        let text = std::fs::read_to_string(client.path(&from)).unwrap();
        let beyond = piece.find(": ").map_or(usize::from(piece.starts_with('[')) + 1, |colon| colon + 2);
        let target = std::fs::read_to_string(client.path(&to)).unwrap();
        let number = target.lines().position(|known| known.starts_with(line)).unwrap() + 1;
        assert_eq!(
            client.defined(&from, at(&text, piece, beyond)),
            [format!("{to}:{number}:{}", column + 1)],
            "{piece}"
        );
    }
    let text = client.open("policies/misis/teacher.yaml");
    assert_eq!(client.defined("policies/misis/teacher.yaml", at(&text, "allow: view", 8)), Vec::<String>::new());
    assert_eq!(client.leave(), Some(0));
}
