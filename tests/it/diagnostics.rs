//! Findings: each has a code that `docs/diagnostics.md` explains, and one mistake is one finding.

mod malformed;
pub(crate) mod mutations;

use std::collections::{BTreeMap, BTreeSet};

use hallpass::policy::code::Code;
use hallpass::policy::compiled::Policy;
use hallpass::policy::source::{Finding, Severity, Source};

use crate::support::{path, source, sources};

/// The errors of a set.
fn errors(files: &[Source]) -> Vec<Finding> {
    Policy::compile(files).err().unwrap_or_default()
}

/// The sections of the page, with their texts.
fn sections() -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(path("docs/diagnostics.md")).unwrap();
    let section = |text: &str| {
        let (title, text) = text.split_once('\n').unwrap();
        (title.to_owned(), text.split("\n## ").next().unwrap().trim().to_owned())
    };
    page.split("\n### ").skip(1).map(section).collect()
}

#[test]
fn every_code_is_explained_and_nothing_else() {
    let sections = sections();
    let explained: BTreeSet<&str> = sections.keys().map(String::as_str).collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(explained, codes);
    assert_eq!(codes.len(), Code::ALL.len(), "no two codes have one name");
    for (code, text) in sections {
        let (meaning, remedy) = text.split_once("\n\nDo: ").unwrap_or_else(|| panic!("{code} says what to do"));
        assert!(meaning.len() > 40 && remedy.len() > 5, "{code} is explained");
    }
}

#[test]
fn the_command_explains_each() {
    let explained = |code: Code, format: &str| {
        let mut out = Vec::new();
        let args = ["hallpass", "validate", "--explain", code.name(), "--format", format].map(Into::into);
        let exit = hallpass::cli::run(args, false, &mut out, &mut Vec::new());
        assert_eq!(exit, hallpass::cli::Exit::Success);
        String::from_utf8(out).unwrap()
    };
    for code in Code::ALL {
        let (name, text) = (code.name(), &sections()[code.name()]);
        assert_eq!(explained(*code, "drawn").trim(), text, "{name}");
        let object: serde_json::Value = serde_json::from_str(&explained(*code, "json")).unwrap();
        assert_eq!(object, serde_json::json!({"code": name, "text": text}));
    }
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["hallpass", "validate", "--explain", "unknown-keys"].map(Into::into);
    assert_eq!(hallpass::cli::run(args, false, &mut out, &mut err), hallpass::cli::Exit::Failure);
    let err = String::from_utf8(err).unwrap();
    assert!(out.is_empty() && err.contains("no finding has this code; did you mean `unknown-key`?"), "{err}");
}

/// Mistakes of which no file can be kept, or that are about a directory, are cases elsewhere.
#[test]
fn every_code_has_a_case_with_its_text() {
    let kept = sources(&path("tests/data/mistakes"));
    let expected = kept.iter().filter(|file| file.name.ends_with(".expected"));
    let mut seen: BTreeSet<String> = expected
        .flat_map(|file| String::from_utf8(file.bytes.to_vec()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| line.split_once(' ').map(|(code, _)| code.to_owned()))
        .collect();
    let latin = Source { bytes: b"hallpass: role/v1\ntitle: Cl\xe9rk\n".as_slice().into(), ..source("a.yaml", "") };
    let bombs = [latin, source("a.yaml", "hall\u{200b}pass: role/v1\n")];
    seen.extend(
        bombs.iter().flat_map(|file| errors(std::slice::from_ref(file))).map(|finding| code(&finding).to_owned()),
    );
    // Their texts stand in `cli::validate` and `cli::tests::required`.
    seen.extend(["idle-assignment", "too-close", "failing-test"].map(str::to_owned));
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.name().to_owned()).collect();
    assert_eq!(codes.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn code(finding: &Finding) -> &'static str {
    finding.code.unwrap_or_else(|| panic!("{finding} has a code")).name()
}

#[test]
fn errors_and_warnings_are_what_their_codes_say() {
    let page = std::fs::read_to_string(path("docs/diagnostics.md")).unwrap();
    let warnings = page.split_once("\n## Warnings\n").unwrap().1;
    for code in Code::ALL {
        let listed = warnings.contains(&format!("\n### {}\n", code.name()));
        assert_eq!(listed, code.severity() == Severity::Warning, "{}", code.name());
    }
}

/// Two thousand files, each with something to look at: lints compare roles with one another.
#[test]
fn a_large_set_is_looked_at_as_a_whole() {
    let mut files = sources(&path("tests/data/mistakes/with"));
    files.retain(|file| file.name.ends_with("application.yaml"));
    for number in 0..2_000 {
        let level = ["low", "moderate", "high"][number % 3];
        let text = format!(
            "hallpass: role/v1\nrole: library.r{number}x\ntitle: x\nsecurity_level: {level}\nheld_at: school\nreach: own\ngrants:\n  - allow: manage\n    topics: all\n  - allow: view\n    topics: catalog.book\n"
        );
        files.push(source(&format!("{number}.yaml"), text));
    }
    let warnings = Policy::compile(&files).unwrap().warnings;
    let count = |code: Code| warnings.iter().filter(|finding| finding.code == Some(code)).count();
    assert_eq!(count(Code::CoveredGrant), 2_000);
    assert_eq!(count(Code::UnderstatedLevel), 1_334);
}
