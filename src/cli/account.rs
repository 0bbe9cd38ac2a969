//! How an answer came about, as a small tree for people and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::answer::Answer;
use super::look::{Paint, plain};
use crate::pdp::View;
use crate::policy::explain::{self, Explanation};
use crate::policy::model::Reach;

/// An answer with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Account {
    #[serde(flatten)]
    pub(super) answer: Answer,
    /// The deny rule that applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) denied_by: Option<String>,
    /// When that rule applies, whom it spares, and why there is such a rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) denied_because: Vec<String>,
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
    /// The scope that was tested.
    pub(super) reach: String,
    /// What failed, with the values compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) because: Option<String>,
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
        let Explanation { decision, denied_by, denied_because, assignments, would } = explanation;
        Self {
            answer: Answer::new(decision, view),
            denied_by: denied_by.clone(),
            denied_because: denied_because.clone(),
            assignments: assignments.iter().map(Holding::new).collect(),
            would: would.iter().map(Would::new).collect(),
        }
    }

    /// Lines for people.
    pub(super) fn human(&self, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.answer.headline(paint))?;
        match &self.denied_by {
            Some(rule) => self.rule(rule, paint, out)?,
            None => self.tree(paint, out)?,
        }
        if !self.would.is_empty() {
            writeln!(out, "\nroles that would allow it")?;
        }
        for Would { role, title, org, grant } in &self.would {
            writeln!(out, "  {} ({role}) at {org}, by {grant}", plain(title))?;
        }
        writeln!(out)?;
        self.answer.revisions(out)
    }

    /// The deny rule, and what made it apply.
    fn rule(&self, rule: &str, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "deny rule  {}", paint.strong(rule))?;
        self.denied_because.iter().try_for_each(|part| writeln!(out, "           {}", plain(part)))
    }

    fn tree(&self, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        if self.assignments.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nroles that they hold")?;
        for (holding, (stem, branch)) in with_branches(&self.assignments) {
            let (role, org) = (paint.strong(&plain(&holding.role)), plain(&holding.org));
            writeln!(out, "{stem} {role} at {org}{}", holding.words())?;
            for (attempt, twigs) in with_branches(&holding.grants) {
                attempt.human(branch, twigs, paint, out)?;
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
        let explain::Attempt { grant, place, clauses, outcome, fact, reach, because, .. } = attempt;
        Self {
            grant: grant.clone(),
            place: place.clone(),
            clauses: clauses.clone(),
            outcome: (*outcome).to_owned(),
            fact: fact.map(str::to_owned),
            reach: (*reach).to_owned(),
            because: because.clone(),
        }
    }

    /// The grant and what came of it; below it what it is for, the scope, and what failed.
    fn human(&self, branch: &str, (twig, leaf): (&str, &str), paint: Paint, out: &mut impl Write) -> io::Result<()> {
        let allows = self.outcome == "allows";
        let words = if allows { paint.good(&self.words()) } else { paint.bad(&self.words()) };
        writeln!(out, "{branch}  {twig} {}: {words} {}", self.grant, paint.faint(&format!("[{}]", self.place)))?;
        let clauses = self.clauses.iter().map(|clause| plain(clause));
        let scope = Reach::by_name(&self.reach).map(|reach| format!("reach: {}", reach.in_words()));
        let because = self.because.as_deref().map(|because| paint.bad(&plain(because)));
        let mut lines = clauses.chain(scope).chain(because);
        lines.try_for_each(|line| writeln!(out, "{branch}  {leaf}    {line}"))
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
