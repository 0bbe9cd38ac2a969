//! The files that are followed: what was last read of them, and whether they are still the same.
//!
//! Holds no contents between checks, only listings and sums. Doesn't know what is live.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::list::{File, Listing, Root};
use super::read::{self, ReadError, Sums};
use super::status::{self, Revisions};
use super::stream::Stream;
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

impl Files {
    /// Both sets, yet to be read.
    pub(super) fn new((policies, directory): (Root, Option<Root>)) -> Self {
        Self { policies: Tracked::new(policies), directory: directory.map(Tracked::new) }
    }

    /// The digests of what was last read.
    pub(super) fn revisions(&self) -> Revisions {
        let directory = self.directory.as_ref().map(|tracked| Arc::clone(&tracked.revision));
        Revisions { policy: Arc::clone(&self.policies.revision), directory }
    }

    /// Brings the digests up to date; contents are read only where a listing differs, or `force` asks for it.
    pub(super) fn refresh(&mut self, force: bool) -> Result<(), Vec<Finding>> {
        let directory = self.directory.as_mut().map(|tracked| tracked.refresh(force)).transpose();
        both(self.policies.refresh(force), directory).map(|_| ())
    }

    /// Both sets, as they were last summed up: the policies' contents, and the directory to be read.
    pub(super) fn sets(&mut self, generation: u64) -> Result<Sets, Vec<Finding>> {
        let policies = self.policies.read().map_err(|error| vec![error.into()])?;
        let policies = Set { revision: Arc::clone(&self.policies.revision), files: policies };
        Ok(Sets { generation, policies, directory: self.directory.as_ref().map(Tracked::stream) })
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
    /// Names of files whose listing proves their contents.
    settled: BTreeSet<String>,
    sums: Sums,
    revision: Arc<str>,
}

impl Tracked {
    fn new(root: Root) -> Self {
        let (listing, sums) = (Listing::default(), Sums::new());
        Self { root, listing, settled: BTreeSet::new(), sums, revision: Arc::from("") }
    }

    /// The contents.
    fn read(&mut self) -> Result<Vec<Source>, ReadError> {
        let begun = status::seconds();
        let (files, listing) = read::read_listed(&self.root)?;
        self.note(begun, listing, read::sums_of(&files));
        Ok(files)
    }

    fn stream(&self) -> Set<Stream> {
        Set { revision: Arc::clone(&self.revision), files: Stream::new(&self.root, &self.listing) }
    }

    fn refresh(&mut self, force: bool) -> Result<(), ReadError> {
        let settled = self.settled.len() == self.listing.files.len();
        if settled && !force && self.root.list().is_ok_and(|listing| listing == self.listing) {
            return Ok(());
        }
        let begun = status::seconds();
        let known = |name: &str, file: &File| {
            let same = !force && self.settled.contains(name) && self.listing.files.get(name) == Some(file);
            self.sums.get(name).filter(|_| same).copied()
        };
        let (sums, listing) = read::sums(&self.root, known)?;
        self.note(begun, listing, sums);
        Ok(())
    }

    fn note(&mut self, begun: i64, listing: Listing, sums: Sums) {
        let rests = |file: &File| begun.abs_diff(file.stamp.changed()) > SETTLED.unsigned_abs();
        let settled = listing.files.iter().filter(|(_, file)| rests(file));
        self.settled = settled.map(|(name, _)| name.clone()).collect();
        self.revision = read::revision(&sums);
        (self.listing, self.sums) = (listing, sums);
    }
}
