//! Every role at every kind of place × every action of every resource type × every pattern of facts: the engine on the
//! shipped policies answers as the naive evaluator does on the tables typed from the guides.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use hallpass::directory::Roster;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::request::{Action, Request, Stored, Subject};

use crate::oracle::district::{subjects, write_enumeration_district};
use crate::oracle::patterns::{Filled, patterns};
use crate::oracle::{Oracle, Question};
use crate::support::{path, shipped_policy, sources};

/// Where a role has no right at all, facts make no difference: every so-many-th pattern is asked there.
const SAMPLED: usize = 23;
/// Differences listed before giving up.
const LISTED: usize = 20;

#[test]
fn the_engine_decides_as_the_oracle_does_today() {
    enumerate("2026-11-22", &|_| true);
}

/// Before the Independent Study roles became available.
#[test]
fn the_engine_decides_as_the_oracle_does_before_a_role_is_available() {
    enumerate("2022-07-18", &|role| role.starts_with("misis.is_") || role == "misis.teacher");
}

fn enumerate(today: &str, wanted: &(dyn Fn(&str) -> bool + Sync)) {
    let folder = tempfile::tempdir().unwrap();
    write_enumeration_district(folder.path());
    let oracle = Oracle::load(&path("tests/data"), folder.path());
    let policy = shipped_policy();
    let roster = Roster::load(&sources(folder.path()), &[]).unwrap().roster;
    let subjects: Vec<_> = subjects().into_iter().filter(|(_, role)| wanted(role)).collect();
    let (next, asked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        let mut differences = Vec::new();
        while let Some((subject, role)) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            let world = World { oracle: &oracle, policy: &policy, roster: &roster, today };
            asked.fetch_add(world.ask_all(subject, role, &mut differences), Ordering::Relaxed);
        }
        differences
    };
    let differences: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(differences.is_empty(), "{}", differences[..differences.len().min(LISTED)].join("\n"));
    println!("{} questions, no difference", asked.load(Ordering::Relaxed));
}

/// Both evaluators over one district.
struct World<'a> {
    oracle: &'a Oracle,
    policy: &'a Policy,
    roster: &'a Roster,
    today: &'a str,
}

impl World<'_> {
    /// Asks everything about one subject; how many questions that were.
    fn ask_all(&self, subject: &str, role: &str, differences: &mut Vec<String>) -> usize {
        let carried: BTreeSet<(&str, &str)> =
            self.policy.rights(role).iter().map(|right| (right.resource_type, right.action)).collect();
        let filled: Vec<(Filled, Stored)> =
            patterns().iter().map(|pattern| filled(pattern.fill(subject, self.today))).collect();
        let mut asked = 0;
        for (resource_type, action, _) in self.policy.catalogue() {
            let step = if carried.contains(&(resource_type, action)) { 1 } else { SAMPLED };
            let ask = |(filled, stored): &(Filled, Stored)| {
                self.difference(&filled.question(subject, action, resource_type), stored)
            };
            let asking = filled.iter().step_by(step);
            asked += asking.len();
            differences.extend(asking.filter_map(ask));
            if differences.len() > LISTED {
                return asked;
            }
        }
        asked
    }

    fn difference(&self, question: &Question<'_>, stored: &Stored) -> Option<String> {
        let request = Request {
            subject: Subject { kind: question.subject_type, id: question.subject, properties: &[] },
            action: Action { name: question.action, properties: &[] },
            resource: stored.resource(question.resource_type, question.id),
            context: &[],
        };
        let ours = self.policy.decide(self.roster, &request, Day::parse(self.today).unwrap());
        let theirs = self.oracle.decide(question, self.today);
        let same = ours.is_allow() == theirs.allow && ours.reason.code() == theirs.reason;
        (!same).then(|| format!("{:?}: oracle {}, engine {}", request, theirs.reason, ours.reason.code()))
    }
}

/// A pattern with its properties as a resource's.
fn filled(filled: Filled) -> (Filled, Stored) {
    let stored = Stored {
        school: filled.school.clone(),
        student: filled.student.clone(),
        section: filled.section.clone(),
        created_by: filled.created_by.clone(),
        referred_to: filled.referred_to.clone(),
        role: filled.role.clone(),
        date: filled.date.as_deref().map(|date| Day::parse(date).unwrap()),
        free: Vec::new(),
    };
    (filled, stored)
}
