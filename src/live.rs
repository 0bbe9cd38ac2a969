//! From folders to a decision point that follows them: the one place where reading, building and publishing meet.

use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "server")]
use crate::directory::remote::Remote;
#[cfg(feature = "server")]
use crate::directory::zip::unpack;
use crate::pdp::Pdp;
use crate::policy::request::Limits;
use crate::policy::source::{Finding, Source};
use crate::reload::{self, ByHand, Handle, Sets};
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

/// Builds a snapshot.
pub type Build = Box<dyn FnMut(Sets) -> Result<Snapshot, Vec<Finding>> + Send>;
/// Publishes it.
pub type Publish = Box<dyn FnMut(Snapshot) + Send>;
/// Folders that are read again when asked for.
pub type Folders = ByHand<Build, Publish>;

/// Reads the folders, builds the first snapshot, and follows them from now on: each change that can be built is
/// published.
///
/// # Errors
/// Files that are refused: there is no last good set yet.
pub fn start(config: reload::Config, builder: Builder, limits: Limits) -> Result<(Arc<Pdp>, Handle), StartError> {
    let (pdp, files) = open(config, builder, limits).map_err(StartError::Refused)?;
    Ok((pdp, files.spawn()?))
}

/// The same for policies alone, where a directory is asked: `config` names none.
///
/// # Errors
/// Files that are refused: there is no last good set yet.
#[cfg(feature = "server")]
pub fn start_asking(
    config: reload::Config,
    builder: Builder,
    limits: Limits,
    directory: Arc<Remote>,
) -> Result<(Arc<Pdp>, Handle), StartError> {
    let point = |snapshot| Pdp::remote(snapshot, limits, directory);
    let (pdp, files) = open_as(config, builder, point).map_err(StartError::Refused)?;
    Ok((pdp, files.spawn()?))
}

/// Reads the folders and builds the first snapshot; they are read again when asked for.
///
/// # Errors
/// Files that are refused: there is no last good set yet.
pub fn open(config: reload::Config, builder: Builder, limits: Limits) -> Result<(Arc<Pdp>, Folders), Vec<Finding>> {
    open_as(config, builder, |snapshot| Pdp::new(snapshot, limits))
}

fn open_as(
    config: reload::Config,
    mut builder: Builder,
    point: impl FnOnce(Snapshot) -> Pdp,
) -> Result<(Arc<Pdp>, Folders), Vec<Finding>> {
    let build: Build = Box::new(move |sets| build(&mut builder, sets));
    let (snapshot, reloader) = reload::load_once(config, build)?;
    tracing::info!(policy = %snapshot.policy_revision, directory = %snapshot.directory_revision, "files read");
    tell(&snapshot);
    let pdp = Arc::new(point(snapshot));
    let publishing = Arc::clone(&pdp);
    let publish: Publish = Box::new(move |snapshot| {
        tell(&snapshot);
        publishing.publish(snapshot);
    });
    Ok((pdp, reloader.by_hand(publish)))
}

/// Logs what looks wrong in what is about to be served.
fn tell(snapshot: &Snapshot) {
    for warning in &snapshot.warnings {
        tracing::warn!("{warning}");
    }
}

/// Builds a snapshot from two sets of files; a directory that is zipped is unpacked first. Without one it has no roster.
///
/// # Errors
/// Everything that is wrong with either set.
pub fn build(builder: &mut Builder, sets: Sets) -> Result<Snapshot, Vec<Finding>> {
    let Sets { generation, policies, directory } = sets;
    let policies = Files { revision: &policies.revision, files: &policies.files };
    let Some(directory) = directory else { return builder.build_alone(policies, generation) };
    let files = unpacked(directory.files).map_err(|finding| vec![finding])?;
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
            all.extend(unpack(&file.name, &file.bytes)?);
        } else {
            all.push(file);
        }
    }
    Ok(all)
}

/// Refused: reading zips takes more than this build of the library carries.
#[cfg(not(feature = "server"))]
fn unpack(name: &str, _bytes: &[u8]) -> Result<Vec<Source>, Finding> {
    let place = crate::policy::source::Place { file: name.into(), line: 0, column: 0, width: 1 };
    let finding = Finding::error(place, "this build of the library reads no zip files");
    Err(finding.help("unpack it into a folder, or build with the feature `server`"))
}

/// Findings about either folder, with the path under which whoever reads them finds the file: policy files, and no
/// others, end in `.yaml` or `.yml`. What is about a folder itself names it already.
pub(crate) fn located(policies: &Path, directory: &Path, findings: Vec<Finding>) -> Vec<Finding> {
    let at = |mut finding: Finding| {
        let file = Path::new(&*finding.place.file);
        if file != policies && file != directory {
            let is_policy = file.extension().is_some_and(|kind| kind == "yaml" || kind == "yml");
            finding.place.file = path(if is_policy { policies } else { directory }, &finding.place.file);
        }
        finding
    };
    findings.into_iter().map(at).collect()
}

/// Where a file of a folder is.
pub(crate) fn path(folder: &Path, name: &str) -> Arc<str> {
    folder.join(name).to_string_lossy().into()
}
