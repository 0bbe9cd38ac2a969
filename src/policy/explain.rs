//! Why the answer is what it is: every assignment of the subject, what each of its grants came to, and which roles
//! would have allowed it. The same code decides and explains, so the two cannot differ.

use super::compiled::{Deny, Grant, Policy, Role};
use super::day::Day;
use super::decide::{Standing, Target, Trace, Trial, Tried, scene};
use super::decision::{Decision, Reason};
use super::facts::{Assignment, Facts, Person};
use super::fields::shown;
use super::matrix::DenyRule;
use super::reach::{Case, Fact, Scope};
use super::request::Request;

/// An answer with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The answer.
    pub decision: Decision<'a>,
    /// The deny rule that applies or erred, as `application.id`.
    pub denied_by: Option<String>,
    /// When that rule applies, with the values compared, whom it spares, and why there is such a rule.
    pub denied_because: Vec<String>,
    /// The subject's assignments, in the directory's order; after an allow, no more.
    pub assignments: Vec<Holding>,
    /// For a deny: roles that would allow it, and where they would have to be held.
    pub would: Vec<Would>,
}

/// An assignment of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The role.
    pub role: String,
    /// Where it is held.
    pub org: String,
    /// How it stands to the request: `carries_grant`, `no_grant`, `unknown_role`, `out_of_dates` or `without_effect_here`
    /// (the wrong kind of organisation, or a role that is not available yet).
    pub standing: &'static str,
    /// What its grants came to; none where it carries none that count.
    pub grants: Vec<Attempt>,
}

/// What came of one grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The grant, as `role#number`.
    pub grant: String,
    /// Where it stands, as `file:line`.
    pub place: String,
    /// The clauses of the guide that it comes from, in the policy's words.
    pub clauses: Vec<String>,
    /// `allows`, `out_of_reach`, `fact_missing`, `property_missing`, `condition_not_met` or `governance_refuses`.
    pub outcome: &'static str,
    /// The fact that failed or is missing, where it is one.
    pub fact: Option<&'static str>,
    /// The grant's number among all of the policy.
    pub(crate) label: u32,
    /// The scope that was tested: `org`, `section`, `own` or `referred`.
    pub reach: &'static str,
    /// What failed, in words, with the values compared; `None` where it allows. It tells what the directory knows.
    pub because: Option<String>,
}

/// A role that would allow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Would {
    /// The role.
    pub role: String,
    /// The role's name for people.
    pub title: String,
    /// Where it would have to be held.
    pub org: String,
    /// The grant that would allow it.
    pub grant: String,
}

impl Policy {
    /// Decides a request and says why.
    pub fn explain<'a, F: Facts>(&'a self, facts: &'a F, request: &Request<'_>, today: Day) -> Explanation<'a> {
        self.explain_as(facts, request, today, None)
    }

    /// The same, and of the subject's assignments only those of one role count, where one is named.
    pub fn explain_as<'a, F: Facts>(
        &'a self,
        facts: &'a F,
        request: &Request<'_>,
        today: Day,
        role: Option<&str>,
    ) -> Explanation<'a> {
        let explanation = self.tried(facts, request, today, role);
        let hopeless = explanation.denied_by.is_some() || explanation.decision.reason == Reason::UnknownSubject;
        if explanation.decision.is_allow() || hopeless {
            return explanation;
        }
        Explanation { would: self.would(facts, request, today), ..explanation }
    }

    /// The same, without looking for roles that would allow it.
    pub(super) fn tried<'a, F: Facts>(
        &'a self,
        facts: &'a F,
        request: &Request<'_>,
        today: Day,
        role: Option<&str>,
    ) -> Explanation<'a> {
        let mut record = Record { policy: self, role, assignments: Vec::new(), denied: None };
        let decision = self.judge(facts, request, today, &mut record);
        let Record { assignments, denied, .. } = record;
        let (denied_by, denied_because) = denied.unzip();
        let denied_because = denied_because.unwrap_or_default();
        Explanation { decision, denied_by, denied_because, assignments, would: Vec::new() }
    }

    /// Roles that would allow it, each at the organisation nearest the record.
    fn would<F: Facts>(&self, facts: &F, request: &Request<'_>, today: Day) -> Vec<Would> {
        let table = self.table(request);
        let case = Case::new(facts, request, table.and_then(|table| table.id_is), today);
        let (Some(case), Ok(target)) = (case, self.target(table, request)) else { return Vec::new() };
        let refused = |target: &Target<'_>| !self.judge_cell(&case, *target, &mut ()).is_allow();
        let targets: Vec<Target<'_>> = [Some(target), target.also()].into_iter().flatten().filter(refused).collect();
        let places = case.places();
        let mut found = Vec::new();
        for (name, role) in self.roles.iter() {
            let here = places.iter().find_map(|org| Some((org, self.allowing(&case, role, &targets, org)?)));
            found.extend(here.map(|(org, grant)| Would {
                role: name.to_owned(),
                title: role.sheet.title.clone(),
                org: org.id().to_owned(),
                grant: self.labels.get(grant.label as usize).map_or_else(String::new, |label| label.id.to_string()),
            }));
        }
        found
    }

    /// The first of a role's grants that together allow everything that was refused.
    fn allowing<'p, F: Facts>(
        &'p self,
        case: &Case<'_, '_, F>,
        role: &'p Role,
        targets: &[Target<'_>],
        org: &super::facts::Org,
    ) -> Option<&'p Grant> {
        if !role.has_effect(org, case.today) {
            return None;
        }
        let allows = |target: &Target<'_>| {
            role.grants(target.at).iter().find(|grant| self.try_grant(case, grant, *target, org) == Tried::Allows)
        };
        let grants = targets.iter().map(allows).collect::<Option<Vec<_>>>()?;
        grants.first().copied()
    }
}

