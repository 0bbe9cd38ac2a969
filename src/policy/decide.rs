//! Deciding: total, pure, without allocation. The reasons stand in the order in which the contract wants them tried.

use super::compiled::{Cell, Grant, Policy, Role, TypeTable};
use super::condition::{Outcome, Scene};
use super::day::Day;
use super::decision::{Decision, Granted, Reason};
use super::facts::{Assignment, Facts, Org, Person};
use super::key::key;
use super::reach::{Case, Scope, completed};
use super::request::{Request, Resource};

/// What came of one grant of one assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    Allows,
    /// The scope does not hold: a fact is out of reach, or is not given.
    Scope(Scope),
    /// The scope holds, the condition or governance lacks a property.
    LacksProperty,
    /// The scope holds, the condition is not met.
    NotMet,
    /// The scope holds, role governance refuses.
    Refused,
}

/// One grant that was tried, from one organisation, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<'a> {
    pub(super) target: Target<'a>,
    pub(super) grant: &'a Grant,
    pub(super) org: &'a Org,
    pub(super) came: Tried,
}

/// How an assignment stands to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It carries grants for the action, and is in effect.
    Carries,
    /// Its role has no grant for the action.
    NoGrant,
    /// No policy file describes its role.
    UnknownRole,
    /// It would carry one, but it has ended or not begun.
    OutOfDates,
    /// It would carry one, but the role has no effect at this organisation, or not yet.
    WithoutEffect,
}

impl Standing {
    fn is_stale(self) -> bool {
        matches!(self, Self::OutOfDates | Self::WithoutEffect)
    }
}

