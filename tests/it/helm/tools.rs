//! The tools that these tests call, and the charts laid out so that they can: copies, the example's with its dependency.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::{CHART, Case, EXAMPLE};
use crate::support::{copy, path};

/// The release and the namespace of everything that is rendered.
const RELEASE: &str = "district";
const NAMESPACE: &str = "sis";

/// What a variable says.
#[expect(clippy::disallowed_methods, reason = "says where a tool is")]
pub(super) fn named(variable: &str, what: &str) -> PathBuf {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names {what}")).into()
}

/// Whether expected files are to be written anew.
#[expect(clippy::disallowed_methods, reason = "the one switch that rewrites what is expected")]
pub(super) fn rewrites() -> bool {
    std::env::var("HALLPASS_TEST_REWRITE").is_ok()
}

/// A text that is the same as in a file; or written there, where that is asked for.
pub(super) fn as_kept(file: &Path, text: &str) {
    if rewrites() {
        return crate::support::write(file, text);
    }
    let kept = fs::read_to_string(file).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| kept.lines().count().min(text.lines().count()));
    let (old, new) = (kept.lines().nth(line), text.lines().nth(line));
    assert!(
        kept == text,
        "{} differs in line {}: `{}` is now `{}`; HALLPASS_TEST_REWRITE=1 writes it anew",
        file.display(),
        line + 1,
        old.unwrap_or("nothing"),
        new.unwrap_or("nothing")
    );
}

/// The charts, where Helm may write beside them.
pub(super) struct Charts {
    folder: TempDir,
}

impl Charts {
    /// Laid out once.
    pub(super) fn get() -> &'static Self {
        static CHARTS: OnceLock<Charts> = OnceLock::new();
        CHARTS.get_or_init(|| {
            let folder = TempDir::new().unwrap();
            [CHART, EXAMPLE].iter().for_each(|chart| copy(&path(chart), &folder.path().join(chart)));
            let charts = Self { folder };
            let built = charts.helm(&["dependency", "build", EXAMPLE]);
            assert!(built.status.success(), "{}", said(&built));
            charts
        })
    }

    /// Calls Helm beside the charts.
    pub(super) fn helm(&self, args: &[&str]) -> Output {
        let mut helm = Command::new(named("HALLPASS_TEST_HELM", "a Helm of version 4"));
        helm.current_dir(self.folder.path()).args(args).env("HELM_CACHE_HOME", self.folder.path().join("cache"));
        helm.output().unwrap()
    }

    /// What a chart becomes with these files of values.
    pub(super) fn template(&self, chart: &str, minor: u32, values: &[&Path]) -> Result<String, String> {
        let version = format!("v1.{minor}.0");
        let mut args = vec!["template", RELEASE, chart, "--namespace", NAMESPACE, "--kube-version", &version];
        values.iter().for_each(|file| args.extend(["--values", file.to_str().unwrap()]));
        let output = self.helm(&args);
        if output.status.success() { Ok(String::from_utf8(output.stdout).unwrap()) } else { Err(said(&output)) }
    }

    /// What a case becomes: the chart itself, or as the dependency of the example.
    pub(super) fn render(&self, case: &Case, minor: u32) -> String {
        let rendered = if case.is_sidecar() {
            let values = self.folder.path().join(format!("{}-{minor}.yaml", case.name));
            crate::support::write(&values, nested(&fs::read_to_string(&case.values).unwrap()));
            self.template(EXAMPLE, minor, &[&values])
        } else {
            self.template(CHART, minor, &[&case.values])
        };
        rendered.unwrap_or_else(|refused| panic!("{}: {refused}", case.name))
    }
}

/// Values of the chart as those of a dependency.
fn nested(values: &str) -> String {
    let lines: String = values.lines().map(|line| format!("  {line}\n")).collect();
    format!("hallpass:\n{lines}")
}

pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
