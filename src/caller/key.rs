//! Keys: how one is written in a file, how a request shows it, and how the two are compared without telling how alike
//! they are.

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

/// The least characters of a key.
const LEAST: usize = 32;

/// The digest of a key: nothing that is kept, logged or compared is the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

/// Why the content of a file is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It could be guessed.
    TooShort,
    /// It holds what a header can't.
    Unprintable,
}

impl Unfit {
    /// What is wrong with the key in a file, in the words that follow its name.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::TooShort => "is too short",
            Self::Unprintable => "cannot stand in a header",
        }
    }

    /// What to do about it.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::TooShort => "its first line must have at least 32 characters, such as `openssl rand -hex 32` prints",
            Self::Unprintable => "write letters, digits and signs, without blanks",
        }
    }
}

impl Fingerprint {
    /// Of the key in a file: its first line.
    pub(crate) fn read(content: &[u8]) -> Result<Self, Unfit> {
        let key = content.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
        if key.len() < LEAST {
            return Err(Unfit::TooShort);
        }
        if !key.iter().all(u8::is_ascii_graphic) {
            return Err(Unfit::Unprintable);
        }
        Ok(Self::of(key))
    }

    pub(super) fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Looks at every byte, whether the first differs or the last.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).fold(0, |differing, (ours, theirs)| differing | (ours ^ theirs)) == 0
    }

    /// Whether a request shows this key; says why not.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        let key = bearer(headers)?.ok_or("say who asks: the key is missing")?;
        if self.is(&Self::of(key)) { Ok(()) } else { Err("the key is another one") }
    }
}

/// The key that a request shows: `authorization: Bearer KEY`, once.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&[u8]>, &'static str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err("there must be one `authorization` header");
    }
    let malformed = "the `authorization` header must be `Bearer` and a key";
    let (scheme, key) = value.as_bytes().split_at_checked(b"Bearer ".len()).ok_or(malformed)?;
    let is_good = scheme.eq_ignore_ascii_case(b"Bearer ") && !key.is_empty() && key.iter().all(u8::is_ascii_graphic);
    if is_good { Ok(Some(key)) } else { Err(malformed) }
}
