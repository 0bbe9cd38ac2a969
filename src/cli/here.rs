//! Deciding in process: policies from a folder, and the directory that was named.

use std::sync::Arc;

use super::load;
use super::remote::runtime;
use crate::caller::Caller;
use crate::config::Folders;
use crate::pdp::{Asking, Pdp, Undecided, View};
use crate::policy::compiled::Policy;
use crate::policy::day::Day;
use crate::policy::request::Limits;

/// Policies and a directory, ready to decide.
pub(super) struct Here {
    pdp: Pdp,
}

impl Here {
    /// Reads the policies, and the directory or where it is.
    pub(super) fn open(folders: &Folders) -> anyhow::Result<Self> {
        Ok(Self { pdp: Pdp::new(load::snapshot(folders)?, Limits::default()) })
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
