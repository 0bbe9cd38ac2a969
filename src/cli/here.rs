//! Deciding in process: policies from a folder, and the directory that was named.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::time::{Instant, timeout};

use super::contact::PATIENCE;
use super::remote::runtime;
use super::{database, load};
use crate::caller::Caller;
use crate::config::{Directory, Folders};
use crate::directory::remote::{Handle, Remote, Settings};
use crate::pdp::{Asking, Pdp, Undecided, View};
use crate::policy::compiled::Policy;
use crate::policy::day::Day;
use crate::policy::request::Limits;
use crate::snapshot::Snapshot;

/// How often it is seen whether asking a directory has failed.
const LOOK: Duration = Duration::from_millis(20);

/// Policies and a directory, ready to decide.
pub(super) struct Here {
    pdp: Pdp,
    /// Asks the directory, where it is asked; ends with this.
    _asking: Option<Handle>,
}

impl Here {
    /// Reads the policies, and the directory or where it is.
    pub(super) fn open(folders: &Folders) -> anyhow::Result<Self> {
        Self::of(load::snapshot(folders)?, folders)
    }

    /// The same of policies that were read, with the directory of people that goes with them.
    pub(super) fn of(snapshot: Snapshot, folders: &Folders) -> anyhow::Result<Self> {
        let limits = Limits::default();
        let Directory::Database(url) = &folders.people.directory else {
            return Ok(Self { pdp: Pdp::new(snapshot, limits), _asking: None });
        };
        let (remote, asking) = database::open(url, &folders.people.password, Settings::default())?;
        runtime()?.block_on(reached(&remote))?;
        Ok(Self { pdp: Pdp::remote(snapshot, limits, remote), _asking: Some(asking) })
    }

    /// Decides on what was read anew from now on.
    pub(super) fn renew(&self, snapshot: Snapshot) {
        self.pdp.publish(snapshot);
    }

    /// The policy.
    pub(super) fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.pdp.view(Caller::Anybody).snapshot().policy)
    }

    /// Asks on a day: today, unless one is named. What a run came to is the answer only if it had all the facts.
    pub(super) fn ask<T>(
        &self,
        on: Option<Day>,
        run: impl FnMut(&View<'_>) -> Result<T, Undecided>,
    ) -> anyhow::Result<T> {
        Ok(runtime()?.block_on(self.pdp.ask(Asking { on, ..Asking::default() }, run))?)
    }
}

/// Waits for a directory that is asked; a command gives up when it fails once.
async fn reached(remote: &Remote) -> anyhow::Result<()> {
    let mut frames = remote.frame_changes();
    let end = Instant::now() + PATIENCE;
    while timeout(LOOK, frames.wait_for(Option::is_some)).await.is_err() {
        if let Some(error) = remote.state().last_error {
            bail!("{error}");
        }
        ensure!(Instant::now() < end, "the directory did not answer in time");
    }
    Ok(())
}
