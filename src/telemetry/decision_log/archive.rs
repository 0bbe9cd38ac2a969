//! The policies that decided, kept beside the log: a folder for each revision, so that a past answer can be explained by
//! the rules of its day. A folder is there whole or not at all.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::queue::Policy;
use crate::fault;
use crate::policy::source::Source;

/// How many revisions are held ready: a request that began before a change decides by the one before.
const READY: usize = 8;

/// The folder of policies.
#[derive(Debug)]
pub(super) struct Archive {
    folder: PathBuf,
    /// Revisions that may yet decide, with their files: the last few.
    ready: Vec<Policy>,
    /// Revisions that are there.
    kept: Vec<Arc<str>>,
}

impl Archive {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, ready: Vec::new(), kept: Vec::new() }
    }

    /// A policy that decides from now on.
    pub(super) fn ready(&mut self, policy: Policy) {
        if self.ready.len() >= READY {
            self.ready.remove(0);
        }
        self.ready.push(policy);
    }

    /// Keeps the policy that decided. One whose files are not known was kept before, or stands in no files.
    pub(super) fn keep(&mut self, revision: &str) -> io::Result<()> {
        if self.kept.iter().any(|kept| **kept == *revision) {
            return Ok(());
        }
        let known = self.ready.iter().rfind(|(ready, files)| **ready == *revision && !files.is_empty());
        let Some((revision, files)) = known else { return Ok(()) };
        fault::point("log.archive")?;
        let to = self.folder.join(plain(revision)?);
        if !to.try_exists()? {
            let half = self.folder.join(format!(".{revision}.{}", std::process::id()));
            _ = fs::remove_dir_all(&half);
            files.iter().try_for_each(|file| write(&half, file))?;
            fs::create_dir_all(&half)?;
            put(&half, &to)?;
        }
        self.kept.push(Arc::clone(revision));
        Ok(())
    }
}

/// Puts a folder at its place, unless another process that writes beside us was faster.
fn put(half: &Path, to: &Path) -> io::Result<()> {
    let Err(error) = fs::rename(half, to) else { return Ok(()) };
    fs::remove_dir_all(half)?;
    if to.try_exists()? { Ok(()) } else { Err(error) }
}

fn write(folder: &Path, file: &Source) -> io::Result<()> {
    let path = folder.join(plain(&file.name)?);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(&path, &file.bytes)?;
    fs::File::open(&path)?.sync_all()
}

/// A name that leads nowhere else.
fn plain(name: &str) -> io::Result<&Path> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_))) && !name.is_empty();
    if inside { Ok(path) } else { Err(io::Error::other(format!("`{name}` is no name for a file"))) }
}
