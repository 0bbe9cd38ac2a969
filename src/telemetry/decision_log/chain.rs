//! The chain: each line carries the SHA-256 of the line before, whole as it was written, and now and then a line carries
//! a seal that only the holder of a key can make. What a line says stands in `line`.

use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use super::json::{hex, unhex};
use crate::credentials::read;

/// The least characters of a key, and the most bytes of its file.
const KEY: usize = 32;
const KEY_FILE: u64 = 64 * 1024;
/// What the seal of a checkpoint is made for, and nothing else.
const SEAL: &[u8] = b"hallpass decision log checkpoint\n";
/// What a key's id is made for.
const NAME: &[u8] = b"hallpass decision log key\n";
/// How a line begins and ends.
const BEGIN: &[u8] = b"{\"seq\":";
const LINE: &[u8] = b",\"line\":\"";
const PREV: &[u8] = b",\"prev\":\"";
const MAC: &[u8] = b",\"mac\":\"";
const END: &[u8] = b"\"}";
/// The digits of a hash.
const DIGITS: usize = 64;

/// The hash of a line.
pub(super) type Hash = [u8; 32];

/// Where a chain has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// The number of the last line; 0 where there is none.
    pub(super) seq: u64,
    /// Its hash; zeros where there is none.
    pub(super) hash: Hash,
}

/// The hash of a line, its end of line excepted.
pub(super) fn hash(line: &[u8]) -> Hash {
    Sha256::digest(line).into()
}

/// A line as far as the chain is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Linked<'l> {
    pub(super) seq: u64,
    /// What kind of line it is.
    pub(super) line: &'l [u8],
    /// The hash that it carries of the line before.
    pub(super) prev: Hash,
    /// The seal, and what it is a seal of.
    pub(super) sealed: Option<(Hash, &'l [u8])>,
}

impl<'l> Linked<'l> {
    /// Reads a line; `None` where it is none of a log's.
    pub(super) fn read(line: &'l [u8]) -> Option<Self> {
        let rest = line.strip_prefix(BEGIN)?;
        let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = rest.split_at_checked(digits)?;
        let seq = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let kind = rest.strip_prefix(LINE)?;
        let kind = kind.split(|byte| *byte == b'"').next()?;
        let (body, last) = hashed(line.strip_suffix(END)?)?;
        if let Some(sealed) = body.strip_suffix(MAC) {
            let (before, prev) = hashed(sealed.strip_suffix(b"\"")?)?;
            before.strip_suffix(PREV)?;
            return Some(Self { seq, line: kind, prev, sealed: Some((last, sealed)) });
        }
        body.strip_suffix(PREV)?;
        Some(Self { seq, line: kind, prev: last, sealed: None })
    }
}

/// A hash at the end, and what stands before it.
fn hashed(text: &[u8]) -> Option<(&[u8], Hash)> {
    let (body, digits) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
    Some((body, unhex(digits)?))
}

/// A key that seals checkpoints.
#[derive(Clone)]
pub struct Key {
    mac: Hmac<Sha256>,
    id: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Its file can't be read.
    #[error("the key file `{}` can't be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// It is too easy to guess.
    #[error("the first line of the key file `{}` must have {KEY} characters or more (openssl rand -hex 32)", .0.display())]
    Short(PathBuf),
}

impl Key {
    /// Reads the first line of a file.
    ///
    /// # Errors
    /// It can't be read, or is too short.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let content = read::file(path, KEY_FILE).map_err(|error| KeyError::Unreadable { path: path.into(), error })?;
        let secret = content.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        if secret.len() < KEY {
            return Err(KeyError::Short(path.into()));
        }
        let mac = Hmac::new_from_slice(secret).map_err(|_any_length_does| KeyError::Short(path.into()))?;
        let mut id = Vec::new();
        let digest = Sha256::new().chain_update(NAME).chain_update(secret).finalize();
        hex(digest.get(..8).unwrap_or_default(), &mut id);
        Ok(Self { mac, id: String::from_utf8(id).unwrap_or_default() })
    }

    /// What checkpoints call it: says nothing about the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The seal of a checkpoint that is written as far as this.
    pub(super) fn seal(&self, text: &[u8]) -> Hash {
        self.mac(text).finalize().into_bytes().into()
    }

    /// Whether a seal is this key's.
    pub(super) fn is_seal(&self, seal: &Hash, text: &[u8]) -> bool {
        self.mac(text).verify_slice(seal).is_ok()
    }

    fn mac(&self, text: &[u8]) -> Hmac<Sha256> {
        self.mac.clone().chain_update(SEAL).chain_update(text)
    }
}