/// Is told what was tried, for an explanation; deciding itself keeps nothing.
pub(super) trait Trace {
    /// Whether an assignment is to count.
    fn counts(&self, _assignment: &Assignment) -> bool {
        true
    }
    fn assignment(&mut self, _assignment: &Assignment, _standing: Standing) {}
    fn grant<F: Facts>(&mut self, _case: &Case<'_, '_, F>, _tried: &Trial<'_>) {}
    fn denied<F: Facts>(&mut self, _case: &Case<'_, '_, F>, _rule: u32) {}
}

impl Trace for () {}

impl Policy {
    /// Decides a request on a day. Never fails: whatever goes wrong is a deny with its reason.
    pub fn decide<'a, F: Facts>(&'a self, facts: &'a F, request: &Request<'_>, today: Day) -> Decision<'a> {
        self.judge(facts, request, today, &mut ())
    }

    pub(super) fn judge<'a, F: Facts>(
        &'a self,
        facts: &'a F,
        request: &Request<'_>,
        today: Day,
        trace: &mut impl Trace,
    ) -> Decision<'a> {
        let table = self.table(request);
        let id_is = table.and_then(|table| table.id_is);
        let Some(case) = Case::new(facts, request, id_is, today) else {
            return Decision::deny(Reason::UnknownSubject);
        };
        if !case.subject.active || !self.accepts(request) {
            return Decision::deny(Reason::UnknownSubject);
        }
        let target = match self.target(table, request) {
            Ok(target) => target,
            Err(reason) => return Decision::deny(reason),
        };
        self.judge_target(&case, target, trace)
    }

    /// The resource of a request as it is decided about: with what its record stores, and what its id stands for.
    pub fn tested<'f: 'r, 'r, F: Facts>(&self, facts: &'f F, request: &Request<'r>) -> Resource<'r> {
        match self.table(request) {
            Some(table) => completed(facts, request.resource, table.id_is).0,
            None => request.resource,
        }
    }

    /// Whether the type of the subject is one that is accepted.
    pub(super) fn accepts(&self, request: &Request<'_>) -> bool {
        self.subject_types.iter().any(|kind| kind == request.subject.kind)
    }

    /// Decides a case whose subject is active and of an accepted type.
    pub(super) fn judge_target<'a, F: Facts>(
        &'a self,
        case: &Case<'a, '_, F>,
        target: Target<'_>,
        trace: &mut impl Trace,
    ) -> Decision<'a> {
        let decision = self.judge_cell(case, target, trace);
        match target.also() {
            Some(also) if decision.is_allow() => {
                let assigned = self.judge_cell(case, also, trace);
                if assigned.is_allow() { decision } else { assigned }
            }
            _ => decision,
        }
    }

    /// The resource type that a request is about.
    pub(super) fn table(&self, request: &Request<'_>) -> Option<&TypeTable> {
        let kind = request.resource.kind;
        self.types.find(key(kind), kind).map(|(_, table)| table)
    }

    /// The cell that a request is about, and the role that it gives or takes away.
    pub(super) fn target<'p>(
        &'p self,
        table: Option<&'p TypeTable>,
        request: &Request<'_>,
    ) -> Result<Target<'p>, Reason> {
        let table = table.ok_or(Reason::UnknownResourceType)?;
        let action =
            table.actions.iter().position(|name| **name == *request.action.name).ok_or(Reason::UnknownAction)?;
        self.target_at(table, super::compiled::narrow(action), request)
    }

    /// The cell of a type's action by its number.
    pub(super) fn target_at<'p>(
        &'p self,
        table: &TypeTable,
        action: u32,
        request: &Request<'_>,
    ) -> Result<Target<'p>, Reason> {
        let at = table.first_cell + action;
        let cell = self.cells.get(at as usize).ok_or(Reason::UnknownAction)?;
        let mut target = Target { at, cell, role: None, also: None };
        if let Some(role) = request.resource.role.filter(|_| cell.assigns || cell.may_assign) {
            let found = self.roles.find(key(role), role).filter(|(_, found)| found.application == table.application);
            target.role = Some(found.ok_or(Reason::UnknownRole)?.0);
            target.also = if cell.may_assign {
                table.assign_role.and_then(|at| Some((at, self.cells.get(at as usize)?)))
            } else {
                None
            };
        }
        Ok(target)
    }

    pub(super) fn judge_cell<'a, F: Facts>(
        &'a self,
        case: &Case<'a, '_, F>,
        target: Target<'_>,
        trace: &mut impl Trace,
    ) -> Decision<'a> {
        if let Some(reason) = self.denied(case, target.cell, trace) {
            return Decision::deny(reason);
        }
        let mut tally = Tally::default();
        for assignment in case.subject.assignments {
            if !trace.counts(assignment) {
                continue;
            }
            let (standing, grants) = self.standing(assignment, target, case.today);
            trace.assignment(assignment, standing);
            tally.stale |= standing.is_stale();
            if let Some(grant) = self.first_allowing(case, grants, target, &assignment.org, &mut tally, trace) {
                return Decision::allow(self.granted(assignment, grant));
            }
        }
        Decision::deny(tally.reason())
    }

    /// How an assignment stands to a request, and the grants to try: none unless it carries some and is in effect.
    pub(super) fn standing(&self, assignment: &Assignment, target: Target<'_>, today: Day) -> (Standing, &[Grant]) {
        let Some((_, role)) = self.roles.find(assignment.role_key, &assignment.role) else {
            return (Standing::UnknownRole, &[]);
        };
        let grants = role.grants(target.at);
        if grants.is_empty() {
            (Standing::NoGrant, &[])
        } else if !assignment.period.contains(today) {
            (Standing::OutOfDates, &[])
        } else if !role.has_effect(&assignment.org, today) {
            (Standing::WithoutEffect, &[])
        } else {
            (Standing::Carries, grants)
        }
    }

    /// The role of an assignment that counts on a day.
    pub(super) fn role_in_effect(&self, assignment: &Assignment, today: Day) -> Option<&Role> {
        let (_, role) = self.roles.find(assignment.role_key, &assignment.role)?;
        (assignment.period.contains(today) && role.has_effect(&assignment.org, today)).then_some(role)
    }

    pub(super) fn first_allowing<'g, F: Facts>(
        &self,
        case: &Case<'_, '_, F>,
        grants: &'g [Grant],
        target: Target<'_>,
        org: &Org,
        tally: &mut Tally,
        trace: &mut impl Trace,
    ) -> Option<&'g Grant> {
        grants.iter().find(|grant| {
            let tried = self.try_grant(case, grant, target, org);
            trace.grant(case, &Trial { target, grant, org, came: tried });
            tally.count(tried);
            tried == Tried::Allows
        })
    }

    fn granted<'a>(&'a self, assignment: &'a Assignment, grant: &Grant) -> Granted<'a> {
        let label = self.labels.get(grant.label as usize);
        Granted { role: &assignment.role, org: assignment.org.id(), grant: label.map_or("", |label| &label.id) }
    }

    pub(super) fn try_grant<F: Facts>(
        &self,
        case: &Case<'_, '_, F>,
        grant: &Grant,
        target: Target<'_>,
        org: &Org,
    ) -> Tried {
        let scope = case.reaches(self, grant.reach, grant.made_by, target.cell.record, org);
        if scope != Scope::Holds {
            return Tried::Scope(scope);
        }
        if target.cell.assigns && target.role.is_none() {
            return Tried::LacksProperty;
        }
        if !self.governed(case, grant, target) {
            return Tried::Refused;
        }
        match self.outcome(case, grant.condition) {
            Outcome::Met => Tried::Allows,
            Outcome::Lacking => Tried::LacksProperty,
            Outcome::NotMet | Outcome::Error => Tried::NotMet,
        }
    }

    fn outcome<F: Facts>(&self, case: &Case<'_, '_, F>, condition: Option<u32>) -> Outcome {
        let Some(at) = condition else { return Outcome::Met };
        self.conditions.get(at as usize).map_or(Outcome::Error, |condition| condition.eval(&scene(case)))
    }

    /// Whether role governance lets the grant pass.
    fn governed<F: Facts>(&self, case: &Case<'_, '_, F>, grant: &Grant, target: Target<'_>) -> bool {
        let Some(at) = grant.governance else { return true };
        let Some(rules) = self.governances.get(at as usize) else { return false };
        let about_self = rules.not_self && case.request.resource.id == case.request.subject.id;
        let forbidden = target.role.is_some_and(|role| rules.roles_not.contains(&role));
        let held = |user: Person<'_>| rules.not_holding.iter().any(|role| case.holds(self, &user, *role, |_| true));
        !about_self && !forbidden && !case.managed_user().is_some_and(held)
    }

    /// Whether a deny rule applies to the action itself.
    pub(super) fn forbids<F: Facts>(&self, case: &Case<'_, '_, F>, target: Target<'_>) -> bool {
        self.denied(case, target.cell, &mut ()).is_some()
    }

    /// The reason why a deny rule applies, if one does.
    fn denied<F: Facts>(&self, case: &Case<'_, '_, F>, cell: &Cell, trace: &mut impl Trace) -> Option<Reason> {
        let mut reason = None;
        for at in &cell.denies {
            let Some(outcome) = self.bars(case, cell, *at) else { continue };
            trace.denied(case, *at);
            if outcome == Outcome::Met {
                return Some(Reason::DeniedByRule);
            }
            reason = Some(Reason::ConditionError);
        }
        reason
    }

    /// What a deny rule's condition came to, where the rule applies: it is met or errs, and nobody is spared.
    pub(super) fn bars<F: Facts>(&self, case: &Case<'_, '_, F>, cell: &Cell, rule: u32) -> Option<Outcome> {
        let Some(rule) = self.denies.get(rule as usize) else { return Some(Outcome::Error) };
        let outcome = self.outcome(case, rule.condition);
        let applies = matches!(outcome, Outcome::Met | Outcome::Error);
        let here = |org: &Org| case.org(cell.record, org) == Scope::Holds;
        let spared = |role: &u32| case.holds(self, &case.subject, *role, here);
        (applies && !rule.unless.iter().any(spared)).then_some(outcome)
    }
}

