//! What is counted on the path of every request: what was decided and how long that took, and what was not. Counting takes
//! no lock and allocates nothing. The page of metrics, and what else stands on it, is the admin plane's.
//!
//! No label ever holds what a caller sent: an application is one that a policy declares, all others are values of ours.

mod duration;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::striped::Striped;
use super::{Came, Kind, Note};
use crate::policy::compiled::Policy;
use crate::policy::decision::Reason;
use duration::{Histogram, Times};

/// The application of a resource type that no policy declares.
pub const UNKNOWN: &str = "unknown";

/// What is counted of each application: decisions by reason, searches by kind.
#[derive(Debug, Default)]
struct Application {
    decisions: Striped<{ Reason::ALL.len() }>,
    searches: Striped<{ Search::ALL.len() }>,
}

/// The counters.
#[derive(Debug)]
pub struct Metrics {
    /// All that a policy has declared since the start, and [`UNKNOWN`]. Only ever grows.
    applications: ArcSwap<BTreeMap<Box<str>, Arc<Application>>>,
    undecided: Striped<{ Why::ALL.len() }>,
    seconds: Histogram,
}

/// What was counted.
#[derive(Debug)]
pub(crate) struct Counted {
    /// In the order of their names.
    pub(crate) applications: Vec<OfApplication>,
    /// As in [`Why::ALL`].
    pub(crate) undecided: [u64; Why::ALL.len()],
    /// How long decisions took.
    pub(crate) seconds: Times,
}

/// What was counted of an application.
#[derive(Debug)]
pub(crate) struct OfApplication {
    /// Its name, or [`UNKNOWN`].
    pub(crate) name: Box<str>,
    /// As in [`Reason::ALL`].
    pub(crate) decisions: [u64; Reason::ALL.len()],
    /// As in [`Search::ALL`].
    pub(crate) searches: [u64; Search::ALL.len()],
}

/// What was asked for that is no single decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// What a subject may do to a record.
    Actions,
    /// Who may do it.
    Subjects,
    /// On what they may do it.
    Resources,
    /// Which rows of a table they may see.
    Plan,
}

/// Why there was no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The question is against the contract, or can't be read.
    Malformed,
    /// It is not known who asks, or they may not ask it.
    Forbidden,
    /// The facts could not be had, or not in time.
    Unavailable,
    /// More is under way than the server takes on.
    Exhausted,
}

impl Search {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Actions, Self::Subjects, Self::Resources, Self::Plan];

    /// What it is called that was asked for; none where that is a decision.
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Check | Kind::Explain => None,
            Kind::Actions => Some(Self::Actions),
            Kind::Subjects => Some(Self::Subjects),
            Kind::Resources => Some(Self::Resources),
            Kind::Plan => Some(Self::Plan),
        }
    }

    /// As a label says it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Actions => "actions",
            Self::Subjects => "subjects",
            Self::Resources => "resources",
            Self::Plan => "plan",
        }
    }
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Malformed, Self::Forbidden, Self::Unavailable, Self::Exhausted];

    /// As a label says it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
            Self::Exhausted => "exhausted",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let unknown = (UNKNOWN.into(), Arc::default());
        let applications = ArcSwap::from_pointee(BTreeMap::from([unknown]));
        Self { applications, undecided: Striped::default(), seconds: Histogram::default() }
    }
}

impl Metrics {
    /// Makes room for the applications of a policy, before anything is decided by it.
    pub fn declare(&self, policy: &Policy) {
        self.make_room(&policy.applications().collect::<Vec<_>>());
    }

    fn make_room(&self, names: &[&str]) {
        self.applications.rcu(|known| {
            let mut all = BTreeMap::clone(known);
            for name in names.iter().filter(|name| !known.contains_key(**name)) {
                all.insert((*name).into(), Arc::default());
            }
            all
        });
    }

    /// Counts what a view noted; `policy` is the view's, which knows the applications by number.
    pub(super) fn count(&self, policy: &Policy, decided: &[Note], undecided: &[Why]) {
        for Note { kind, application, came, took } in decided {
            let application = application.and_then(|number| policy.application_at(number));
            match came {
                Came::Decision(reason) => self.decided(application, *reason, *took),
                Came::Found(_) | Came::Planned(..) => self.searched(application, Search::of(*kind)),
            }
        }
        undecided.iter().for_each(|why| self.undecided(*why));
    }

    fn decided(&self, application: Option<&str>, reason: Reason, took: Duration) {
        self.of(application, |own| own.decisions.add(reason as usize, 1));
        self.seconds.add(took);
    }

    fn searched(&self, application: Option<&str>, search: Option<Search>) {
        if let Some(search) = search {
            self.of(application, |own| own.searches.add(search as usize, 1));
        }
    }

    /// Counts a question that got no decision, or a request that was refused as a whole.
    pub fn undecided(&self, why: Why) {
        self.undecided.add(why as usize, 1);
    }

    /// What was counted since the start.
    pub(crate) fn counted(&self) -> Counted {
        let known = self.applications.load();
        let one = |(name, own): (&_, &Arc<Application>)| OfApplication {
            name: Box::clone(name),
            decisions: own.decisions.sums(),
            searches: own.searches.sums(),
        };
        Counted {
            applications: known.iter().map(one).collect(),
            undecided: self.undecided.sums(),
            seconds: self.seconds.counted(),
        }
    }

    fn of(&self, application: Option<&str>, count: impl FnOnce(&Application)) {
        let known = self.applications.load();
        let own = application.and_then(|name| known.get(name)).or_else(|| known.get(UNKNOWN));
        if let Some(own) = own {
            count(own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_stand_where_their_labels_do() {
        assert!(Reason::ALL.iter().enumerate().all(|(at, reason)| *reason as usize == at));
        assert!(Search::ALL.iter().enumerate().all(|(at, search)| *search as usize == at));
        assert!(Why::ALL.iter().enumerate().all(|(at, why)| *why as usize == at));
    }

    #[test]
    fn an_application_keeps_its_counts_when_policies_change() {
        let metrics = Metrics::default();
        let took = Duration::from_micros(1);
        metrics.make_room(&["misis"]);
        metrics.decided(Some("misis"), Reason::NoGrant, took);
        metrics.make_room(&["map", "misis"]);
        metrics.decided(Some("misis"), Reason::NoGrant, took);
        metrics.decided(None, Reason::UnknownResourceType, took);
        let known = metrics.applications.load();
        let count = |name: &str| known.get(name).unwrap().decisions.sums().iter().sum::<u64>();
        assert_eq!(["misis", "map", UNKNOWN].map(count), [2, 0, 1]);
    }
}
