//! A directory folder as one zip file. Files are unpacked while they are parsed, on a thread of their own, and never held
//! as a whole; those that a directory doesn't read are not unpacked at all.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zip::ZipArchive;
use zip::result::ZipError;

use super::files::whole;
use super::wanted;
use crate::policy::source::Finding;

/// Files that a zip may hold.
const ENTRIES: usize = 64;
/// Bytes that the files read may unpack to, together.
const BYTES: u64 = 4 << 30;
/// Bytes that are unpacked at once.
const CHUNK: usize = 1 << 18;
/// Chunks that are unpacked ahead.
const AHEAD: usize = 4;

/// Why a zip is refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("this is not a zip file that can be read: {0}")]
    Unreadable(#[from] ZipError),
    #[error("the zip holds {0} files, more than {ENTRIES}")]
    TooMany(usize),
    #[error("the zip unpacks to more than 4 GiB")]
    TooLarge,
    #[error("`{0}` lies in another folder than the rest: put all files in one")]
    Scattered(String),
}

/// The files of a zip, by the last part of their names. They lie at its root or in one folder.
#[derive(Debug)]
pub struct Archive {
    zip: ZipArchive<Cursor>,
    entries: Vec<Entry>,
    beside: Vec<Arc<str>>,
}

#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    at: usize,
    /// Bytes that it unpacks to.
    size: u64,
}

impl Archive {
    /// Reads what a zip holds.
    ///
    /// # Errors
    /// No zip, more than 64 files in it, more than 4 GiB unpacked, or files in several folders.
    pub fn open(name: &str, file: File) -> Result<Self, Finding> {
        Self::open_within(name, file, BYTES)
    }

    /// The same with another bound on the bytes unpacked.
    pub(super) fn open_within(name: &str, file: File, most: u64) -> Result<Self, Finding> {
        Self::new(file, most).map_err(|refused| Finding::error(whole(&Arc::from(name)), refused.to_string()))
    }

    fn new(file: File, most: u64) -> Result<Self, Refused> {
        let mut zip = ZipArchive::new(Cursor { file: Arc::new(file), at: 0 })?;
        if zip.len() > ENTRIES {
            return Err(Refused::TooMany(zip.len()));
        }
        let (mut entries, mut beside, mut home, mut left) = (Vec::new(), Vec::new(), None, most);
        for at in 0..zip.len() {
            let file = zip.by_index_raw(at)?;
            let path = file.name()?.into_owned();
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if !wanted(name) || file.is_dir() {
                beside.extend(name.to_ascii_lowercase().ends_with(".csv").then(|| Arc::from(name)));
                continue;
            }
            if folder.contains('/') || *home.get_or_insert_with(|| folder.to_owned()) != *folder {
                return Err(Refused::Scattered(path));
            }
            left = left.checked_sub(file.size()).ok_or(Refused::TooLarge)?;
            entries.push(Entry { name: Arc::from(name), at, size: file.size() });
        }
        Ok(Self { zip, entries, beside })
    }

    /// Names of files that are no part of the set but look as if they were meant to be.
    pub fn beside(&self) -> &[Arc<str>] {
        &self.beside
    }

    /// The files, and how many bytes each unpacks to.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<str>, u64)> {
        self.entries.iter().map(|entry| (&entry.name, entry.size))
    }

    /// Unpacks a file while it is read. Reading fails where it is damaged, or larger than the zip says.
    ///
    /// # Errors
    /// There is no such file, or no thread to unpack it.
    pub fn read(&self, name: &str) -> io::Result<impl Read + use<>> {
        let &Entry { at, size, .. } =
            self.entries.iter().find(|entry| *entry.name == *name).ok_or(io::ErrorKind::NotFound)?;
        let zip = self.zip.clone();
        let (to, from) = sync_channel(AHEAD);
        std::thread::Builder::new().name("unzip".to_owned()).spawn(move || unpack(zip, at, size, &to))?;
        Ok(Unpacked { from, chunk: Vec::new(), at: 0, ended: false })
    }
}

/// What is unpacked: chunks, and an empty one or an error at the end.
type Chunk = io::Result<Vec<u8>>;

/// Unpacks an entry to its end, or until nobody reads on.
fn unpack(mut zip: ZipArchive<Cursor>, at: usize, size: u64, to: &SyncSender<Chunk>) {
    let told = match zip.by_index(at) {
        Err(error) => to.send(Err(damaged(&error))),
        Ok(mut file) => chunks(&mut file, size, to),
    };
    // Whoever reads has stopped before the end.
    _ = told;
}

fn chunks(
    file: &mut impl Read,
    mut left: u64,
    to: &SyncSender<Chunk>,
) -> Result<(), std::sync::mpsc::SendError<Chunk>> {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        match file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk) {
            Err(error) => return to.send(Err(damaged(&error))),
            Ok(count) if count as u64 > left => return to.send(Err(damaged(&"it is larger than the zip says"))),
            Ok(count) => left -= count as u64,
        }
        let last = chunk.is_empty();
        to.send(Ok(chunk))?;
        if last {
            return Ok(());
        }
    }
}

fn damaged(error: &impl ToString) -> io::Error {
    io::Error::other(format!("it can't be unpacked: {}", error.to_string()))
}

/// The reading end.
struct Unpacked {
    from: Receiver<Chunk>,
    chunk: Vec<u8>,
    at: usize,
    /// The end was seen: whoever asks once more is told so again.
    ended: bool,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() && !self.ended {
            let cut = |_gone| damaged(&"unpacking stopped");
            (self.chunk, self.at) = (self.from.recv().map_err(cut)??, 0);
            self.ended = self.chunk.is_empty();
        }
        let mut rest = self.chunk.get(self.at..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

/// A place in a file that others read too.
#[derive(Clone, Debug)]
struct Cursor {
    file: Arc<File>,
    at: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
