//! A shadow policy: never served, asked about what was answered, counted and logged where it differs, and harmless where it is
//! refused.

use std::fs;
use std::sync::Arc;

use hallpass::pdp::Pdp;
use hallpass::policy::compiled::Policy;
use hallpass::policy::request::Limits;
use hallpass::telemetry::Telemetry;
use hallpass::telemetry::shadow::{Figures, Shadow};
use serde_json::json;
use tempfile::TempDir;

use crate::admin::{counting, settings};
use crate::listen::{EVALUATION, question};
use crate::process::Process;
use crate::running::{Server, snapshot};
use crate::secure::until;
use crate::support::{compile, copy, edit, path, shipped_policy, sources};

const JSON: (&str, &str) = ("content-type", "application/json");
const MARKS: &str = "[grades.mark, grades.retention_warning, grades.failing_senior]";

/// The shipped rules without marks for teachers.
fn narrower(folder: &TempDir) -> Policy {
    copy(&path("policies"), folder.path());
    edit(&folder.path().join("misis/teacher.yaml"), MARKS, "[grades.retention_warning, grades.failing_senior]");
    compile(&sources(folder.path()))
}

fn server(shadow: &Arc<Shadow>, telemetry: Telemetry) -> Server {
    let pdp = Pdp::new(snapshot(), Limits::default()).telling(telemetry.shadowed(Arc::clone(shadow)));
    Server::over(&settings(), Arc::new(pdp), None)
}

fn ask(server: &Server, student: &str) -> serde_json::Value {
    let mut question = question();
    question["resource"]["properties"]["student"] = json!(student);
    server.post(EVALUATION, &[JSON], question.to_string().as_bytes()).body
}

#[test]
fn what_it_would_decide_otherwise_is_counted_and_never_served() {
    let (shadow, folder) = (Shadow::start().unwrap(), TempDir::new().unwrap());
    let server = server(&shadow, counting());
    // Nobody to ask yet.
    assert_eq!(ask(&server, "s.0142"), json!({"decision": true}));
    shadow.publish(Arc::new(narrower(&folder)), "00000000000000cc".into());
    for _ in 0..3 {
        assert_eq!(ask(&server, "s.0142"), json!({"decision": true}), "the policy in use answers");
    }
    for _ in 0..2 {
        assert_eq!(ask(&server, "s.0999"), json!({"decision": false}));
    }
    until("all are asked", || shadow.figures().same + shadow.figures().lost == 5);
    let revision = Some("00000000000000cc".into());
    let expected = Figures { revision, lost: 3, same: 2, ..Figures::default() };
    assert_eq!(shadow.figures(), expected);
    let page = server.page();
    for (result, count) in [("same", 2.0), ("gained", 0.0), ("lost", 3.0)] {
        assert_eq!(page.value(&format!("hallpass_shadow_decisions_total{{result=\"{result}\"}}")), count);
    }
    assert_eq!((page.value("hallpass_shadow_ok"), page.value("hallpass_shadow_dropped_total")), (1.0, 0.0));
    let status = server.admin("GET", "/status", &[]).body;
    assert_eq!(status["shadow"]["lost"], 3);
    assert_eq!(status["shadow"]["policy_revision"], "00000000000000cc");
    assert_eq!(status["policy_revision"], "00000000000000aa");
}

/// Without the admin plane and without a log, decisions are told to the shadow all the same; what it gains is counted apart.
#[test]
fn what_it_would_allow_is_told_from_what_it_would_deny() {
    let shadow = Shadow::start().unwrap();
    let folder = TempDir::new().unwrap();
    copy(&path("policies"), folder.path());
    edit(&folder.path().join("misis/teacher.yaml"), "reach: section", "reach: org");
    shadow.publish(Arc::new(compile(&sources(folder.path()))), "00000000000000dd".into());
    let server = server(&shadow, Telemetry::default());
    // A student of the same school, whom she does not teach.
    let mut question = question();
    question["resource"]["properties"] = json!({"school": "sch.fernvale"});
    let answer = server.post(EVALUATION, &[JSON], question.to_string().as_bytes());
    assert_eq!(answer.body, json!({"decision": false}));
    until("it is asked", || shadow.figures().gained == 1);
    shadow.publish(Arc::new(shipped_policy()), "00000000000000aa".into());
    server.post(EVALUATION, &[JSON], question.to_string().as_bytes());
    until("it is asked again", || shadow.figures().same == 1);
    assert_eq!((shadow.figures().gained, shadow.figures().lost), (1, 0));
}

/// From a folder that is refused at first: the server serves, and the shadow comes once it can.
#[test]
fn a_shadow_that_is_refused_touches_nothing() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("misis/teacher.yaml");
    drop(narrower(&folder));
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, "hallpass: role/v1\nrole: [").unwrap();
    let process = Process::start(&["--shadow", folder.path().to_str().unwrap(), "--poll-seconds", "1"]);
    process.until_logged("the shadow policy is refused, and nothing is asked of it: misis/teacher.yaml");
    let answer = || {
        let stream = std::net::TcpStream::connect(process.http).unwrap();
        crate::running::exchange(stream, "POST", EVALUATION, &[JSON], question().to_string().as_bytes()).unwrap().body
    };
    assert_eq!(answer(), json!({"decision": true}));
    fs::write(&file, good).unwrap();
    process.until_logged("shadow policy read");
    assert_eq!(answer(), json!({"decision": true}));
    process.until_logged("the shadow policy decides otherwise");
    let log = process.log();
    let line = log.lines().find(|line| line.contains("the shadow policy decides otherwise")).unwrap();
    for part in [
        "action=\"update\"",
        "resource_type=\"misis.grades.mark\"",
        "effect=\"allow\"",
        "shadow=\"deny\"",
        "grant=\"misis.teacher#",
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("rivera") && !line.contains("s.0142"), "{line}");
    fs::write(&file, "hallpass: role/v1\nrole: [").unwrap();
    assert_eq!(answer(), json!({"decision": true}));
}

/// People who are asked for one by one are not there any more once a request is answered.
#[test]
fn a_shadow_over_a_database_is_refused() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hallpass"));
    let output =
        command.args(["serve", "--shadow", "x", "--directory", "postgres://nowhere/x"]).env_clear().output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "error: `--shadow` is set, and `--directory` is a database: a shadow policy decides over files alone\n"
    );
    assert_eq!(output.status.code(), Some(1));
}
