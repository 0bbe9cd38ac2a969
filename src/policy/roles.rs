//! The policy read by people: its roles with their rows, and the rights that they come to.

use super::compiled::{Policy, Role};
use super::document::{RoleSheet, TestCase};
use super::fields::nearest;
use super::key::key;
use super::model::{Reach, Record};

/// One right of a role: an action of a resource type, and how far it reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right<'a> {
    /// The resource type.
    pub resource_type: &'a str,
    /// The action.
    pub action: &'a str,
    /// How far it reaches.
    pub reach: Reach,
    /// Anything that limits it further, in words; empty where nothing does.
    pub limits: Vec<String>,
    /// The grant, as `role#number`.
    pub grant: &'a str,
}

impl Policy {
    pub(super) fn role(&self, id: &str) -> Option<&Role> {
        self.roles.find(key(id), id).map(|(_, role)| role)
    }

    /// The role whose id is most like this one, if any is near enough to be what was meant.
    #[must_use]
    pub fn nearest_role(&self, id: &str) -> Option<&str> {
        nearest(id, self.roles.iter().map(|(id, _)| id))
    }

    /// All roles with their rows, by id.
    pub fn roles(&self) -> impl Iterator<Item = (&str, &RoleSheet)> {
        self.roles.iter().map(|(id, role)| (id, &role.sheet))
    }

    /// The row of a role.
    #[must_use]
    pub fn sheet(&self, role: &str) -> Option<&RoleSheet> {
        self.role(role).map(|role| &role.sheet)
    }

    /// Every resource type with its actions, each with the kind of record that it is about.
    pub fn catalogue(&self) -> impl Iterator<Item = (&str, &str, Record)> {
        self.types.iter().flat_map(|(name, table)| {
            let cells = (table.first_cell..).filter_map(|at| self.cells.get(at as usize));
            table.actions.iter().zip(cells).map(move |(action, cell)| (name, &**action, cell.record))
        })
    }

    /// The rights of a role, in the catalogue's order; none where there is no such role.
    #[must_use]
    pub fn rights(&self, role: &str) -> Vec<Right<'_>> {
        let Some(role) = self.role(role) else { return Vec::new() };
        let mut rights = Vec::new();
        for (resource_type, table) in self.types.iter() {
            for (cell, action) in (table.first_cell..).zip(&table.actions) {
                rights.extend(role.grants(cell).iter().map(|grant| Right {
                    resource_type,
                    action,
                    reach: grant.reach,
                    limits: self.limits(grant),
                    grant: self.labels.get(grant.label as usize).map_or("", |label| &label.id),
                }));
            }
        }
        rights
    }

    fn limits(&self, grant: &super::compiled::Grant) -> Vec<String> {
        let condition = grant.condition.and_then(|at| self.conditions.get(at as usize));
        let mut limits = self.limits_beside_condition(grant);
        let at = usize::from(grant.made_by.is_some());
        limits.splice(at..at, condition.map(|condition| format!("when {}", condition.text)));
        limits
    }

    /// What limits a grant beside its condition, in words.
    pub(super) fn limits_beside_condition(&self, grant: &super::compiled::Grant) -> Vec<String> {
        let names = |roles: &[u32]| roles.iter().map(|role| self.roles.name(*role)).collect::<Vec<_>>().join(", ");
        let mut limits = Vec::new();
        limits.extend(grant.made_by.map(|role| format!("made by {}", self.roles.name(role))));
        if let Some(rules) = grant.governance.and_then(|at| self.governances.get(at as usize)) {
            limits.extend((!rules.roles_not.is_empty()).then(|| format!("not the roles {}", names(&rules.roles_not))));
            limits.extend(rules.not_self.then(|| "not one's own record".to_owned()));
            limits.extend(
                (!rules.not_holding.is_empty()).then(|| format!("not people who hold {}", names(&rules.not_holding))),
            );
        }
        limits
    }

    /// The questions with expected answers that the set carries.
    #[must_use]
    pub fn tests(&self) -> &[TestCase] {
        &self.tests
    }
}
