//! From folders to a decision point that follows them: the one place where reading, building and publishing meet.

mod opened;

use std::io;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::directory::{Loaded, Roster};
use crate::fault;
use crate::pdp::Pdp;
use crate::policy::request::Limits;
use crate::policy::source::Finding;
use crate::reload::{self, ByHand, Handle, Sets, Stream};
use crate::snapshot::{Builder, Directory, Files, Snapshot};
pub use opened::Opened;

/// How long a snapshot that was replaced is kept for those who still read it; after that the last of them frees it.
const LAST_READERS: Duration = Duration::from_millis(100);

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
    start_as(config, builder, |snapshot| Pdp::new(snapshot, limits))
}

/// The same for a decision point that `point` makes of the first snapshot. Where it asks a directory, `config` names none.
///
/// # Errors
/// Files that are refused: there is no last good set yet.
pub fn start_as(
    config: reload::Config,
    builder: Builder,
    point: impl FnOnce(Snapshot) -> Pdp,
) -> Result<(Arc<Pdp>, Handle), StartError> {
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
        retire(publishing.publish(snapshot));
    });
    Ok((pdp, reloader.by_hand(publish)))
}

/// Frees a snapshot on the thread that reloads, once nobody reads it: freeing a large district takes a while, and the
/// last request that reads it would wait for that.
fn retire(before: Arc<Snapshot>) {
    let end = Instant::now() + LAST_READERS;
    while Arc::strong_count(&before) > 1 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(before);
}

/// Logs what looks wrong in what is about to be served.
fn tell(snapshot: &Snapshot) {
    for warning in &snapshot.warnings {
        tracing::warn!("{warning}");
    }
}

/// Builds a snapshot from two sets of files; a directory is read as it is parsed. Without one there is no roster.
///
/// # Errors
/// Everything that is wrong with either set.
pub fn build(builder: &mut Builder, sets: Sets) -> Result<Snapshot, Vec<Finding>> {
    fault::point("reload.build").map_err(|error| vec![opened::unreadable("the policies", &error)])?;
    let Sets { generation, policies, directory } = sets;
    let policies = Files { revision: &policies.revision, files: &policies.files };
    let Some(directory) = directory else { return builder.build_alone(policies, generation) };
    let read = |declared: &[&str]| roster(&directory.files, declared);
    builder.build_reading(policies, Directory { revision: &directory.revision, read: &read }, generation)
}

/// The roster of a directory, read as one moment's. On a thread of its own: what reading took beside the roster, the
/// allocator gives back as a thread ends.
fn roster(directory: &Stream, declared: &[&str]) -> Result<Loaded, Vec<Finding>> {
    let load = |files: &Stream| {
        fault::point("reload.roster").map_err(|error| vec![opened::unreadable("the directory", &error)])?;
        let files = Opened::new(files).map_err(|finding| vec![finding])?;
        Roster::read(&files.names(), &|name| files.open(name), declared)
    };
    let read = || directory.read(load).map_err(|changed| vec![changed.into()])?;
    let joined = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("roster".to_owned()).spawn_scoped(scope, read)?;
        Ok(thread.join().unwrap_or_else(|cause| resume_unwind(cause)))
    });
    joined.unwrap_or_else(|error: io::Error| Err(vec![opened::unreadable("the directory", &error)]))
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
