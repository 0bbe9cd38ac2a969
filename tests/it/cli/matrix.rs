//! `matrix`: the table in its bands, CSV, the page, JSON, and what narrows it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{POLICIES, Place, shipped, small};

const TABLE: &str = "\
role         mark
sis.auditor  v
sis.teacher  vu/s

2 roles

v        view
u        update
no sign  at the organisation where it is held, and below (org)
/s       in sections that the holder teaches (section)
";

#[test]
fn a_table_with_its_legend() {
    let ended = small(&[]).run("matrix");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (0, "", TABLE));
    assert_eq!(small(&[]).run("matrix --format human").out, TABLE);
}

const LIMITED: &str = "\
hallpass: role/v1
role: sis.dean
title: <b>Dean</b> & \"co\"
group: Office 'A'
security_level: high
held_at: school
grants:
  - allow: view
    topics: [grades.mark]
    reach: referred
  - allow: [view, update]
    topics: [grades.mark]
    reach: own
    when: resource.date <= today
";

fn with_rule() -> Place {
    let rule = "deny:\n  - id: sealed\n    topics: all\n    when: resource.student == 'x'\n    unless_role: [sis.auditor]\n    because: a court <sealed> it\n";
    let application = super::APPLICATION.replace("apart:", &format!("{rule}apart:"));
    Place::with(&[
        ("policies/sis.yaml", &application),
        ("policies/teacher.yaml", super::TEACHER),
        ("policies/auditor.yaml", super::AUDITOR),
        ("policies/dean.yaml", LIMITED),
    ])
}

#[test]
fn scopes_limits_and_rules_have_signs() {
    let ended = with_rule().run("matrix --role sis.dean");
    assert!(ended.out.starts_with("role      mark\nsis.dean  vu/o*! v/r!\n\n1 role\n"), "{ended:?}");
    for line in [
        "/o       on records that the holder made (own)",
        "*        limited further: `hallpass roles show ROLE` says how",
        "!        a deny rule may forbid it",
        "deny rules that override",
        "  sis.sealed      when resource.student == 'x'; spares sis.auditor; because a court <sealed> it",
    ] {
        assert!(ended.out.lines().any(|found| found.trim_end() == line), "{line}\n\n{}", ended.out);
    }
}

#[test]
fn comma_separated_values() {
    let ended = with_rule().run("matrix --format csv --level high");
    let lines = "role,title,group,security_level,sis.grades.mark\n\
                 sis.dean,\"<b>Dean</b> & \"\"co\"\"\",Office 'A',high,vu/o*! v/r!\n";
    assert_eq!((ended.code, ended.out.as_str()), (0, lines));
}

#[test]
fn a_page_that_needs_nothing_else() {
    let page = with_rule().run("matrix --format html").out;
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">") && page.ends_with("</html>\n"), "{page}");
    for part in [
        "<th scope=\"row\">&lt;b&gt;Dean&lt;/b&gt; &amp; &quot;co&quot;<small>sis.dean</small></th>",
        "<th scope=\"col\"><small>grades</small>mark</th>",
        "<span aria-hidden=\"true\">vu/o*! v/r!</span>",
        "because a court &lt;sealed&gt; it",
        "<caption id=\"caption\">3 roles by 1 topic</caption>",
    ] {
        assert!(page.contains(part), "{part}\n\n{page}");
    }
    for part in ["<script", "http:", "https:", "src=", "<link", "<b>", "<sealed>"] {
        assert!(!page.contains(part), "{part}");
    }
    let heads = page.matches("<th ").count();
    assert_eq!((heads, page.matches("<th scope=").count(), page.matches("<th>").count()), (5, 5, 0));
    assert_eq!(page.matches("<td").count(), page.matches("</td>").count());
}

/// Every element that is opened is closed, in order: of the whole shipped set.
#[test]
fn the_page_of_the_shipped_set_is_well_formed() {
    let page = shipped("matrix --format html").out;
    let body = page.split_once("</style>").unwrap().1;
    let mut open = vec!["html", "head"];
    for tag in body.split('<').skip(1) {
        let name = tag.split(['>', ' ']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None => open.push(name),
        }
    }
    assert_eq!(open, [""; 0]);
}

/// The rights in the cells of a role.
fn in_cells(role: &Value) -> Vec<String> {
    let shares = role["cells"].as_object().unwrap().iter();
    let shares = shares.flat_map(|(topic, shares)| shares.as_array().unwrap().iter().map(move |share| (topic, share)));
    let rights = shares.flat_map(|(topic, share)| {
        let actions = share["actions"].as_array().unwrap().iter();
        actions.map(move |action| json!([role["role"], topic, action, share["reach"], share["limits"]]).to_string())
    });
    rights.collect()
}

