//! One policy set as it is being edited: open buffers over what lies on the disk. Each file is read once a change; only
//! what depends on several is worked out for all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk;
use crate::policy::compiled::Policy;
use crate::policy::document::Read;
use crate::policy::outline::Outline;
use crate::policy::outline::book::Book;
use crate::policy::source::{Finding, Source};
use crate::policy::yaml;

/// A file of a set.
#[derive(Debug)]
pub(super) struct File {
    pub(super) source: Source,
    pub(super) text: String,
    /// The version of the buffer, where the client has it open.
    pub(super) buffer: Option<i32>,
    pub(super) read: Arc<Read>,
    /// The outline of the last text that could be read.
    pub(super) outline: Option<Outline>,
    /// Whether that is this text.
    pub(super) current: bool,
}

impl File {
    /// Reads a text; where that is no YAML, the outline of the one before is kept.
    fn read(source: Source, text: String, buffer: Option<i32>, before: Option<Self>) -> Self {
        let node = yaml::parse(&source);
        let read = Arc::new(Read::parsed(&source.name, node.as_ref()));
        let current = node.is_ok();
        let outline = node.ok().map(|node| Outline::of(&source.name, &node));
        let outline = outline.or(before.and_then(|before| before.outline));
        Self { source, text, buffer, read, outline, current }
    }
}

/// A set.
#[derive(Debug)]
pub(super) struct Set {
    /// Its folder.
    pub(super) root: PathBuf,
    /// Whether only files count that say that they are policies; in a folder of policies, all do, as for the server.
    loose: bool,
    /// Its files, by their names within the folder.
    pub(super) files: BTreeMap<Arc<str>, File>,
    /// Whether something changed since the findings were worked out.
    stale: bool,
}

impl Set {
    /// The set of a folder, as it lies there.
    pub(super) fn open(root: PathBuf, loose: bool) -> Self {
        let mut set = Self { root, loose, files: BTreeMap::new(), stale: true };
        for path in disk::files(&set.root, loose) {
            set.reread(&path);
        }
        set
    }

    /// The name of a file within the folder.
    pub(super) fn name(&self, path: &Path) -> Option<Arc<str>> {
        let below = path.strip_prefix(&self.root).ok()?;
        (disk::is_policy(path) && disk::belongs(below, self.loose)).then(|| below.to_string_lossy().into())
    }

    /// Whether a file is in it.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.name(path).is_some_and(|name| self.files.contains_key(&name))
    }

    /// Where a file lies.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Takes what a buffer holds in place of the file.
    pub(super) fn edit(&mut self, path: &Path, text: String, version: i32) {
        self.put(path, text.into_bytes(), Some(version));
    }

    /// Takes the file from the disk again, or out where it is gone.
    pub(super) fn reread(&mut self, path: &Path) {
        match disk::read(path) {
            Some(bytes) => self.put(path, bytes, None),
            None => self.remove(path),
        }
    }

    /// Takes out a file that is gone, or all below a folder that is.
    pub(super) fn remove(&mut self, path: &Path) {
        let before = self.files.len();
        let root = self.root.clone();
        self.files.retain(|name, file| file.buffer.is_some() || !root.join(&**name).starts_with(path));
        self.stale |= self.files.len() != before;
    }

    fn put(&mut self, path: &Path, bytes: Vec<u8>, buffer: Option<i32>) {
        let Some(name) = self.name(path) else { return };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if self.loose && !disk::says_so(&text) {
            self.stale |= self.files.remove(&name).is_some();
            return;
        }
        let file = match self.files.remove(&name) {
            Some(same) if *same.source.bytes == *bytes => File { buffer, ..same },
            before => {
                self.stale = true;
                File::read(Source { name: Arc::clone(&name), bytes: bytes.into() }, text, buffer, before)
            }
        };
        self.files.insert(name, file);
    }

    /// Everything that is wrong with the set, if that may have changed.
    pub(super) fn news(&mut self) -> Option<Vec<Finding>> {
        let stale = std::mem::take(&mut self.stale);
        stale.then(|| self.findings(&BTreeMap::new()))
    }

    /// Everything that is wrong with the set, were some of its files others.
    pub(super) fn findings(&self, instead: &BTreeMap<Arc<str>, Source>) -> Vec<Finding> {
        let read = |(name, file): (&Arc<str>, &File)| match instead.get(name) {
            Some(source) => Arc::new(Read::of(source)),
            None => Arc::clone(&file.read),
        };
        let files: Vec<Arc<Read>> = self.files.iter().map(read).collect();
        if files.is_empty() {
            return Vec::new();
        }
        Policy::findings(&files)
    }

    /// The outlines of all files, looked up by one another.
    pub(super) fn book(&self) -> Book<'_> {
        Book::new(self.files.values().filter_map(|file| file.outline.as_ref()))
    }
}
