//! The files that are followed: what was last read of them, and whether they are still the same.
//!
//! Holds no contents between checks, only listings and digests. Doesn't know what is live.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::list::{Listing, Root};
use super::read::{self, ReadError};
use super::status::{self, Revisions};
use super::{Set, Sets};
use crate::policy::source::{Finding, Source};

/// How old, in seconds, a file's last change must be before an equal listing proves equal contents: two changes within
/// one tick of a file system's clock look like one, and the coarsest clocks tick once in two seconds.
const SETTLED: i64 = 2;

/// Both sets of files.
#[derive(Debug)]
pub(super) struct Files {
    policies: Tracked,
    directory: Option<Tracked>,
}

/// The contents of those sets that had to be read.
pub(super) type Fresh = (Option<Vec<Source>>, Option<Vec<Source>>);

impl Files {
    /// Reads both sets for the first time.
    pub(super) fn load((policies, directory): (Root, Option<Root>)) -> Result<(Self, Sets), Vec<Finding>> {
        let ((policies, rules), directory) = both(Tracked::load(policies), directory.map(Tracked::load).transpose())?;
        let (directory, people) = directory.unzip();
        let mut files = Self { policies, directory };
        let sets = files.sets((Some(rules), people), 1)?;
        Ok((files, sets))
    }

    /// The digests of what was last read.
    pub(super) fn revisions(&self) -> Revisions {
        let directory = self.directory.as_ref().map(|tracked| Arc::clone(&tracked.revision));
        Revisions { policy: Arc::clone(&self.policies.revision), directory }
    }

    /// Brings the digests up to date; contents are read only where a listing differs, or `force` asks for it.
    pub(super) fn refresh(&mut self, force: bool) -> Result<Fresh, Vec<Finding>> {
        let directory = self.directory.as_mut().map(|tracked| tracked.refresh(force)).transpose();
        both(self.policies.refresh(force), directory.map(Option::flatten))
    }

    /// The contents of both sets: those that were just read, and the others read now.
    pub(super) fn sets(&mut self, (rules, people): Fresh, generation: u64) -> Result<Sets, Vec<Finding>> {
        let directory = self.directory.as_mut().map(|tracked| tracked.set(people)).transpose();
        let (policies, directory) = both(self.policies.set(rules), directory)?;
        Ok(Sets { generation, policies, directory })
    }

    /// What is there now, without reading it.
    pub(super) fn look(&self) -> Look {
        Look(self.tracked().map(|tracked| tracked.root.list().ok()).collect())
    }

    /// Whether a look found what was last read.
    pub(super) fn are_as(&self, look: &Look) -> bool {
        self.tracked().map(|tracked| Some(&tracked.listing)).eq(look.0.iter().map(Option::as_ref))
    }

    /// The configured paths.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.tracked().map(|tracked| tracked.root.path.as_path())
    }

    fn tracked(&self) -> impl Iterator<Item = &Tracked> {
        std::iter::once(&self.policies).chain(&self.directory)
    }
}

fn both<A, B>(policies: Result<A, ReadError>, directory: Result<B, ReadError>) -> Result<(A, B), Vec<Finding>> {
    match (policies, directory) {
        (Ok(policies), Ok(directory)) => Ok((policies, directory)),
        (policies, directory) => {
            Err([policies.err(), directory.err()].into_iter().flatten().map(Finding::from).collect())
        }
    }
}

/// Listings at one moment; None where there is nothing that could be listed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look(Vec<Option<Listing>>);

impl Look {
    /// Whether every set could be listed.
    pub(super) fn is_whole(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// The folders that hold the files.
    pub(super) fn folders(self) -> BTreeSet<PathBuf> {
        self.0.into_iter().flatten().flat_map(|listing| listing.folders).collect()
    }
}

#[derive(Debug)]
struct Tracked {
    root: Root,
    listing: Listing,
    settled: bool,
    revision: Arc<str>,
}

impl Tracked {
    fn load(root: Root) -> Result<(Self, Vec<Source>), ReadError> {
        let mut tracked = Self { root, listing: Listing::default(), settled: false, revision: Arc::from("") };
        let files = tracked.read()?;
        Ok((tracked, files))
    }

    fn set(&mut self, fresh: Option<Vec<Source>>) -> Result<Set, ReadError> {
        let files = fresh.map_or_else(|| self.read(), Ok)?;
        Ok(Set { revision: Arc::clone(&self.revision), files })
    }

    fn refresh(&mut self, force: bool) -> Result<Option<Vec<Source>>, ReadError> {
        let listed = self.root.list().is_ok_and(|listing| listing == self.listing);
        if !listed {
            return self.read().map(Some);
        }
        if self.settled && !force {
            return Ok(None);
        }
        let begun = status::seconds();
        let (revision, listing) = read::digest_listed(&self.root)?;
        if revision != self.revision {
            return self.read().map(Some);
        }
        self.note(begun, listing, revision);
        Ok(None)
    }

    fn read(&mut self) -> Result<Vec<Source>, ReadError> {
        let begun = status::seconds();
        let (files, listing) = read::read_listed(&self.root)?;
        self.note(begun, listing, read::digest(&files));
        Ok(files)
    }

    fn note(&mut self, begun: i64, listing: Listing, revision: Arc<str>) {
        self.settled = begun.abs_diff(listing.newest()) > SETTLED.unsigned_abs();
        (self.listing, self.revision) = (listing, revision);
    }
}
