//! The thread that writes the log. It takes what has gathered, writes it in pieces of whole lines, and tells those who
//! wait. What can't be written is dropped and counted, and the next line that can be says how much is missing.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use super::archive::Archive;
use super::chain::{Key, Link};
use super::file::{Found, Happened};
use super::line::Lines;
use super::out::{Out, Second};
use super::queue::{Held, Queue};
use super::tape::Reader;
use super::{Fsync, Settings};
use crate::fault;

/// So many bytes of tapes are written at once, and fail at once.
const PIECE: usize = 128 * 1024;
/// How long nothing is tried after something could not be written, unless more comes.
const REST: Duration = Duration::from_millis(100);
/// The same trouble is told this often.
const TELL: Duration = Duration::from_secs(10);
/// Longer than anything is waited for.
const FAR: Duration = Duration::from_secs(3600);

/// What the thread has.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) queue: Arc<Queue>,
    pub(super) settings: Settings,
    pub(super) key: Option<Key>,
    pub(super) out: Out,
    pub(super) second: Option<Second>,
    pub(super) archive: Option<Archive>,
    pub(super) lines: Lines,
    pub(super) state: State,
}

/// How far it has come.
#[derive(Debug)]
pub(super) struct State {
    /// The last line that was written.
    written: Link,
    /// Set until it is written that the log was opened.
    opening: Option<Found>,
    /// What happened to the file, until that is written.
    happened: Happened,
    gap: Option<Gap>,
    /// Lines since the last checkpoint, and when the next is due though there be few.
    unsealed: u64,
    due: Instant,
    /// Since when nothing can be written.
    failing: Option<Instant>,
    /// When trouble was told last.
    told: Option<Instant>,
}

/// Decisions that are missing from the log.
#[derive(Clone, Debug)]
struct Gap {
    missing: u64,
    since: SystemTime,
    why: String,
}

impl State {
    pub(super) fn after(found: Found) -> Self {
        let (written, due) = (found.link, Instant::now() + FAR);
        Self {
            written,
            opening: Some(found),
            happened: Happened::Nothing,
            gap: None,
            unsealed: 0,
            due,
            failing: None,
            told: None,
        }
    }
}

/// One tape, and how many decisions are on it.
type Tape<'t> = (u64, &'t [u8]);

