//! Page tokens: where a search goes on, opaque and tamper-proof. A token is bound to the kind of search, the question,
//! the policy, the day, the directory where it is read as a whole, and to this process, whose key signs it. It is signed,
//! not encrypted: an id in a question is as readable in its token as in the request. What a search does with them stands
//! in `search`.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::canon::{Reader, length, text};
use super::search::Sought;
use crate::pdp::View;
use crate::policy::request::Value;

/// The first byte of every token: another layout has another.
const LAYOUT: u8 = 1;
/// Where the system gives random bytes.
const RANDOM: &str = "/dev/urandom";
/// The longest question that a token carries, in bytes; of a longer one it carries a digest.
const CARRIED: usize = 8 * 1024;
/// Bytes of a signature, and of a digest.
const DIGEST: usize = 32;
/// No token is longer, in characters: one that is needs no looking into.
const LONGEST: usize = 2 * CARRIED;

/// Gives tokens, and reads those that it gave. Copies have the same key.
#[derive(Clone, Debug)]
pub struct Tokens(Hmac<Sha256>);

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes to sign page tokens with, as `{RANDOM}` can't be read: {0}")]
pub struct NoRandomBytes(#[source] io::Error);

/// What a token says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What the search is for.
    pub(super) sought: Sought,
    /// What it was answered from.
    pub(super) moment: Moment,
    /// Where the page before ended; `None` where there was none before.
    pub(super) after: Option<u64>,
    /// Results of a page.
    pub(super) limit: usize,
    /// Of the request's `page.properties`.
    pub(super) properties: [u8; DIGEST],
    /// Of the question.
    pub(super) question: Carried,
}

/// The snapshot and the day that an answer comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moment {
    generation: u64,
    policy: String,
    directory: String,
    day: i32,
}

/// What a token knows of its question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Carried {
    /// All of it, as `canon` writes it.
    Whole(Vec<u8>),
    /// Its digest.
    Digest([u8; DIGEST]),
}

impl Moment {
    /// That of a view. Of a directory that is asked it is the policy and the day: it changes all the time, and the rows that
    /// order its results stay, so that each page is right at its own revision.
    pub(super) fn of(view: &View<'_>) -> Self {
        let (policy, directory) = view.revisions();
        let (generation, directory) = if view.is_asked() { (0, "") } else { (view.snapshot().generation, directory) };
        Self { generation, policy: policy.to_owned(), directory: directory.to_owned(), day: view.today().0 }
    }
}

impl Carried {
    /// A question as a token carries it.
    pub(super) fn new(question: Vec<u8>) -> Self {
        if question.len() > CARRIED { Self::Digest(Sha256::digest(&question).into()) } else { Self::Whole(question) }
    }
}

/// The digest of `page.properties`; those that are absent have none.
pub(super) fn digest(properties: &[(String, Value)]) -> [u8; DIGEST] {
    Sha256::digest(super::canon::write_properties(properties)).into()
}

impl Tokens {
    /// With a key of their own.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn random() -> Result<Self, NoRandomBytes> {
        // Straight from the system: the TLS library's own source takes twenty milliseconds to warm up.
        let mut key = [0; DIGEST];
        File::open(RANDOM).and_then(|mut random| random.read_exact(&mut key)).map_err(NoRandomBytes)?;
        Hmac::new_from_slice(&key).map(Self).map_err(|_any_length_does| NoRandomBytes(ErrorKind::InvalidInput.into()))
    }

    /// A token as callers see it.
    pub(super) fn give(&self, token: &Token) -> String {
        let mut bytes = token.write();
        let signature = self.0.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token says; `None` where it is not one that was given here, down to the last bit.
    pub(super) fn read(&self, token: &str) -> Option<Token> {
        if token.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, signature) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
        self.0.clone().chain_update(said).verify_slice(signature).ok()?;
        Token::read(said)
    }
}