/// What the conditions of a case look at.
pub(super) fn scene<'c, F: Facts>(case: &'c Case<'_, '_, F>) -> Scene<'c> {
    let stored = case.stored.map_or([].as_slice(), |stored| &stored.free);
    Scene { request: &case.request, subject: case.subject.properties, record: stored, today: case.today }
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) at: u32,
    pub(super) cell: &'a Cell,
    /// The role given or taken away.
    pub(super) role: Option<u32>,
    /// A second cell that must allow it too.
    also: Option<(u32, &'a Cell)>,
}

impl Target<'_> {
    /// The second cell as a target of its own.
    pub(super) fn also(self) -> Option<Self> {
        self.also.map(|(at, cell)| Self { at, cell, also: None, ..self })
    }
}

/// What the grants that were tried come to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    tried: bool,
    not_lacking: bool,
    held: bool,
    stale: bool,
}

impl Tally {
    fn count(&mut self, tried: Tried) {
        self.tried = true;
        self.not_lacking |= !matches!(tried, Tried::LacksProperty | Tried::Scope(Scope::Lacking(_)));
        self.held |= !matches!(tried, Tried::Scope(_));
    }

    fn reason(self) -> Reason {
        match self {
            Self { tried: true, not_lacking: false, .. } => Reason::MissingAttribute,
            Self { tried: true, held: false, .. } => Reason::ScopeMismatch,
            Self { tried: true, .. } => Reason::ConditionNotMet,
            Self { stale: true, .. } => Reason::AssignmentNotInEffect,
            Self { .. } => Reason::NoGrant,
        }
    }
}
