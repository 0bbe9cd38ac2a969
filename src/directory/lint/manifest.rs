//! manifest.csv against the files that are there. Which versions are known is for the reading that loads the set.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::directory::files::{Files, whole};
use crate::directory::table::Table;
use crate::policy::source::Finding;

/// Every file that OneRoster knows, without `.csv`.
const KNOWN: [&str; 24] = [
    "academicSessions",
    "categories",
    "classes",
    "classResources",
    "courses",
    "courseResources",
    "demographics",
    "enrollments",
    "lineItemLearningObjectiveIds",
    "lineItems",
    "lineItemScoreScales",
    "orgs",
    "resources",
    "resultLearningObjectiveIds",
    "results",
    "resultScoreScales",
    "roles",
    "scoreScales",
    "userProfiles",
    "userResources",
    "users",
    "manifest",
    "role_assignments",
    "records",
];
/// Files that OneRoster doesn't know, and the manifest itself.
const UNLISTED: [&str; 3] = ["manifest.csv", "role_assignments.csv", "records.csv"];

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// `1.1` or `1.2`, where it says so.
    pub(super) version: Option<&'static str>,
    /// How each file is given, by its name.
    ways: BTreeMap<String, String>,
}

impl Manifest {
    /// Whether a file is said to be given as a whole.
    pub(super) fn is_bulk(&self, file: &str) -> bool {
        self.ways.get(file).is_some_and(|way| way == "bulk")
    }
}

/// Reads the manifest and compares it with the files.
pub(super) fn read(files: &Files<'_>) -> Manifest {
    let mut manifest = Manifest::default();
    let Some(file) = files.find("manifest.csv") else {
        let finding = Finding::warning(whole(&Arc::from("manifest.csv")), "the file is missing");
        files.report(finding.help("OneRoster requires it; it is not needed here"));
        return manifest;
    };
    let Some(mut table) = Table::bare(files, file.clone()) else { return manifest };
    let (name, value) = (table.peek("propertyName"), table.peek("value"));
    let mut versioned = false;
    while table.advance() {
        let text = table.cell(value);
        match (table.cell(name), table.cell(name).strip_prefix("file.")) {
            (_, Some(of)) => {
                row(files, &table, (value, name), of, text);
                manifest.ways.insert(format!("{of}.csv"), text.to_owned());
            }
            ("oneroster.version", None) => {
                versioned = true;
                manifest.version = ["1.1", "1.2"].into_iter().find(|version| text.starts_with(version));
            }
            ("manifest.version", None) if text != "1.0" => {
                table.warn(value, format_args!("`{text}` is not a version of manifests: `1.0` is the only one"));
            }
            _ => {}
        }
    }
    if !versioned {
        files.report(Finding::warning(whole(&file), "`oneroster.version` is missing"));
    }
    for name in files.names().iter().filter(|name| super::wanted(name) && !UNLISTED.contains(&&***name)) {
        if !manifest.ways.is_empty() && !manifest.ways.contains_key(&**name) {
            files.report(Finding::warning(whole(&file), format!("`{name}` is there but not listed")));
        }
    }
    manifest
}

/// A row about a file.
fn row(
    files: &Files<'_>,
    table: &Table<'_>,
    (value, name): (crate::directory::table::Column, crate::directory::table::Column),
    of: &str,
    text: &str,
) {
    let file = format!("{of}.csv");
    let is_there = files.names().iter().any(|name| **name == *file);
    if !KNOWN.contains(&of) {
        table.warn(name, format_args!("`{file}` is not a file of OneRoster's"));
    }
    match text {
        "absent" if is_there => table.warn(value, format_args!("`{file}` is said to be absent, but it is there")),
        "bulk" | "delta" if !is_there && super::wanted(&file) => {
            table.warn(value, format_args!("`{file}` is said to be there as `{text}`, but it is not"));
        }
        "absent" | "bulk" | "delta" => {}
        _ => table.warn(value, format_args!("`{text}` is none of `absent`, `bulk` and `delta`")),
    }
}
