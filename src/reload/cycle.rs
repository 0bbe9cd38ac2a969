//! The one loop that owns reloading: wait, let the files come to rest, compare, build, publish or keep the last good.
//!
//! Runs on a thread of its own, off the path of every request. Whatever fails is recorded and tried again.

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::files::{Files, Look};
use super::read::PAUSES;
use super::status::{self, Failure, Revisions, Status, StatusData};
use super::watch::{self, Hints, Message, Watcher};
use super::{Config, Reloader, Sets};
use crate::fault;
use crate::policy::source::{Finding, Place};

/// Files that were refused are built again unchanged only after this many times as long as building them took, so that
/// a large set that stays wrong keeps no core busy.
const REST: u32 = 20;
/// Bytes that are large to any allocator.
const LARGE: usize = 4 << 20;
/// How many findings of one refusal are logged.
const LOGGED: usize = 10;

/// Reads the files that were summed up, and builds from them. Where they change meanwhile, nothing is made of what was
/// read, and they are read again.
pub(super) fn built<T, B>(files: &mut Files, build: &mut B, generation: u64) -> Result<T, Vec<Finding>>
where
    B: FnMut(Sets) -> Result<T, Vec<Finding>>,
{
    let mut pauses = PAUSES.into_iter().skip(1).map(Duration::from_millis);
    loop {
        let outcome = guarded(build, files.sets(generation)?);
        if outcome.is_ok() || files.are_as(&files.look()) {
            return outcome;
        }
        let Some(pause) = pauses.next() else { return outcome };
        std::thread::sleep(pause);
        files.refresh(false)?;
    }
}

/// Calls the builder; its panic is a finding.
fn guarded<T, B>(build: &mut B, sets: Sets) -> Result<T, Vec<Finding>>
where
    B: FnMut(Sets) -> Result<T, Vec<Finding>>,
{
    panic::catch_unwind(AssertUnwindSafe(|| build(sets))).unwrap_or_else(|_cause| {
        let place = Place { file: Arc::from("all files"), line: 0, column: 0, width: 1 };
        let finding = Finding::error(place, "building from these files stopped at an internal error");
        Err(vec![finding.help("undo the last change, and report what it was: this is a fault of the server")])
    })
}

/// The loop's state.
pub(super) struct Cycle<B, P> {
    config: Config,
    files: Files,
    build: B,
    publish: P,
    status: Arc<Status>,
    refused: Option<Refused>,
    watcher: Option<Watcher>,
    watching: bool,
    hints: Hints,
    inbox: mpsc::Receiver<Message>,
    poll_at: Instant,
    rehash_at: Instant,
}

struct Refused {
    seen: Revisions,
    again_at: Instant,
}

enum Next {
    Check { force: bool },
    Stop,
}

enum Outcome {
    /// The files are what is live.
    Same,
    /// They were refused, and it is too soon to try them again.
    Waiting,
    /// They are live now.
    Published,
}

impl<B, P> Cycle<B, P> {
    /// What is live and how the last check went.
    pub(super) fn status(&self) -> &Arc<Status> {
        &self.status
    }
}

