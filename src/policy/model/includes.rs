//! Includes: a role has its own grants and those of the roles that it includes, with their reach or the one that the
//! include names. A clause is one of the role that wrote it, so copies name none.

use std::collections::HashSet;

use super::super::code::Code;
use super::super::source::{Finding, Place};
use super::order::order;
use super::{Grant, Model, Reach};

/// The most grants that all includes of a set may copy.
const MOST_COPIES: usize = 100_000;

/// A role that another includes.
#[derive(Debug)]
pub(super) struct Include {
    pub(super) at: Place,
    pub(super) role: usize,
    pub(super) reach: Option<Reach>,
    pub(super) through: Through,
}

/// Where a role says that it includes another, and which of its own clauses that comes from.
#[derive(Clone, Debug)]
pub(crate) struct Through {
    pub(crate) at: Place,
    pub(crate) clauses: Vec<u32>,
}

/// Copies the grants of included roles; `includes` lists them for each role of the model.
pub(super) fn write_out(includes: &[Vec<Include>], model: &mut Model, findings: &mut Vec<Finding>) {
    let needs: Vec<Vec<usize>> =
        includes.iter().map(|list| list.iter().map(|include| include.role).collect()).collect();
    let order = order(&needs);
    if let Some((role, by)) = order.circle {
        let name = |at: usize| model.roles.get(at).map_or("", |role| role.id.as_str());
        let at = includes.get(role).into_iter().flatten().find(|include| include.role == by);
        let message = format!("`{}` includes itself by way of `{}`", name(role), name(by));
        findings.extend(at.map(|include| {
            Code::Circle.at(include.at.clone(), message).help("take one of the includes on this way out")
        }));
    }
    let mut copies = 0;
    for role in order.first_to_last {
        for include in includes.get(role).into_iter().flatten() {
            let theirs = copied(include, role, model);
            copies += theirs.len();
            if copies > MOST_COPIES {
                let message = format!("the includes of the set come to more than {MOST_COPIES} grants");
                findings.push(Code::TooLarge.at(include.at.clone(), message).help("include less"));
                return;
            }
            if let Some(role) = model.roles.get_mut(role) {
                role.grants.extend(theirs);
            }
        }
    }
}

/// The grants that an include adds, less those that the role has.
fn copied(include: &Include, role: usize, model: &Model) -> Vec<Grant> {
    let grants = |at: usize| model.roles.get(at).into_iter().flat_map(|role| &role.grants);
    let reach = |grant: &Grant| include.reach.unwrap_or(grant.reach);
    let had: HashSet<(&str, Reach)> = grants(role).map(|grant| (&*grant.id, grant.reach)).collect();
    let mut added = HashSet::new();
    grants(include.role)
        .filter(|grant| !had.contains(&(&*grant.id, reach(grant))) && added.insert((&grant.id, reach(grant))))
        .map(|grant| {
            let through = Some(include.through.clone());
            Grant { clauses: Vec::new(), through, reach: reach(grant), ..grant.clone() }
        })
        .collect()
}
