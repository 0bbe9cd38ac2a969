//! What the server does to files: renaming across a set, and formatting. Neither ever breaks one.

use hallpass::policy::compiled::Policy;
use serde_json::{Value, json};

use super::client::{APPLICATION, Client, applied, at};
use crate::support::{path, sources};

/// What the policies of a folder come to: every role with its rights, a line each; or what is wrong.
fn rights(client: &Client) -> Result<Vec<String>, String> {
    let compiled = Policy::compile(&sources(&client.path("policies")));
    let policy = compiled.map_err(|findings| findings.iter().map(ToString::to_string).collect::<String>())?.policy;
    let of = |id: &str| policy.rights(id).iter().map(|right| format!("`{id}` {right:?}")).collect::<Vec<_>>();
    let mut lines: Vec<String> = policy.roles().flat_map(|(id, _)| of(id)).collect();
    lines.sort();
    Ok(lines)
}

/// A text with one name in place of another, where it is not the beginning of a longer one.
fn renamed(text: &str, old: &str, new: &str) -> String {
    let mut parts = text.split(old);
    let mut all = parts.next().unwrap().to_owned();
    for part in parts {
        let longer = part.starts_with(|next: char| next.is_ascii_alphanumeric() || "_.-".contains(next));
        all.push_str(if longer { old } else { new });
        all.push_str(part);
    }
    all
}

