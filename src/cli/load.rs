//! From folders to what a decision comes from: reads both sets, compiles, builds the snapshot, and gives every finding
//! the path under which its reader finds the file.
//!
//! How a set is read stands in [`read`], and what a directory knows in [`people`]: each in one place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::tz::TimeZone;

use crate::config::Folders;
use crate::directory::Roster;
use crate::policy::compiled::{Compiled, Policy};
use crate::policy::day::Day;
use crate::policy::review::Held;
use crate::policy::source::{Finding, Place, Source};
use crate::snapshot::Snapshot;

/// A set of files.
#[derive(Clone, Debug)]
pub(super) struct Set {
    /// Its digest, 16 hexadecimal digits.
    pub(super) revision: Arc<str>,
    /// Its files, by name.
    pub(super) files: Vec<Source>,
}

/// What a directory says.
pub(super) struct People {
    pub(super) roster: Roster,
    /// What was left out of it.
    pub(super) warnings: Vec<Finding>,
    /// The time zone that it names.
    pub(super) zone: Option<TimeZone>,
}

/// A snapshot, with what looks wrong in its files all the same.
pub(super) struct Loaded {
    pub(super) snapshot: Snapshot,
    pub(super) warnings: Vec<Finding>,
}

/// Files that are refused.
#[derive(Debug, thiserror::Error)]
#[error("the files are refused{}", listed(.0))]
pub(super) struct Refused(pub(super) Vec<Finding>);

/// How many findings a refusal lists.
const LISTED: usize = 10;

fn listed(findings: &[Finding]) -> String {
    let lines: String = findings.iter().take(LISTED).map(|finding| format!("\n  {finding}")).collect();
    let more = findings.len().saturating_sub(LISTED);
    if more == 0 { lines } else { format!("{lines}\n  and {more} more: `hallpass validate` shows them all") }
}

/// The policy of a folder.
pub(super) fn policy(folder: &Path) -> anyhow::Result<Compiled> {
    let set = read(folder)?;
    Ok(Policy::compile(&set.files).map_err(|findings| Refused(below(folder, findings)))?)
}

/// The snapshot of two folders.
pub(super) fn snapshot(folders: &Folders) -> anyhow::Result<Loaded> {
    let (policies, directory) = (read(&folders.policies)?, read(&folders.people.directory)?);
    Ok(build(folders, &policies, &directory, 1).map_err(Refused)?)
}

/// Builds a snapshot.
///
/// # Errors
/// Everything that is wrong with either set.
pub(super) fn build(
    folders: &Folders,
    policies: &Set,
    directory: &Set,
    generation: u64,
) -> Result<Loaded, Vec<Finding>> {
    let Folders { policies: rules, people: settings } = folders;
    let Compiled { policy, warnings } = Policy::compile(&policies.files).map_err(|findings| below(rules, findings))?;
    let policy = policy.with_subject_types(settings.subject_types.clone());
    let loaded = people(&directory.files, policy.subject_properties());
    let People { roster, warnings: left_out, zone } =
        loaded.map_err(|findings| below(&settings.directory, findings))?;
    let mut warnings = below(rules, warnings);
    warnings.extend(below(&settings.directory, left_out));
    warnings.extend(below(&settings.directory, policy.review(held(&roster))));
    let zone = zone.or_else(|| settings.time_zone.clone());
    if zone.is_none() {
        warnings.push(no_zone(&settings.directory));
    }
    let snapshot = Snapshot {
        policy,
        roster,
        policy_revision: Arc::clone(&policies.revision),
        directory_revision: Arc::clone(&directory.revision),
        zone: zone.unwrap_or(TimeZone::UTC),
        generation,
    };
    Ok(Loaded { snapshot, warnings })
}

/// The district's day now.
#[expect(clippy::disallowed_methods, reason = "a command asks on the day on which it runs")]
pub(super) fn today(snapshot: &Snapshot) -> Day {
    snapshot.day_at(SystemTime::now())
}

/// Findings with the folder before the names of their files.
pub(super) fn below(folder: &Path, mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        finding.place.file = path(folder, &finding.place.file);
    }
    findings
}

/// Where a file of a folder is.
pub(super) fn path(folder: &Path, name: &str) -> Arc<str> {
    folder.join(name).to_string_lossy().into()
}

/// A directory whose days are nobody's in particular.
pub(super) fn no_zone(directory: &Path) -> Finding {
    let place = Place { file: directory.to_string_lossy().into(), line: 0, column: 0, width: 1 };
    Finding::warning(place, "the district's time zone is not known, so days are those of UTC")
        .help("give the root of orgs.csv a `metadata.timeZone`, or set `--time-zone`")
}

/// The roster of a directory's files, and what was left out of it.
pub(super) fn people(_files: &[Source], _declared: &[String]) -> Result<People, Vec<Finding>> {
    Ok(People { roster: Roster, warnings: Vec::new(), zone: None })
}

/// All role assignments of a roster, those of a person together.
pub(super) fn held(_roster: &Roster) -> Vec<Held<'_>> {
    Vec::new()
}

/// Reads the files of a folder, or one file.
pub(super) fn read(folder: &Path) -> anyhow::Result<Set> {
    let missing = |error: std::io::Error| anyhow::anyhow!("cannot read `{}`: {error}", folder.display());
    let mut files = Vec::new();
    if std::fs::metadata(folder).map_err(missing)?.is_file() {
        files.push(source(folder, folder.parent().unwrap_or(folder)).map_err(missing)?);
    } else {
        collect(folder, folder, &mut files).map_err(missing)?;
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    anyhow::ensure!(!files.is_empty(), "`{}` holds no file of the kind that is read here", folder.display());
    Ok(Set { revision: "0000000000000000".into(), files })
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<Source>) -> std::io::Result<()> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|kind| ["yaml", "yml", "csv"].iter().any(|known| kind == *known)) {
            files.push(source(&path, root)?);
        }
    }
    Ok(())
}

fn source(path: &Path, root: &Path) -> std::io::Result<Source> {
    let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into();
    Ok(Source { name, bytes: std::fs::read(path)?.into() })
}