impl Writer {
    /// Writes until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut held = Held::default();
        self.piece(&[], Vec::new(), false);
        loop {
            held = self.queue.take(held.emptied(), self.until(), self.settings.required);
            fault::stall("log.take");
            self.write(&mut held);
            if held.closed {
                return;
            }
        }
    }

    /// When there is something to be done though nothing comes.
    fn until(&self) -> Instant {
        if self.is_behind() { Instant::now() + REST } else { self.state.due }
    }

    fn write(&mut self, held: &mut Held) {
        std::mem::take(&mut held.policies).into_iter().for_each(|policy| self.archive_ready(policy));
        if held.lost > 0 {
            self.lose(held.lost, "the queue was full");
        }
        let mut waiting = std::mem::take(&mut held.waiting).into_iter();
        let tapes: Vec<Tape<'_>> = held.tapes().collect();
        let mut rest = tapes.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |(_, tape): &&Tape<'_>| {
                let fits = bytes < PIECE;
                bytes += tape.len();
                fits
            };
            let count = rest.iter().take_while(fits).count();
            let (piece, behind) = rest.split_at(count);
            self.piece(piece, waiting.by_ref().take(piece.len()).collect(), false);
            rest = behind;
        }
        if held.closed || self.is_behind() || Instant::now() >= self.state.due {
            self.piece(&[], Vec::new(), held.closed);
        }
    }

    /// Whether something is still to be said, though nothing comes.
    fn is_behind(&self) -> bool {
        let second = self.second.as_ref().is_some_and(Second::is_behind);
        second || self.state.gap.is_some() || self.state.opening.is_some()
    }

    fn archive_ready(&mut self, policy: super::queue::Policy) {
        if let Some(archive) = &mut self.archive {
            archive.ready(policy);
        }
    }

    /// Writes some tapes, whole or not at all, and tells those who wait for them.
    fn piece(&mut self, tapes: &[Tape<'_>], waiting: Vec<oneshot::Sender<()>>, last: bool) {
        let decisions = tapes.iter().map(|(count, _)| count).sum();
        let queue = Arc::clone(&self.queue);
        let counters = &queue.counters;
        match self.attempt(tapes, last) {
            Ok(()) => {
                counters.written.fetch_add(decisions, Ordering::Relaxed);
                // Whoever is no longer there has said that the decision could not be recorded.
                waiting.into_iter().for_each(|wait| _ = wait.send(()));
                if let Some(since) = self.state.failing.take() {
                    tracing::info!("the decision log is written again, after {:?}", since.elapsed());
                }
            }
            Err(error) => {
                counters.errors.fetch_add(1, Ordering::Relaxed);
                counters.dropped.fetch_add(decisions, Ordering::Relaxed);
                self.lines.text.clear();
                self.lines.link = self.state.written;
                if decisions > 0 {
                    self.lose(decisions, &error.to_string());
                }
                self.state.failing.get_or_insert_with(Instant::now);
                self.tell("the decision log can't be written", &error);
            }
        }
    }

    fn lose(&mut self, missing: u64, why: &str) {
        let gap = self.state.gap.get_or_insert_with(|| Gap { missing: 0, since: now(), why: why.to_owned() });
        gap.missing += missing;
    }

    fn tell(&mut self, what: &str, error: &io::Error) {
        if self.state.told.is_none_or(|told| told.elapsed() >= TELL) {
            tracing::error!("{what}: {error}");
            self.state.told = Some(Instant::now());
        }
    }

    fn attempt(&mut self, tapes: &[Tape<'_>], last: bool) -> io::Result<()> {
        let (at, happened) = (now(), self.out.prepare()?);
        if happened != Happened::Nothing {
            self.state.happened = happened;
        }
        self.events(at);
        for (_, tape) in tapes {
            self.decisions(tape);
        }
        if last {
            self.lines.event("closed", at, |_| {});
        }
        let seals = self.seals(last);
        let seal = self.key.as_ref().filter(|_| seals).map(|key| self.lines.checkpoint(at, key));
        let sync = match self.settings.fsync {
            Fsync::Never => false,
            Fsync::Checkpoint => seals,
            Fsync::Always => true,
        };
        if !self.lines.text.is_empty() {
            self.out.write(&self.lines.text, sync)?;
        } else if sync {
            self.out.sync()?;
        }
        if !self.lines.text.is_empty() {
            let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            self.queue.counters.last_write.store(since.as_secs(), Ordering::Relaxed);
        }
        self.written(seals, seal);
        Ok(())
    }

    /// What is to be said before decisions.
    fn events(&mut self, at: SystemTime) {
        let (lines, state) = (&mut self.lines, &self.state);
        if let Some(found) = state.opening {
            let mode = if self.settings.required { "required" } else { "best_effort" };
            lines.event("opened", at, |object| {
                object.text("version", env!("CARGO_PKG_VERSION"));
                object.text("mode", mode);
                object.number("torn_bytes", found.torn);
            });
        }
        match state.happened {
            Happened::Nothing => {}
            Happened::Gone => lines.event("reopened", at, |object| object.text("why", "the file was gone")),
            Happened::Cut => lines.event("reopened", at, |object| object.text("why", "the file was cut")),
        }
        if let Some(Gap { missing, since, why }) = &state.gap {
            lines.gap(at, *missing, *since, why);
        }
    }

    /// The lines of one request's decisions.
    fn decisions(&mut self, tape: &[u8]) {
        let mut reader = Reader(tape);
        let Some(common) = reader.common() else { return };
        if let Some(archive) = &mut self.archive
            && let Err(error) = archive.keep(common.policy)
        {
            self.queue.counters.errors.fetch_add(1, Ordering::Relaxed);
            tracing::error!("the policy `{}` can't be kept beside the decision log: {error}", common.policy);
        }
        while let Some(told) = reader.told() {
            self.lines.decision(&common, &told);
        }
    }

    /// Whether these lines end with a checkpoint.
    fn seals(&self, last: bool) -> bool {
        let lines = self.state.unsealed + (self.lines.link.seq - self.state.written.seq);
        let full = self.out.has(self.settings.rotate, self.lines.text.len());
        let due = lines >= self.settings.checkpoint_lines || Instant::now() >= self.state.due;
        lines > 0 && (last || full || due)
    }

    /// The lines are there.
    fn written(&mut self, seals: bool, seal: Option<Vec<u8>>) {
        let (state, lines) = (&mut self.state, &mut self.lines);
        if seals {
            (state.unsealed, state.due) = (0, Instant::now() + FAR);
        } else if lines.link != state.written {
            if state.unsealed == 0 {
                state.due = Instant::now() + self.settings.checkpoint_time;
            }
            state.unsealed += lines.link.seq - state.written.seq;
        }
        (state.written, state.gap, state.opening, state.happened) = (lines.link, None, None, Happened::Nothing);
        lines.text.clear();
        let failed = self.second.as_mut().and_then(|second| second.write(seal).err());
        let rotated = match self.out.has(self.settings.rotate, 0) {
            true => self.out.rotate(state.written.seq).err(),
            false => None,
        };
        let failed = failed.map(|error| ("a checkpoint can't be written to its second place", error));
        let rotated = rotated.map(|error| ("the decision log can't be rotated", error));
        for (what, error) in failed.into_iter().chain(rotated) {
            self.queue.counters.errors.fetch_add(1, Ordering::Relaxed);
            self.tell(what, &error);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge that stamps a line")]
fn now() -> SystemTime {
    SystemTime::now()
}
