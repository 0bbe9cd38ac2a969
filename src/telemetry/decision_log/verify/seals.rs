//! The checkpoints that were kept elsewhere, held against those of the log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::chain::{Hash, Key, Linked, hash};
use super::{Place, What, block};

/// Why they can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the checkpoints `{}` can't be read: {error}", path.display())]
pub struct CheckpointsError {
    path: PathBuf,
    error: std::io::Error,
}

/// Checkpoints by their numbers.
#[derive(Debug)]
pub(super) struct Seals {
    path: PathBuf,
    kept: BTreeMap<u64, Kept>,
    wrong: Vec<(Place, What)>,
    /// Numbers of checkpoints of the log that are not here.
    unkept: Vec<u64>,
}

#[derive(Debug)]
struct Kept {
    hash: Hash,
    line: u64,
    met: bool,
}

impl Seals {
    /// Reads them; a last line that is cut short is left out.
    pub(super) fn read(path: &Path, keys: &[Key]) -> Result<Self, CheckpointsError> {
        let error = |error| CheckpointsError { path: path.into(), error };
        let text = std::fs::read(path).map_err(error)?;
        let mut seals = Self { path: path.into(), kept: BTreeMap::new(), wrong: Vec::new(), unkept: Vec::new() };
        for (line, text) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
            let Some(text) = text.strip_suffix(b"\n") else { continue };
            let sealed = Linked::read(text).filter(|linked| linked.sealed.is_some());
            match sealed {
                Some(linked) if keys.is_empty() || block::is_good(text, &linked, keys) == Some(true) => {
                    seals.kept.insert(linked.seq, Kept { hash: hash(text), line, met: false });
                }
                _ => seals.wrong.push((Place { file: path.into(), line }, What::NoCheckpoint)),
            }
        }
        Ok(seals)
    }

    /// A checkpoint of the log: what is wrong with it, by those that are here.
    pub(super) fn meet(&mut self, seq: u64, hash: &Hash) -> Option<What> {
        let Some(kept) = self.kept.get_mut(&seq) else {
            self.unkept.push(seq);
            return None;
        };
        kept.met = true;
        (kept.hash != *hash).then_some(What::Differs { seq })
    }

    /// What is wrong between these and the log as a whole, from its first line to its last.
    pub(super) fn rest(self, first: u64, last: u64, end: &Place) -> Vec<(Place, What)> {
        let Self { path, kept, mut wrong, unkept } = self;
        let newest = kept.last_key_value().map_or(0, |(seq, _)| *seq);
        for (seq, kept) in kept.iter().filter(|(seq, kept)| !kept.met && **seq >= first) {
            if *seq > last {
                wrong.push((end.clone(), What::Cut { last, seq: *seq }));
                break;
            }
            wrong.push((Place { file: path.clone(), line: kept.line }, What::Differs { seq: *seq }));
        }
        // The last ones may not have come there yet.
        let lost = unkept.into_iter().filter(|seq| *seq < newest);
        wrong.extend(lost.map(|seq| (Place { file: path.clone(), line: 0 }, What::Unkept { seq })));
        wrong
    }
}
