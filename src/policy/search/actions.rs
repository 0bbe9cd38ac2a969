//! What somebody may do to a record: every action of its type, in one pass over their roles.

use super::super::compiled::{Policy, narrow};
use super::super::day::Day;
use super::super::decide::{Tally, Target};
use super::super::facts::Facts;
use super::super::reach::Case;
use super::super::request::Request;

/// An action that may yet be allowed.
struct Open<'p> {
    name: &'p str,
    target: Target<'p>,
    allowed: bool,
}

impl Policy {
    /// The actions of the resource's type that the subject may do to it, in the catalogue's order. The name of an action
    /// in the request does not count; what else it gives holds for each.
    pub fn actions<'a, F: Facts>(&'a self, facts: &'a F, request: &Request<'_>, today: Day) -> Vec<&'a str> {
        let Some(table) = self.table(request) else { return Vec::new() };
        let Some(case) = Case::new(facts, request, table.id_is, today) else { return Vec::new() };
        if !case.subject.active || !self.accepts(request) {
            return Vec::new();
        }
        let mut actions: Vec<Open<'_>> = Vec::with_capacity(table.actions.len());
        for (name, at) in table.actions.iter().zip(0..) {
            let target = self.target_at(table, narrow(at), request).ok();
            let open = target.filter(|target| !self.forbids(&case, *target));
            actions.extend(open.map(|target| Open { name, target, allowed: false }));
        }
        for assignment in case.subject.assignments {
            let Some(role) = self.role_in_effect(assignment, today) else { continue };
            for action in actions.iter_mut().filter(|action| !action.allowed) {
                let (grants, mut tally) = (role.grants(action.target.at), Tally::default());
                let found = self.first_allowing(&case, grants, action.target, &assignment.org, &mut tally, &mut ());
                action.allowed = found.is_some();
            }
        }
        let allowed = |at: u32| actions.iter().any(|action| action.target.at == at && action.allowed);
        let whole = |action: &&Open<'a>| action.allowed && action.target.also().is_none_or(|also| allowed(also.at));
        actions.iter().filter(whole).map(|action| action.name).collect()
    }
}
