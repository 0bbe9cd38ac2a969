//! The files of a directory as they are read: a zip gives way to the files in it, what lies beside it stays.

use std::io::{self, Read};
use std::sync::Arc;

#[cfg(feature = "server")]
use crate::directory::zip::Archive;
use crate::policy::source::Finding;
use crate::reload::Stream;

/// A directory whose files can be opened one after another.
#[derive(Debug)]
pub struct Opened<'a> {
    stream: &'a Stream,
    archive: Option<Archive>,
}

impl<'a> Opened<'a> {
    /// The files of a directory.
    ///
    /// # Errors
    /// A zip that is refused.
    pub fn new(stream: &'a Stream) -> Result<Self, Finding> {
        let open = |name: &str| Archive::open(name, stream.open(name).map_err(|error| unreadable(name, &error))?);
        Ok(Self { stream, archive: stream.archive().map(open).transpose()? })
    }

    /// The names of the files and how many bytes each has; those that only look like them have none.
    pub fn files(&self) -> impl Iterator<Item = (Arc<str>, u64)> {
        let zipped = self.archive.iter().flat_map(Archive::files).map(|(name, size)| (Arc::clone(name), size));
        let plain = self.stream.files().filter(|(name, _)| self.stream.archive() != Some(name));
        let plain = plain.chain(self.stream.beside().map(|name| (name, 0)));
        let beside = self.archive.iter().flat_map(Archive::beside).map(|name| (Arc::clone(name), 0));
        zipped.chain(beside).chain(plain.map(|(name, size)| (Arc::from(name), size)))
    }

    /// The names alone.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        self.files().map(|(name, _)| name).collect()
    }

    /// Opens a file.
    ///
    /// # Errors
    /// There is no such file, or it can't be read, or no longer as it was listed.
    pub fn open(&self, name: &str) -> io::Result<Box<dyn Read>> {
        match &self.archive {
            Some(archive) if archive.files().any(|(file, _)| **file == *name) => Ok(Box::new(archive.read(name)?)),
            Some(_) | None => Ok(Box::new(self.stream.open(name)?)),
        }
    }
}

pub(super) fn unreadable(name: &str, error: &io::Error) -> Finding {
    Finding::error(whole(name), format!("the file can't be read: {error}"))
}

fn whole(name: &str) -> crate::policy::source::Place {
    crate::policy::source::Place { file: name.into(), line: 0, column: 0, width: 1 }
}

/// Stands for zips, which take more than this build of the library carries.
#[cfg(not(feature = "server"))]
#[derive(Debug)]
enum Archive {}

#[cfg(not(feature = "server"))]
impl Archive {
    fn open(name: &str, _file: std::fs::File) -> Result<Self, Finding> {
        let finding = Finding::error(whole(name), "this build of the library reads no zip files");
        Err(finding.help("unpack it into a folder, or build with the feature `server`"))
    }

    fn files(&self) -> std::iter::Empty<(&Arc<str>, u64)> {
        match *self {}
    }

    fn beside(&self) -> &[Arc<str>] {
        match *self {}
    }

    fn read(&self, _name: &str) -> io::Result<io::Empty> {
        match *self {}
    }
}
