//! Conditions, role governance and deny rules: their names resolved.

use std::collections::BTreeSet;

use super::super::condition::{self, Declared};
use super::super::document::{ApplicationDoc, DenyDoc, GrantDoc};
use super::super::fields::{Name, nearest, shown};
use super::super::source::Finding;
use super::roles::{about_users, actions};
use super::topics::Words;
use super::{Apart, Catalogue, DenyRule, Model, unknown};

/// Whom and what a manager of users may manage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Governance {
    /// Roles that may be neither given nor taken away.
    pub(crate) roles_not: Vec<usize>,
    /// Not one's own record.
    pub(crate) not_self: bool,
    /// Not the record of anybody who holds one of these.
    pub(crate) not_holding: Vec<usize>,
}

pub(super) fn role_index(name: &Name, ids: &[String], findings: &mut Vec<Finding>) -> Option<usize> {
    let found = ids.iter().position(|id| *id == name.text);
    if found.is_none() {
        findings.push(unknown(name, "role", ids.iter().map(String::as_str)));
    }
    found
}

fn role_indices(names: &[Name], ids: &[String], findings: &mut Vec<Finding>) -> Vec<usize> {
    names.iter().filter_map(|name| role_index(name, ids, findings)).collect()
}

/// Parses a condition over the properties of some types; its index among the model's conditions.
pub(super) fn condition(
    text: &Name,
    application: usize,
    types: &[usize],
    model: &mut Model,
    findings: &mut Vec<Finding>,
) -> Option<usize> {
    let catalogue = &model.catalogue;
    let declared = |part: &str, name: &str| declared(catalogue, application, types, part, name);
    match condition::parse(text, &declared) {
        Ok(condition) => {
            let known = model.conditions.iter().position(|known| *known == condition);
            Some(known.unwrap_or_else(|| {
                model.conditions.push(condition);
                model.conditions.len() - 1
            }))
        }
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

fn declared(catalogue: &Catalogue, application: usize, types: &[usize], part: &str, name: &str) -> Declared {
    let known: Vec<(&str, _)> = if part == "resource" {
        types
            .iter()
            .filter_map(|at| catalogue.types.get(*at))
            .flat_map(|made| made.properties.iter().map(|(name, kind)| (name.as_str(), *kind)))
            .collect()
    } else {
        let ours = catalogue.properties.iter().filter(|(owner, of, ..)| *owner == application && *of == part);
        ours.map(|(_, _, name, kind)| (name.as_str(), *kind)).collect()
    };
    let mut kinds = known.iter().filter(|(known, _)| *known == name).map(|(_, kind)| *kind);
    match kinds.next() {
        Some(kind) if kinds.all(|other| other == kind) => Declared::As(kind),
        Some(_) => Declared::Conflict,
        None => Declared::Unknown(nearest(name, known.iter().map(|(name, _)| *name)).map(str::to_owned)),
    }
}

pub(super) fn governance(
    grant: &GrantDoc,
    cells: &[usize],
    ids: &[String],
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<Governance> {
    if grant.roles_not.is_none() && grant.people.is_none() {
        return None;
    }
    if let Some((at, _)) = &grant.roles_not
        && !grant.allow.iter().any(|allow| allow.text == "assign_role")
    {
        findings.push(
            Finding::error(at.clone(), "`roles` limits who may assign which role, and this grant assigns none")
                .help("move it to the grant that allows `assign_role`"),
        );
    }
    if let Some(people) = &grant.people
        && !about_users(cells, catalogue)
    {
        findings.push(
            Finding::error(
                people.at.clone(),
                "`people` limits whose record may be managed, and not all of these records are of users",
            )
            .help("move it to a grant on topics with `record: user`"),
        );
    }
    let none = Vec::new();
    let (roles, people) = (grant.roles_not.as_ref().map_or(&none, |(_, roles)| roles), grant.people.as_ref());
    Some(Governance {
        roles_not: role_indices(roles, ids, findings),
        not_self: people.is_some_and(|people| people.not_self),
        not_holding: role_indices(people.map_or(&none, |people| &people.not_holding), ids, findings),
    })
}

/// Resolves the deny rules of all applications.
pub(super) fn denies(applications: &[ApplicationDoc], words: &[Words], model: &mut Model, findings: &mut Vec<Finding>) {
    let ids: Vec<String> = model.roles.iter().map(|role| role.id.clone()).collect();
    for (doc, words) in applications.iter().zip(words) {
        let mut seen: Vec<&str> = Vec::new();
        for rule in &doc.deny {
            if seen.contains(&rule.id.text.as_str()) {
                findings.push(
                    Finding::error(rule.id.at.clone(), format!("there are two deny rules `{}`", rule.id.text))
                        .help("give each an id of its own"),
                );
            }
            seen.push(&rule.id.text);
            let rule = deny(doc, rule, words, &ids, model, findings);
            model.denies.push(rule);
        }
        model.apart.extend(apart(doc, words.application, findings));
    }
}

fn deny(
    doc: &ApplicationDoc,
    rule: &DenyDoc,
    words: &Words,
    ids: &[String],
    model: &mut Model,
    findings: &mut Vec<Finding>,
) -> DenyRule {
    let chosen = words.choose(&rule.topics, &rule.except, findings);
    let types: Vec<usize> = chosen.into_keys().collect();
    let cells = denied_cells(rule, &types, &model.catalogue, findings);
    let condition = rule.when.as_ref().and_then(|text| condition(text, words.application, &types, model, findings));
    DenyRule {
        id: format!("{}.{}", doc.name.text, rule.id.text),
        cells,
        condition,
        unless: role_indices(&rule.unless_role, ids, findings),
        because: rule.because.clone(),
    }
}

/// The cells of a deny rule: the actions that it names where a topic has them, or all.
fn denied_cells(rule: &DenyDoc, types: &[usize], catalogue: &Catalogue, findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut cells: Vec<usize> = Vec::new();
    let made = || types.iter().filter_map(|at| catalogue.types.get(*at));
    if rule.actions.is_empty() {
        return made().flat_map(|made| made.first_cell..made.first_cell + made.actions.len()).collect();
    }
    for action in &rule.actions {
        let before = cells.len();
        cells.extend(made().flat_map(|made| actions(&action.text, made)));
        if cells.len() == before && !types.is_empty() {
            findings.push(no_topic_has(action, "rule", types.iter(), catalogue));
        }
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// A report that none of some topics has an action, with the nearest one that they have.
pub(super) fn no_topic_has<'t>(
    action: &Name,
    of: &str,
    types: impl Iterator<Item = &'t usize>,
    catalogue: &Catalogue,
) -> Finding {
    let known: BTreeSet<&str> = types
        .filter_map(|at| catalogue.types.get(*at))
        .flat_map(|made| made.actions.iter().map(|(name, _)| name.as_str()))
        .collect();
    let message = format!("no topic of the {of} has the action `{}`", shown(&action.text));
    let help = nearest(&action.text, known.iter().copied()).map_or_else(
        || format!("they have {}", known.iter().copied().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Finding::error(action.at.clone(), message).help(help)
}

fn apart(doc: &ApplicationDoc, application: usize, findings: &mut Vec<Finding>) -> Option<Apart> {
    for name in doc.apart.iter().filter(|name| !["school", "district"].contains(&name.text.as_str())) {
        findings.push(unknown(name, "place to hold a role", ["school", "district"].into_iter()));
    }
    if let (Some(first), None) = (doc.apart.first(), &doc.apart_because) {
        findings.push(Finding::error(first.at.clone(), "`apart` has no reason").help("say why under `apart_because`"));
    }
    let kinds: Vec<String> = doc.apart.iter().map(|name| name.text.clone()).collect();
    let because = doc.apart_because.clone().unwrap_or_default();
    if kinds.is_empty() { None } else { Some(Apart { application, kinds, because }) }
}
