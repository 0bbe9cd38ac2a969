//! Mistakes that people make: one clear message on standard error, nothing on standard output, exit code 1.

use super::{Place, run_in, shipped, small};

fn refused(place: &Place, line: &str, message: &str) {
    let ended = place.run(line);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.trim_end()), (1, "", message), "hallpass {line}");
}

#[test]
fn arguments_that_mean_nothing() {
    let place = small(&[]);
    let help = "\n\n`--help` shows what there is";
    for (line, message) in [
        ("chekc", "error: unrecognized subcommand 'chekc'\n\n  tip: some similar subcommands exist: 'schema', 'check'"),
        (
            "roles --polices x",
            "error: unexpected argument '--polices' found\n\n  tip: a similar argument exists: '--policies'",
        ),
        (
            "check --subject lee --action view",
            "error: the following required arguments were not provided:\n  --type <TYPE>",
        ),
        (
            "check --subject lee --action view --type t --property color",
            "error: invalid value 'color' for '--property <NAME=VALUE>': write `name=value`, or `name:=JSON`",
        ),
        (
            "check --subject lee --action view --type t --property n:=[1",
            "error: invalid value 'n:=[1' for '--property <NAME=VALUE>': what follows `:=` is no JSON: EOF while parsing a list at line 1 column 2",
        ),
        (
            "check --subject lee --action view --type t --property school:=[null]",
            "error: invalid value 'school:=[null]' for '--property <NAME=VALUE>': `school` must be a text or a list of texts",
        ),
        (
            "check --subject lee --action view --type t --on 2026-02-30",
            "error: invalid value '2026-02-30' for '--on <YYYY-MM-DD>': write a day of the calendar as YYYY-MM-DD",
        ),
        (
            "check --subject lee --action view --type t --server 127.0.0.1:1 --on 2026-02-03",
            "error: the argument '--server <ADDR>' cannot be used with '--on <YYYY-MM-DD>'",
        ),
        (
            "check --subject lee --action view --type t --time-zone Mars",
            "error: invalid value 'Mars' for '--time-zone <ZONE>': there is no such time zone; write an IANA name, such as America/Los_Angeles",
        ),
        (
            "serve --grpc-listen here",
            "error: invalid value 'here' for '--grpc-listen <ADDR>': write an address and a port, such as 127.0.0.1:50051",
        ),
        (
            "serve --public-url http://example.org",
            "error: invalid value 'http://example.org' for '--public-url <URL>': callers on other machines come by https: begin the URL with https://",
        ),
        ("serve --workers 0", "error: invalid value '0' for '--workers <N>': write a whole number from 1"),
    ] {
        refused(&place, line, &format!("{message}{help}"));
    }
}

#[test]
fn questions_that_cannot_be_decided() {
    let place = small(&[]);
    let ask = "check --subject lee --action view --type sis.grades.mark";
    let begin = "error: this is no question that can be decided: ";
    for (flags, message) in [
        ("--date 2026-13-01", "`date` must be a day of the calendar, as YYYY-MM-DD"),
        ("--property school=7", "`school` must be a text or a list of texts"),
        (
            "--student sam --property student=sam",
            "`student` is given twice: give it once, as a list where there are alternatives",
        ),
        ("--context a=1 --context a=2", "`a` is given twice: give it once, as a list where there are alternatives"),
        ("--student=", "`student` must not be empty: leave it out where there is none"),
    ] {
        refused(&place, &format!("{ask} {flags}"), &format!("{begin}{message}"));
    }
}

#[test]
fn folders_that_are_not_there() {
    let place = small(&[("empty/readme.txt", "nothing")]);
    for command in
        ["validate --policies nowhere", "roles --policies nowhere", "test nowhere", "serve --policies nowhere"]
    {
        let ended = place.run(command);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "hallpass {command}");
        assert!(ended.err.starts_with("error: "), "{}", ended.err);
        assert!(ended.err.contains("nowhere"), "{}", ended.err);
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    }
    let ended = place.run("validate --policies empty");
    assert!(ended.code == 1 && ended.err.contains("empty"), "{ended:?}");
}

#[test]
fn refused_files_are_listed_where_they_are_needed() {
    let place = small(&[("policies/teacher.yaml", "hallpass: role/v2\n")]);
    let message = "error: the files are refused\n  policies/teacher.yaml:1:11: `role/v2` is no kind of file that this version knows (did you mean `role/v1`?)";
    for line in ["roles", "test", "check --subject lee --action view --type sis.grades.mark"] {
        refused(&place, line, message);
    }
}

