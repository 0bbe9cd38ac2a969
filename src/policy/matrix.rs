//! The rights of roles folded into cells, one for each role and resource type, and the deny rules beside them: what a
//! table of the whole policy is drawn from. A cell says everything that deciding knows of its grants.

use std::collections::BTreeMap;

use super::compiled::{Deny, Policy, narrow};
use super::key::key;
use super::model::Reach;
use super::roles::Right;

/// Actions of one resource type that a role may do equally far, under the same limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share<'a> {
    /// How far they reach.
    pub reach: Reach,
    /// What limits them further, in words; empty where nothing does.
    pub limits: Vec<String>,
    /// The actions, in the catalogue's order, none twice.
    pub actions: Vec<&'a str>,
    /// Whether a deny rule is about one of them.
    pub deniable: bool,
}

/// A rule that overrides every grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenyRule<'a> {
    /// The rule, as `application.id`.
    pub id: &'a str,
    /// When it applies; `None`: always.
    pub when: Option<&'a str>,
    /// Roles that are spared where they reach the record.
    pub unless: Vec<&'a str>,
    /// Why there is such a rule.
    pub because: &'a str,
}

impl DenyRule<'_> {
    /// When it applies, whom it spares, and why.
    #[must_use]
    pub fn in_words(&self) -> String {
        let when = self.when.map_or("always".to_owned(), |when| format!("when {when}"));
        let unless =
            if self.unless.is_empty() { String::new() } else { format!("; spares {}", self.unless.join(", ")) };
        format!("{when}{unless}; because {}", self.because)
    }
}

impl Policy {
    /// The rights of a role by resource type, in the catalogue's order; types of which it has none are left out.
    #[must_use]
    pub fn shares(&self, role: &str) -> Vec<(&str, Vec<Share<'_>>)> {
        let mut folded: Vec<(&str, Vec<Share<'_>>)> = Vec::new();
        for right in self.rights(role) {
            if folded.last().is_none_or(|(name, _)| *name != right.resource_type) {
                folded.push((right.resource_type, Vec::new()));
            }
            let deniable = !self.denies_at(right.resource_type, right.action).is_empty();
            folded.last_mut().into_iter().for_each(|(_, shares)| add(shares, &right, deniable));
        }
        folded
            .iter_mut()
            .for_each(|(_, shares)| shares.sort_by(|a, b| (a.reach, &a.limits).cmp(&(b.reach, &b.limits))));
        folded
    }

    /// The roles that may do an action, each with its rights to it; none where there is no such action.
    #[must_use]
    pub fn roles_that_may(&self, resource_type: &str, action: &str) -> BTreeMap<&str, Vec<Right<'_>>> {
        let Some(cell) = self.cell_number(resource_type, action) else { return BTreeMap::new() };
        let carrying = self.roles.iter().filter(|(_, role)| !role.grants(cell).is_empty());
        let rights = |name| {
            let all = self.rights(name).into_iter();
            all.filter(|right| right.resource_type == resource_type && right.action == action).collect()
        };
        carrying.map(|(name, _)| (name, rights(name))).collect()
    }

    /// The actions of a resource type; `None` where no application declares it.
    #[must_use]
    pub fn actions_of(&self, resource_type: &str) -> Option<impl Iterator<Item = &str>> {
        let (_, table) = self.types.find(key(resource_type), resource_type)?;
        Some(table.actions.iter().map(|action| &**action))
    }

    /// All deny rules.
    pub fn deny_rules(&self) -> impl Iterator<Item = DenyRule<'_>> {
        self.denies.iter().map(|rule| self.deny_rule(rule))
    }

    /// The deny rules about an action of a resource type.
    #[must_use]
    pub fn denies_at(&self, resource_type: &str, action: &str) -> Vec<DenyRule<'_>> {
        let cell = self.cell_number(resource_type, action).and_then(|at| self.cells.get(at as usize));
        let rules = cell.map_or([].as_slice(), |cell| &cell.denies).iter();
        rules.filter_map(|at| self.denies.get(*at as usize)).map(|rule| self.deny_rule(rule)).collect()
    }

    fn cell_number(&self, resource_type: &str, action: &str) -> Option<u32> {
        let (_, table) = self.types.find(key(resource_type), resource_type)?;
        let at = table.actions.iter().position(|known| **known == *action)?;
        Some(table.first_cell + narrow(at))
    }

    pub(super) fn deny_rule<'a>(&'a self, rule: &'a Deny) -> DenyRule<'a> {
        let condition = rule.condition.and_then(|at| self.conditions.get(at as usize));
        DenyRule {
            id: &rule.id,
            when: condition.map(|condition| condition.text.as_str()),
            unless: rule.unless.iter().map(|role| self.roles.name(*role)).collect(),
            because: &rule.because,
        }
    }
}

fn add<'a>(shares: &mut Vec<Share<'a>>, right: &Right<'a>, deniable: bool) {
    let known = shares.iter_mut().find(|share| share.reach == right.reach && share.limits == right.limits);
    match known {
        Some(share) => {
            share.deniable |= deniable;
            if !share.actions.contains(&right.action) {
                share.actions.push(right.action);
            }
        }
        None => {
            let (reach, limits, actions) = (right.reach, right.limits.clone(), vec![right.action]);
            shares.push(Share { reach, limits, actions, deniable });
        }
    }
}
