//! A directory in a database on the command line: what is refused, and that a password is never shown.

use super::{run_in, shipped, small};

const SECRET: &str = "hunter2";

#[test]
fn what_cannot_be_used_is_told_without_the_password() {
    let question = "--subject t.rivera --action update --type misis.grades.mark --property student=s.0142";
    let nowhere = format!("postgres://me:{SECRET}@localhost/district?host=/nowhere");
    let closed = format!("postgres://me:{SECRET}@127.0.0.1:1/district");
    let weak = format!("postgres://me:{SECRET}@db.example/district?sslmode=prefer");
    let twice = format!("postgres://me:{SECRET}@db@db/district");
    for (line, said) in [
        (format!("validate --directory {closed}"), "not checked as files are"),
        (format!("check {question} --directory {closed}"), "the directory can't be asked"),
        (format!("explain {question} --directory {closed}"), "the directory can't be asked"),
        (format!("check {question} --directory {nowhere}"), "in two places"),
        (format!("check {question} --directory {weak}"), "`sslmode=prefer` is refused"),
        (format!("check {question} --directory {twice}"), "more than one `@`"),
        (format!("serve --grpc-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --directory {weak}"), "is refused"),
        (format!("serve --directory {closed} --directory-ttl-seconds 0"), "--directory-ttl-seconds"),
        (format!("serve --directory {closed} --directory {weak}"), "cannot be used multiple times"),
    ] {
        let ended = shipped(&line);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{line}");
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
        assert!(!ended.err.contains(SECRET), "{line}: {}", ended.err);
    }
}

/// Help shows which variables are set, but for what may be secret.
#[test]
fn help_does_not_show_where_the_directory_is() {
    let url = format!("postgres://me:{SECRET}@db.example/district");
    for command in ["serve", "check", "explain", "test", "validate"] {
        let variables = [("HALLPASS_DIRECTORY", url.as_str()), ("HALLPASS_POLICIES", "where/policies/are")];
        let ended = run_in(std::path::Path::new("."), &format!("{command} --help"), &variables);
        assert!(ended.out.contains("HALLPASS_DIRECTORY") && ended.out.contains("where/policies/are"), "{}", ended.out);
        assert!(!ended.out.contains(SECRET), "{}", ended.out);
    }
}

#[test]
fn policies_are_refused_as_ever() {
    let place = small(&[("policies/broken.yaml", "hallpass: role/v1\nrole: [\n")]);
    let ended = place.run("check --subject lee --action view --type t --directory postgres://127.0.0.1:1/district");
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("broken.yaml"), "{}", ended.err);
}
