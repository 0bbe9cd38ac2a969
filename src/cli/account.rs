//! How an answer came about, as a small tree for people and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::Answer;
use crate::pdp::View;
use crate::policy::explain::{self, Explanation};

/// An answer with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Account {
    #[serde(flatten)]
    pub(super) answer: Answer,
    /// The deny rule that applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) denied_by: Option<String>,
    /// The subject's assignments.
    pub(super) assignments: Vec<Holding>,
    /// Roles that would allow it.
    pub(super) would: Vec<Would>,
}

/// An assignment of the subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Holding {
    pub(super) role: String,
    pub(super) org: String,
    pub(super) standing: String,
    pub(super) grants: Vec<Attempt>,
}

/// What came of one grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Attempt {
    pub(super) grant: String,
    pub(super) place: String,
    pub(super) clauses: Vec<String>,
    pub(super) outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fact: Option<String>,
}

/// A role that would allow it, were it held at `org`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Would {
    pub(super) role: String,
    pub(super) title: String,
    pub(super) org: String,
    pub(super) grant: String,
}

impl Account {
    /// The explanation of a view.
    pub(super) fn new(explanation: &Explanation<'_>, view: &View<'_>) -> Self {
        let Explanation { decision, denied_by, assignments, would } = explanation;
        Self {
            answer: Answer::new(decision, view),
            denied_by: denied_by.clone(),
            assignments: assignments.iter().map(Holding::new).collect(),
            would: would.iter().map(Would::new).collect(),
        }
    }

    /// Lines for people.
    pub(super) fn human(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.answer.headline())?;
        if let Some(rule) = &self.denied_by {
            writeln!(out, "deny rule  {rule}")?;
        }
        if self.denied_by.is_none() {
            self.tree(out)?;
        }
        if !self.would.is_empty() {
            writeln!(out, "\nroles that would allow it")?;
        }
        for Would { role, title, org, grant } in &self.would {
            writeln!(out, "  {title} ({role}) at {org}, by {grant}")?;
        }
        writeln!(out)?;
        self.answer.revisions(out)
    }

    fn tree(&self, out: &mut impl Write) -> io::Result<()> {
        if self.assignments.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nroles that they hold")?;
        for (holding, (stem, branch)) in with_branches(&self.assignments) {
            writeln!(out, "{stem} {} at {}{}", holding.role, holding.org, holding.words())?;
            for (attempt, twigs) in with_branches(&holding.grants) {
                attempt.human(branch, twigs, out)?;
            }
        }
        Ok(())
    }
}

impl Holding {
    fn new(holding: &explain::Holding) -> Self {
        let explain::Holding { role, org, standing, grants } = holding;
        let grants = grants.iter().map(Attempt::new).collect();
        Self { role: role.clone(), org: org.clone(), standing: (*standing).to_owned(), grants }
    }
}

impl Holding {
    /// Why none of its grants was tried.
    fn words(&self) -> &'static str {
        match self.standing.as_str() {
            "no_grant" => ": has no grant for it",
            "unknown_role" => ": no policy file describes this role",
            "out_of_dates" => ": has ended, or not begun",
            "without_effect_here" => ": has no effect at this organisation, or not yet",
            _ => "",
        }
    }
}

impl Attempt {
    fn new(attempt: &explain::Attempt) -> Self {
        let explain::Attempt { grant, place, clauses, outcome, fact, .. } = attempt;
        Self {
            grant: grant.clone(),
            place: place.clone(),
            clauses: clauses.clone(),
            outcome: (*outcome).to_owned(),
            fact: fact.map(str::to_owned),
        }
    }

    fn human(&self, branch: &str, (twig, leaf): (&str, &str), out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{branch}  {twig} {}: {} [{}]", self.grant, self.words(), self.place)?;
        self.clauses.iter().try_for_each(|clause| writeln!(out, "{branch}  {leaf}    {clause}"))
    }

    /// What came of it.
    pub(super) fn words(&self) -> String {
        let fact = self.fact.as_deref().unwrap_or_default();
        match self.outcome.as_str() {
            "allows" => "allows it".to_owned(),
            "out_of_reach" => format!("does not reach the record: {fact}"),
            "fact_missing" => format!("tests what the question leaves out: {fact}"),
            "property_missing" => "its condition tests a property that is not given".to_owned(),
            "condition_not_met" => "its condition is not met".to_owned(),
            "governance_refuses" => "it excepts this role or this person".to_owned(),
            other => other.to_owned(),
        }
    }
}

impl Would {
    fn new(would: &explain::Would) -> Self {
        let explain::Would { role, title, org, grant } = would;
        Self { role: role.clone(), title: title.clone(), org: org.clone(), grant: grant.clone() }
    }
}

/// Items with the lines that lead to them, and past them to what hangs below.
fn with_branches<T>(items: &[T]) -> impl Iterator<Item = (&T, (&'static str, &'static str))> {
    let last = items.len().saturating_sub(1);
    items.iter().enumerate().map(move |(at, item)| (item, if at == last { ("└─", " ") } else { ("├─", "│") }))
}
