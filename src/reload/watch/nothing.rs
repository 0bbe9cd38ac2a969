//! Where the library is built without the feature `server` nothing gives notice of changes: they are found by polling.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Hints;

/// There is none.
#[derive(Debug)]
pub(in crate::reload) enum Watcher {}

/// That folders can't be watched.
#[derive(Debug, thiserror::Error)]
#[error("this build of the library doesn't watch folders")]
pub(in crate::reload) struct Unwatched;

impl Watcher {
    /// There is none to be had.
    pub(in crate::reload) fn new(_hints: Hints) -> Result<Self, Unwatched> {
        Err(Unwatched)
    }

    /// Nobody watches.
    pub(in crate::reload) fn cover(&mut self, _: &BTreeSet<PathBuf>, _: bool) -> Result<bool, Unwatched> {
        match *self {}
    }
}
