//! The one seam that every edge calls: a view of the current snapshot, on one day, that decides.
//!
//! Servers ask through `ask`, which waits where facts have to be fetched; whoever decides in process on files takes a
//! [`View`] and waits for nothing.

#[cfg(feature = "server")]
mod ask;
#[cfg(feature = "server")]
mod noting;

#[cfg(feature = "server")]
use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::{ArcSwap, Guard};

#[cfg(feature = "server")]
pub use ask::{Asking, Consistency};

use crate::caller::{Caller, Forbidden};
use crate::directory::Roster;
#[cfg(feature = "server")]
use crate::directory::remote::{Gathered, Listed};
use crate::fault;
use crate::policy::day::Day;
use crate::policy::decision::Decision;
use crate::policy::explain::Explanation;
use crate::policy::plan::{Columns, MOST_IDS, Plan};
use crate::policy::request::{Limits, Malformed, Request};
use crate::policy::search::{Found, Page};
use crate::snapshot::Snapshot;
#[cfg(feature = "server")]
use crate::telemetry::{Kind, Notes, Telemetry, Trace, noted};

/// The policy decision point: the current snapshot, and what a request may not exceed.
#[derive(Debug)]
pub struct Pdp {
    current: ArcSwap<Snapshot>,
    limits: Limits,
    /// Told of each snapshot that is published.
    #[cfg(feature = "server")]
    published: tokio::sync::Notify,
    /// The directory, where it is asked and not read.
    #[cfg(feature = "server")]
    remote: Option<ask::Asked>,
    /// Who is told of decisions.
    #[cfg(feature = "server")]
    telemetry: Telemetry,
}

impl Pdp {
    /// A decision point that starts from `snapshot`.
    #[must_use]
    pub fn new(snapshot: Snapshot, limits: Limits) -> Self {
        Self {
            current: ArcSwap::from_pointee(snapshot),
            limits,
            #[cfg(feature = "server")]
            published: tokio::sync::Notify::new(),
            #[cfg(feature = "server")]
            remote: None,
            #[cfg(feature = "server")]
            telemetry: Telemetry::default(),
        }
    }

    /// The same, and these are told of its decisions.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn telling(self, telemetry: Telemetry) -> Self {
        telemetry.publish(&self.current.load());
        Self { telemetry, ..self }
    }

    /// Who is told of decisions.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Publishes a snapshot: every view taken from now on is of it. What was published before is returned, to be freed
    /// where that holds no request up.
    pub fn publish(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        #[cfg(feature = "server")]
        self.telemetry.publish(&snapshot);
        let before = self.current.swap(Arc::new(snapshot));
        #[cfg(feature = "server")]
        self.published.notify_waiters();
        before
    }

    /// The limits of a request.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What one request of a caller, or one whole batch, is decided on: one snapshot and one reading of the clock.
    #[must_use]
    pub fn view(&self, caller: Caller) -> View<'_> {
        let (snapshot, at) = (self.current.load(), now());
        fault::stall("request.view");
        View {
            today: snapshot.calendar.day(at),
            snapshot,
            limits: &self.limits,
            caller,
            asked: None,
            #[cfg(feature = "server")]
            at,
            #[cfg(feature = "server")]
            trace: None,
            #[cfg(feature = "server")]
            telemetry: &self.telemetry,
            #[cfg(feature = "server")]
            notes: noting::notes(&self.telemetry, None),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge that stamps a request")]
fn now() -> SystemTime {
    SystemTime::now()
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
    /// The facts can't be had now: says why. Neither an allow nor a deny: ask again.
    #[error("{0}")]
    Unavailable(String),
    /// Too many wait for what it takes: says for what. Ask again later.
    #[error("{0}")]
    Exhausted(String),
}

impl Undecided {
    /// Whether the same question may be answered when it is asked again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Exhausted(_) => true,
            Self::Malformed(_) | Self::Forbidden(_) => false,
        }
    }
}

