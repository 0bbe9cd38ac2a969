//! Prometheus' own tool accepts the page, and finds that the rules fire when they should.

use std::env;
use std::io::Write;
use std::process::{Command, Stdio};

use super::whole_text;
use crate::support::path;

fn promtool() -> Command {
    let tool = env::var_os("HALLPASS_TEST_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let mut command = Command::new(tool);
    command
        .current_dir(path("helm/hallpass/files"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What it says, which has to be that all is well.
fn well(command: &mut Command, input: &str) -> String {
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
#[ignore = "needs promtool"]
fn the_page_is_accepted_without_a_word() {
    assert_eq!(well(promtool().args(["check", "metrics"]), &whole_text()), "");
}

#[test]
#[ignore = "needs promtool"]
fn the_rules_are_well_and_fire_when_they_should() {
    let said = well(promtool().args(["check", "rules", "alerts.yaml"]), "");
    assert!(said.contains("SUCCESS: 20 rules found"), "{said}");
    let said = well(promtool().args(["test", "rules", "alerts_test.yaml"]), "");
    assert!(said.contains("SUCCESS"), "{said}");
}
