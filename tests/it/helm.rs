//! The charts: what Helm makes of them, what Kubernetes would say to that, what they refuse and what their pages say; and
//! the pods they make, run as rendered. The tests that need no Helm stand in `documented`.

mod crds;
mod documented;
mod exercised;
mod goldens;
mod kubelet;
mod pods;
mod refused;
mod tools;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::path;

/// The chart, and the example that takes its templates into its own pods.
pub(crate) const CHART: &str = "helm/hallpass";
pub(crate) const EXAMPLE: &str = "examples/helm/gradebook";

/// A file of values beside the chart, and what is rendered with it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) values: PathBuf,
}

impl Case {
    /// A sidecar shows in the pods of another chart alone.
    pub(crate) fn is_sidecar(&self) -> bool {
        self.name.starts_with("sidecar")
    }

    /// The first minor version of Kubernetes 1 that has all that the case wants.
    pub(crate) fn since(&self) -> u32 {
        if self.name == "service-image-volume" { 31 } else { 29 }
    }
}

/// Every file of values in the chart's folder `ci`.
pub(crate) fn cases() -> Vec<Case> {
    let found = fs::read_dir(path(CHART).join("ci")).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<Case> = found
        .map(|values| {
            let name = values.file_name().unwrap().to_str().unwrap().strip_suffix("-values.yaml").unwrap().to_owned();
            Case { name, values }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// The documents of a file.
pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    let parts = yaml.split("\n---\n").map(|part| part.trim_start_matches("---\n"));
    parts.map(|part| serde_saphyr::from_str::<Value>(part).unwrap()).filter(|document| !document.is_null()).collect()
}
