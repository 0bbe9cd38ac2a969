//! The file that the log is written to: found again after a crash, opened again where it was moved or deleted, put back to
//! its last good line where writing failed, put aside once it is large. What is written stands in `line`.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::chain::{Link, Linked, hash};
use crate::fault;

/// How far from the end the last good line is looked for, in bytes: more than a line may have.
const TAIL: u64 = 4 << 20;
/// How long a process that ends is waited for, and how often it is looked whether it has.
const ENDING: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(10);
/// How the first line of a log begins.
const FIRST: &[u8] = b"{\"seq\":1,";

/// A log file.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    /// None while it has to be opened anew.
    open: Option<Open>,
    /// Which file it was, and how long it was after the last good line.
    last: Place,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// A regular file: not a device, which has no length.
    regular: bool,
}

/// Which file, and how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    device: u64,
    inode: u64,
    length: u64,
}

/// What was found in a file that is gone on with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Where its chain has come to.
    pub(super) link: Link,
    /// Bytes behind the last good line, which were put aside.
    pub(super) torn: u64,
}

/// What happened to the file behind our back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    Nothing,
    /// It is no longer at its path: a new one was begun.
    Gone,
    /// It is shorter than it was.
    Cut,
}

/// Why a file can't be the log.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It can't be opened.
    #[error("the decision log `{}` can't be opened: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// Another process writes it.
    #[error("the decision log `{}` is written by another process: give each its own", .0.display())]
    Taken(PathBuf),
    /// It holds something else.
    #[error("`{}` does not end in a decision log: move it away, or name another file", .0.display())]
    Foreign(PathBuf),
    /// A folder, a pipe or a socket.
    #[error("`{}` is no file that a decision log can be written to", .0.display())]
    NoFile(PathBuf),
}

impl LogFile {
    /// Opens a file and finds the last good line in it. What stands behind that is put aside.
    ///
    /// # Errors
    /// It can't be the log.
    pub(super) fn open(path: &Path) -> Result<(Self, Found), OpenError> {
        let io = |error| OpenError::Io { path: path.into(), error };
        let open = Open::at(path).map_err(io)?.ok_or_else(|| OpenError::NoFile(path.into()))?;
        let mut log = Self { path: path.into(), open: None, last: open.place().map_err(io)? };
        let mut found = Found::default();
        if open.regular {
            if !locked(&open.file).map_err(io)? {
                return Err(OpenError::Taken(path.into()));
            }
            let tail = Tail::of(&open.file, log.last.length).map_err(io)?;
            let Tail { link, good, torn } = tail.ok_or_else(|| OpenError::Foreign(path.into()))?;
            if !torn.is_empty() {
                put_aside(path, &torn).map_err(io)?;
                open.file.set_len(good).map_err(io)?;
            }
            (log.last.length, found) = (good, Found { link, torn: torn.len() as u64 });
        }
        log.open = Some(open);
        Ok((log, found))
    }

    /// Makes sure that the file is at its path and as long as it was left: before anything is written.
    pub(super) fn prepare(&mut self) -> io::Result<Happened> {
        fault::point("log.prepare")?;
        let mut happened = Happened::Nothing;
        let at_path = fs::metadata(&self.path);
        let there =
            at_path.as_ref().is_ok_and(|found| (found.dev(), found.ino()) == (self.last.device, self.last.inode));
        if !there {
            at_path
                .map(|_| ())
                .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
            self.open = None;
            happened = Happened::Gone;
        }
        if self.open.is_none() {
            let open = Open::at(&self.path)?.ok_or_else(|| io::Error::other("it is no file any more"))?;
            if open.regular && open.file.try_lock().is_err() {
                return Err(io::Error::other("another process writes it"));
            }
            let place = open.place()?;
            if happened == Happened::Gone {
                self.last = place;
            }
            self.open = Some(open);
        }
        let Some(open) = self.open.as_ref().filter(|open| open.regular) else { return Ok(happened) };
        let length = open.place()?.length;
        if length < self.last.length {
            self.last.length = length;
            return Ok(Happened::Cut);
        }
        if length > self.last.length {
            open.file.set_len(self.last.length)?;
        }
        Ok(happened)
    }

