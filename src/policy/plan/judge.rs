//! Deciding about all rows at once: deny rules, assignments, grants, role governance, conditions.

use std::sync::Arc;

use super::Short;
use super::among::Among;
use super::draft::{Draft, Sketch, sketch};
use super::identity::identities;
use super::row::Row;
use super::scope::Scope;
use super::test::{Column, Test};
use crate::policy::census::Census;
use crate::policy::compiled::{Cell, Deny, Grant, Policy};
use crate::policy::condition::Sides;
use crate::policy::day::Day;
use crate::policy::decide::{Standing, Target};
use crate::policy::facts::{Org, Person};
use crate::policy::reach::holds;

/// Decides about rows, and notes why it leaves some out.
pub(super) struct Judge<'a, C> {
    pub(super) scope: Scope<'a, C>,
    pub(super) short: Option<Short>,
}

impl<'a, C: Census> Judge<'a, C> {
    /// What is allowed of some rows, whose id may be a property of them.
    pub(super) fn identified(&mut self, row: Row<'a>, target: Target<'_>) -> Sketch {
        let allowed = identities(self.scope.world, row).into_iter().map(|(which, row)| {
            self.scope.row = row;
            Sketch::all([which, self.judge(target)])
        });
        Sketch::any(allowed.collect::<Vec<_>>())
    }

    /// The rows that a target allows.
    fn judge(&mut self, target: Target<'_>) -> Sketch {
        let allowed = self.cell(target);
        match target.also() {
            Some(also) if !allowed.is_false() => Sketch::all([allowed, self.cell(also)]),
            Some(_) | None => allowed,
        }
    }

    fn cell(&mut self, target: Target<'_>) -> Sketch {
        let (policy, today) = (self.scope.world.policy, self.scope.world.today);
        let mut granted = Vec::new();
        for assignment in self.scope.row.subject.assignments {
            let (standing, grants) = policy.standing(assignment, target, today);
            if standing == Standing::Carries {
                granted.extend(grants.iter().map(|grant| self.grant(grant, target, &assignment.org)));
            }
        }
        let granted = Sketch::any(granted);
        if granted.is_false() {
            return granted;
        }
        let spared = target.cell.denies.iter().map(|at| match policy.denies.get(*at as usize) {
            Some(rule) => self.spared(rule, target.cell),
            None => Sketch::FALSE,
        });
        let spared: Vec<Sketch> = spared.collect();
        Sketch::all(spared.into_iter().chain([granted]))
    }

    /// The rows to which a deny rule does not apply; where its condition errs, it does.
    fn spared(&mut self, rule: &Deny, cell: &Cell) -> Sketch {
        let not_met = self.sides(rule.condition).map_or(Sketch::FALSE, |sides| sketch(&sides.not_met));
        if not_met.is_true() {
            return not_met;
        }
        let (world, subject) = (self.scope.world, self.scope.row.subject);
        let here = |org: &Arc<Org>| self.scope.org(cell.record, org);
        let held = subject.assignments.iter().filter(|held| {
            let is_it = |role: &u32| holds_at(world.policy, &subject, *role, world.today, &held.org);
            rule.unless.iter().any(is_it)
        });
        let unless: Vec<Sketch> = held.map(|held| here(&held.org)).collect();
        Sketch::any([not_met].into_iter().chain(unless))
    }

    fn grant(&mut self, grant: &Grant, target: Target<'_>, org: &Org) -> Sketch {
        if target.cell.assigns && target.role.is_none() {
            return Sketch::FALSE;
        }
        let met = self.sides(grant.condition).map_or(Sketch::TRUE, |sides| sketch(&sides.met));
        let limits = Sketch::all([met, self.governed(grant, target)]);
        if limits.is_false() {
            return limits;
        }
        Sketch::all([self.scope.reaches(grant.reach, grant.made_by, target.cell.record, org), limits])
    }

    /// The two sides of a condition, where there is one.
    fn sides(&mut self, condition: Option<u32>) -> Option<Sides> {
        let found = self.scope.world.policy.conditions.get(condition? as usize);
        let sides = found.map(|condition| condition.plan(&self.scope.row));
        if sides.as_ref().is_some_and(|sides| sides.unreadable) {
            self.short = Some(Short::ListColumn);
        }
        // A condition that isn't there errs.
        Some(sides.unwrap_or_else(Sides::error))
    }

    /// The rows for which role governance lets a grant pass.
    fn governed(&self, grant: &Grant, target: Target<'_>) -> Sketch {
        let (world, row) = (self.scope.world, &self.scope.row);
        let Some(at) = grant.governance else { return Sketch::TRUE };
        let Some(rules) = world.policy.governances.get(at as usize) else { return Sketch::FALSE };
        if target.role.is_some_and(|role| rules.roles_not.contains(&role)) {
            return Sketch::FALSE;
        }
        let (subject, id) = (row.request.subject.id, row.request.resource.id);
        if row.reads(&Column::Id) {
            let forbidden = rules.not_holding.iter().flat_map(|role| world.holders(*role));
            let forbidden = forbidden.map(|(_, users)| users).fold(Among::none(), |all, users| all.or(&users));
            let himself = if rules.not_self { Among::these([Arc::from(subject)]) } else { Among::none() };
            let ids = forbidden.or(&himself).not();
            return Sketch::is(Draft::Test(Test::Ids { column: Column::Id, ids, null: true }));
        }
        let held = |user: Person<'_>| {
            rules.not_holding.iter().any(|role| holds(world.policy, &user, *role, world.today, |_| true))
        };
        let forbidden = world.census.person(id).is_some_and(held);
        Sketch::constant(!(forbidden || rules.not_self && id == subject))
    }
}

/// Whether a person holds a role, in effect, at this organisation itself.
fn holds_at(policy: &Policy, person: &Person<'_>, role: u32, today: Day, org: &Org) -> bool {
    holds(policy, person, role, today, |place| place.id() == org.id())
}