impl Token {
    fn write(&self) -> Vec<u8> {
        let Self { sought, moment: Moment { generation, policy, directory, day }, after, limit, properties, question } =
            self;
        let mut bytes = vec![LAYOUT, sought.code()];
        bytes.extend(generation.to_be_bytes());
        text(&mut bytes, policy);
        text(&mut bytes, directory);
        bytes.extend(day.to_be_bytes());
        bytes.push(u8::from(after.is_some()));
        bytes.extend(after.unwrap_or_default().to_be_bytes());
        length(&mut bytes, *limit);
        bytes.extend(properties);
        match question {
            Carried::Whole(question) => {
                bytes.push(1);
                length(&mut bytes, question.len());
                bytes.extend(question);
            }
            Carried::Digest(digest) => {
                bytes.push(0);
                bytes.extend(digest);
            }
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.byte()? != LAYOUT {
            return None;
        }
        let sought = Sought::coded(reader.byte()?)?;
        let generation = reader.array().map(u64::from_be_bytes)?;
        let (policy, directory) = (reader.text()?.to_owned(), reader.text()?.to_owned());
        let day = reader.array().map(i32::from_be_bytes)?;
        let further = reader.byte()? != 0;
        let after = reader.array().map(u64::from_be_bytes)?;
        let limit = reader.length()?;
        let properties = reader.array()?;
        let question = match reader.byte()? {
            0 => Carried::Digest(reader.array()?),
            _ => {
                let length = reader.length()?;
                Carried::Whole(reader.take(length)?.to_vec())
            }
        };
        let moment = Moment { generation, policy, directory, day };
        Some(Self { sought, moment, after: further.then_some(after), limit, properties, question })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(question: Vec<u8>) -> Token {
        let moment = Moment { generation: 3, policy: "aa".into(), directory: "bb".into(), day: -7 };
        let question = Carried::new(question);
        Token { sought: Sought::Resources, moment, after: Some(41), limit: 7, properties: digest(&[]), question }
    }

    #[test]
    fn what_was_given_is_read() {
        let tokens = Tokens::random().unwrap();
        for length in [0, 1, CARRIED, CARRIED + 1, 1 << 20] {
            let token = token(vec![5; length]);
            let given = tokens.give(&token);
            assert!(given.len() <= LONGEST, "{length}: {}", given.len());
            assert!(given.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{given}");
            assert_eq!(tokens.read(&given), Some(token), "{length}");
        }
        let first = Token { after: None, ..token(Vec::new()) };
        assert_eq!(tokens.read(&tokens.give(&first)), Some(first));
    }

    #[test]
    fn a_token_with_any_bit_changed_is_none() {
        let tokens = Tokens::random().unwrap();
        let given = tokens.give(&token(b"who may see it".to_vec()));
        let bytes = URL_SAFE_NO_PAD.decode(&given).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(tokens.read(&URL_SAFE_NO_PAD.encode(changed)), None, "bit {bit}");
        }
        // The characters too: spare bits of the last one say nothing, and still may not be changed.
        for at in 0..given.len() {
            for bit in 0..8 {
                let mut changed = given.clone().into_bytes();
                changed[at] ^= 1 << bit;
                assert_eq!(tokens.read(&String::from_utf8_lossy(&changed)), None, "character {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_token_cut_lengthened_or_of_another_key_is_none() {
        let tokens = Tokens::random().unwrap();
        let given = tokens.give(&token(b"who may see it".to_vec()));
        for length in 0..given.len() {
            assert_eq!(tokens.read(given.get(..length).unwrap()), None, "cut to {length}");
        }
        for wrong in
            [format!("{given}A"), format!("{given}="), format!(" {given}"), format!("{given}\n"), given.repeat(2)]
        {
            assert_eq!(tokens.read(&wrong), None, "{wrong}");
        }
        assert_eq!(tokens.read(&"A".repeat(1 << 20)), None);
        assert_eq!(Tokens::random().unwrap().read(&given), None);
        let copy = tokens.clone();
        assert!(tokens.read(&given).is_some() && copy.read(&given).is_some(), "a copy has the same key");
    }
}
