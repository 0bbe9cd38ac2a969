//! Reads a set so that it is one moment's: list, read, list again, and once more from the start where the lists differ.
//! A directory is not read as a whole: it is listed and summed up here, and opened file by file elsewhere.
//!
//! Doesn't look into the files. Writers that change several files of a plain folder one by one can be met half-way
//! (nothing tells a pause from the end); those that swap them as one, as a mounted ConfigMap does, cannot.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::digest::{self, Sum};
use super::list::File;
pub(super) use super::list::Listing;
pub use super::list::Root;
use crate::fault;
use crate::policy::source::{Finding, Place, Source};

/// The pauses before each attempt, in milliseconds; there are no more attempts than pauses.
pub(super) const PAUSES: [u64; 5] = [0, 2, 8, 32, 64];

/// A set could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {trouble}", path.display())]
pub struct ReadError {
    /// The folder, or the zip file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub trouble: Trouble,
}

/// What is wrong with a folder of files. Names are those within the folder.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Nothing is there.
    #[error("does not exist")]
    Missing,
    /// Something else is there.
    #[error("is not a folder")]
    NotAFolder,
    /// There is no file to read.
    #[error("holds no file of the kind that is read here")]
    Empty,
    /// A file or folder in it can't be read.
    #[error("`{name}` cannot be read: {source}")]
    Unreadable {
        /// Which.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A pipe, socket or device stands where a file should.
    #[error("`{name}` is not a regular file")]
    NotRegular {
        /// Which.
        name: String,
    },
    /// A name that isn't text.
    #[error("the name `{name}` is not valid UTF-8")]
    Name {
        /// The name, with what isn't text replaced.
        name: String,
    },
    /// A link leads back.
    #[error("`{name}` leads back into a folder that holds it")]
    Loop {
        /// The link.
        name: String,
    },
    /// Folders within folders without end.
    #[error("`{name}` lies more than {max} folders deep")]
    TooDeep {
        /// The folder.
        name: String,
        /// The limit.
        max: usize,
    },
    /// More files or folders than a set may have.
    #[error("holds more than {max} files or folders")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// More bytes than the set may have.
    #[error("its files are larger than the limit for them together")]
    TooLarge,
    /// No two looks agreed.
    #[error("its files kept changing while they were read")]
    Changing,
}

impl Trouble {
    pub(super) fn unreadable(name: &str, source: io::Error) -> Self {
        Self::Unreadable { name: name.to_owned(), source }
    }

    /// Whether a second look may go better: something went away between two steps.
    fn may_pass(&self) -> bool {
        match self {
            Self::Changing => true,
            Self::Unreadable { source, .. } => {
                matches!(
                    source.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::StaleNetworkFileHandle
                )
            }
            Self::Missing | Self::NotAFolder | Self::Empty | Self::NotRegular { .. } | Self::Name { .. } => false,
            Self::Loop { .. } | Self::TooDeep { .. } | Self::TooMany { .. } | Self::TooLarge => false,
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Missing | Self::NotAFolder => "check the path in the settings and what is mounted there",
            Self::Empty => "policy files end in .yaml or .yml, a directory's files in .csv",
            Self::Unreadable { .. } => "let the user that the server runs as read it",
            Self::NotRegular { .. } | Self::Loop { .. } => "remove it from the folder",
            Self::Name { .. } => "rename it",
            Self::TooDeep { .. } | Self::TooMany { .. } => "keep only what is to be read in the folder",
            Self::TooLarge => "raise the limit if they are meant to be that large",
            Self::Changing => "they are tried again by themselves; replace files in one step if this lasts",
        }
    }
}

impl From<ReadError> for Finding {
    fn from(error: ReadError) -> Self {
        let place = Place { file: error.path.to_string_lossy().into(), line: 0, column: 0, width: 1 };
        Self::error(place, error.trouble.to_string()).help(error.trouble.help())
    }
}

/// Reads a set: its files sorted by name, their contents all of one moment.
///
/// # Errors
/// The set can't be read, is empty, is too large, or keeps changing.
pub fn read(root: &Root) -> Result<Vec<Source>, ReadError> {
    read_listed(root).map(|(files, _)| files)
}

