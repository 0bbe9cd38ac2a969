//! A whole session with a client that others wrote.

use std::process::Command;

use tempfile::TempDir;

use crate::support::{copy, path};

const TOLD: &str = "\
server hallpass utf-16
finding 37 13 29 there is no topic, module or set `gradebook.entrie` / did you mean `gradebook.entry`?
cleared
completion gradebook.entry gradebook.report
grant **Teacher** may *view*, *create* and *update* `gradebook.entry`, in sections that the holder teaches (section). / Clause 5: enters the gradebook / Because data entry is creating and updating, never deleting.
topic Topic `gradebook.entry`, for callers `misis.gradebook.entry` / - *view*, *create*, *update* and *delete*: a student's record: the student's schools count (student)
definition application.yaml entry
";

#[test]
#[ignore = "needs pygls"]
#[expect(clippy::disallowed_methods, reason = "says which interpreter has what the client needs")]
fn a_session_with_a_client_that_others_wrote() {
    let python = std::env::var("HALLPASS_TEST_PYTHON").expect("HALLPASS_TEST_PYTHON names what the client runs with");
    let folder = TempDir::new().unwrap();
    copy(&path("policies"), &folder.path().join("policies"));
    copy(&path("examples/district"), &folder.path().join("examples/district"));
    let mut client = Command::new(python);
    client.arg(path("tests/it/lsp/client.py")).arg(env!("CARGO_BIN_EXE_hallpass")).arg(folder.path());
    let ended = client.output().unwrap();
    let (told, errors) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{told}\n{errors}");
    let (head, tail) = told.split_at(TOLD.len().min(told.len()));
    assert_eq!(head, TOLD);
    let lines: Vec<&str> = tail.lines().collect();
    assert!(lines[0].starts_with("role Held by ") && lines[0].contains("people in"), "{tail}");
    assert_eq!(lines[1], "rename misis.teacher");
    assert!(lines.contains(&"edits teacher.yaml 1 {'misis.classroom_teacher'}"), "{tail}");
    let last = &lines[lines.len() - 5..];
    let wanted = [
        "told `misis.teacher` is `misis.classroom_teacher` in the policies now. Directories are outside",
        "formatted True",
        "on disk `held_at` cannot be `skool`",
        "registered workspace/didChangeWatchedFiles",
        "ended 0",
    ];
    assert_eq!(last, wanted, "{tail}");
}
