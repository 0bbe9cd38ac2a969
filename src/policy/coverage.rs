//! Which grants and clauses the tests of a policy set reach: a grant is covered where an expected allow is its doing, a
//! limit of it where an expected deny is.

use std::collections::{BTreeMap, BTreeSet};

use super::compiled::{Grant, Policy, Role};
use super::explain::{Attempt, Explanation};
use super::model::{Reach, Record};
use super::source::Place;

/// What keeps a grant from allowing everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// How far it reaches.
    Reach,
    /// Who must have made the record.
    MadeBy,
    /// Its condition.
    Condition,
    /// The roles and people that it excepts.
    Exceptions,
}

impl Limit {
    /// Its name for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::MadeBy => "made_by",
            Self::Condition => "condition",
            Self::Exceptions => "exceptions",
        }
    }

    /// The limit that an attempt failed at; none where it allowed, or lacked no more than a role to be given.
    fn of(attempt: &Attempt) -> Option<Self> {
        match attempt.outcome {
            "out_of_reach" | "fact_missing" if attempt.fact == Some("role of created_by") => Some(Self::MadeBy),
            "out_of_reach" | "fact_missing" => Some(Self::Reach),
            "condition_not_met" | "property_missing" => Some(Self::Condition),
            "governance_refuses" => Some(Self::Exceptions),
            _ => None,
        }
    }
}

/// What one answer shows of the grants that were tried for it.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    allowed: Vec<u32>,
    refused: Vec<(u32, Limit)>,
}

impl Marks {
    /// Those of an answer: of an allow what allowed it, of a deny what was refused.
    #[must_use]
    pub fn of(explanation: &Explanation<'_>) -> Self {
        let tried = || explanation.assignments.iter().flat_map(|holding| &holding.grants);
        if explanation.decision.is_allow() {
            let allowed = tried().filter(|attempt| attempt.outcome == "allows").map(|attempt| attempt.label);
            return Self { allowed: allowed.collect(), refused: Vec::new() };
        }
        let refused = tried().filter_map(|attempt| Some((attempt.label, Limit::of(attempt)?)));
        Self { allowed: Vec::new(), refused: refused.collect() }
    }
}

/// The marks of all tests that passed.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    allowed: BTreeSet<u32>,
    refused: BTreeSet<(u32, Limit)>,
}

/// A grant of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantCoverage {
    /// The role that has it.
    pub role: String,
    /// The grant, as `role#number`: of the role that it was written for, where that is included.
    pub grant: String,
    /// Where it stands; of an included one, the include.
    pub at: Place,
    /// Whether an expected allow is its doing.
    pub decides: bool,
    /// Its limits, each with whether an expected deny is its doing.
    pub limits: Vec<(Limit, bool)>,
    /// The clauses of the role that it comes from.
    clauses: Vec<u32>,
}

/// A clause of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseCoverage {
    /// The role.
    pub role: String,
    /// Its number.
    pub number: u32,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub at: Place,
    /// Whether a grant that comes from it decides an expected allow.
    pub covered: bool,
}

/// All grants and all clauses of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The grants, by role.
    pub grants: Vec<GrantCoverage>,
    /// The clauses, by role.
    pub clauses: Vec<ClauseCoverage>,
}

impl Coverage {
    /// Counts what a test that passed shows.
    pub fn count(&mut self, marks: Marks) {
        self.allowed.extend(marks.allowed);
        self.refused.extend(marks.refused);
    }

    /// What that comes to.
    #[must_use]
    pub fn report(&self, policy: &Policy) -> Report {
        let mut report = Report::default();
        for (id, role) in policy.roles.iter() {
            let grants: Vec<GrantCoverage> =
                carried(policy, role).into_iter().filter_map(|carried| self.grant(policy, id, &carried)).collect();
            report.clauses.extend(clauses(id, role, &grants));
            report.grants.extend(grants);
        }
        report
    }

    fn grant(&self, policy: &Policy, role: &str, carried: &Carried) -> Option<GrantCoverage> {
        let number = carried.grant.label;
        let label = policy.labels.get(number as usize)?;
        let limits = carried.limits().map(|limit| (limit, self.refused.contains(&(number, limit))));
        let through = label.through.as_ref();
        Some(GrantCoverage {
            role: role.to_owned(),
            grant: label.id.to_string(),
            at: through.map_or(&label.at, |through| &through.at).clone(),
            decides: self.allowed.contains(&number),
            limits: limits.collect(),
            clauses: through.map_or(&label.clauses, |through| &through.clauses).clone(),
        })
    }
}

/// A grant with the kinds of records that it is about.
struct Carried {
    grant: Grant,
    records: Vec<Record>,
}

impl Carried {
    /// What could refuse it. Records that are tied to nothing are within every reach.
    fn limits(&self) -> impl Iterator<Item = Limit> {
        let Grant { reach, made_by, condition, governance, .. } = self.grant;
        let reaches = reach == Reach::Org && self.records.iter().all(|record| *record == Record::Open);
        let limits = [
            (!reaches).then_some(Limit::Reach),
            made_by.map(|_| Limit::MadeBy),
            condition.map(|_| Limit::Condition),
            governance.map(|_| Limit::Exceptions),
        ];
        limits.into_iter().flatten()
    }
}

/// The grants of a role, in the order in which they stand.
fn carried(policy: &Policy, role: &Role) -> Vec<Carried> {
    let mut found: BTreeMap<u32, Carried> = BTreeMap::new();
    for (at, cell) in (0..).zip(&policy.cells) {
        for grant in role.grants(at) {
            let carried = found.entry(grant.label).or_insert_with(|| Carried { grant: *grant, records: Vec::new() });
            carried.records.push(cell.record);
        }
    }
    found.into_values().collect()
}

fn clauses(id: &str, role: &Role, grants: &[GrantCoverage]) -> Vec<ClauseCoverage> {
    let covered = |number: &u32| grants.iter().any(|grant| grant.decides && grant.clauses.contains(number));
    let written = role.sheet.clauses.iter().filter_map(|(number, text)| {
        Some(ClauseCoverage {
            role: id.to_owned(),
            number: *number,
            text: text.clone(),
            at: role.clauses_at.get(number)?.clone(),
            covered: covered(number),
        })
    });
    written.collect()
}
