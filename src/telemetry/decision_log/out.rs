//! Where lines go: a file or standard output, and the second place for checkpoints, which whoever can write the log should
//! not be able to change.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use super::file::{Happened, LogFile};
use crate::fault;

/// How many checkpoints are held while the second place can't be written.
const HELD: usize = 4096;

/// Where lines go.
#[derive(Debug)]
pub(super) enum Out {
    File(LogFile),
    /// Standard output; whether a line was left half written.
    Standard(bool),
}

impl Out {
    pub(super) fn prepare(&mut self) -> io::Result<Happened> {
        match self {
            Self::File(file) => file.prepare(),
            Self::Standard(_) => Ok(Happened::Nothing),
        }
    }

    pub(super) fn write(&mut self, lines: &[u8], sync: bool) -> io::Result<()> {
        match self {
            Self::File(file) => file.write(lines, sync),
            Self::Standard(torn) => {
                if std::mem::replace(torn, true) {
                    to_standard(b"\n")?;
                }
                to_standard(lines)?;
                *torn = false;
                Ok(())
            }
        }
    }

    /// Brings what was written to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self {
            Self::File(file) => file.sync(),
            Self::Standard(_) => Ok(()),
        }
    }

    /// Whether with so many bytes more it is as large as it may be.
    pub(super) fn has(&self, most: Option<u64>, more: usize) -> bool {
        match (self, most) {
            (Self::File(file), Some(most)) => file.has(most.saturating_sub(more as u64)),
            (Self::File(_) | Self::Standard(_), _) => false,
        }
    }

    pub(super) fn rotate(&mut self, last: u64) -> io::Result<()> {
        match self {
            Self::File(file) => file.rotate(last),
            Self::Standard(_) => Ok(()),
        }
    }
}

/// Past the buffer and the lock of the library's own handle: the command that runs holds it for as long as it runs.
fn to_standard(mut lines: &[u8]) -> io::Result<()> {
    while !lines.is_empty() {
        match rustix::io::write(io::stdout(), lines) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => lines = lines.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The second place for checkpoints.
#[derive(Debug)]
pub(super) struct Second {
    path: PathBuf,
    behind: Vec<Vec<u8>>,
}

impl Second {
    /// Opens it once, so that a path that can't be written is known at the start.
    pub(super) fn new(path: PathBuf) -> io::Result<Self> {
        let second = Self { path, behind: Vec::new() };
        second.append(&[]).map(|()| second)
    }

    /// Whether there are checkpoints that could not be written.
    pub(super) fn is_behind(&self) -> bool {
        !self.behind.is_empty()
    }

    /// Writes a checkpoint, and those that wait.
    pub(super) fn write(&mut self, seal: Option<Vec<u8>>) -> io::Result<()> {
        if self.behind.len() < HELD {
            self.behind.extend(seal);
        }
        if self.behind.is_empty() {
            return Ok(());
        }
        let named = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", self.path.display()));
        self.append(&self.behind.concat()).map_err(named)?;
        self.behind.clear();
        Ok(())
    }

    /// Opened each time: wherever it is, it may be moved or come back.
    fn append(&self, lines: &[u8]) -> io::Result<()> {
        fault::point("log.second")?;
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        file.write_all(lines)?;
        file.sync_data()
    }
}