/// The cells of the shipped set are the rights that `validate --expanded` writes out.
#[test]
fn the_shipped_cells_are_the_shipped_rights() {
    let json = |line: &str| serde_json::from_str::<Value>(&shipped(line).out).unwrap();
    let matrix = json("matrix --format json");
    let mut cells = BTreeSet::new();
    for right in matrix["roles"].as_array().unwrap().iter().flat_map(in_cells) {
        assert!(cells.insert(right.clone()), "{right} stands twice");
    }
    let rights = json("validate --expanded --format json");
    let right = |right: &Value| {
        json!([right["role"], right["resource_type"], right["action"], right["reach"], right["limits"]]).to_string()
    };
    let rights: BTreeSet<String> = rights["rights"].as_array().unwrap().iter().map(right).collect();
    assert!(rights.len() > 2_000, "{} rights", rights.len());
    assert_eq!(cells, rights);
}

#[test]
fn what_is_shown_is_chosen_by_the_words_of_the_guide() {
    let json =
        |flags: &str| serde_json::from_str::<Value>(&shipped(&format!("matrix --format json {flags}")).out).unwrap();
    let grades = json("--module grades");
    let topics = json!([
        "misis.grades.mark",
        "misis.grades.retention_warning",
        "misis.grades.failing_senior",
        "misis.grades.report"
    ]);
    assert_eq!(grades["topics"], topics);
    assert_eq!(json("--module misis.grades")["topics"], topics);
    assert_eq!(json("--module misis.grades.mark")["topics"], json!(["misis.grades.mark"]));
    let (shown, without) = (grades["roles"].as_array().unwrap().len(), &grades["roles_without_rights"]);
    assert_eq!(u64::try_from(shown).unwrap() + without.as_u64().unwrap(), 68);
    let low = json("--level low,moderate --group 'x'".replace(" --group 'x'", "").as_str());
    for role in low["roles"].as_array().unwrap() {
        assert!(["low", "moderate"].contains(&role["security_level"].as_str().unwrap()), "{role}");
    }
    let testing = json("--group testing");
    assert!(testing["roles"].as_array().unwrap().iter().all(|role| role["group"] == "Testing"), "{testing}");
    assert!(!testing["roles"].as_array().unwrap().is_empty() && !low["roles"].as_array().unwrap().is_empty());
}

#[test]
fn what_is_not_there_is_said_with_the_nearest_that_is() {
    for (flags, message) in [
        ("--module grade", "error: there is no module `grade`: did you mean `grades`?\n"),
        ("--module qqqqqqqqq", "error: there is no module `qqqqqqqqq`: `hallpass matrix` shows all topics\n"),
        ("--role misis.counsellor", "error: there is no role `misis.counsellor`: did you mean `misis.counselor`?\n"),
        ("--group Testin", "error: there is no group `Testin`: did you mean `Testing`?\n"),
    ] {
        let ended = shipped(&format!("matrix {flags}"));
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (1, "", message));
    }
    let none = Place::with(&POLICIES).run("matrix --level high");
    assert_eq!((none.code, none.out.as_str()), (0, "no role that was chosen has a right there\n"));
}

/// On a terminal every line fits, and every cell of the whole is there once.
#[test]
fn a_table_fits_the_terminal() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let whole = shipped("matrix --module grades,health,groups").out;
    for columns in [60, 80, 132] {
        let line =
            format!("hallpass matrix --module grades,health,groups --policies {folder}/policies --columns {columns}");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let args = line.split(' ').map(Into::into);
        assert_eq!(hallpass::cli::run(args, true, &mut out, &mut err), hallpass::cli::Exit::Success);
        let banded = String::from_utf8(out).unwrap();
        let wide = banded.lines().find(|line| line.chars().count() > columns);
        assert_eq!(wide, None, "{columns}");
        let cells = |text: &str| {
            let table = text.split("\n\nv ").next().unwrap();
            let words =
                table.split_whitespace().filter(|word| !word.starts_with("misis.") && !word.starts_with("map."));
            let mut words: Vec<&str> = words.filter(|word| *word != "role").collect();
            words.sort_unstable();
            words.join(" ")
        };
        assert_eq!(cells(&banded), cells(&whole), "{columns}");
    }
}