impl<T, B, P> Cycle<B, P>
where
    B: FnMut(Sets) -> Result<T, Vec<Finding>>,
    P: FnMut(T),
{
    /// A loop that goes on where the first load ended.
    pub(super) fn new(from: Reloader<B>, publish: P, hints: Hints, inbox: mpsc::Receiver<Message>) -> Self {
        let Reloader { config, files, build, status } = from;
        let (poll_at, rehash_at) = (Instant::now(), Instant::now() + config.rehash);
        let (refused, watcher, watching) = (None, None, config.watch);
        Self { config, files, build, publish, status, refused, watcher, watching, hints, inbox, poll_at, rehash_at }
    }

    /// Runs until told to stop. The first check finds what changed since the first load.
    pub(super) fn run(mut self) {
        let mut next = Next::Check { force: false };
        while let Next::Check { force } = next {
            self.check(force);
            next = self.wait();
        }
    }

    fn wait(&self) -> Next {
        match self.receive(self.poll_at) {
            Some(Message::Hint) => self.settle(None),
            Some(Message::Now) => Next::Check { force: true },
            Some(Message::Stop) => Next::Stop,
            None => {
                fault::stall("reload.poll");
                give_back();
                let look = self.files.look();
                if self.files.are_as(&look) { Next::Check { force: false } } else { self.settle(Some(look)) }
            }
        }
    }

    /// Waits until no hint comes for a while, or for as long as may be. Without hints, two looks that agree are rest.
    fn settle(&self, mut before: Option<Look>) -> Next {
        let end = Instant::now() + self.config.cap;
        while Instant::now() < end {
            match self.receive(end.min(Instant::now() + self.config.quiet)) {
                Some(Message::Hint) => before = None,
                Some(Message::Now) => return Next::Check { force: true },
                Some(Message::Stop) => return Next::Stop,
                None if self.is_at_rest(&mut before) => break,
                None => {}
            }
        }
        Next::Check { force: false }
    }

    fn is_at_rest(&self, before: &mut Option<Look>) -> bool {
        let Some(earlier) = before else { return true };
        let look = self.files.look();
        let rests = look == *earlier;
        *earlier = look;
        rests
    }

    fn receive(&self, until: Instant) -> Option<Message> {
        let message = self.inbox.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
        if message == Some(Message::Hint) {
            self.hints.taken();
        }
        message
    }

    /// One check, of all contents, that leaves no trace but what is live.
    pub(super) fn check_once(&mut self) {
        self.status.begin();
        let outcome = self.attempt(true);
        self.record(outcome);
    }

    fn check(&mut self, force: bool) {
        self.status.begin();
        let force = force || Instant::now() >= self.rehash_at;
        if force {
            self.rehash_at = Instant::now() + self.config.rehash;
        }
        self.cover();
        let outcome = self.attempt(force);
        if self.cover() {
            self.hints.give();
        }
        self.record(outcome);
        self.poll_at = Instant::now() + self.config.poll;
    }

    fn attempt(&mut self, force: bool) -> Result<Outcome, Failure> {
        self.files.refresh(force).map_err(|findings| failure(None, findings))?;
        let live = self.status.load();
        let seen = self.files.revisions();
        if seen == live.live {
            return Ok(Outcome::Same);
        }
        let too_soon = |refused: &Refused| refused.seen == seen && Instant::now() < refused.again_at;
        if !force && self.refused.as_ref().is_some_and(too_soon) {
            return Ok(Outcome::Waiting);
        }
        let begun = Instant::now();
        match built(&mut self.files, &mut self.build, live.generation + 1) {
            Ok(built) => {
                fault::stall("reload.publish");
                (self.publish)(built);
            }
            Err(findings) => {
                let seen = self.files.are_as(&self.files.look()).then(|| self.files.revisions());
                let again_at = Instant::now() + begun.elapsed() * REST;
                self.refused = seen.clone().map(|seen| Refused { seen, again_at });
                return Err(failure(seen, findings));
            }
        }
        Ok(Outcome::Published)
    }

    fn record(&mut self, outcome: Result<Outcome, Failure>) {
        fault::stall("reload.record");
        let before = self.status.load();
        let now = status::now();
        let mut after = StatusData {
            checks: before.checks + 1,
            last_check: now,
            watching: self.is_watching(),
            ..(*before).clone()
        };
        match outcome {
            Ok(Outcome::Waiting) => {}
            Ok(Outcome::Same) => self.succeed(&mut after),
            Ok(Outcome::Published) => {
                self.succeed(&mut after);
                (after.live, after.loaded_at) = (self.files.revisions(), now);
                (after.generation, after.reloads_ok) = (before.generation + 1, before.reloads_ok + 1);
                tracing::info!(generation = after.generation, policy = %after.live.policy, "files reloaded");
            }
            Err(failure) => {
                log_once(&before, &failure);
                after.reloads_failed += 1;
                (after.failing, after.last_failure) = (true, Some(failure));
            }
        }
        self.status.set(after);
    }

    fn succeed(&mut self, after: &mut StatusData) {
        self.refused = None;
        (after.failing, after.last_success) = (false, after.last_check);
    }

    /// Watches every folder in which a change would show. Says whether one was not watched before.
    fn cover(&mut self) -> bool {
        if !self.config.watch {
            return false;
        }
        let look = self.files.look();
        let whole = look.is_whole();
        let folders: BTreeSet<PathBuf> = self.files.paths().flat_map(watch::around).chain(look.folders()).collect();
        let watcher = self.watcher.take().map_or_else(|| Watcher::new(self.hints.clone()), Ok);
        let covered = watcher.and_then(|watcher| self.watcher.insert(watcher).cover(&folders, whole));
        if let Err(error) = &covered
            && self.watching
        {
            tracing::warn!(%error, poll = ?self.config.poll, "cannot watch the folders; changes are found by polling");
        }
        self.watching = covered.is_ok();
        covered.unwrap_or_default()
    }

    fn is_watching(&self) -> bool {
        self.config.watch && self.watching
    }
}

/// Lets the allocator give back what was freed since a large set was built: it does so late, and when a thread ends that
/// had something.
fn give_back() {
    let thread = std::thread::Builder::new();
    // Where the system has no thread left, it is given back another time.
    let thread = thread.spawn(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE))));
    _ = thread.map(JoinHandle::join);
}

fn failure(seen: Option<Revisions>, findings: Vec<Finding>) -> Failure {
    Failure { at: status::now(), seen, findings: findings.into() }
}

/// Logs a refusal, unless it is the one that was logged last.
fn log_once(before: &StatusData, failure: &Failure) {
    let is_same = |last: &Failure| last.seen == failure.seen && last.findings == failure.findings;
    if before.failing && before.last_failure.as_ref().is_some_and(is_same) {
        return;
    }
    let seen = failure.seen.as_ref().map_or("unread", |seen| &seen.policy);
    tracing::error!(policy = seen, findings = failure.findings.len(), "files refused; the last good ones stay live");
    for finding in failure.findings.iter().take(LOGGED) {
        tracing::error!("{finding}");
    }
}
