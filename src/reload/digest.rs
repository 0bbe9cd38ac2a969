//! The digest of a set of files: one number for all names and contents, made of one for each file, so that only files
//! that differ are read again. It says whether two sets are the same; it is kept short, so it proves nothing about where
//! a set comes from.

#[cfg(any(test, not(feature = "server")))]
mod plain;

use std::io;
use std::sync::Arc;

#[cfg(not(feature = "server"))]
use plain::Sha256;
#[cfg(feature = "server")]
use sha2::{Digest as _, Sha256};

use crate::fault;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// What one file holds.
pub(super) type Sum = [u8; 32];

#[cfg(feature = "server")]
fn end(hash: Sha256) -> Sum {
    hash.finalize().into()
}

#[cfg(not(feature = "server"))]
fn end(hash: Sha256) -> Sum {
    hash.finalize()
}

/// The sum of what is read to its end, and how many bytes that was. Keeps none of them.
pub(super) fn sum(mut from: impl io::Read) -> io::Result<(Sum, u64)> {
    fault::point("reload.sum")?;
    let mut hash = Sha256::new();
    let (mut chunk, mut length) = (vec![0; CHUNK], 0);
    loop {
        let count = match from.read(&mut chunk) {
            Ok(0) => return Ok((end(hash), length)),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(chunk.get(..count).unwrap_or_default());
        length += count as u64;
    }
}

/// The sum of bytes at hand.
pub(super) fn sum_of(bytes: &[u8]) -> Sum {
    let mut hash = Sha256::new();
    hash.update(bytes);
    end(hash)
}

/// The digest of a set: the first 16 hexadecimal digits of the SHA-256 over each file's name, after its length in bytes
/// (64 bits, little-endian), and sum.
pub(super) fn digest<'a>(files: impl Iterator<Item = (&'a str, Sum)>) -> Arc<str> {
    let mut hash = Sha256::new();
    for (name, sum) in files {
        hash.update((name.len() as u64).to_le_bytes().as_slice());
        hash.update(name.as_bytes());
        hash.update(sum.as_slice());
    }
    end(hash).iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
