//! The one seam that every edge calls: a view of the current snapshot, on one day, that decides.

use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::{ArcSwap, Guard};

use crate::caller::{Caller, Forbidden};
use crate::policy::day::Day;
use crate::policy::decision::Decision;
use crate::policy::explain::Explanation;
use crate::policy::plan::{Columns, MOST_IDS, Plan};
use crate::policy::request::{Limits, Malformed, Request};
use crate::policy::search::{Found, Page};
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
        drop(self.replace(snapshot));
    }

    /// The same, and returns what was published before, to be freed where that holds no request up.
    pub fn replace(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        self.current.swap(Arc::new(snapshot))
    }

    /// The limits of a request.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What one request of a caller, or one whole batch, is decided on: one snapshot and one reading of the clock.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the edge that stamps a request")]
    pub fn view(&self, caller: Caller) -> View<'_> {
        let snapshot = self.current.load();
        let today = snapshot.calendar.day(SystemTime::now());
        View { snapshot, today, limits: &self.limits, caller }
    }
}

/// Why a request gets no decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecided {
    /// It is malformed.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The caller may not ask it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
}

/// One snapshot on one day, for one caller: it decides nothing about applications that the caller may not ask about.
#[derive(Debug)]
pub struct View<'a> {
    snapshot: Guard<Arc<Snapshot>>,
    today: Day,
    limits: &'a Limits,
    caller: Caller,
}

impl View<'_> {
    /// Decides a request.
    ///
    /// # Errors
    /// The caller may not ask about the application, or the request is malformed.
    pub fn decide(&self, request: &Request<'_>) -> Result<Decision<'_>, Undecided> {
        self.accept(request)?;
        Ok(self.snapshot.policy.decide(&*self.snapshot.roster, request, self.today))
    }

    /// Decides a request and says why.
    ///
    /// # Errors
    /// The caller may not ask about the application, or the request is malformed.
    pub fn explain(&self, request: &Request<'_>) -> Result<Explanation<'_>, Undecided> {
        self.accept(request)?;
        Ok(self.snapshot.policy.explain(&*self.snapshot.roster, request, self.today))
    }

    /// Plans which rows of a table are allowed. The resource of the request gives what all rows share.
    ///
    /// # Errors
    /// The caller may not ask about the application, or the request is malformed.
    pub fn plan(&self, request: &Request<'_>, columns: &Columns) -> Result<Plan, Undecided> {
        self.accept(request)?;
        Ok(self.snapshot.policy.plan(&*self.snapshot.roster, request, columns, self.today, MOST_IDS)?)
    }

    /// Who may do the action to the resource. A subject's id in the request does not count.
    ///
    /// # Errors
    /// The caller may not ask about the application, or the request is malformed.
    pub fn subjects(&self, request: &Request<'_>, page: Page) -> Result<Found<'_>, Undecided> {
        let mut whole = *request;
        whole.subject.id = asked(request.subject.id);
        self.accept(&whole)?;
        Ok(self.snapshot.policy.subjects(&*self.snapshot.roster, request, self.today, page))
    }

    /// To which resources of the type the subject may do the action. A resource's id in the request does not count.
    ///
    /// # Errors
    /// The caller may not ask about the application, or the request is malformed.
    pub fn resources(&self, request: &Request<'_>, page: Page) -> Result<Found<'_>, Undecided> {
        self.accept(request)?;
        Ok(self.snapshot.policy.resources(&*self.snapshot.roster, request, self.today, page))
    }

    /// The actions of the resource's type that the subject may do to it, in the catalogue's order. The name of an action
    /// in the request does not count.
    ///
    /// # Errors
    /// The caller may not ask about the application, or the request is malformed.
    pub fn actions(&self, request: &Request<'_>) -> Result<Vec<&str>, Undecided> {
        let mut whole = *request;
        whole.action.name = asked(request.action.name);
        self.accept(&whole)?;
        Ok(self.snapshot.policy.actions(&*self.snapshot.roster, request, self.today))
    }

    fn accept(&self, request: &Request<'_>) -> Result<(), Undecided> {
        self.permit(request.resource.kind)?;
        Ok(self.limits.check(request)?)
    }

    /// Whether the caller may ask about a resource type. One that no application declares reveals nothing.
    ///
    /// # Errors
    /// Not about its application.
    pub fn permit(&self, resource_type: &str) -> Result<(), Forbidden> {
        if self.caller.is_anybody() {
            return Ok(());
        }
        self.caller.permit(self.snapshot.policy.application_of(resource_type))
    }

    /// Whether the caller may ask about all of these resource types: before any item of a batch is decided.
    ///
    /// # Errors
    /// Not about the application of one of them.
    pub fn permit_all<'t>(&self, mut resource_types: impl Iterator<Item = &'t str>) -> Result<(), Forbidden> {
        if self.caller.is_anybody() {
            return Ok(());
        }
        resource_types.try_for_each(|resource_type| self.permit(resource_type))
    }

    /// The day, in the district's time zone.
    #[must_use]
    pub fn today(&self) -> Day {
        self.today
    }

    /// What a request may not exceed.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.limits
    }

    /// Who asks.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
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

/// What is searched has no name yet; that is not malformed.
fn asked(name: &str) -> &str {
    if name.is_empty() { "any" } else { name }
}
