//! The digest of a set of files: one number for all names and contents. It says whether two sets are the same; it is
//! kept short, so it proves nothing about where a set comes from.

#[cfg(any(test, not(feature = "server")))]
mod plain;

use std::io;
use std::sync::Arc;

#[cfg(not(feature = "server"))]
use plain::Sha256;
#[cfg(feature = "server")]
use sha2::{Digest as _, Sha256};

/// A digest of what has been seen so far.
#[derive(Debug)]
pub(super) struct Digest(Sha256);

impl Digest {
    /// Of no files.
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    /// Begins a file of this name and so many bytes; they follow.
    pub(super) fn file(&mut self, name: &str, size: u64) {
        self.bytes(&(name.len() as u64).to_le_bytes());
        self.bytes(name.as_bytes());
        self.bytes(&size.to_le_bytes());
    }

    /// Bytes of a file.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The first 16 hexadecimal digits.
    pub(super) fn end(self) -> Arc<str> {
        self.0.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>().into()
    }
}

impl io::Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