/// One snapshot on one day, for one caller: it decides nothing about applications that the caller may not ask about.
#[derive(Debug)]
pub struct View<'a> {
    snapshot: Guard<Arc<Snapshot>>,
    today: Day,
    limits: &'a Limits,
    caller: Caller,
    /// What was asked of the directory for the request, and the revision that it holds at; `None` where the snapshot has a
    /// roster.
    asked: Option<(People<'a>, &'a str)>,
    /// When it was taken.
    #[cfg(feature = "server")]
    at: SystemTime,
    #[cfg(feature = "server")]
    trace: Option<Trace>,
    /// What it decided, where anybody is to be told.
    #[cfg(feature = "server")]
    notes: Option<RefCell<Notes>>,
    #[cfg(feature = "server")]
    telemetry: &'a Telemetry,
}

/// What a view decides on.
#[derive(Clone, Copy, Debug)]
enum People<'a> {
    Read(&'a Roster),
    /// Facts that were gathered one by one.
    #[cfg(feature = "server")]
    Gathered(&'a Gathered),
    /// Facts that were read with lists of them.
    #[cfg(feature = "server")]
    Listed(&'a Listed),
}

impl View<'_> {
    /// Decides a request.
    ///
    /// # Errors
    /// The caller may not ask about the application, the request is malformed, or the facts can't be had.
    pub fn decide(&self, request: &Request<'_>) -> Result<Decision<'_>, Undecided> {
        self.accept(request)?;
        let decision = match self.people()? {
            People::Read(roster) => self.snapshot.policy.decide(roster, request, self.today),
            #[cfg(feature = "server")]
            People::Gathered(facts) => self.snapshot.policy.decide(facts, request, self.today),
            #[cfg(feature = "server")]
            People::Listed(facts) => self.snapshot.policy.decide(facts, request, self.today),
        };
        #[cfg(feature = "server")]
        noted::note(&decision);
        #[cfg(feature = "server")]
        self.note_decision(Kind::Check, request, &decision);
        Ok(decision)
    }

    /// Decides a request and says why.
    ///
    /// # Errors
    /// The caller may not ask about the application, the request is malformed, or the facts can't be had.
    pub fn explain(&self, request: &Request<'_>) -> Result<Explanation<'_>, Undecided> {
        self.accept(request)?;
        let explanation = match self.people()? {
            People::Read(roster) => self.snapshot.policy.explain(roster, request, self.today),
            #[cfg(feature = "server")]
            People::Gathered(facts) => self.snapshot.policy.explain(facts, request, self.today),
            #[cfg(feature = "server")]
            People::Listed(facts) => self.snapshot.policy.explain(facts, request, self.today),
        };
        #[cfg(feature = "server")]
        noted::note(&explanation.decision);
        #[cfg(feature = "server")]
        self.note_decision(Kind::Explain, request, &explanation.decision);
        Ok(explanation)
    }

    /// Plans which rows of a table are allowed. The resource of the request gives what all rows share.
    ///
    /// # Errors
    /// The caller may not ask about the application, the request is malformed, or the facts can't be had.
    pub fn plan(&self, request: &Request<'_>, columns: &Columns) -> Result<Plan, Undecided> {
        self.accept(request)?;
        let plan = match self.people()? {
            People::Read(roster) => self.snapshot.policy.plan(roster, request, columns, self.today, MOST_IDS)?,
            #[cfg(feature = "server")]
            People::Gathered(facts) => return Err(ask::unlisted(facts)),
            #[cfg(feature = "server")]
            People::Listed(facts) => self.snapshot.policy.plan(facts, request, columns, self.today, MOST_IDS)?,
        };
        #[cfg(feature = "server")]
        self.note_plan(request, &plan);
        Ok(plan)
    }

    /// Who may do the action to the resource. A subject's id in the request does not count.
    ///
    /// # Errors
    /// The caller may not ask about the application, the request is malformed, or the facts can't be had.
    pub fn subjects(&self, request: &Request<'_>, page: Page) -> Result<Found<'_>, Undecided> {
        let mut whole = *request;
        whole.subject.id = asked(request.subject.id);
        self.accept(&whole)?;
        let found = match self.people()? {
            People::Read(roster) => self.snapshot.policy.subjects(roster, request, self.today, page),
            #[cfg(feature = "server")]
            People::Gathered(facts) => return Err(ask::unlisted(facts)),
            #[cfg(feature = "server")]
            People::Listed(facts) => self.snapshot.policy.subjects(facts, request, self.today, facts.page(page)),
        };
        #[cfg(feature = "server")]
        self.note_found(Kind::Subjects, request, found.results.len());
        Ok(found)
    }

    /// To which resources of the type the subject may do the action. A resource's id in the request does not count.
    ///
    /// # Errors
    /// The caller may not ask about the application, the request is malformed, or the facts can't be had.
    pub fn resources(&self, request: &Request<'_>, page: Page) -> Result<Found<'_>, Undecided> {
        self.accept(request)?;
        let found = match self.people()? {
            People::Read(roster) => self.snapshot.policy.resources(roster, request, self.today, page),
            #[cfg(feature = "server")]
            People::Gathered(facts) => return Err(ask::unlisted(facts)),
            #[cfg(feature = "server")]
            People::Listed(facts) => self.snapshot.policy.resources(facts, request, self.today, facts.page(page)),
        };
        #[cfg(feature = "server")]
        self.note_found(Kind::Resources, request, found.results.len());
        Ok(found)
    }

    /// The actions of the resource's type that the subject may do to it, in the catalogue's order. The name of an action
    /// in the request does not count.
    ///
    /// # Errors
    /// The caller may not ask about the application, the request is malformed, or the facts can't be had.
    pub fn actions(&self, request: &Request<'_>) -> Result<Vec<&str>, Undecided> {
        let mut whole = *request;
        whole.action.name = asked(request.action.name);
        self.accept(&whole)?;
        let actions = match self.people()? {
            People::Read(roster) => self.snapshot.policy.actions(roster, request, self.today),
            #[cfg(feature = "server")]
            People::Gathered(facts) => self.snapshot.policy.actions(facts, request, self.today),
            #[cfg(feature = "server")]
            People::Listed(facts) => self.snapshot.policy.actions(facts, request, self.today),
        };
        #[cfg(feature = "server")]
        self.note_found(Kind::Actions, request, actions.len());
        Ok(actions)
    }

    fn people(&self) -> Result<People<'_>, Undecided> {
        fault::point("request.facts").map_err(|error| Undecided::Unavailable(error.to_string()))?;
        let read = || self.snapshot.roster.as_deref().map(People::Read);
        let people = self.asked.map(|(people, _)| people).or_else(read);
        people.ok_or_else(|| Undecided::Unavailable("the directory was not asked for this".to_owned()))
    }

    /// Whether a fact was missed, so that what is decided here will be thrown away: it only shows what to fetch.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn has_missed(&self) -> bool {
        match self.asked {
            None | Some((People::Read(_), _)) => false,
            Some((People::Gathered(facts), _)) => facts.has_missed(),
            Some((People::Listed(facts), _)) => facts.has_missed(),
        }
    }

    fn accept(&self, request: &Request<'_>) -> Result<(), Undecided> {
        self.permit(request.resource.kind)?;
        fault::stall("request.decide");
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

    /// Whether the directory is asked, and not read as a whole.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// The revisions of policy and directory; the latter is empty where the directory is asked, and was not.
    #[must_use]
    pub fn revisions(&self) -> (&str, &str) {
        let directory = self.asked.map_or(&*self.snapshot.directory_revision, |(_, revision)| revision);
        (&self.snapshot.policy_revision, directory)
    }
}

/// What is searched has no name yet; that is not malformed.
fn asked(name: &str) -> &str {
    if name.is_empty() { "any" } else { name }
}
