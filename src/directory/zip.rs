//! A directory folder as one zip file. Only the files that a directory reads are unpacked, into memory.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::sync::Arc;

use zip::ZipArchive;
use zip::result::ZipError;

use super::files::whole;
use super::wanted;
use crate::policy::source::{Finding, Source};

/// Files that a zip may hold.
const ENTRIES: usize = 64;
/// Bytes that the files read may unpack to, together.
const BYTES: u64 = 4 << 30;

/// Why a zip is refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("this is not a zip file that can be read: {0}")]
    Unreadable(#[from] ZipError),
    #[error("`{0}` can't be unpacked: {1}")]
    Damaged(String, std::io::Error),
    #[error("the zip holds {0} files, more than {ENTRIES}")]
    TooMany(usize),
    #[error("the zip unpacks to more than 4 GiB")]
    TooLarge,
    #[error("`{0}` lies in another folder than the rest: put all files in one")]
    Scattered(String),
}

/// The files of a zip, by the last part of their names. They lie at its root or in one folder.
///
/// # Errors
/// No zip, a damaged one, more than 64 files in it, more than 4 GiB unpacked, or files in several folders.
pub fn unpack(name: &str, bytes: &[u8]) -> Result<Vec<Source>, Finding> {
    unpack_within(name, bytes, BYTES)
}

/// The files of a set as they are read: a zip, which is all that a set without `orgs.csv`
/// can be, gives way to the files in it; what lies beside it stays.
///
/// # Errors
/// As [`unpack`].
pub fn unpacked(set: &[Source]) -> Result<Cow<'_, [Source]>, Finding> {
    let is_zip = |file: &&Source| !file.name.ends_with(".csv");
    let folder = set.iter().any(|file| *file.name == *"orgs.csv");
    let Some(zip) = set.iter().find(|file| !folder && is_zip(file)) else { return Ok(Cow::Borrowed(set)) };
    let mut files = unpack(&zip.name, &zip.bytes)?;
    files.extend(set.iter().filter(|file| !is_zip(file)).cloned());
    Ok(Cow::Owned(files))
}

/// The same with another bound on the bytes unpacked.
pub(super) fn unpack_within(name: &str, bytes: &[u8], most: u64) -> Result<Vec<Source>, Finding> {
    files(bytes, most).map_err(|refused| Finding::error(whole(&Arc::from(name)), refused.to_string()))
}

fn files(bytes: &[u8], most: u64) -> Result<Vec<Source>, Refused> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    if zip.len() > ENTRIES {
        return Err(Refused::TooMany(zip.len()));
    }
    let (mut sources, mut home, mut left) = (Vec::new(), None, most);
    for at in 0..zip.len() {
        let file = zip.by_index(at)?;
        let path = file.name()?.into_owned();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if !wanted(name) || file.is_dir() {
            continue;
        }
        if folder.contains('/') || *home.get_or_insert_with(|| folder.to_owned()) != *folder {
            return Err(Refused::Scattered(path));
        }
        let mut bytes = Vec::new();
        file.take(left + 1).read_to_end(&mut bytes).map_err(|error| Refused::Damaged(path.clone(), error))?;
        left = left.checked_sub(bytes.len() as u64).ok_or(Refused::TooLarge)?;
        sources.push(Source { name: Arc::from(name), bytes: Arc::from(bytes) });
    }
    Ok(sources)
}
