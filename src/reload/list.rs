//! Which files a set holds at one moment: their names, their real places and what the file system says of them.
//!
//! Opens no file. Links are followed; folders that a link leads back into, depth and number are bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::read::Trouble;
use crate::directory::wanted;
use crate::fault;

/// How deep folders may lie within one another.
const MAX_DEPTH: usize = 8;
/// How many files, and how many folders, a set may have.
const MAX_FILES: usize = 10_000;
/// The link that a mounted ConfigMap or Secret swaps to change all of its files at once.
const SWAPPED: &str = "..data";
/// What may lie beside a zipped directory and belongs to it.
const BESIDE_ZIP: &str = "role_assignments.csv";

/// Where a set is and what of it counts.
#[derive(Clone, Debug)]
pub struct Root {
    pub(super) path: PathBuf,
    kind: fn(&str) -> Kind,
    may_be_file: bool,
    max_bytes: u64,
}

impl Root {
    /// A folder of policy files: `*.yaml` and `*.yml`.
    #[must_use]
    pub fn policies(path: impl Into<PathBuf>, max_bytes: u64) -> Self {
        let kind =
            |name: &str| if name.ends_with(".yaml") || name.ends_with(".yml") { Kind::Part } else { Kind::Other };
        Self { path: path.into(), kind, may_be_file: false, max_bytes }
    }

    /// A directory: a folder of OneRoster's `*.csv`, or one zip file with, perhaps, its role assignments beside it.
    #[must_use]
    pub fn directory(path: impl Into<PathBuf>, max_bytes: u64) -> Self {
        let kind = |name: &str| match name {
            name if wanted(name) => Kind::Part,
            name if name.to_ascii_lowercase().ends_with(".csv") => Kind::Beside,
            _ => Kind::Other,
        };
        Self { path: path.into(), kind, may_be_file: true, max_bytes }
    }

    /// What is there now; it may be nothing, as when a folder is being emptied.
    pub(super) fn list(&self) -> Result<Listing, Trouble> {
        fault::point("reload.list").map_err(|source| self.absent(source))?;
        let real = fs::canonicalize(&self.path).map_err(|source| self.absent(source))?;
        match real.metadata() {
            Ok(found) if found.is_dir() => self.list_folder(&real),
            Ok(found) if found.is_file() && self.may_be_file => self.list_file(),
            Ok(_) => Err(Trouble::NotAFolder),
            Err(source) => Err(self.absent(source)),
        }
    }

    fn absent(&self, source: io::Error) -> Trouble {
        if source.kind() == io::ErrorKind::NotFound {
            return Trouble::Missing;
        }
        Trouble::unreadable(&self.path.to_string_lossy(), source)
    }

    fn list_folder(&self, real: &Path) -> Result<Listing, Trouble> {
        let mut walk = Walk::new(&self.kind, true, self.max_bytes);
        walk.folder(real, "")?;
        Ok(walk.listing)
    }

    fn list_file(&self) -> Result<Listing, Trouble> {
        let (Some(folder), Some(file)) = (self.path.parent(), self.path.file_name().and_then(OsStr::to_str)) else {
            return Err(Trouble::Missing);
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let kind = |name: &str| if name == file || name == BESIDE_ZIP { Kind::Part } else { Kind::Other };
        let mut walk = Walk::new(&kind, false, self.max_bytes);
        walk.folder(&fs::canonicalize(folder).map_err(|source| self.absent(source))?, "")?;
        walk.listing.archive = true;
        if walk.listing.files.contains_key(file) { Ok(walk.listing) } else { Err(Trouble::Missing) }
    }
}

/// What a file is to a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Part of it.
    Part,
    /// No part of it, but its name might be a slip of the pen.
    Beside,
    /// Nothing.
    Other,
}

/// The files of a set at one moment. Two that are equal were made of the same files, as far as the file system tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The files by name.
    pub(super) files: BTreeMap<String, File>,
    /// One of the files holds the others: the set is not a folder.
    pub(super) archive: bool,
    /// Names of files that are no part of the set but look like it.
    pub(super) beside: BTreeSet<String>,
    /// The real folders that hold them, or hold what a link among them leads to.
    pub(super) folders: BTreeSet<PathBuf>,
}

/// One file of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Where it really is; links within the folder's own path are resolved.
    pub(super) path: PathBuf,
    /// What the file system says of it.
    pub(super) stamp: Stamp,
}

