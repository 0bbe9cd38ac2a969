//! Forms for programs, and which tests are asked.

use serde_json::{Value, json};

use super::super::small;
use super::CASES;

/// Names that XML has to escape, one of them twice, and characters that it has no way to write.
const ODD: &str = "\
hallpass: tests/v1
tests:
  - {name: \"<b> & \\\"c\\\"\", who: lee, may: update, a: sis.grades.mark, of: {student: sam}, expect: deny}
  - {name: twice, who: lee, may: update, a: sis.grades.mark, of: {student: sam}, expect: allow}
  - {name: twice, who: \"l\\u0007\\u001bee\", may: update, a: sis.grades.mark, of: {student: sam}}
  - {name: \"two\\nlines\", who: kim, as: sis.teacher, may: view, a: sis.grades.mark, of: {student: sam}, expect: allow}
";

const JUNIT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="hallpass test" tests="5" failures="2" errors="1">
  <testsuite name="policies/odd/cases.yaml" tests="4" failures="2" errors="1">
    <testcase name="&lt;b&gt; &amp; &quot;c&quot;" classname="odd.cases" file="policies/odd/cases.yaml" line="3">
      <failure message="expected deny, got allow (granted)" type="failure">policies/odd/cases.yaml:3
may lee update sis.grades.mark of student: sam
expected deny, got allow (granted)
allowed by sis.teacher#1, as sis.teacher at high</failure>
    </testcase>
    <testcase name="twice (line 4)" classname="odd.cases" file="policies/odd/cases.yaml" line="4"/>
    <testcase name="twice (line 5)" classname="odd.cases" file="policies/odd/cases.yaml" line="5">
      <failure message="nothing is expected yet, got deny (unknown_subject)" type="missing">policies/odd/cases.yaml:5
may lee update sis.grades.mark of student: sam
nothing is expected yet, got deny (unknown_subject)</failure>
    </testcase>
    <testcase name="two lines" classname="odd.cases" file="policies/odd/cases.yaml" line="6">
      <error message="expected allow, got no answer: kim does not hold sis.teacher" type="error">policies/odd/cases.yaml:6
may kim as sis.teacher view sis.grades.mark of student: sam
expected allow, got no answer: kim does not hold sis.teacher</error>
    </testcase>
  </testsuite>
  <testsuite name="policies/plain.yaml" tests="1" failures="0" errors="0">
    <testcase name="may lee view sis.grades.mark of student: sam" classname="plain" file="policies/plain.yaml" line="3"/>
  </testsuite>
</testsuites>
"#;

#[test]
fn a_junit_report_has_a_suite_for_each_file() {
    let plain = "hallpass: tests/v1\ntests:\n  - {who: lee, may: view, a: sis.grades.mark, of: {student: sam}, expect: allow}\n";
    let place = small(&[("policies/odd/cases.yaml", ODD), ("policies/plain.yaml", plain)]);
    let ended = place.run("test --format junit");
    assert_eq!((ended.code, ended.err.as_str(), ended.out.as_str()), (1, "", JUNIT));
    let refused = place.run("test --format junit --watch");
    assert!(refused.code == 1 && refused.err.starts_with("error: a JUnit report is one document"), "{}", refused.err);
    for flag in ["--coverage", "--write-missing"] {
        let refused = place.run(&format!("test --format junit {flag}"));
        assert!(
            refused.code == 1 && refused.err.starts_with("error: a JUnit report has no place for"),
            "{}",
            refused.err
        );
    }
}

/// A build that fails over coverage says so where it is looked at.
#[test]
fn a_junit_report_says_that_too_little_is_covered() {
    let plain = "hallpass: tests/v1\ntests:\n  - {who: lee, may: view, a: sis.grades.mark, of: {student: sam}, expect: allow}\n";
    let place = small(&[("policies/plain.yaml", plain)]);
    let enough = place.run("test --format junit --require-coverage 1");
    assert!(
        enough.code == 0 && enough.out.contains("<testsuites name=\"hallpass test\" tests=\"2\" failures=\"0\""),
        "{}",
        enough.out
    );
    let short = place.run("test --format junit --require-coverage 100");
    assert_eq!(short.code, 1);
    for part in [
        "<testsuites name=\"hallpass test\" tests=\"2\" failures=\"1\"",
        "<testsuite name=\"coverage\" tests=\"1\" failures=\"1\"",
        "<failure message=\"less is covered than the 100% that are required",
        "decides no allow",
    ] {
        assert!(short.out.contains(part), "{part}\n{}", short.out);
    }
}

#[test]
fn the_object_has_every_test() {
    let missing = "  - {who: lee, may: view, a: sis.grades.mark, of: {student: sam}}\n";
    let ended = small(&[("policies/cases.yaml", &format!("{CASES}{missing}"))]).run("test --format json");
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((ended.code, ended.out.lines().count()), (1, 1));
    let tallies = ["passed", "failed", "missing"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(tallies, [1, 2, 1]);
    assert_eq!(report["coverage"], Value::Null, "it was not asked for");
    let outcomes: Vec<&str> =
        report["tests"].as_array().unwrap().iter().map(|test| test["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["passed", "failed", "failed", "missing"]);
    let second = json!({
        "file": "policies/cases.yaml", "line": 4, "name": "a mark of the past", "outcome": "failed",
        "question": "may lee view sis.grades.mark of student: zoe, on 2020-02-01",
        "expected": {"allow": true, "reason": null},
        "answer": {"allow": false, "reason": "scope_mismatch", "by": null},
    });
    assert_eq!(report["tests"][1], second);
    let by = json!({"role": "sis.teacher", "org": "high", "grant": "sis.teacher#1"});
    assert_eq!(report["tests"][2]["answer"]["by"], by);
}

#[test]
fn only_those_with_the_text_are_asked() {
    let place = small(&[("policies/cases.yaml", CASES)]);
    for (text, told) in [
        ("A_mark", "0 passed, 0 failed"),
        ("PAST", "0 passed, 1 failed"),
        ("cases.yaml:5:", "0 passed, 1 failed"),
        ("update", "1 passed, 0 failed"),
        ("sis.grades", "1 passed, 2 failed"),
    ] {
        let ended = place.run(&format!("test --only {text}"));
        if told.starts_with("0 passed, 0") {
            let said = format!("error: none of the 3 tests has `{text}` in its place, name or question\n");
            assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (1, "", said.as_str()));
        } else {
            assert!(ended.out.ends_with(&format!("{told}\n")), "{text}: {}", ended.out);
        }
    }
}
