//! All sets that are looked after, the files that are open, and what was last said about each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gen_lsp_types::{Diagnostic, Position, PublishDiagnosticsParams, Uri};

use super::position::{Encoding, Lines};
use super::set::{File, Set};
use super::{diagnostics, disk, paths};
use crate::policy::outline::Outline;
use crate::policy::source::{Finding, Place};

/// The workspace.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) encoding: Encoding,
    /// Folders that were named as sets.
    named: Vec<PathBuf>,
    /// The folders of the client.
    folders: BTreeSet<PathBuf>,
    sets: Vec<Set>,
    /// Folders that are sets only as long as a file of theirs is open.
    beside: BTreeSet<PathBuf>,
    /// Findings as the client has them.
    told: HashMap<PathBuf, Vec<Diagnostic>>,
    /// How the client spells the paths of what it has open.
    spelt: HashMap<PathBuf, Uri>,
}

/// A file with its set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'w> {
    pub(super) set: &'w Set,
    pub(super) file: &'w File,
}

/// A place in a file: line and column from 1, in characters.
#[derive(Debug)]
pub(super) struct Spot<'w> {
    pub(super) set: &'w Set,
    pub(super) file: &'w File,
    pub(super) lines: Lines<'w>,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl<'w> Spot<'w> {
    /// The outline of the text as it is.
    pub(super) fn outline(&self) -> Option<&'w Outline> {
        self.file.outline.as_ref().filter(|_| self.file.current)
    }
}

impl Workspace {
    pub(super) fn new(named: Vec<PathBuf>) -> Self {
        Self {
            encoding: Encoding::Utf16,
            named,
            folders: BTreeSet::new(),
            sets: Vec::new(),
            beside: BTreeSet::new(),
            told: HashMap::new(),
            spelt: HashMap::new(),
        }
    }

    /// Names folders that are sets, in place of those found.
    pub(super) fn name(&mut self, named: Vec<PathBuf>) {
        self.named = named;
    }

    /// Takes folders of the client in and out.
    pub(super) fn folders(&mut self, added: impl Iterator<Item = PathBuf>, removed: &[PathBuf]) {
        self.folders.retain(|folder| !removed.contains(folder));
        self.folders.extend(added);
        self.discover();
    }

    /// Looks for sets, and lets go of those that are none any more.
    fn discover(&mut self) {
        let mut wanted: Vec<(PathBuf, bool)> = self.named.iter().map(|folder| (folder.clone(), false)).collect();
        if wanted.is_empty() {
            wanted = self.folders.iter().flat_map(|folder| disk::sets(folder)).collect();
        }
        self.sets.retain(|set| is_open(set) || wanted.iter().any(|(root, _)| *root == set.root));
        self.beside.retain(|folder| !wanted.iter().any(|(root, _)| root == folder));
        for (root, loose) in wanted {
            if !self.sets.iter().any(|set| set.root == root) {
                self.sets.push(Set::open(root, loose));
            }
        }
    }

    /// The set that a file belongs to: the one whose folder is nearest.
    fn set_of(&mut self, path: &Path) -> Option<&mut Set> {
        let fits = self.sets.iter_mut().filter(|set| path.starts_with(&set.root));
        fits.max_by_key(|set| set.root.components().count())
    }

    /// A buffer was opened or changed. One in no set is of the set of its own folder, if it is a policy.
    pub(super) fn edited(&mut self, uri: Uri, version: i32, text: String) {
        let Some(path) = paths::path(&uri) else { return };
        self.spelt.insert(path.clone(), uri);
        if self.set_of(&path).is_none() && disk::says_so(&text) && disk::is_policy(&path) {
            let folder = path.parent().unwrap_or(&path).to_owned();
            self.beside.insert(folder.clone());
            self.sets.push(Set::open(folder, true));
        }
        if let Some(set) = self.set_of(&path) {
            set.edit(&path, text, version);
        }
    }