/// Digest of a set: the first 16 hexadecimal digits of the SHA-256 over each file's name, after its length in bytes (64
/// bits, little-endian), and the SHA-256 of its contents.
#[must_use]
pub fn digest(files: &[Source]) -> Arc<str> {
    digest::digest(files.iter().map(|file| (&*file.name, digest::sum_of(&file.bytes))))
}

/// Reads a set and says what was listed when it was.
pub(super) fn read_listed(root: &Root) -> Result<(Vec<Source>, Listing), ReadError> {
    steadily(root, |listing| {
        listing
            .files
            .iter()
            .map(|(name, file)| Ok(Source { name: name.as_str().into(), bytes: bytes(name, file)? }))
            .collect()
    })
}

/// The sums of a set's files as they are now, without holding their contents; those that are `known` are not read.
pub(super) fn sums(root: &Root, known: impl Fn(&str, &File) -> Option<Sum>) -> Result<(Sums, Listing), ReadError> {
    steadily(root, |listing| {
        let sum = |(name, file): (&String, &File)| {
            let sum = known(name, file).map_or_else(|| sum(name, file), Ok)?;
            Ok((name.clone(), sum))
        };
        listing.files.iter().map(sum).collect()
    })
}

/// The sum of each file of a set.
pub(super) type Sums = BTreeMap<String, Sum>;

/// The sums of files at hand.
pub(super) fn sums_of(files: &[Source]) -> Sums {
    files.iter().map(|file| (file.name.to_string(), digest::sum_of(&file.bytes))).collect()
}

/// The digest of the set with these sums.
pub(super) fn revision(sums: &Sums) -> Arc<str> {
    digest::digest(sums.iter().map(|(name, sum)| (name.as_str(), *sum)))
}

fn sum(name: &str, file: &File) -> Result<Sum, Trouble> {
    let opened = open(name, file)?.take(file.stamp.size.saturating_add(1));
    let (sum, length) = digest::sum(opened).map_err(|source| Trouble::unreadable(name, source))?;
    if length == file.stamp.size { Ok(sum) } else { Err(Trouble::Changing) }
}

/// What a set holds now.
pub(super) fn list(root: &Root) -> Result<Listing, ReadError> {
    steadily(root, |_| Ok(())).map(|((), listing)| listing)
}

/// Visits the files between two listings that agree.
fn steadily<R>(root: &Root, visit: impl Fn(&Listing) -> Result<R, Trouble>) -> Result<(R, Listing), ReadError> {
    let once = || {
        let before = root.list()?;
        let visited = visit(&before)?;
        match root.list()? == before {
            true if before.files.is_empty() && before.beside.is_empty() => Err(Trouble::Empty),
            true => Ok((visited, before)),
            false => Err(Trouble::Changing),
        }
    };
    let mut last = Trouble::Changing;
    for pause in PAUSES {
        std::thread::sleep(Duration::from_millis(pause));
        match once() {
            Ok(steady) => return Ok(steady),
            Err(trouble) => last = trouble,
        }
        if !last.may_pass() {
            break;
        }
    }
    Err(ReadError { path: root.path.clone(), trouble: last })
}

fn bytes(name: &str, file: &File) -> Result<Arc<[u8]>, Trouble> {
    let mut opened = open(name, file)?;
    let size = usize::try_from(file.stamp.size).map_err(|_beyond_memory| Trouble::TooLarge)?;
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    let read = fault::point("reload.read");
    let read = read.and_then(|()| Arc::get_mut(&mut bytes).map_or(Ok(()), |space| opened.read_exact(space)));
    match read {
        Ok(()) => Ok(bytes),
        Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => Err(Trouble::Changing),
        Err(source) => Err(Trouble::unreadable(name, source)),
    }
}

/// Opens what was listed, and nothing that has since taken its place. Never waits, as opening a pipe would.
pub(super) fn open(name: &str, file: &File) -> Result<std::fs::File, Trouble> {
    let failed = |source| Trouble::unreadable(name, source);
    fault::point("reload.open").map_err(failed)?;
    let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&file.path).map_err(failed)?;
    let found = opened.metadata().map_err(failed)?;
    if super::list::Stamp::of(&found) == file.stamp { Ok(opened) } else { Err(Trouble::Changing) }
}
