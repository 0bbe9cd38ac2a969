//! How each file is meant: as all there is, as what changed, or not at all.

use std::collections::HashMap;

use super::tables::TABLES;
use crate::directory::files::{Files, whole};
use crate::directory::table::Table;
use crate::policy::source::Finding;

/// How a file is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// What it leaves out is gone.
    Bulk,
    /// What it leaves out stays as it is.
    Delta,
    /// The set says nothing about it.
    LeftAlone,
}

/// Of each table how its file is meant. manifest.csv says so, or `delta` for all that are there; a set that says nothing
/// is whole.
pub(super) fn modes(files: &Files<'_>, delta: bool) -> [Mode; TABLES.len()] {
    let said = manifest(files);
    let word = |file: &str| said.get(file).map_or("", String::as_str);
    let delta = |file: &str| delta || word(file) == "delta";
    let partial = TABLES.iter().any(|spec| delta(spec.file));
    TABLES.each_ref().map(|spec| match (files.find(spec.file).is_some(), word(spec.file)) {
        (true, _) if delta(spec.file) => Mode::Delta,
        (true, _) => Mode::Bulk,
        (false, "bulk") => {
            let missing =
                Finding::error(whole(&spec.file.into()), "the file is missing, and manifest.csv says that it is there");
            files.report(missing);
            Mode::LeftAlone
        }
        (false, "absent" | "delta") => Mode::LeftAlone,
        (false, _) if partial => Mode::LeftAlone,
        (false, _) => Mode::Bulk,
    })
}

/// Whether a server could read the set by itself.
pub(super) fn is_whole(modes: &[Mode]) -> bool {
    TABLES.iter().zip(modes).all(|(spec, mode)| match mode {
        Mode::Bulk => true,
        Mode::Delta => false,
        Mode::LeftAlone => !spec.required,
    })
}

/// What manifest.csv says of files, by their names.
fn manifest(files: &Files<'_>) -> HashMap<String, String> {
    let mut said = HashMap::new();
    let Some(mut table) = files.find("manifest.csv").and_then(|file| Table::bare(files, file)) else { return said };
    let (name, value) = (table.required("propertyName"), table.required("value"));
    while table.advance() {
        if let Some(stem) = table.cell(name).strip_prefix("file.") {
            said.insert(format!("{stem}.csv"), table.cell(value).to_owned());
        }
    }
    said
}
