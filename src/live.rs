//! From folders to a decision point that follows them: the one place where reading, building and publishing meet.

use std::sync::Arc;

use crate::directory::zip;
use crate::pdp::Pdp;
use crate::policy::request::Limits;
use crate::policy::source::{Finding, Source};
use crate::reload::{self, Handle, Sets};
use crate::snapshot::{Builder, Files, Snapshot};

/// Why there is nothing to decide with.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Everything that is wrong with the files.
    #[error("the files are refused")]
    Refused(Vec<Finding>),
    /// The thread that follows the files cannot be started.
    #[error("the files cannot be followed: {0}")]
    Thread(#[from] std::io::Error),
}

/// Reads the folders, builds the first snapshot, and follows them from now on: each change that can be built is
/// published.
///
/// # Errors
/// Files that are refused: there is no last good set yet.
pub fn start(config: reload::Config, mut builder: Builder, limits: Limits) -> Result<(Arc<Pdp>, Handle), StartError> {
    let (snapshot, reloader) =
        reload::load_once(config, move |sets| build(&mut builder, sets)).map_err(StartError::Refused)?;
    tracing::info!(policy = %snapshot.policy_revision, directory = %snapshot.directory_revision, "files read");
    tell(&snapshot);
    let pdp = Arc::new(Pdp::new(snapshot, limits));
    let publishing = Arc::clone(&pdp);
    let handle = reloader.spawn(move |snapshot: Snapshot| {
        tell(&snapshot);
        publishing.publish(snapshot);
    })?;
    Ok((pdp, handle))
}

/// Logs what looks wrong in what is about to be served.
fn tell(snapshot: &Snapshot) {
    for warning in &snapshot.warnings {
        tracing::warn!("{warning}");
    }
}

/// Builds a snapshot from two sets of files; a directory that is zipped is unpacked first.
///
/// # Errors
/// Everything that is wrong with either set.
pub fn build(builder: &mut Builder, sets: Sets) -> Result<Snapshot, Vec<Finding>> {
    let Sets { generation, policies, directory } = sets;
    let directory = directory.ok_or_else(no_directory)?;
    let files = unpacked(directory.files).map_err(|finding| vec![finding])?;
    let policies = Files { revision: &policies.revision, files: &policies.files };
    builder.build(policies, Files { revision: &directory.revision, files: &files }, generation)
}

/// The files of a directory as they are read: a zip gives way to the files in it, what lies beside it stays.
///
/// # Errors
/// A zip that is refused.
pub fn unpacked(files: Vec<Source>) -> Result<Vec<Source>, Finding> {
    let mut all = Vec::new();
    for file in files {
        let is_zip = file.bytes.starts_with(b"PK\x03\x04") || file.name.to_ascii_lowercase().ends_with(".zip");
        if is_zip {
            all.extend(zip::unpack(&file.name, &file.bytes)?);
        } else {
            all.push(file);
        }
    }
    Ok(all)
}

/// Where people are known from elsewhere, nobody asks this builder.
fn no_directory() -> Vec<Finding> {
    let place = crate::policy::source::Place { file: "directory".into(), line: 0, column: 0, width: 1 };
    vec![Finding::error(place, "no directory is configured").help("name one with `--directory`")]
}