#[test]
fn a_role_is_renamed_wherever_it_stands() {
    let mut client = Client::shipped();
    for (old, new, from, piece) in [
        ("misis.counselor", "misis.advisor", "policies/misis/counselor_plus.yaml", "misis.counselor\n"),
        (
            "map.system_administrator",
            "map.sysadmin",
            "policies/map/data_administrator.yaml",
            "map.system_administrator",
        ),
        ("misis.pe_teacher", "misis.gym_teacher", "policies/misis/tests_schools.yaml", "misis.pe_teacher"),
        ("misis.principal", "misis.head-of.school", "policies/misis/principal.yaml", "misis.principal"),
    ] {
        let before = rights(&client).unwrap();
        let text = std::fs::read_to_string(client.path(from)).unwrap();
        let files = client.rename(from, at(&text, piece, 3), new).unwrap();
        files.iter().for_each(|file| client.saved(file));
        let mut wanted: Vec<_> = before.iter().map(|line| renamed(line, old, new)).collect();
        wanted.sort();
        let after = rights(&client).unwrap();
        let apart: Vec<_> = after.iter().zip(&wanted).filter(|(after, wanted)| after != wanted).collect();
        assert!(apart.is_empty() && after.len() == wanted.len(), "{old}: {:#?}", apart.first());
        let told = client.told.iter().filter(|(method, _)| method == "window/showMessage").count();
        assert!(told > 0, "directories are outside");
        // Nowhere does a line name the old one still, but as the beginning of another's name.
        for source in sources(&client.path("policies")) {
            let text = String::from_utf8(source.bytes.to_vec()).unwrap();
            assert_eq!(renamed(&text, old, "!"), text, "{old} in {}", source.name);
        }
    }
    assert_eq!(client.all(), Vec::<String>::new());
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_set_is_renamed_in_its_own_application() {
    let mut client = Client::shipped();
    let before = rights(&client).unwrap();
    let from = "policies/misis/scheduling_administrator.yaml";
    let text = client.open(from);
    let files = client.rename(from, at(&text, "all_student_information", 2), "all_of_students").unwrap();
    assert!(files.len() > 3 && files.iter().all(|file| file.starts_with("policies/misis/")), "{files:?}");
    assert_eq!(rights(&client).unwrap(), before);
    let left = sources(&client.path("policies/misis")).iter().any(|source| {
        String::from_utf8_lossy(&source.bytes).lines().any(|line| {
            let said = line.split(" #").next().unwrap();
            !line.trim_start().starts_with('#') && !said.contains("because") && said.contains("all_student_information")
        })
    });
    assert!(!left);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_name_in_quotes_keeps_them() {
    let application = "hallpass: application/v1\napplication: sis\ntitle: T\nmodules: {grades: {title: G, topics: {mark: [view, update]}}}\nsets: {\"é\": {because: x, topics: all}, marks: {because: 'é, ''marks''', topics: [grades]}}\n";
    let application = application.replace("\"é\": {because: x, topics: all}, ", "");
    let role = "hallpass: role/v1\nrole: \"sis.aide\"\ntitle: Aide\nheld_at: school\nreach: org\ngrants:\n  - {allow: view, topics: ['marks']}\n";
    let mut client = Client::on(&[("policies/application.yaml", &application), ("policies/aide.yaml", role)]);
    client.rename("policies/aide.yaml", at(role, "'marks'", 2), "all_marks").unwrap();
    client.saved("policies/aide.yaml");
    client.saved("policies/application.yaml");
    client.rename("policies/aide.yaml", at(role, "sis.aide", 2), "sis.helper").unwrap();
    let text = std::fs::read_to_string(client.path("policies/aide.yaml")).unwrap();
    assert_eq!(text, role.replace("sis.aide", "sis.helper").replace("'marks'", "'all_marks'"));
    let text = std::fs::read_to_string(client.path("policies/application.yaml")).unwrap();
    assert_eq!(text, application.replace("}, marks:", "}, all_marks:").replace("{marks:", "{all_marks:"));
    rights(&client).unwrap();
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_warning_hinders_no_renaming() {
    let role = "hallpass: role/v1\nrole: sis.aide\ntitle: \u{410}ide\nheld_at: school\nreach: org\ngrants:\n  - {allow: view, topics: all}\n";
    let mut client = Client::on(&[("policies/application.yaml", APPLICATION), ("policies/aide.yaml", role)]);
    client.until(|client| client.all().iter().any(|found| found.contains("only looks like a letter of this word")));
    let files = client.rename("policies/aide.yaml", at(role, "sis.aide", 2), "sis.helper");
    assert_eq!(files, Ok(vec!["policies/aide.yaml".to_owned()]));
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn what_would_break_the_set_is_refused() {
    let mut client = Client::shipped();
    let (teacher, scheduling) = ("policies/misis/teacher.yaml", "policies/misis/scheduling_administrator.yaml");
    let (text, other) = (client.open(teacher), client.open(scheduling));
    let (role, set) = (at(&text, "misis.teacher", 2), at(&other, "formal_discipline", 2));
    for (file, position, new, why) in [
        (teacher, role, "misis.counselor", "the role `misis.counselor` is described twice"),
        (teacher, role, "miss.teacher", "there is no application `miss`"),
        (teacher, role, "misis teacher", "`misis teacher` cannot be a name"),
        (teacher, role, "", "`` cannot be a name"),
        (teacher, role, "a: b", "`a: b` cannot be a name"),
        (scheduling, set, "grades", "`grades` is already the name of something else"),
        (scheduling, set, "grades.mark", "`grades.mark` is already the name of something else"),
        (scheduling, set, "all", "`all` is already the name of something else"),
        (scheduling, set, "true", "`true` would be read as something else than a name"),
        (scheduling, set, "12", "`12` would be read as something else than a name"),
        (scheduling, set, "a:", "`a:` would be read as something else than a name"),
        (scheduling, at(&other, "grades.mark", 2), "grades.note", "only a role or a set can be renamed"),
        (scheduling, at(&other, "held_at", 2), "kept_at", "only a role or a set can be renamed"),
    ] {
        let refused = client.rename(file, position, new).unwrap_err();
        assert!(refused.contains(why), "{new}: {refused}");
    }
    // A file that can't be read may hold the name.
    client.change(scheduling, &format!("{other}grants: [\n"));
    let refused = client.rename(teacher, role, "misis.lecturer").unwrap_err();
    assert!(refused.contains("first put right what can't be read: misis/scheduling_administrator.yaml"), "{refused}");
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn what_is_about_to_be_renamed_is_shown_first() {
    let mut client = Client::shipped();
    let text = client.open("policies/misis/scheduling_administrator.yaml");
    let mut ask = |piece: &str| {
        let position = at(&text, piece, 1);
        client.ask_at("prepareRename", "policies/misis/scheduling_administrator.yaml", position, &json!({})).unwrap()
    };
    assert_eq!(ask("formal_discipline")["placeholder"], "formal_discipline");
    assert_eq!(ask("misis.scheduling")["placeholder"], "misis.scheduling_administrator");
    assert_eq!((ask("grades.mark"), ask("title")), (Value::Null, Value::Null));
}

fn formatted(client: &mut Client, name: &str, text: &str) -> Option<String> {
    let params = json!({"textDocument": {"uri": client.uri(name)}, "options": {"tabSize": 8, "insertSpaces": false}});
    let edits = client.ask("textDocument/formatting", params).unwrap();
    edits.as_array().map(|edits| applied(text, edits))
}

#[test]
fn the_shipped_policies_are_in_form() {
    let mut client = Client::shipped();
    for source in sources(&path("policies")) {
        let name = format!("policies/{}", source.name);
        let text = client.open(&name);
        assert_eq!(formatted(&mut client, &name, &text).as_deref(), Some(text.as_str()), "{name}");
    }
    assert_eq!(client.leave(), Some(0));
}

/// Every shipped file, indented by four, with blanks where they do no harm, comes back as it was.
#[test]
fn what_was_spread_out_comes_back() {
    let mut client = Client::shipped();
    for source in sources(&path("policies")) {
        let name = format!("policies/{}", source.name);
        let text = client.open(&name);
        let spread = |line: &str| {
            let content = line.trim_start();
            let indent = " ".repeat(2 * (line.len() - content.len()));
            let content = content.strip_prefix("- ").map_or(content.to_owned(), |item| format!("-   {item}"));
            format!("{indent}{content}{}\n", if text.contains(">-") { "" } else { "  " })
        };
        let untidy: String = "\n".to_owned() + &text.lines().map(spread).collect::<String>() + "\n\n";
        client.change(&name, &untidy);
        let tidy = formatted(&mut client, &name, &untidy);
        assert_eq!(tidy.as_deref(), Some(text.as_str()), "{name}");
    }
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn a_file_that_is_no_policy_yet_is_left_as_it_is() {
    let mut client = Client::shipped();
    let name = "policies/misis/teacher.yaml";
    let text = client.open(name) + "  - [\n";
    client.change(name, &text);
    assert_eq!(formatted(&mut client, name, &text), None);
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn buffers_are_renamed_as_they_are_and_not_as_they_lie_there() {
    let mut client = Client::shipped();
    let name = "policies/misis/counselor_plus.yaml";
    let text = client.open(name);
    let moved = format!("# 𝄞 a comment of another length\n{text}");
    client.change(name, &moved);
    let params = json!({"newName": "misis.advisor"});
    let edit = client.ask_at("rename", name, at(&moved, "misis.counselor\n", 1), &params).unwrap();
    let edits = edit["changes"][client.uri(name)].as_array().unwrap();
    let new = applied(&moved, edits);
    assert_eq!(new, moved.replace("include: misis.counselor\n", "include: misis.advisor\n"));
    // The server writes no file itself.
    let (ours, shipped) = (sources(&client.path("policies")), sources(&path("policies")));
    assert!(ours.iter().zip(&shipped).all(|(ours, shipped)| ours.bytes == shipped.bytes));
    assert_eq!(client.leave(), Some(0));
}
