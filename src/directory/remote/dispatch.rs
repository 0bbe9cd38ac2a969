//! Doing look-ups: so many at once, each for so long, and each by itself, so that one that hangs or dies holds no other.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::clock::within;
use super::loads::{Brought, Job};
use super::state::count;
use super::{Core, Entry, Key, Source, Unavailable};

/// Does what is asked for, for ever.
pub(super) async fn dispatch<S: Source>(source: Arc<S>, core: Arc<Core>, mut jobs: mpsc::Receiver<Job>) {
    let most = core.settings.loads.max(1);
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            Some(ended) = running.join_next() => {
                if let Err(died) = ended {
                    // Those who waited for it were told as its job was dropped.
                    count(&core.counts.failed_loads, 1);
                    tracing::error!("a look-up died: {died}");
                }
            }
            Some(job) = jobs.recv(), if running.len() < most => {
                running.spawn(work(Arc::clone(&source), Arc::clone(&core), job));
            }
        }
    }
}

async fn work<S: Source>(source: Arc<S>, core: Arc<Core>, job: Job) {
    let brought = load(&*source, &core, &job).await;
    if let Err(error) = &brought {
        count(&core.counts.failed_loads, 1);
        count(&core.counts.late_loads, usize::from(*error == Unavailable::Late));
    }
    job.deliver(brought);
}

async fn load<S: Source>(source: &S, core: &Core, job: &Job) -> Brought {
    let began = core.clock.now();
    let left = (job.asked + core.settings.load_deadline).saturating_sub(began);
    if left.is_zero() {
        return Err(Unavailable::Late);
    }
    let before = job.begin(&core.board).ok_or(Unavailable::NotYet)?;
    count(&core.counts.loads, 1);
    let loading = source.load(&job.keys, &before.position.frame);
    let loaded = within(&*core.clock, left, loading).await;
    core.loads.took(core.clock.now().saturating_sub(began));
    let loaded = loaded.ok_or(Unavailable::Late)?;
    let loaded = loaded.map_err(|error| {
        tracing::debug!("a look-up failed: {error}");
        core.counts.failed(&error);
        Unavailable::Failed
    })?;
    if loaded.head != before.position.sequence {
        // It knows more than was read of the log, or the log has lost something.
        core.board.poke();
    }
    if loaded.head < before.position.sequence {
        return Err(Unavailable::Lagging);
    }
    if loaded.entries.len() != job.keys.len() {
        return Err(Unavailable::Failed);
    }
    let pairs = job.keys.iter().zip(loaded.entries);
    pairs
        .map(|(key, entry)| {
            if !fits(key, &entry) {
                return Err(Unavailable::Failed);
            }
            let kept = core.cache.stamped(key, entry, before.epoch, began);
            core.cache.keep(key.clone(), kept.clone());
            Ok(kept)
        })
        .collect()
}

/// Whether an entry is what was asked for, to the letter: there are databases for which ids are equal that are not.
fn fits(key: &Key, entry: &Entry) -> bool {
    match (key, entry) {
        (Key::Person(id), Entry::Person(human)) => human.as_ref().is_none_or(|human| human.id == *id),
        (Key::Section(id), Entry::Section(section)) => section.as_ref().is_none_or(|section| section.id == *id),
        (Key::Record { .. }, Entry::Record(_)) => true,
        _ => false,
    }
}
