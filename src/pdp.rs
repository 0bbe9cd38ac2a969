//! The one seam that every edge calls: a view of the current snapshot, on one day, that decides.

use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::{ArcSwap, Guard};

use crate::policy::day::Day;
use crate::policy::decision::Decision;
use crate::policy::explain::Explanation;
use crate::policy::plan::{Columns, MOST_IDS, Plan};
use crate::policy::request::{Limits, Malformed, Request};
use crate::snapshot::Snapshot;

/// The policy decision point: the current snapshot, and what a request may not exceed.
#[derive(Debug)]
pub struct Pdp {
    current: ArcSwap<Snapshot>,
    limits: Limits,
}

impl Pdp {
    /// A decision point that starts from `snapshot`.
    #[must_use]
    pub fn new(snapshot: Snapshot, limits: Limits) -> Self {
        Self { current: ArcSwap::from_pointee(snapshot), limits }
    }

    /// Publishes a snapshot: every view taken from now on is of it.
    pub fn publish(&self, snapshot: Snapshot) {
        self.current.store(Arc::new(snapshot));
    }

    /// The limits of a request.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What one request, or one whole batch, is decided on: one snapshot and one reading of the clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the edge that stamps a request")]
    pub fn view(&self) -> View<'_> {
        let snapshot = self.current.load();
        let today = snapshot.calendar.day(SystemTime::now());
        View { snapshot, today, limits: &self.limits }
    }
}

/// One snapshot on one day.
#[derive(Debug)]
pub struct View<'a> {
    snapshot: Guard<Arc<Snapshot>>,
    today: Day,
    limits: &'a Limits,
}

impl View<'_> {
    /// Decides a request.
    ///
    /// # Errors
    /// A request that is malformed is not decided.
    pub fn decide(&self, request: &Request<'_>) -> Result<Decision<'_>, Malformed> {
        self.limits.check(request)?;
        Ok(self.snapshot.policy.decide(&*self.snapshot.roster, request, self.today))
    }

    /// Decides a request and says why.
    ///
    /// # Errors
    /// A request that is malformed is not decided.
    pub fn explain(&self, request: &Request<'_>) -> Result<Explanation<'_>, Malformed> {
        self.limits.check(request)?;
        Ok(self.snapshot.policy.explain(&*self.snapshot.roster, request, self.today))
    }

    /// Plans which rows of a table are allowed. The resource of the request gives what all rows share.
    ///
    /// # Errors
    /// A request that is malformed is not planned for.
    pub fn plan(&self, request: &Request<'_>, columns: &Columns) -> Result<Plan, Malformed> {
        self.limits.check(request)?;
        self.snapshot.policy.plan(&*self.snapshot.roster, request, columns, self.today, MOST_IDS)
    }

    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The revisions of policy and directory.
    #[must_use]
    pub fn revisions(&self) -> (&str, &str) {
        (&self.snapshot.policy_revision, &self.snapshot.directory_revision)
    }
}