    /// Writes whole lines. Where that fails none of them counts: what is there of them is taken back before the next.
    pub(super) fn write(&mut self, lines: &[u8], sync: bool) -> io::Result<()> {
        let open = self.open.as_mut().ok_or_else(|| io::Error::other("it is not open"))?;
        let written = fault::point("log.write").and_then(|()| open.file.write_all(lines));
        let written = written.and_then(|()| if sync { open.sync() } else { Ok(()) });
        if let Err(error) = written {
            // As it may be that the handle is what is broken, it is opened anew.
            _ = open.file.set_len(self.last.length);
            self.open = None;
            return Err(error);
        }
        self.last.length += lines.len() as u64;
        Ok(())
    }

    /// Brings what was written to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.open.as_ref().map_or(Ok(()), Open::sync)
    }

    /// Whether it has so many bytes.
    pub(super) fn has(&self, bytes: u64) -> bool {
        self.open.as_ref().is_some_and(|open| open.regular) && self.last.length >= bytes
    }

    /// Puts the file aside, named after its last line, and begins a new one.
    pub(super) fn rotate(&mut self, last: u64) -> io::Result<()> {
        fault::point("log.rotate")?;
        let aside = beside(&self.path, &format!(".{last:012}"));
        if aside.try_exists()? {
            return Err(io::Error::other(format!("`{}` is there already", aside.display())));
        }
        self.sync()?;
        fs::rename(&self.path, &aside)?;
        self.open = None;
        let open = Open::at(&self.path)?.ok_or_else(|| io::Error::other("it is no file any more"))?;
        open.file.try_lock().map_err(|_taken| io::Error::other("another process writes it"))?;
        self.last = open.place()?;
        self.open = Some(open);
        Ok(())
    }
}

impl Open {
    /// `None` for what can't be a log.
    fn at(path: &Path) -> io::Result<Option<Self>> {
        fault::point("log.open")?;
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(libc::O_NONBLOCK)
            .open(path);
        // Some devices can be written and not read.
        let file = match file {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(libc::O_NONBLOCK).open(path)?
            }
            file => file?,
        };
        let kind = file.metadata()?.file_type();
        Ok((kind.is_file() || kind.is_char_device()).then_some(Self { file, regular: kind.is_file() }))
    }

    fn place(&self) -> io::Result<Place> {
        let found = self.file.metadata()?;
        Ok(Place { device: found.dev(), inode: found.ino(), length: found.len() })
    }

    fn sync(&self) -> io::Result<()> {
        fault::point("log.sync")?;
        if self.regular { self.file.sync_data() } else { Ok(()) }
    }
}

/// Whether a file could be locked. One who is about to end may hold it for a moment.
fn locked(file: &File) -> io::Result<bool> {
    let end = Instant::now() + ENDING;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// A name beside a path.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Keeps what a crash left half written: nothing of a log is thrown away.
fn put_aside(path: &Path, torn: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(beside(path, ".torn"))?;
    file.write_all(torn)?;
    file.sync_data()
}

/// The end of a file.
struct Tail {
    link: Link,
    /// Where the last good line ends.
    good: u64,
    torn: Vec<u8>,
}

impl Tail {
    /// `None` where there is no good line.
    fn of(file: &File, length: u64) -> io::Result<Option<Self>> {
        let from = length.saturating_sub(TAIL);
        let mut tail = vec![0; usize::try_from(length - from).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut tail, from)?;
        let mut end = tail.len();
        while let Some(close) = tail.get(..end).and_then(|text| text.iter().rposition(|byte| *byte == b'\n')) {
            let before = tail.get(..close).unwrap_or_default();
            let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let line = before.get(begin..).unwrap_or_default();
            if let Some(link) = Linked::read(line).map(|linked| Link { seq: linked.seq, hash: hash(line) }) {
                let torn = tail.split_off(close + 1);
                return Ok(Some(Self { link, good: from + close as u64 + 1, torn }));
            }
            end = close;
        }
        // A first line that a crash cut short, or nothing.
        let begins = tail.starts_with(FIRST) || FIRST.starts_with(&tail) || tail.iter().all(|byte| *byte == 0);
        Ok((begins && from == 0).then(|| Self { link: Link::default(), good: 0, torn: tail }))
    }
}