    /// A buffer was closed: the file on the disk counts again.
    pub(super) fn closed(&mut self, uri: &Uri) {
        let Some(path) = paths::path(uri) else { return };
        self.spelt.remove(&path);
        if let Some(set) = self.set_of(&path) {
            if let Some(file) = set.name(&path).and_then(|name| set.files.get_mut(&name)) {
                file.buffer = None;
            }
            set.reread(&path);
        }
        let beside = &self.beside;
        self.sets.retain(|set| is_open(set) || !beside.contains(&set.root));
    }

    /// Files on the disk changed, came or went; an open buffer counts more.
    pub(super) fn on_disk<'u>(&mut self, changed: impl Iterator<Item = &'u Uri>) {
        let mut elsewhere = false;
        for path in changed.filter_map(paths::path) {
            let open = self.spelt.contains_key(&path);
            match self.set_of(&path) {
                Some(_) if open => {}
                Some(set) if disk::is_policy(&path) => set.reread(&path),
                Some(set) if !path.exists() => set.remove(&path),
                Some(_) => {}
                None => elsewhere = true,
            }
        }
        if elsewhere {
            self.discover();
        }
    }

    /// The file of a URI.
    pub(super) fn find(&self, uri: &Uri) -> Option<Found<'_>> {
        let path = paths::path(uri)?;
        let fits = self.sets.iter().filter(|set| path.starts_with(&set.root));
        let set = fits.max_by_key(|set| set.root.components().count())?;
        Some(Found { set, file: set.files.get(&set.name(&path)?)? })
    }

    /// The place of a position in a file.
    pub(super) fn spot(&self, uri: &Uri, position: Position) -> Option<Spot<'_>> {
        let Found { set, file } = self.find(uri)?;
        let lines = Lines::new(&file.text, self.encoding);
        let (line, column) = lines.place(position);
        Some(Spot { set, file, lines, line, column })
    }

    /// The URI of a file, as the client spells it where it has it open.
    pub(super) fn uri(&self, path: &Path) -> Uri {
        self.spelt.get(path).cloned().unwrap_or_else(|| paths::uri(path))
    }

    /// Works out what is wrong now, as far as that may have changed: what the client is to be told, file by file.
    pub(super) fn settle(&mut self) -> Vec<PublishDiagnosticsParams> {
        let (mut news, mut looked): (BTreeMap<PathBuf, Vec<Diagnostic>>, Vec<PathBuf>) = (BTreeMap::new(), Vec::new());
        for set in &mut self.sets {
            if let Some(findings) = set.news() {
                news.extend(by_file(set, findings, self.encoding));
                looked.push(set.root.clone());
            }
        }
        let stands = |path: &PathBuf| self.sets.iter().any(|set| set.has(path) && !looked.contains(&set.root));
        let gone = self.told.keys().filter(|path| !news.contains_key(*path) && !stands(path));
        let gone: Vec<PathBuf> = gone.cloned().collect();
        news.extend(gone.into_iter().map(|path| (path, Vec::new())));
        news.retain(|path, found| self.told.get(path) != Some(found));
        news.into_iter().map(|(path, diagnostics)| self.tell(path, diagnostics)).collect()
    }

    fn tell(&mut self, path: PathBuf, diagnostics: Vec<Diagnostic>) -> PublishDiagnosticsParams {
        let uri = self.uri(&path);
        let version = self.find(&uri).and_then(|found| found.file.buffer);
        if diagnostics.is_empty() {
            self.told.remove(&path);
        } else {
            self.told.insert(path, diagnostics.clone());
        }
        PublishDiagnosticsParams { uri, version, diagnostics }
    }
}

fn is_open(set: &Set) -> bool {
    set.files.values().any(|file| file.buffer.is_some())
}

/// The findings of a set by file.
fn by_file(set: &Set, findings: Vec<Finding>, encoding: Encoding) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let mut of_file: BTreeMap<Arc<str>, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        let Finding { place: Place { file, .. }, .. } = &finding;
        of_file.entry(Arc::clone(file)).or_default().push(finding);
    }
    let drawn = |(name, findings): (Arc<str>, Vec<Finding>)| {
        let file = set.files.get(&name)?;
        Some((set.path(&name), diagnostics::of(&findings, &file.text, encoding)))
    };
    of_file.into_iter().filter_map(drawn).collect()
}
