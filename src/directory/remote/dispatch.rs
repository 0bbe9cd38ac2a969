//! Doing look-ups, so many at once.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::clock::within;
use super::loads::Job;
use super::state::count;
use super::{Core, Entry, Source, Unavailable};

/// Does what is asked for, for ever.
pub(super) async fn dispatch<S: Source>(source: Arc<S>, core: Arc<Core>, mut jobs: mpsc::Receiver<Job>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = running.join_next() => {}
            Some(job) = jobs.recv(), if running.len() < core.settings.loads => {
                running.spawn(work(Arc::clone(&source), Arc::clone(&core), job));
            }
        }
    }
}

async fn work<S: Source>(source: Arc<S>, core: Arc<Core>, job: Job) {
    let brought = load(&*source, &core, &job).await;
    _ = job.done.send(brought);
}

async fn load<S: Source>(source: &S, core: &Core, job: &Job) -> Result<Vec<Entry>, Unavailable> {
    let stamp = core.board.published().ok_or(Unavailable::NotYet)?;
    count(&core.counts.loads, 1);
    let loading = source.load(&job.keys, &stamp.position.frame);
    let loaded = within(&*core.clock, core.settings.load_deadline, loading).await.ok_or(Unavailable::Late)?;
    let loaded = loaded.map_err(|error| {
        core.counts.failed(&error);
        Unavailable::Failed
    })?;
    if loaded.head < stamp.position.sequence {
        return Err(Unavailable::Lagging);
    }
    if loaded.entries.len() != job.keys.len() { Err(Unavailable::Failed) } else { Ok(loaded.entries) }
}
