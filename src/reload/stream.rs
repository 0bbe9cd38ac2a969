//! A directory's files at one moment, opened one after another as they are parsed and never held as a whole.
//!
//! What is read is proven to be of that moment afterwards: [`Stream::read`] lists the files again. Doesn't know what is
//! in them, and unpacks nothing.

use std::fs;
use std::io;

use super::list::{Listing, Root};
use super::read::{self, ReadError, Trouble};

/// A directory's files as they were listed.
#[derive(Clone, Debug)]
pub struct Stream {
    root: Root,
    listing: Listing,
}

impl Stream {
    /// Lists a directory.
    ///
    /// # Errors
    /// It can't be listed, is empty, or is too large.
    pub fn list(root: &Root) -> Result<Self, ReadError> {
        Ok(Self::new(root, &read::list(root)?))
    }

    pub(super) fn new(root: &Root, listing: &Listing) -> Self {
        Self { root: root.clone(), listing: listing.clone() }
    }

    /// The names of the files, and how many bytes each has.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.listing.files.iter().map(|(name, file)| (name.as_str(), file.stamp.size))
    }

    /// Names of files that are no part of the set but look as if they were meant to be.
    pub fn beside(&self) -> impl Iterator<Item = &str> {
        self.listing.beside.iter().map(String::as_str)
    }

    /// The one file that is an archive of all others: the directory is not a folder.
    #[must_use]
    pub fn archive(&self) -> Option<&str> {
        let name = self.root.path.file_name()?.to_str()?;
        (self.listing.archive && self.listing.files.contains_key(name)).then_some(name)
    }

    /// Opens a file, as it was listed.
    ///
    /// # Errors
    /// There is no such file, it can't be read, or it is no longer the same.
    pub fn open(&self, name: &str) -> io::Result<fs::File> {
        let file = self.listing.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        read::open(name, file).map_err(|trouble| {
            if let Trouble::Unreadable { source, .. } = trouble {
                source
            } else {
                io::Error::other(trouble.to_string())
            }
        })
    }

    /// Reads the files and lists them again: what was made of them counts only if nothing changed meanwhile.
    ///
    /// # Errors
    /// The files changed; whatever was made of them is of no one moment.
    pub fn read<T>(&self, read: impl FnOnce(&Self) -> T) -> Result<T, ReadError> {
        let made = read(self);
        let same = self.root.list().is_ok_and(|listing| listing == self.listing);
        if same { Ok(made) } else { Err(ReadError { path: self.root.path.clone(), trouble: Trouble::Changing }) }
    }
}