/// What changes when a file does. The time of change is the file system's own: no program can set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    id: (u64, u64),
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// When it last changed, in seconds since 1970.
    pub(super) fn changed(&self) -> i64 {
        self.changed.0
    }

    /// The stamp of an open or a listed file.
    pub(super) fn of(found: &Metadata) -> Self {
        Self {
            size: found.len(),
            id: (found.dev(), found.ino()),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

struct Walk<'a> {
    kind: &'a dyn Fn(&str) -> Kind,
    deep: bool,
    bytes_left: u64,
    trail: Vec<PathBuf>,
    listing: Listing,
}

impl<'a> Walk<'a> {
    fn new(kind: &'a dyn Fn(&str) -> Kind, deep: bool, max_bytes: u64) -> Self {
        Self { kind, deep, bytes_left: max_bytes, trail: Vec::new(), listing: Listing::default() }
    }

    /// A folder by its real path. Where its files are swapped as one, they are those of the one resolved version, and
    /// the links that show them are passed over; what else lies in it counts too.
    fn folder(&mut self, real: &Path, prefix: &str) -> Result<(), Trouble> {
        if self.trail.iter().any(|above| above == real) {
            return Err(Trouble::Loop { name: prefix.to_owned() });
        }
        if self.trail.len() > MAX_DEPTH {
            return Err(Trouble::TooDeep { name: prefix.to_owned(), max: MAX_DEPTH });
        }
        let version = fs::canonicalize(real.join(SWAPPED)).ok();
        self.trail.push(real.to_owned());
        if let Some(version) = &version {
            self.entries(version, prefix, false)?;
        }
        self.entries(real, prefix, version.is_some())?;
        self.trail.pop();
        Ok(())
    }

    fn entries(&mut self, folder: &Path, prefix: &str, swapped: bool) -> Result<(), Trouble> {
        self.listing.folders.insert(folder.to_owned());
        let failed = |source| Trouble::unreadable(if prefix.is_empty() { "the folder" } else { prefix }, source);
        fault::point("reload.folder").map_err(failed)?;
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, own_name) = (entry.path(), entry.file_name());
            let link = fs::read_link(&path).ok();
            let shows_version = swapped && link.as_ref().is_some_and(|target| target.starts_with(SWAPPED));
            if !is_hidden(&own_name) && !shows_version {
                self.entry(&path, prefix, &own_name, link.is_some())?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, prefix: &str, own_name: &OsStr, is_link: bool) -> Result<(), Trouble> {
        let name = format!("{prefix}{}", own_name.to_string_lossy());
        let kind = (self.kind)(&name);
        let wanted = kind == Kind::Part;
        let found = match path.metadata() {
            Ok(found) if wanted || (self.deep && found.is_dir()) => found,
            Err(source) if wanted => return Err(Trouble::unreadable(&name, source)),
            Ok(found) if kind == Kind::Beside && found.is_file() => {
                self.listing.beside.insert(name);
                return self.few();
            }
            Ok(_) | Err(_) => return Ok(()),
        };
        if own_name.to_str().is_none() {
            return Err(Trouble::Name { name });
        }
        if found.is_dir() {
            let real = fs::canonicalize(path).map_err(|source| Trouble::unreadable(&name, source))?;
            return if self.deep { self.folder(&real, &format!("{name}/")) } else { Ok(()) };
        }
        if is_link && let Ok(target) = fs::canonicalize(path) {
            self.listing.folders.extend(target.parent().map(Path::to_owned));
        }
        self.file(path, name, &found)
    }

    fn file(&mut self, path: &Path, name: String, found: &Metadata) -> Result<(), Trouble> {
        if !found.is_file() {
            return Err(Trouble::NotRegular { name });
        }
        self.bytes_left = self.bytes_left.checked_sub(found.len()).ok_or(Trouble::TooLarge)?;
        self.listing.files.insert(name, File { path: path.to_owned(), stamp: Stamp::of(found) });
        self.few()
    }

    fn few(&self) -> Result<(), Trouble> {
        let Listing { files, beside, folders, .. } = &self.listing;
        if files.len().max(beside.len()).max(folders.len()) > MAX_FILES {
            return Err(Trouble::TooMany { max: MAX_FILES });
        }
        Ok(())
    }
}

/// Whether a file or a folder is passed over: a hidden one, or an editor's copy.
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") || name.ends_with(b"~")
}
