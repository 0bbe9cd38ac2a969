//! What a view decides, noted for whoever is told of it. Nothing is recorded here: whether an answer counts is known to
//! whoever asked for it.

use std::cell::RefCell;
use std::time::Instant;

use super::{Pdp, People, Undecided, View};
use crate::policy::decision::{Decision, Granted};
use crate::policy::plan::Plan;
use crate::policy::request::{Request, Resource};
use crate::telemetry::metrics::Why;
use crate::telemetry::shadow::Asked;
use crate::telemetry::{Came, Kind, Moment, Notes, Recorded, Said, Telemetry};

/// Notes for a view, where anybody is told, of a request that came at `began`.
pub(super) fn notes(telemetry: &Telemetry, began: Option<Instant>) -> Option<RefCell<Notes>> {
    telemetry.is_on().then(|| RefCell::new(Notes::new(began.unwrap_or_else(Instant::now))))
}

impl From<&Undecided> for Why {
    fn from(undecided: &Undecided) -> Self {
        match undecided {
            Undecided::Malformed(_) => Self::Malformed,
            Undecided::Forbidden(_) => Self::Forbidden,
            Undecided::Unavailable(_) => Self::Unavailable,
            Undecided::Exhausted(_) => Self::Exhausted,
        }
    }
}

impl Pdp {
    /// Counts a question that got no decision, nor a view that could note it.
    pub(crate) fn note_undecided(&self, why: Why) {
        if let Some(metrics) = self.telemetry.metrics() {
            metrics.undecided(why);
        }
    }
}

impl View<'_> {
    /// A decision.
    pub(super) fn note_decision(&self, kind: Kind, request: &Request<'_>, decision: &Decision<'_>) {
        let Decision { reason, granted } = decision;
        self.note(kind, request, Came::Decision(*reason), *granted);
        self.note_for_shadow(request, decision);
    }

    /// A decision that a shadow policy is asked about too, where its facts are at hand later on.
    fn note_for_shadow(&self, request: &Request<'_>, decision: &Decision<'_>) {
        let (Some(notes), Some(shadow), None) = (&self.notes, self.telemetry.shadow(), self.asked) else { return };
        if shadow.takes()
            && let Some(asked) = Asked::new(&self.snapshot, request, self.today, decision)
        {
            notes.borrow_mut().ask(asked);
        }
    }

    /// So many results.
    pub(super) fn note_found(&self, kind: Kind, request: &Request<'_>, found: usize) {
        self.note(kind, request, Came::Found(found), None);
    }

    /// A filter.
    pub(super) fn note_plan(&self, request: &Request<'_>, plan: &Plan) {
        self.note(Kind::Plan, request, Came::Planned(plan.outcome(), plan.reason), None);
    }

    /// A question that got no decision, in an answer that has others.
    pub(crate) fn note_undecided(&self, why: Why) {
        if let Some(notes) = &self.notes {
            notes.borrow_mut().note_undecided(why);
        }
    }

    fn note(&self, kind: Kind, request: &Request<'_>, came: Came, granted: Option<Granted<'_>>) {
        let Some(notes) = &self.notes else { return };
        let tested = match kind {
            // Only the log says what a question was about.
            _ if self.telemetry.log().is_none() => request.resource,
            Kind::Check | Kind::Explain | Kind::Actions | Kind::Subjects => self.tested(request),
            // They are about many records: the request's resource says what all of them share.
            Kind::Resources | Kind::Plan => request.resource,
        };
        let (policy, directory) = self.revisions();
        let moment = Moment { at: self.at, policy, directory, caller: self.caller.name(), trace: self.trace };
        let application = self.snapshot.policy.application_number(request.resource.kind);
        let said = Said { kind, request, tested: &tested, came, granted };
        notes.borrow_mut().note(self.telemetry, &moment, application, &said);
    }

    fn tested<'r>(&'r self, request: &Request<'r>) -> Resource<'r> {
        match self.people() {
            Ok(People::Read(roster)) => self.snapshot.policy.tested(roster, request),
            Ok(People::Gathered(facts)) => self.snapshot.policy.tested(facts, request),
            Ok(People::Listed(facts)) => self.snapshot.policy.tested(facts, request),
            Err(_) => request.resource,
        }
    }

    /// What was noted, for whoever learns later whether it counts.
    pub(super) fn into_notes(self) -> Option<Notes> {
        self.notes.map(RefCell::into_inner)
    }

    /// Records what this view decided: its answers count. What is returned has to be waited for before they go out.
    pub(crate) fn record(&mut self) -> Option<Recorded> {
        let notes = self.notes.take()?.into_inner();
        self.telemetry.record(&self.snapshot, notes)
    }
}
