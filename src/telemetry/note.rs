//! What a view notes while it decides: owned and small, so that it outlives the view. Whether it counts is known later.

use std::time::{Duration, Instant, SystemTime};

use super::decision_log::tape;
use super::metrics::Why;
use super::shadow::Asked;
use super::{Telemetry, Trace};
use crate::policy::decision::{Granted, Reason};
use crate::policy::plan::Outcome;
use crate::policy::request::{Request, Resource};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decision.
    Check,
    /// A decision, and why.
    Explain,
    /// What a subject may do to a record.
    Actions,
    /// Who may do it.
    Subjects,
    /// On what they may do it.
    Resources,
    /// Which rows of a table they may see.
    Plan,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// A decision: an allow where the reason is [`Reason::Granted`].
    Decision(Reason),
    /// So many results on a page.
    Found(usize),
    /// A filter, and why no row is allowed where none is.
    Planned(Outcome, Reason),
}

/// One thing that was decided.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    /// What was asked for.
    pub kind: Kind,
    /// The application's number in the policy; `None` where none declares the resource type.
    pub application: Option<u32>,
    /// What came of it.
    pub came: Came,
    /// How long it took since the request came, or since the one before it in the same request was decided.
    pub took: Duration,
}

/// What holds for all that a view decides.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// When.
    pub at: SystemTime,
    /// The revision of the policy.
    pub policy: &'a str,
    /// The revision of the directory.
    pub directory: &'a str,
    /// The caller's name, where it has one.
    pub caller: Option<&'a str>,
    /// The trace that the request is part of.
    pub trace: Option<Trace>,
}

/// What was asked, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// What was asked for.
    pub kind: Kind,
    /// The question.
    pub request: &'a Request<'a>,
    /// The resource that it was decided about.
    pub tested: &'a Resource<'a>,
    /// What came of it.
    pub came: Came,
    /// What allowed it, where something did.
    pub granted: Option<Granted<'a>>,
}

/// What one view decided, in order.
#[derive(Debug)]
pub struct Notes {
    last: Instant,
    /// One a decision.
    pub(super) list: Vec<Note>,
    /// Questions that got none, though the request as a whole is answered.
    pub(super) undecided: Vec<Why>,
    /// What a shadow policy is to be asked.
    pub(super) asked: Vec<Asked>,
    /// The same for the decision log.
    pub(super) tape: Vec<u8>,
}

impl Notes {
    /// None yet, of a request that came at `began`.
    #[must_use]
    pub fn new(began: Instant) -> Self {
        Self { last: began, list: Vec::new(), undecided: Vec::new(), asked: Vec::new(), tape: Vec::new() }
    }

    /// Notes what was decided, for whoever will be told.
    pub fn note(&mut self, telemetry: &Telemetry, moment: &Moment<'_>, application: Option<u32>, said: &Said<'_>) {
        let (kind, came, now) = (said.kind, said.came, Instant::now());
        self.list.push(Note { kind, application, came, took: now.duration_since(self.last) });
        self.last = now;
        if let Some(log) = telemetry.log() {
            if self.tape.is_empty() {
                tape::begin(moment, &mut self.tape);
            }
            tape::note(said, log.attributes(), &mut self.tape);
        }
    }

    /// Notes what a shadow policy is to be asked.
    pub fn ask(&mut self, asked: Asked) {
        self.asked.push(asked);
    }

    /// Notes that a question got no decision.
    pub fn note_undecided(&mut self, why: Why) {
        self.undecided.push(why);
    }

    /// What was decided, in order.
    #[must_use]
    pub fn list(&self) -> &[Note] {
        &self.list
    }
}
