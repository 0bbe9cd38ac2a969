//! Following the log of changes: one task reads it, in its order, and nobody else publishes.
//!
//! What a hint says is never believed, it only causes a reading; nor does anything depend on hints, as the log is read
//! every so often anyway. Of a connection that was lost, and of one that is new, nothing is believed but the log. Where
//! none can be had, the log's end is read over the connections of look-ups: see `detour`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;

use super::board::Published;
use super::clock::within;
use super::detour::detour;
use super::state::count;
use super::{Changes, Core, Frame, Log, Source, SourceError, What};

/// How long opening a connection may take, and reading what has no bound: a frame, and a log that was not read for long.
const WHOLE: Duration = Duration::from_secs(2);
/// How long connecting again may take before the directory is asked another way: less than requests wait for that.
const GRACE: Duration = Duration::from_millis(200);
/// The first pause before connecting again, which doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause before connecting again; a connection that held for longer is followed by another at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Greater than the number of every change: asked for what came after it, a log says how far it goes, and nothing else.
const BEYOND: u64 = i64::MAX as u64;

/// Follows the log, one connection after the other, for ever.
pub(super) async fn follow<S: Source>(source: Arc<S>, core: Arc<Core>) {
    let mut pause = Duration::ZERO;
    let (mut lost, mut said) = (false, false);
    loop {
        let (began, before) = (core.clock.now(), readings(&core));
        // A task of its own: where the source panics, one connection ends, and nothing is known of it.
        let mut task = JoinSet::new();
        task.spawn(connection(Arc::clone(&source), Arc::clone(&core)));
        let Some(error) = ended(&source, &core, &mut task, lost).await else { return };
        // One that had come through proves nothing by its end: a process that was suspended finds its readings late and
        // its connections cut when it wakes. So it is connected once more before the directory is asked another way, and
        // until then nothing that is kept counts beyond its time.
        lost = readings(&core) > before;
        tell(&core, &error, said && !lost);
        said = true;
        if !lost {
            detour(&source, &core, before).await;
        }
        if lost || core.clock.now().saturating_sub(began) > LONGEST_PAUSE {
            pause = Duration::ZERO;
        }
        core.clock.sleep(pause).await;
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

/// How many readings of followed logs came through.
pub(super) fn readings(core: &Core) -> u64 {
    core.counts.readings.load(Ordering::Relaxed)
}

/// How a connection ends. For as long as nothing comes through it, the directory is asked another way: soon, where it
/// follows one that was `lost`.
async fn ended<S: Source>(
    source: &Arc<S>,
    core: &Arc<Core>,
    task: &mut JoinSet<SourceError>,
    lost: bool,
) -> Option<SourceError> {
    let before = readings(core);
    let mut span = if lost { GRACE } else { core.settings.poll };
    let ended = loop {
        if let Some(ended) = within(&*core.clock, span, task.join_next()).await {
            break ended;
        }
        if readings(core) > before {
            break task.join_next().await;
        }
        detour(source, core, before).await;
        span = core.settings.poll;
    };
    ended.map(|ended| ended.unwrap_or_else(|died| SourceError(format!("following it died: {died}"))))
}

/// Says that a connection ended, aloud unless that was said.
fn tell(core: &Core, error: &SourceError, said: bool) {
    if said {
        tracing::debug!("{error}");
    } else {
        tracing::warn!("the directory's log is not followed: {error}");
    }
    core.counts.failed(error);
}

/// Follows one connection; how it ends.
async fn connection<S: Source>(source: Arc<S>, core: Arc<Core>) -> SourceError {
    let log = match in_time(&core, WHOLE, source.follow()).await {
        Ok(log) => log,
        Err(Late(error) | Said(error)) => return error,
    };
    count(&core.counts.connections, 1);
    let mut follower = Follower { source, core, log };
    match follower.read(WHOLE).await {
        Err(Said(error)) => error,
        Err(Late(error)) => {
            // Too much to be read in time will be more the next time: that begins anew.
            follower.core.history.lock().await.take();
            error
        }
        Ok(every) => {
            tracing::info!("the directory's log is followed");
            follower.go_on(every).await
        }
    }
}

/// Why something did not come through.
pub(super) enum Failed {
    Late(SourceError),
    Said(SourceError),
}
use Failed::{Late, Said};

pub(super) async fn in_time<T>(
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

    /// Reads the log once, and says in how long it is to be read again. What is published is built on where it is of this
    /// log's history, else everything begins anew.
    async fn read(&mut self, span: Duration) -> Result<Duration, Failed> {
        let core = Arc::clone(&self.core);
        let mut history = core.history.lock().await;
        let known = history.take().filter(|known| known == self.log.instance());
        let every = self.read_on(known.is_some(), span).await;
        *history = if every.is_ok() { Some(self.log.instance().to_owned()) } else { known };
        every
    }

    async fn read_on(&mut self, known: bool, span: Duration) -> Result<Duration, Failed> {
        let core = Arc::clone(&self.core);
        let (number, began) = (core.board.begin(), core.clock.now());
        let published = core.board.published().filter(|_| known);
        let after = published.as_ref().and_then(|known| known.position.sequence);
        let changes = in_time(&core, span, self.log.changes(after.unwrap_or(BEYOND))).await?;
        let every = match (changes, published, after) {
            (None, known, _) => read_unlogged(&*self.source, &core, known.as_deref()).await?,
            (Some(changes), Some(known), Some(after)) if changes.head >= after && changes.pruned <= after => {
                self.apply(&known, &changes).await?;
                core.settings.poll
            }
            (Some(changes), ..) => {
                begin_anew(&*self.source, &core, Some(changes.head)).await?;
                core.settings.poll
            }
        };
        count(&core.counts.readings, 1);
        core.board.done(number, began, every, true);
        Ok((began + every).saturating_sub(core.clock.now()))
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
            begin_anew(&*self.source, &self.core, Some(head)).await?;
        }
        Ok(())
    }
}

/// Without a log there are only frames to be read: one that differs ends all that was looked up under the one before.
/// Says in how long that is due again.
pub(super) async fn read_unlogged<S: Source>(
    source: &S,
    core: &Core,
    known: Option<&Published>,
) -> Result<Duration, Failed> {
    let frame = read_frame(source, core).await?;
    let same = |known: &Published| known.position.sequence.is_none() && *known.position.frame == *frame;
    if !known.is_some_and(same) {
        forget_everything(core, None, frame);
    }
    Ok(core.settings.time_to_live / 2)
}

/// Another frame, or another history, with all changes up to a number in it: nothing that is kept counts.
pub(super) async fn begin_anew<S: Source>(source: &S, core: &Core, sequence: Option<u64>) -> Result<(), Failed> {
    let frame = read_frame(source, core).await?;
    forget_everything(core, sequence, frame);
    Ok(())
}

fn forget_everything(core: &Core, sequence: Option<u64>, frame: Arc<Frame>) {
    let epoch = core.board.published().map_or(0, |published| published.epoch) + 1;
    core.cache.forget_all(epoch);
    core.board.publish(Published::new(epoch, sequence, frame));
}

async fn read_frame<S: Source>(source: &S, core: &Core) -> Result<Arc<Frame>, Failed> {
    Ok(Arc::new(in_time(core, WHOLE, source.frame()).await?))
}