impl Policy {
    /// What kept a grant from allowing, with the values compared.
    fn because<F: Facts>(&self, case: &Case<'_, '_, F>, trial: &Trial<'_>) -> Option<String> {
        match trial.came {
            Tried::Allows => None,
            Tried::Scope(scope) => case.told(self, trial, scope),
            Tried::LacksProperty if trial.target.cell.assigns && trial.target.role.is_none() => {
                Some("role is not given".to_owned())
            }
            Tried::LacksProperty | Tried::NotMet => {
                let condition = self.conditions.get(trial.grant.condition? as usize)?;
                Some(format!("when {}", condition.told(&scene(case))))
            }
            Tried::Refused => self.excepted(case, trial),
        }
    }

    /// Which role or person it is that role governance excepts.
    fn excepted<F: Facts>(&self, case: &Case<'_, '_, F>, trial: &Trial<'_>) -> Option<String> {
        let rules = self.governances.get(trial.grant.governance? as usize)?;
        let resource = &case.request.resource;
        if rules.not_self && resource.id == case.request.subject.id {
            return Some(format!("user: {} is whoever asks", shown(resource.id)));
        }
        if let Some(role) = trial.target.role.filter(|role| rules.roles_not.contains(role)) {
            return Some(format!("role: {} is excepted", self.roles.name(role)));
        }
        let user: Person<'_> = case.managed_user()?;
        let held = rules.not_holding.iter().find(|role| case.holds(self, &user, **role, |_| true))?;
        Some(format!("user: {} holds {}", shown(resource.id), self.roles.name(*held)))
    }

    /// When a deny rule applies, with the values compared, whom it spares, and why there is such a rule.
    fn denied_because<F: Facts>(&self, case: &Case<'_, '_, F>, rule: &Deny) -> Vec<String> {
        let condition = rule.condition.and_then(|at| self.conditions.get(at as usize));
        let when = condition.map_or("always".to_owned(), |condition| format!("when {}", condition.told(&scene(case))));
        let DenyRule { unless, because, .. } = self.deny_rule(rule);
        let spares = (!unless.is_empty()).then(|| format!("spares {} where they reach the record", unless.join(", ")));
        [Some(when), spares, Some(format!("because {because}"))].into_iter().flatten().collect()
    }
}

/// Keeps what is tried.
struct Record<'p> {
    policy: &'p Policy,
    /// The one role that counts.
    role: Option<&'p str>,
    assignments: Vec<Holding>,
    /// The rule that denies, and why.
    denied: Option<(String, Vec<String>)>,
}

impl Trace for Record<'_> {
    fn counts(&self, assignment: &Assignment) -> bool {
        self.role.is_none_or(|role| *assignment.role == *role)
    }

    fn assignment(&mut self, assignment: &Assignment, standing: Standing) {
        let holding = Holding {
            role: assignment.role.to_string(),
            org: assignment.org.id().to_owned(),
            standing: code(standing),
            grants: Vec::new(),
        };
        self.assignments.push(holding);
    }

    fn grant<F: Facts>(&mut self, case: &Case<'_, '_, F>, trial: &Trial<'_>) {
        let Some(label) = self.policy.labels.get(trial.grant.label as usize) else { return };
        let (outcome, fact) = outcome(trial.came);
        let role = label.id.split('#').next().unwrap_or_default();
        let sheet = self.policy.role(role).map(|role| &role.sheet);
        let clauses = label.clauses.iter().filter_map(|number| sheet?.clauses.get(number)).cloned().collect();
        let attempt = Attempt {
            grant: label.id.to_string(),
            place: format!("{}:{}", label.at.file, label.at.line),
            clauses,
            outcome,
            fact,
            label: trial.grant.label,
            reach: trial.grant.reach.name(),
            because: self.policy.because(case, trial),
        };
        self.assignments.last_mut().into_iter().for_each(|holding| holding.grants.push(attempt.clone()));
    }

    fn denied<F: Facts>(&mut self, case: &Case<'_, '_, F>, rule: u32) {
        let rule = self.policy.denies.get(rule as usize);
        self.denied = rule.map(|rule| (rule.id.to_string(), self.policy.denied_because(case, rule)));
    }
}

fn code(standing: Standing) -> &'static str {
    match standing {
        Standing::Carries => "carries_grant",
        Standing::NoGrant => "no_grant",
        Standing::UnknownRole => "unknown_role",
        Standing::OutOfDates => "out_of_dates",
        Standing::WithoutEffect => "without_effect_here",
    }
}

fn outcome(tried: Tried) -> (&'static str, Option<&'static str>) {
    match tried {
        Tried::Allows | Tried::Scope(Scope::Holds) => ("allows", None),
        Tried::Scope(Scope::Outside(fact)) => ("out_of_reach", Some(name(fact))),
        Tried::Scope(Scope::Lacking(fact)) => ("fact_missing", Some(name(fact))),
        Tried::LacksProperty => ("property_missing", None),
        Tried::NotMet => ("condition_not_met", None),
        Tried::Refused => ("governance_refuses", None),
    }
}

/// A fact as a caller spells it.
fn name(fact: Fact) -> &'static str {
    match fact {
        Fact::Student => "student",
        Fact::School => "school",
        Fact::Section => "section",
        Fact::CreatedBy => "created_by",
        Fact::Maker => "role of created_by",
        Fact::ReferredTo => "referred_to",
        Fact::ManagedUser => "organisations of the managed user",
        Fact::District => "district",
        Fact::Taught => "sections that the subject teaches",
        Fact::Place => "student, school or section",
    }
}
