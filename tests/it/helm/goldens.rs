//! What each case renders, kept as files; and whether every version of Kubernetes that the chart is for would take it.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::tools::{Charts, as_kept, named, said};
use super::{CHART, EXAMPLE, cases, crds, documents};
use crate::support::{path, write};

/// The version with which the kept files are rendered.
const KEPT_FOR: u32 = 35;
/// The versions that the chart is for.
const VERSIONS: std::ops::RangeInclusive<u32> = 29..=37;

#[test]
#[ignore = "needs Helm"]
fn every_case_renders_as_it_is_kept() {
    for case in cases() {
        let kept = path("tests/data/helm").join(format!("{}.yaml", case.name));
        as_kept(&kept, &shortened(&Charts::get().render(&case, KEPT_FOR)));
    }
    as_kept(&path("tests/data/helm/gradebook.yaml"), &Charts::get().template(EXAMPLE, KEPT_FOR, &[]).unwrap());
}

/// Alerts and dashboard are files of their own: where they stand in full, their names are kept.
fn shortened(rendered: &str) -> String {
    let mut short = rendered.to_owned();
    for (file, indent) in [("files/alerts.yaml", "  "), ("files/dashboard.json", "    ")] {
        let text = fs::read_to_string(path(CHART).join(file)).unwrap();
        let indented = text.trim().replace('\n', &format!("\n{indent}"));
        short = short.replace(&indented, &format!("({file})"));
    }
    short
}

#[test]
#[ignore = "needs Helm"]
fn helm_finds_nothing_to_improve() {
    for case in cases().iter().filter(|case| !case.is_sidecar()) {
        let linted = Charts::get().helm(&["lint", "--strict", CHART, "--values", case.values.to_str().unwrap()]);
        assert!(linted.status.success(), "{}: {}{}", case.name, said(&linted), String::from_utf8_lossy(&linted.stdout));
    }
    let linted = Charts::get().helm(&["lint", "--strict", EXAMPLE]);
    assert!(linted.status.success(), "{}{}", said(&linted), String::from_utf8_lossy(&linted.stdout));
}

/// Kinds that Kubernetes itself doesn't have are looked at by `crds`.
#[test]
#[ignore = "needs Helm and kubernetes-validate"]
fn every_version_of_kubernetes_takes_what_is_rendered() {
    let validate = named("HALLPASS_TEST_KUBERNETES_VALIDATE", "the program kubernetes-validate");
    let folder = TempDir::new().unwrap();
    for minor in VERSIONS {
        let mut files = Vec::new();
        for case in cases().iter().filter(|case| case.since() <= minor) {
            let (own, others): (Vec<_>, Vec<_>) =
                documents(&Charts::get().render(case, minor)).into_iter().partition(crds::is_built_in);
            others.iter().for_each(crds::check);
            let text = own.iter().fold(String::new(), |mut text, document| {
                writeln!(text, "---\n{document}").unwrap();
                text
            });
            let file = folder.path().join(format!("{}-{minor}.yaml", case.name));
            write(&file, text);
            files.push(file);
        }
        let checked = Command::new(&validate).args(["--strict", "-k", &format!("1.{minor}")]).args(&files).output();
        let checked = checked.unwrap();
        assert!(checked.status.success(), "1.{minor}: {}{}", said(&checked), String::from_utf8_lossy(&checked.stdout));
    }
}

/// The twin of the test above: it would say so.
#[test]
#[ignore = "needs kubernetes-validate"]
fn what_kubernetes_would_not_take_is_seen() {
    let validate = named("HALLPASS_TEST_KUBERNETES_VALIDATE", "the program kubernetes-validate");
    let folder = TempDir::new().unwrap();
    let pod = |field: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{{name: a, image: a}}]{field}}}}}"
        )
    };
    let image = ", volumes: [{name: v, image: {reference: a}}]";
    for (field, minor, taken) in [
        ("", 29, true),
        (", unknown: 1", 29, false),
        (", hostname: [a]", 37, false),
        (image, 30, false),
        (image, 31, true),
    ] {
        let file = folder.path().join("pod.yaml");
        write(&file, pod(field));
        let checked =
            Command::new(&validate).args(["--strict", "-k", &format!("1.{minor}")]).arg(&file).output().unwrap();
        assert_eq!(checked.status.success(), taken, "{field} in 1.{minor}: {}", said(&checked));
    }
}
