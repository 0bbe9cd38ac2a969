//! Hints that files may have changed, and the folders in which a change would show. A hint carries nothing. Where hints
//! come from stands in `watch/notices`.

#[cfg(not(feature = "server"))]
mod nothing;
#[cfg(feature = "server")]
mod notices;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

#[cfg(not(feature = "server"))]
pub(super) use nothing::Watcher;
#[cfg(feature = "server")]
pub(super) use notices::Watcher;

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
