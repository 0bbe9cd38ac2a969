//! The kernel's notices about folders, as hints. What a notice says of kinds and paths is never used, since notices get
//! lost, merged and reordered. The one thing left out is that somebody read a file, or our own reading would cause the
//! next.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Hints;
use crate::fault;

/// Watches folders, each by itself.
#[derive(Debug)]
pub(in crate::reload) struct Watcher {
    inner: RecommendedWatcher,
    watched: BTreeMap<PathBuf, (u64, u64)>,
}

impl Watcher {
    /// A watcher of nothing yet.
    pub(in crate::reload) fn new(hints: Hints) -> notify::Result<Self> {
        let handler = move |event: notify::Result<notify::Event>| {
            let hint = || {
                fault::stall("reload.notice");
                hints.give();
            };
            // The thread of the notices must not die of it: who next asked it for anything would, too.
            if !is_reading(&event) && catch_unwind(AssertUnwindSafe(hint)).is_err() {
                tracing::error!("a notice was lost: this is a fault of the server; changes are found by polling");
            }
        };
        Ok(Self { inner: notify::recommended_watcher(handler)?, watched: BTreeMap::new() })
    }

    /// Watches these folders, and with `only` no others. Each is watched anew, as what stood at its path may have been
    /// replaced. Says whether one of them was not watched before: something may have happened in it meanwhile.
    pub(in crate::reload) fn cover(&mut self, folders: &BTreeSet<PathBuf>, only: bool) -> notify::Result<bool> {
        let gone: Vec<_> = self.watched.keys().filter(|path| only && !folders.contains(*path)).cloned().collect();
        for path in gone {
            self.forget(&path);
        }
        let mut any_new = false;
        for path in folders {
            any_new |= self.watch(path)?;
        }
        Ok(any_new)
    }

    fn watch(&mut self, path: &Path) -> notify::Result<bool> {
        let Ok(found) = fs::metadata(path) else {
            self.forget(path);
            return Ok(false);
        };
        let id = (found.dev(), found.ino());
        let known = self.watched.get(path) == Some(&id);
        if !known {
            self.forget(path);
        }
        let watched = fault::point("reload.watch").map_err(notify::Error::io);
        match watched.and_then(|()| self.inner.watch(path, RecursiveMode::NonRecursive)) {
            Ok(()) => _ = self.watched.insert(path.to_owned(), id),
            Err(_) if !path.exists() => self.forget(path),
            Err(error) => return Err(error),
        }
        Ok(!known)
    }

    /// That nothing was watched there is no error: what is removed is no longer watched.
    fn forget(&mut self, path: &Path) {
        if self.watched.remove(path).is_some() {
            _ = self.inner.unwatch(path);
        }
    }
}

fn is_reading(event: &notify::Result<notify::Event>) -> bool {
    let Ok(event) = event else { return false };
    matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write))
}
