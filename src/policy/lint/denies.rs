//! Deny rules that take nothing away from anybody.

use super::super::code::Code;
use super::super::model::{DenyRule, Model, Reach};
use super::super::source::Finding;
use super::Cells;
use super::unused::granted;

/// Reports deny rules about what no role may do anyway, and those that spare every role that may.
pub(super) fn idle(model: &Model, findings: &mut Vec<Finding>) {
    if model.denies.is_empty() {
        return;
    }
    let (granted, students) = (granted(model), Cells::of_students(model));
    for rule in &model.denies {
        let cells = Cells::of(&rule.cells);
        let why = if !cells.meets(&granted) {
            "no role may do what it forbids"
        } else if spares_all(rule, &cells, &students, model) {
            "it spares every role that may do what it forbids"
        } else {
            continue;
        };
        let message = format!("the rule takes nothing away: {why}");
        findings.push(Code::IdleDeny.at(rule.at.clone(), message).help("remove it, or correct what it names"));
    }
}

/// Whether every grant of these cells is a spared role's, and counts only where the role spares: a role spares its holders
/// in the subtree at which they hold it.
fn spares_all(rule: &DenyRule, cells: &Cells, students: &Cells, model: &Model) -> bool {
    model.roles.iter().enumerate().all(|(at, role)| {
        let spared = rule.unless.contains(&at);
        role.grants.iter().all(|grant| {
            let about = Cells::of(grant.cells.iter().filter(|cell| cells.contains(**cell)));
            about.is_empty()
                || spared
                    && match grant.reach {
                        Reach::Org | Reach::Own => true,
                        Reach::Section => about.is_within(students),
                        Reach::Referred => false,
                    }
        })
    })
}
