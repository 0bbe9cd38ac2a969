//! All callers, found by what proves who they are.

use std::collections::HashMap;
use std::sync::Arc;

use super::Known;
use super::key::Fingerprint;

/// A caller as its entry in the file says, the key as its digest.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) known: Arc<Known>,
    pub(super) spiffe: Option<Box<str>>,
    pub(super) key: Option<Fingerprint>,
    pub(super) uid: Option<u32>,
}

/// Who is known, immutable once read.
#[derive(Debug)]
pub struct Callers {
    entries: Vec<Entry>,
    by_uri: HashMap<Box<str>, usize>,
    by_uid: HashMap<u32, usize>,
}

impl Entry {
    fn is_like(&self, other: &Self) -> bool {
        let Self { known, spiffe, key, uid } = self;
        known.is_like(&other.known) && *spiffe == other.spiffe && *key == other.key && *uid == other.uid
    }
}

impl Callers {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let numbered = || entries.iter().enumerate();
        let by_uri = numbered().filter_map(|(at, entry)| Some((entry.spiffe.clone()?, at))).collect();
        let by_uid = numbered().filter_map(|(at, entry)| Some((entry.uid?, at))).collect();
        Self { entries, by_uri, by_uid }
    }

    /// Whether the file says the same of everybody.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let pairs = || self.entries.iter().zip(&other.entries);
        self.entries.len() == other.entries.len() && pairs().all(|(one, other)| one.is_like(other))
    }

    /// Takes the place of others: callers of whom the file says the same stay who they were, the rest may not go on.
    pub fn replace(&mut self, before: &Self) {
        for old in &before.entries {
            match self.entries.iter_mut().find(|new| new.is_like(old)) {
                Some(new) => new.known = Arc::clone(&old.known),
                None => old.known.retire(),
            }
        }
    }

    /// By the URI of a verified certificate, byte for byte.
    pub(super) fn by_uri(&self, uri: &str) -> Option<&Arc<Known>> {
        self.known(*self.by_uri.get(uri)?)
    }

    /// By the user at the other end of a Unix socket.
    pub(super) fn by_uid(&self, uid: u32) -> Option<&Arc<Known>> {
        self.known(*self.by_uid.get(&uid)?)
    }

    /// By a key. Every key is compared, so that the time it takes tells nothing.
    pub(super) fn by_key(&self, key: &[u8]) -> Option<&Arc<Known>> {
        let given = Fingerprint::of(key);
        let mut found = None;
        for entry in &self.entries {
            if entry.key.is_some_and(|key| key.is(&given)) {
                found = Some(&entry.known);
            }
        }
        found
    }

    fn known(&self, at: usize) -> Option<&Arc<Known>> {
        self.entries.get(at).map(|entry| &entry.known)
    }

    /// Whether somebody shows a key, and so need not show a certificate.
    #[must_use]
    pub fn any_key(&self) -> bool {
        self.entries.iter().any(|entry| entry.key.is_some())
    }

    /// Names of the callers that are known by a certificate alone.
    pub fn by_certificate_alone(&self) -> impl Iterator<Item = &str> {
        let alone = |entry: &&Entry| entry.spiffe.is_some() && entry.key.is_none() && entry.uid.is_none();
        self.entries.iter().filter(alone).map(|entry| &*entry.known.name)
    }
}
