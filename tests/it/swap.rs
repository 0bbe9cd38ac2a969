//! Policies swapped under load: every batch is decided by one of them alone, and its revision says by which.
//!
//! Two policies disagree on every probe. Clients ask all probes as one batch, over and over; a publication waits until
//! each of them has had batches that began after the one before. Nothing is timed.

mod client;
mod files;
mod load;
mod witness;

use std::sync::Arc;

use hallpass::caller::Caller;
use hallpass::pdp::Pdp;
use hallpass::policy::request::{Action, Limits, Request, Resource, Subject};
use hallpass::policy::source::Source;
use hallpass::snapshot::{Builder, Files, Snapshot};

use crate::running::{Server, settings};
use crate::support::{path, sources};
use load::Load;
use witness::{Batch, Fault, Witness};

/// Questions in a batch.
pub(crate) const PROBES: usize = 50;
/// Publications while the clients ask.
const SWAPS: u64 = 1_000;
/// Clients of each protocol.
const CLIENTS: usize = 2;
/// Who asks.
pub(crate) const SUBJECT: &str = "t.rivera";

/// Which of the two policies: one allows the even probes, the other the odd ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    /// Of the policy that is published so many places after the first.
    pub(crate) fn of(generation: u64) -> Self {
        if generation % 2 == 1 { Self::A } else { Self::B }
    }

    pub(crate) fn allows(self, probe: usize) -> bool {
        probe.is_multiple_of(2) == (self == Self::A)
    }

    /// Its files; the generation makes each publication's digest its own.
    fn files(self, generation: u64) -> Vec<(String, String)> {
        let types: String =
            (0..PROBES).map(|probe| format!("  {}: {{actions: [view], record: open}}\n", kind(probe))).collect();
        let allowed: Vec<String> = (0..PROBES).filter(|probe| self.allows(*probe)).map(kind).collect();
        let application =
            format!("# {generation}\nhallpass: application/v1\napplication: probe\ntitle: Probes\ntypes:\n{types}");
        let role = format!(
            "hallpass: role/v1\nrole: probe.holder\ntitle: Holder\ngroup: Probes\nheld_at: anywhere\nreach: org\n\
             clauses:\n  1: sees half of the probes\ngrants:\n  - allow: view\n    topics: [{}]\n    clause: 1\n",
            allowed.join(", ")
        );
        vec![("application.yaml".to_owned(), application), ("holder.yaml".to_owned(), role)]
    }

    fn sources(self, generation: u64) -> Vec<Source> {
        let source = |(name, text): (String, String)| Source { name: name.into(), bytes: text.into_bytes().into() };
        self.files(generation).into_iter().map(source).collect()
    }
}

/// The resource type of a probe.
pub(crate) fn kind(probe: usize) -> String {
    format!("p{probe:02}")
}

/// The demo district with one assignment more.
fn directory() -> Vec<Source> {
    let mut files = sources(&path("examples/district"));
    let assignments = files.iter_mut().find(|file| &*file.name == "role_assignments.csv").unwrap();
    assignments.bytes = [&*assignments.bytes, assignment().as_bytes()].concat().into();
    files
}

fn assignment() -> String {
    format!("ra.probe,,{SUBJECT},probe.holder,sch.fernvale,,\n")
}

/// Both policies, to be published as often as wanted.
pub(crate) struct Pair {
    a: Snapshot,
    b: Snapshot,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let directory = directory();
        let mut builder = Builder::new(vec!["user".to_owned()], None);
        let mut build = |side: Side, revision: &str| {
            let policies = Files { revision: &revision.into(), files: &side.sources(0) };
            builder.build(policies, Files { revision: &"d".into(), files: &directory }, 1).unwrap()
        };
        Self { a: build(Side::A, "a"), b: build(Side::B, "b") }
    }

    /// The snapshot of a generation, whose revision says which that is.
    pub(crate) fn snapshot(&self, generation: u64) -> Snapshot {
        let Snapshot { policy, roster, directory_revision, calendar, .. } = match Side::of(generation) {
            Side::A => &self.a,
            Side::B => &self.b,
        };
        Snapshot {
            policy: Arc::clone(policy),
            roster: roster.clone(),
            policy_revision: revision(generation).into(),
            policy_files: Arc::default(),
            directory_revision: Arc::clone(directory_revision),
            calendar: hallpass::calendar::Calendar::new(calendar.zone().clone()),
            generation,
            warnings: Vec::new(),
        }
    }
}

fn revision(generation: u64) -> String {
    format!("{generation:016x}")
}

pub(crate) fn generation(revision: &str) -> Option<u64> {
    u64::from_str_radix(revision, 16).ok()
}

#[test]
fn every_batch_is_decided_by_one_policy_and_says_which() {
    let pair = Pair::new();
    let pdp = Arc::new(Pdp::new(pair.snapshot(1), Limits::default()));
    let server = Server::over(&settings(), Arc::clone(&pdp), None);
    let load = Load::new();
    let batches = load.run(&server, &generation, || {
        for generation in 2..=SWAPS + 1 {
            load.progress();
            pdp.publish(pair.snapshot(generation));
        }
        load.progress();
    });
    assert!(batches >= 4 * CLIENTS * usize::try_from(SWAPS).unwrap());
    println!("{SWAPS} swaps, {batches} batches of {PROBES}, none mixed");
}

/// The probes decided in process, `publish` called before the one in the middle. The twin takes a view for each.
fn decide(pdp: &Pdp, once: bool, publish: impl Fn()) -> Batch {
    let view = pdp.view(Caller::Anybody);
    let revision = view.revisions().0.to_owned();
    let mut items = Vec::new();
    for probe in 0..PROBES {
        if probe == PROBES / 2 {
            publish();
        }
        let kind = kind(probe);
        let request = Request {
            subject: Subject { kind: "user", id: SUBJECT, properties: &[] },
            action: Action { name: "view", properties: &[] },
            resource: Resource { kind: &kind, ..Resource::default() },
            context: &[],
        };
        let again = pdp.view(Caller::Anybody);
        let view = if once { &view } else { &again };
        items.push((view.revisions().0.to_owned(), view.decide(&request).unwrap().is_allow()));
    }
    Batch { revision, items }
}

#[test]
fn a_second_look_at_the_snapshot_would_be_caught() {
    let pair = Pair::new();
    let pdp = Pdp::new(pair.snapshot(1), Limits::default());
    let witness = |batch: &Batch| Witness::new(&generation).see(batch);
    assert_eq!(witness(&decide(&pdp, true, || drop(pdp.publish(pair.snapshot(2))))), Ok(()));
    let mut mixed = decide(&pdp, false, || drop(pdp.publish(pair.snapshot(3))));
    assert_eq!(witness(&mixed), Err(Fault::Mixed { item: PROBES / 2 }));
    // Where the items said nothing of revisions, their decisions would still tell.
    let revision = mixed.revision.clone();
    mixed.items.iter_mut().for_each(|(of_item, _)| of_item.clone_from(&revision));
    assert_eq!(witness(&mixed), Err(Fault::Mixed { item: PROBES / 2 }));
}

#[test]
fn a_revision_that_goes_backwards_would_be_caught() {
    let pair = Pair::new();
    let mut witness = Witness::new(&generation);
    let seen = [2, 2, 3, 1].map(|generation| {
        let pdp = Pdp::new(pair.snapshot(generation), Limits::default());
        witness.see(&decide(&pdp, true, || {}))
    });
    assert_eq!(seen, [Ok(()), Ok(()), Ok(()), Err(Fault::Backwards { from: 3, to: 1 })]);
}
