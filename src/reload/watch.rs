//! Hints that files may have changed: the kernel's notices about the folders in which a change would show.
//!
//! A hint carries nothing: what a notice says of kinds and paths is never used, since notices get lost, merged and
//! reordered. The one thing left out is that somebody read a file, or our own reading would cause the next.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// What the reload thread is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Something may have changed.
    Hint,
    /// Compare all contents now.
    Now,
    /// End.
    Stop,
}

/// Gives hints, at most one of which waits at a time.
#[derive(Clone, Debug)]
pub(super) struct Hints {
    sender: mpsc::Sender<Message>,
    waiting: Arc<AtomicBool>,
}

impl Hints {
    /// The giver, and where its hints arrive.
    pub(super) fn channel() -> (Self, mpsc::Receiver<Message>) {
        let (sender, inbox) = mpsc::channel();
        (Self { sender, waiting: Arc::default() }, inbox)
    }

    /// Says that something may have changed.
    pub(super) fn give(&self) {
        if !self.waiting.swap(true, Ordering::AcqRel) {
            _ = self.sender.send(Message::Hint);
        }
    }

    /// The hint that waited was received: what happens from now on is a new one.
    pub(super) fn taken(&self) {
        self.waiting.store(false, Ordering::Release);
    }

    /// A way to send the other messages.
    pub(super) fn sender(&self) -> mpsc::Sender<Message> {
        self.sender.clone()
    }
}

/// Watches folders, each by itself.
#[derive(Debug)]
pub(super) struct Watcher {
    inner: RecommendedWatcher,
    watched: BTreeMap<PathBuf, (u64, u64)>,
}

impl Watcher {
    /// A watcher of nothing yet.
    pub(super) fn new(hints: Hints) -> notify::Result<Self> {
        let handler = move |event: notify::Result<notify::Event>| {
            if !is_reading(&event) {
                hints.give();
            }
        };
        Ok(Self { inner: notify::recommended_watcher(handler)?, watched: BTreeMap::new() })
    }

    /// Watches these folders, and with `only` no others. Each is watched anew, as what stood at its path may have been
    /// replaced. Says whether one of them was not watched before: something may have happened in it meanwhile.
    pub(super) fn cover(&mut self, folders: &BTreeSet<PathBuf>, only: bool) -> notify::Result<bool> {
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
        match self.inner.watch(path, RecursiveMode::NonRecursive) {
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

/// The folders in which it shows that a path leads elsewhere: those that hold a link on the way to it, and the one that
/// holds the real thing, or would if it were there.
pub(super) fn around(path: &Path) -> BTreeSet<PathBuf> {
    let Ok(path) = std::path::absolute(path) else { return BTreeSet::new() };
    let links = path.ancestors().filter(|part| part.is_symlink()).filter_map(Path::parent);
    let real = fs::canonicalize(&path).ok();
    let holder = real.as_deref().and_then(Path::parent);
    let holder = holder.or_else(|| path.ancestors().skip(1).find(|part| part.is_dir()));
    links.chain(holder).map(Path::to_owned).collect()
}
