//! Following the log of changes: one task reads it, in its order, and nobody else publishes.
//!
//! What a hint says is never believed, it only causes a reading; nor does anything depend on hints, as the log is read
//! every so often anyway. Of a connection that was lost, and of one that is new, nothing is believed but the log.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::board::Published;
use super::clock::within;
use super::state::count;
use super::{Changes, Core, Frame, Log, Source, SourceError, What};

/// How long opening a connection may take, and reading what has no bound: a frame, and a log that was not read for long.
const WHOLE: Duration = Duration::from_secs(2);
/// How long connecting again may take before the directory counts as down: less than requests wait for that.
const GRACE: Duration = Duration::from_millis(400);
/// The first pause before connecting again, which doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause before connecting again; a connection that held for longer is followed by another at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Greater than the number of every change: asked for what came after it, a log says how far it goes, and nothing else.
const BEYOND: u64 = i64::MAX as u64;

/// Follows the log, one connection after the other, for ever.
pub(super) async fn follow<S: Source>(source: Arc<S>, core: Arc<Core>) {
    let mut pause = Duration::ZERO;
    let (mut history, mut lost, mut said) = (None, None, false);
    loop {
        let began = core.clock.now();
        // A task of its own: where the source panics, one connection ends, and nothing is known of it.
        let mut task = JoinSet::new();
        task.spawn(connection(Arc::clone(&source), Arc::clone(&core), history.take()));
        let error = match ended(&core, &mut task, lost).await {
            Some(Ok(Lost { history: known, error })) => {
                history = known;
                error
            }
            Some(Err(died)) => SourceError(format!("following it died: {died}")),
            None => return,
        };
        lost = note(&core, &error, lost, std::mem::replace(&mut said, true));
        if lost.is_some() || core.clock.now().saturating_sub(began) > LONGEST_PAUSE {
            pause = Duration::ZERO;
        }
        core.clock.sleep(pause).await;
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

/// How a connection ends. Where it follows one that was `lost` and nothing comes through in time, the directory is down.
async fn ended(
    core: &Core,
    task: &mut JoinSet<Lost>,
    lost: Option<u64>,
) -> Option<Result<Lost, tokio::task::JoinError>> {
    if let Some(last) = lost {
        if let Some(ended) = within(&*core.clock, GRACE, task.join_next()).await {
            return ended;
        }
        if core.board.pulse().done == last {
            core.board.down();
        }
    }
    task.join_next().await
}

/// Notes that a connection ended, and says so once. One that had come through proves nothing by that: a process that was
/// suspended finds its readings late and its connections cut when it wakes. So it is connected once more before the
/// directory counts as down, and until then nothing that is kept counts beyond its time: the number of the last reading
/// that came through is returned.
fn note(core: &Core, error: &SourceError, lost: Option<u64>, said: bool) -> Option<u64> {
    let pulse = core.board.pulse();
    if said && pulse.down {
        tracing::debug!("{error}");
    } else {
        tracing::warn!("the directory's log is not followed: {error}");
    }
    core.counts.failed(error);
    let first = !pulse.down && lost != Some(pulse.done);
    if !first {
        core.board.down();
    }
    first.then_some(pulse.done)
}

/// How a connection ended.
struct Lost {
    /// Whose history is applied as far as it is published; none where that is not to be built on.
    history: Option<String>,
    error: SourceError,
}

async fn connection<S: Source>(source: Arc<S>, core: Arc<Core>, history: Option<String>) -> Lost {
    let log = match in_time(&core, WHOLE, source.follow()).await {
        Ok(log) => log,
        Err(Late(error) | Said(error)) => return Lost { history, error },
    };
    count(&core.counts.connections, 1);
    let instance = log.instance().to_owned();
    let anew = history.is_none_or(|known| known != instance);
    let mut follower = Follower { source, core, log, anew };
    let error = match follower.read(WHOLE).await {
        // Too much to be read in time will be more the next time: that begins from the end.
        Err(Late(error)) => return Lost { history: None, error },
        Err(Said(error)) => error,
        Ok(every) => {
            tracing::info!("the directory's log is followed");
            follower.go_on(every).await
        }
    };
    Lost { history: (!follower.anew).then_some(instance), error }
}

/// Why something did not come through.
enum Failed {
    Late(SourceError),
    Said(SourceError),
}
use Failed::{Late, Said};

async fn in_time<T>(
    core: &Core,
    span: Duration,
    asked: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, Failed> {
    let done = within(&*core.clock, span, asked).await;
    done.ok_or_else(|| Late(SourceError("it did not answer in time".to_owned())))?.map_err(Said)
}

/// An open log.
struct Follower<S: Source> {
    source: Arc<S>,
    core: Arc<Core>,
    log: S::Log,
    /// Nothing that is published is of this log's history yet.
    anew: bool,
}

impl<S: Source> Follower<S> {
    /// Reads on, whenever there may be something new.
    async fn go_on(&mut self, mut every: Duration) -> SourceError {
        loop {
            let core = Arc::clone(&self.core);
            let hint = tokio::select! {
                hint = self.log.hint() => hint,
                () = core.board.poked() => Ok(()),
                () = core.clock.sleep(every) => Ok(()),
            };
            let read = match hint {
                Ok(()) => self.read(core.settings.load_deadline).await,
                Err(error) => Err(Said(error)),
            };
            match read {
                Ok(next) => every = next,
                Err(Late(error) | Said(error)) => return error,
            }
        }
    }

    /// Reads the log once, and says in how long it is to be read again.
    async fn read(&mut self, span: Duration) -> Result<Duration, Failed> {
        let core = Arc::clone(&self.core);
        let (number, began) = (core.board.begin(), core.clock.now());
        let published = core.board.published().filter(|_| !self.anew);
        let after = published.as_ref().and_then(|known| known.position.sequence);
        let changes = in_time(&core, span, self.log.changes(after.unwrap_or(BEYOND))).await?;
        let every = match (changes, published, after) {
            (None, known, _) => {
                self.read_unlogged(known.as_deref()).await?;
                core.settings.time_to_live / 2
            }
            (Some(changes), Some(known), Some(after)) if changes.head >= after && changes.pruned <= after => {
                self.apply(&known, &changes).await?;
                core.settings.poll
            }
            (Some(changes), ..) => {
                let frame = read_frame(&*self.source, &self.core).await?;
                self.forget_everything(Some(changes.head), frame);
                core.settings.poll
            }
        };
        self.anew = false;
        count(&core.counts.readings, 1);
        core.board.done(number, began, every);
        Ok((began + every).saturating_sub(core.clock.now()))
    }

    /// Without a log there are only frames to be read: one that differs ends all that was looked up under the one before.
    async fn read_unlogged(&mut self, known: Option<&Published>) -> Result<(), Failed> {
        let frame = read_frame(&*self.source, &self.core).await?;
        let same = |known: &Published| known.position.sequence.is_none() && *known.position.frame == *frame;
        if !known.is_some_and(same) {
            self.forget_everything(None, frame);
        }
        Ok(())
    }

    /// Applies changes: what they touched is forgotten first, and only then they are published as applied.
    async fn apply(&mut self, known: &Published, changes: &Changes) -> Result<(), Failed> {
        let first_frame =
            changes.changes.iter().find(|change| change.what == What::Frame).map(|change| change.sequence);
        let (head, frame) = (changes.head, Arc::clone(&known.position.frame));
        if changes.changes.is_empty() && Some(head) == known.position.sequence {
            return Ok(());
        }
        count(&self.core.counts.changes, changes.changes.len());
        let epoch = known.epoch + 1;
        for change in &changes.changes {
            match &change.what {
                What::Key(key) => self.core.cache.forget(key, epoch),
                What::Everything => self.core.cache.forget_all(epoch),
                What::Frame => {}
            }
        }
        // A frame takes a while to read. What else changed doesn't wait for that.
        let before =
            first_frame.map_or(head, |first| first.saturating_sub(1)).max(known.position.sequence.unwrap_or(0));
        self.core.board.publish(Published::new(epoch, Some(before), frame));
        if first_frame.is_some() {
            let frame = read_frame(&*self.source, &self.core).await?;
            self.forget_everything(Some(head), frame);
        }
        Ok(())
    }

    /// Another frame, or another history: nothing that is kept counts.
    fn forget_everything(&self, sequence: Option<u64>, frame: Arc<Frame>) {
        let epoch = self.core.board.published().map_or(0, |published| published.epoch) + 1;
        self.core.cache.forget_all(epoch);
        self.core.board.publish(Published::new(epoch, sequence, frame));
    }
}

async fn read_frame<S: Source>(source: &S, core: &Core) -> Result<Arc<Frame>, Failed> {
    Ok(Arc::new(in_time(core, WHOLE, source.frame()).await?))
}
