//! Where the log can't be followed though the directory answers, as a server that has no connection left for it does: how far
//! the log goes is read over the connections of look-ups instead. What it says is coarser: something changed, or nothing.
//!
//! Only where that fails, too, the directory counts as down.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::follow::Failed::{self, Late, Said};
use super::follow::{begin_anew, in_time, read_unlogged, readings};
use super::{Core, Source, SourceError};

/// How long that may take: with the time for connecting again, less than requests wait for the log.
const LIMIT: Duration = Duration::from_millis(200);

/// Asks how far the log goes, unless a followed one came through since there were so many readings.
pub(super) async fn detour<S: Source>(source: &Arc<S>, core: &Arc<Core>, before: u64) {
    // A task of its own, as the source may panic.
    let mut task = JoinSet::new();
    task.spawn(ask(Arc::clone(source), Arc::clone(core), before));
    let error = match task.join_next().await {
        Some(Ok(Ok(()))) | None => return,
        Some(Ok(Err(Late(error) | Said(error)))) => error,
        Some(Err(died)) => SourceError(format!("reading it died: {died}")),
    };
    tracing::debug!("and it can't be asked another way: {error}");
    let _nobody_publishes = core.history.lock().await;
    if readings(core) == before {
        core.board.down();
    }
}

async fn ask<S: Source>(source: Arc<S>, core: Arc<Core>, before: u64) -> Result<(), Failed> {
    // Who holds this publishes, and nobody else.
    let mut history = core.history.lock().await;
    if readings(&core) > before {
        return Ok(());
    }
    // Whose history it is nobody knows: the next log that is followed begins anew, and so does the first detour.
    let first = history.take().is_some();
    read(&*source, &core, first).await
}

async fn read<S: Source>(source: &S, core: &Core, first: bool) -> Result<(), Failed> {
    let not_yet = || Said(SourceError("it has not been reached yet".to_owned()));
    let published = core.board.published().ok_or_else(not_yet)?;
    let (number, began) = (core.board.begin(), core.clock.now());
    let loaded = in_time(core, LIMIT, source.load(&[], &published.position.frame)).await?;
    let (head, known) = (loaded.head, published.position.sequence);
    let every = if head.is_none() {
        read_unlogged(source, core, (!first).then_some(&*published)).await?
    } else {
        if head < known {
            return Err(Said(SourceError("the server that answers lags behind".to_owned())));
        }
        if first || head != known {
            begin_anew(source, core, head).await?;
        }
        core.settings.poll
    };
    core.board.done(number, began, every, false);
    Ok(())
}
