//! Large logs read in blocks of whole lines, by as many threads as there are cores; what each came to is handed over in the
//! order of the lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use super::chain::Linked;

/// How many bytes a block has, about.
const BLOCK: u64 = 4 << 20;
/// How much more is read at once to find the end of a line.
const MORE: u64 = 64 * 1024;
/// How many blocks may be done before their turn.
const AHEAD: usize = 16;

/// Whole lines of a file; the last of a file may lack its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'b> {
    pub(super) text: &'b [u8],
}

/// Why logs can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`{}` can't be read: {error}", path.display())]
pub struct Unreadable {
    path: PathBuf,
    error: io::Error,
}

/// Logs in the order of their lines, and how long they are.
#[derive(Debug)]
pub struct Logs {
    files: Vec<(PathBuf, u64)>,
}

impl Logs {
    /// Opens logs, and sorts them by the number of their first line.
    ///
    /// # Errors
    /// One that can't be read.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Unreadable> {
        let look = |path: &PathBuf| {
            let error = |error| Unreadable { path: path.clone(), error };
            let file = File::open(path).map_err(error)?;
            let length = file.metadata().map_err(error)?.len();
            let head = read(&file, 0, MORE.min(length)).map_err(error)?;
            let first = head.split(|byte| *byte == b'\n').next().and_then(Linked::read);
            Ok((first.map_or(0, |first| first.seq), (path.clone(), length)))
        };
        let mut files = paths.iter().map(look).collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(|(first, _)| *first);
        Ok(Self { files: files.into_iter().map(|(_, file)| file).collect() })
    }

    /// How many bytes they have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, length)| length).sum()
    }

    /// The path of a file by its number.
    pub(super) fn path(&self, file: usize) -> &Path {
        self.files.get(file).map_or(Path::new(""), |(path, _)| path)
    }

    /// The number of a file by its path; one that is none of these comes last.
    pub(super) fn number(&self, path: &Path) -> usize {
        self.files.iter().position(|(known, _)| known == path).unwrap_or(usize::MAX)
    }

    /// Looks at every block, many at once, and hands over what each came to, in order. `progress` is told of bytes.
    pub(super) fn each<T: Send, E: From<Unreadable>>(
        &self,
        look: impl Fn(Block<'_>) -> T + Sync,
        progress: &mut dyn FnMut(u64),
        mut take: impl FnMut(usize, T) -> Result<(), E>,
    ) -> Result<(), E> {
        let plan = self.plan();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(plan.len().max(1));
        let (next, (send, receive)) = (AtomicUsize::new(0), sync_channel(AHEAD));
        let parts = || {
            std::iter::from_fn(|| {
                let at = next.fetch_add(1, Ordering::Relaxed);
                plan.get(at).map(|part| (at, part))
            })
        };
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (send, look) = (send.clone(), &look);
                let looked = |part| self.block(part).map(|text| look(Block { text: &text }));
                // Nobody takes any more once one could not be read.
                scope.spawn(move || _ = parts().try_for_each(|(at, part)| send.send((at, looked(part)))));
            }
            drop(send);
            self.in_turn(&plan, receive, progress, &mut take)
        })
    }

    /// Hands over what blocks came to in their order, in whatever order they are done.
    fn in_turn<T, E: From<Unreadable>>(
        &self,
        plan: &[Part],
        done: Receiver<(usize, io::Result<T>)>,
        progress: &mut dyn FnMut(u64),
        take: &mut impl FnMut(usize, T) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut early, mut turns) = (BTreeMap::new(), plan.iter().enumerate());
        let mut turn = turns.next();
        for (at, came) in done {
            early.insert(at, came);
            while let Some((part, came)) = due(turn, &mut early) {
                take(part.file, came.map_err(|error| Unreadable { path: self.path(part.file).into(), error })?)?;
                progress(part.end - part.begin);
                turn = turns.next();
            }
        }
        Ok(())
    }

    fn plan(&self) -> Vec<Part> {
        let mut plan = Vec::new();
        for (file, (_, length)) in self.files.iter().enumerate() {
            let mut begin = 0;
            while begin < *length {
                let end = (begin + BLOCK).min(*length);
                plan.push(Part { file, begin, end, length: *length });
                begin = end;
            }
        }
        plan
    }

    /// The lines that begin in a part of a file.
    fn block(&self, part: &Part) -> io::Result<Vec<u8>> {
        let file = File::open(self.path(part.file))?;
        // A line begins where the byte before ends one.
        let from = part.begin.saturating_sub(1);
        let mut text = read(&file, from, part.end - from)?;
        let mut end = part.end;
        while end < part.length && text.last() != Some(&b'\n') {
            let more = read(&file, end, MORE.min(part.length - end))?;
            let whole = more.iter().position(|byte| *byte == b'\n').map_or(more.len(), |at| at + 1);
            text.extend(more.iter().take(whole));
            end += whole as u64;
        }
        if part.begin > 0 {
            let before = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
            text.drain(..before);
        }
        Ok(text)
    }
}

/// The part whose turn it is, with what it came to, where that is here.
fn due<'p, T>(turn: Option<(usize, &'p Part)>, early: &mut BTreeMap<usize, T>) -> Option<(&'p Part, T)> {
    let (at, part) = turn?;
    Some((part, early.remove(&at)?))
}

/// A part of a file.
#[derive(Clone, Copy, Debug)]
struct Part {
    file: usize,
    begin: u64,
    end: u64,
    length: u64,
}

/// So many bytes from a place on; fewer where the file has become shorter.
fn read(file: &File, from: u64, count: u64) -> io::Result<Vec<u8>> {
    let mut text = vec![0; usize::try_from(count).unwrap_or(usize::MAX)];
    let mut have = 0;
    while let Some(rest) = text.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, from + have as u64) {
            Ok(0) => break,
            Ok(more) => have += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    text.truncate(have);
    Ok(text)
}