/// Nothing half set, and nothing open to strangers.
#[test]
fn settings_that_do_not_go_together() {
    let place = small(&[("short.key", "guessed\n")]);
    let no_log = |flag: &str| {
        format!("`--decision-log-{flag}` is set without `--decision-log`: name a file for the decision log")
    };
    let unsealed =
        "`--decision-log-checkpoints` is set without `--decision-log-key-file`: checkpoints are sealed with a key";
    let tls = "--tls-cert c.pem --tls-key k.pem";
    let authority =
        "`--tls-client-ca` is set without `--tls-cert` and `--tls-key`: callers show certificates over TLS alone";
    let half = |given: &str, missing: &str| format!("`--{given}` is set without `--{missing}`: TLS needs both");
    let open = |flag: &str, missing: &str| {
        format!(
            "`--{flag}` is `0.0.0.0:0`, which others can reach: it needs {missing} as well, or listen on a loopback address"
        )
    };
    let shared = |addr: &str, flag: &str| {
        format!("`--admin-listen` is `{addr}`, which is `--{flag}` too: give the admin plane an address of its own")
    };
    let everything = "`--tls-cert`, `--tls-key` and `--callers`";
    for (flags, message) in [
        ("--tls-cert c.pem", half("tls-cert", "tls-key")),
        ("--tls-key k.pem", half("tls-key", "tls-cert")),
        ("--tls-cert c.pem --tls-client-ca a.pem", half("tls-cert", "tls-key")),
        ("--tls-key k.pem --tls-client-ca a.pem", half("tls-key", "tls-cert")),
        ("--tls-client-ca a.pem", authority.to_owned()),
        ("--tls-client-ca a.pem --callers c.yaml", authority.to_owned()),
        ("--grpc-listen 0.0.0.0:0", open("grpc-listen", everything)),
        ("--http-listen 0.0.0.0:0", open("http-listen", everything)),
        ("--http-listen 0.0.0.0:0 --callers c.yaml", open("http-listen", "`--tls-cert` and `--tls-key`")),
        (&format!("--http-listen 0.0.0.0:0 {tls}"), open("http-listen", "`--callers`")),
        (&format!("--http-listen 0.0.0.0:0 {tls} --tls-client-ca a.pem"), open("http-listen", "`--callers`")),
        (
            "--admin-key-file a.key",
            "`--admin-key-file` is set without `--admin-listen`: it is the key of the admin plane, which is off"
                .to_owned(),
        ),
        ("--admin-listen 0.0.0.0:0", open("admin-listen", "`--tls-cert`, `--tls-key` and `--admin-key-file`")),
        ("--admin-listen 0.0.0.0:0 --admin-key-file a.key", open("admin-listen", "`--tls-cert` and `--tls-key`")),
        (&format!("--admin-listen 0.0.0.0:0 {tls}"), open("admin-listen", "`--admin-key-file`")),
        ("--admin-listen 127.0.0.1:8181", shared("127.0.0.1:8181", "http-listen")),
        ("--admin-listen 127.0.0.1:7 --grpc-listen 127.0.0.1:7", shared("127.0.0.1:7", "grpc-listen")),
        ("--decision-log-mode required", no_log("mode required")),
        ("--decision-log-key-file k", no_log("key-file")),
        ("--decision-log-attributes context.case", no_log("attributes")),
        ("--decision-log d.log --decision-log-checkpoints c", unsealed.to_owned()),
        (
            "--decision-log d.log --decision-log-attributes case",
            "`case` names no free property: write it with its part, such as `context.case` (subject, action, resource, \
             context)"
                .to_owned(),
        ),
        (
            "--decision-log d.log --decision-log-key-file short.key",
            "the first line of the key file `short.key` must have 32 characters or more (openssl rand -hex 32)".to_owned(),
        ),
    ] {
        refused(&place, &format!("serve {flags}"), &format!("error: {message}"));
    }
    let ended = run_in(place.0.path(), "serve", &[("HALLPASS_TLS_CERT", "c.pem")]);
    assert!(ended.code == 1 && ended.err.contains("`--tls-key`"), "{ended:?}");
}

#[test]
fn a_command_is_needed() {
    let ended = shipped("");
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("Commands:"), "{}", ended.err);
}

#[test]
fn help_and_version_are_no_mistakes() {
    let version = shipped("--version");
    assert_eq!((version.code, version.out), (0, format!("hallpass {}\n", env!("CARGO_PKG_VERSION"))));
    for command in ["serve", "check", "explain", "validate", "test", "roles"] {
        let help = shipped(&format!("{command} --help"));
        assert!(help.code == 0 && help.err.is_empty() && help.out.contains("Usage:"), "{command}: {help:?}");
    }
}

#[test]
fn variables_say_what_flags_would() {
    let place = small(&[]);
    let ended = run_in(place.0.path(), "roles", &[("HALLPASS_POLICIES", "elsewhere")]);
    assert!(ended.code == 1 && ended.err.starts_with("error: elsewhere: does not exist"), "{ended:?}");
    let ended = run_in(place.0.path(), "serve", &[("HALLPASS_WORKERS", "many")]);
    assert!(ended.code == 1 && ended.err.contains("write a whole number from 1"), "{ended:?}");
    let ended = run_in(place.0.path(), "serve", &[("HALLPASS_REFLECTION", "perhaps")]);
    assert!(ended.code == 1 && ended.err.contains("'perhaps'"), "{ended:?}");
}

#[test]
fn an_address_that_somebody_else_has() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (flag, others) in [
        ("--grpc-listen", "--http-listen 127.0.0.1:0"),
        ("--http-listen", "--grpc-listen 127.0.0.1:0"),
        ("--admin-listen", "--grpc-listen 127.0.0.1:0 --http-listen 127.0.0.1:0"),
    ] {
        let ended = small(&[]).run(&format!("serve {others} {flag} {address}"));
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.err.contains(&address.to_string()) && ended.err.contains(flag), "{}", ended.err);
    }
}
