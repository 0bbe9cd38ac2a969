//! From folders to what a decision comes from: reads both sets of files, builds the snapshot, and gives every finding
//! the path under which whoever reads it finds the file.

use std::path::Path;

use super::progress::Progress;
use crate::config::Folders;
use crate::directory::{Loaded, Roster};
use crate::live::{self, Opened};
use crate::policy::compiled::{Compiled, Policy};
use crate::policy::source::{Finding, Place, Source};
use crate::reload::read::{Root, read};
use crate::reload::{self, Stream};
use crate::snapshot::{Builder, Snapshot};

/// Files that are refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", told(.0))]
pub(super) struct Refused(pub(super) Vec<Finding>);

/// How many findings a refusal lists.
const LISTED: usize = 10;

fn told(findings: &[Finding]) -> String {
    if let [Finding { place: Place { line: 0, .. }, .. }] = findings {
        return findings.iter().map(ToString::to_string).collect();
    }
    let lines: String = findings.iter().take(LISTED).map(|finding| format!("\n  {finding}")).collect();
    let more = findings.len().saturating_sub(LISTED);
    let more =
        if more == 0 { String::new() } else { format!("\n  and {more} more: `hallpass validate` shows them all") };
    format!("the files are refused{lines}{more}")
}

/// The policy files of a folder.
pub(super) fn policies(folder: &Path) -> Result<Vec<Source>, Refused> {
    let limits = reload::Config::new(folder, None);
    read(&Root::policies(folder, limits.policy_bytes)).map_err(|error| Refused(vec![error.into()]))
}

/// The files of a directory, to be read; a zip is one file.
pub(super) fn directory(path: &Path) -> Result<Stream, Refused> {
    let limits = reload::Config::new(path, None);
    Stream::list(&Root::directory(path, limits.directory_bytes)).map_err(|error| Refused(vec![error.into()]))
}

/// The policy of a folder.
pub(super) fn policy(folder: &Path) -> Result<Policy, Refused> {
    let compiled = Policy::compile(&policies(folder)?);
    compiled.map(|Compiled { policy, .. }| policy).map_err(|findings| Refused(below(folder, findings)))
}

/// The snapshot of two folders, or of the policies alone.
pub(super) fn snapshot(folders: &Folders) -> Result<Snapshot, Refused> {
    let mut builder = builder(folders);
    let loaded = reload::load_once(files(folders), move |sets| live::build_with(&mut builder, sets, &watched));
    loaded.map(|(snapshot, _)| snapshot).map_err(|findings| Refused(located(folders, findings)))
}

/// A roster; that its files are being read is drawn where it takes a while.
fn watched(files: &Opened<'_>, declared: &[&str]) -> Result<Loaded, Vec<Finding>> {
    let progress = Progress::new(files.files().map(|(_, size)| size).sum());
    Roster::read(&files.names(), &|name| files.open(name).map(|file| progress.watch(file)), declared)
}

/// Where the files are.
pub(super) fn files(folders: &Folders) -> reload::Config {
    reload::Config::new(&folders.policies, folders.people.directory.files().map(Path::to_path_buf))
}

/// A builder of snapshots for these people.
pub(super) fn builder(folders: &Folders) -> Builder {
    Builder::new(folders.people.subject_types.clone(), folders.people.time_zone.clone())
}

/// Findings about either folder, where whoever reads them finds the files.
pub(super) fn located(folders: &Folders, findings: Vec<Finding>) -> Vec<Finding> {
    let directory = folders.people.directory.files().unwrap_or(&folders.policies);
    live::located(&folders.policies, directory, findings)
}

/// Findings with the folder before the names of their files.
pub(super) fn below(folder: &Path, mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        finding.place.file = live::path(folder, &finding.place.file);
    }
    findings
}
