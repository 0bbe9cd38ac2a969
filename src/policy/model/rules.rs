//! Conditions, role governance and deny rules: their names resolved.

use std::collections::BTreeSet;

use super::super::code::Code;
use super::super::condition::{self, Declared};
use super::super::document::{ApplicationDoc, DenyDoc, GrantDoc};
use super::super::fields::{Name, nearest, shown};
use super::super::source::Finding;
use super::roles::{Ids, about_users, actions};
use super::topics::{Chosen, Words};
use super::{Apart, Catalogue, DenyRule, Model, advised, unknown};

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

/// Parses a condition over the properties of some types; its index among the model's conditions.
pub(super) fn condition(
    text: &Name,
    application: usize,
    chosen: &Chosen,
    model: &mut Model,
    findings: &mut Vec<Finding>,
) -> Option<usize> {
    let catalogue = &model.catalogue;
    let types: Vec<usize> = chosen.types.keys().copied().collect();
    let declared = |part: &str, name: &str| declared(catalogue, application, &types, part, name);
    match condition::parse(text, &declared) {
        Ok(condition) => {
            if let Some(met) = condition.constant() {
                let message = format!("the condition is {} met", if met { "always" } else { "never" });
                let help = if met { "remove `when`, or correct it" } else { "correct it, or remove what it limits" };
                findings.push(Code::ConstantCondition.at(text.at.clone(), message).help(help));
            }
            let known = model.conditions.iter().position(|known| *known == condition);
            Some(known.unwrap_or_else(|| {
                model.conditions.push(condition);
                model.conditions.len() - 1
            }))
        }
        // A property of a topic that could not be found is not missing.
        Err(finding) if finding.code == Some(Code::ConditionName) && !chosen.whole => None,
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

/// The limits of a grant on users; `cells` are what it allows, where all of that is known.
pub(super) fn governance(
    grant: &GrantDoc,
    cells: Option<&Vec<usize>>,
    ids: &Ids,
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<Governance> {
    if grant.roles_not.is_none() && grant.people.is_none() {
        return None;
    }
    if let Some((at, _)) = &grant.roles_not
        && cells.is_some()
        && !grant.allow.iter().any(|allow| allow.text == "assign_role")
    {
        findings.push(
            Code::MisplacedLimit
                .at(at.clone(), "`roles` limits who may assign which role, and this grant assigns none")
                .help("move it to the grant that allows `assign_role`"),
        );
    }
    if let Some(people) = &grant.people
        && cells.is_some_and(|cells| !about_users(cells, catalogue))
    {
        findings.push(
            Code::MisplacedLimit
                .at(
                    people.at.clone(),
                    "`people` limits whose record may be managed, and not all of these records are of users",
                )
                .help("move it to a grant on topics with `record: user`"),
        );
    }
    let none = Vec::new();
    let (roles, people) = (grant.roles_not.as_ref().map_or(&none, |(_, roles)| roles), grant.people.as_ref());
    Some(Governance {
        roles_not: ids.all(roles, findings),
        not_self: people.is_some_and(|people| people.not_self),
        not_holding: ids.all(people.map_or(&none, |people| &people.not_holding), findings),
    })
}

/// Resolves the deny rules of all applications.
pub(super) fn denies(
    applications: &[&ApplicationDoc],
    words: &[Words],
    ids: &Ids,
    model: &mut Model,
    findings: &mut Vec<Finding>,
) {
    for (doc, words) in applications.iter().zip(words).filter(|(_, words)| words.whole) {
        let mut seen: Vec<&str> = Vec::new();
        for rule in &doc.deny {
            if seen.contains(&rule.id.text.as_str()) {
                findings.push(
                    Code::GivenTwice
                        .at(rule.id.at.clone(), format!("there are two deny rules `{}`", rule.id.text))
                        .help("give each an id of its own"),
                );
            }
            seen.push(&rule.id.text);
            let rule = deny(doc, rule, words, ids, model, findings);
            model.denies.push(rule);
        }
        model.apart.extend(apart(doc, words.application, findings));
    }
}

fn deny(
    doc: &ApplicationDoc,
    rule: &DenyDoc,
    words: &Words,
    ids: &Ids,
    model: &mut Model,
    findings: &mut Vec<Finding>,
) -> DenyRule {
    let chosen = words.choose(&rule.topics, &rule.except, findings);
    let cells = denied_cells(rule, &chosen, &model.catalogue, findings);
    let condition = rule.when.as_ref().and_then(|text| condition(text, words.application, &chosen, model, findings));
    DenyRule {
        id: format!("{}.{}", doc.name.text, rule.id.text),
        at: rule.id.at.clone(),
        cells,
        condition,
        unless: ids.all(&rule.unless_role, findings),
        because: rule.because.clone(),
    }
}

/// The cells of a deny rule: the actions that it names where a topic has them, or all.
fn denied_cells(rule: &DenyDoc, chosen: &Chosen, catalogue: &Catalogue, findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut cells: Vec<usize> = Vec::new();
    let made = || chosen.types.keys().filter_map(|at| catalogue.types.get(*at));
    if rule.actions.is_empty() {
        return made().flat_map(|made| made.first_cell..made.first_cell + made.actions.len()).collect();
    }
    for action in &rule.actions {
        let before = cells.len();
        cells.extend(made().flat_map(|made| actions(&action.text, made)));
        if cells.len() == before && chosen.whole && !chosen.types.is_empty() {
            findings.push(no_topic_has(action, "rule", chosen.types.keys(), catalogue));
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
    Code::UnknownAction.at(action.at.clone(), message).help(help)
}

fn apart(doc: &ApplicationDoc, application: usize, findings: &mut Vec<Finding>) -> Option<Apart> {
    for name in doc.apart.iter().filter(|name| !["school", "district"].contains(&name.text.as_str())) {
        let finding = unknown(name, "place to hold a role", ["school", "district"].into_iter());
        findings.push(advised(finding, "the places are school and district"));
    }
    if let (Some(first), None) = (doc.apart.first(), &doc.apart_because) {
        findings
            .push(Code::MissingKey.at(first.at.clone(), "`apart` has no reason").help("say why under `apart_because`"));
    }
    let kinds: Vec<String> = doc.apart.iter().map(|name| name.text.clone()).collect();
    let because = doc.apart_because.clone().unwrap_or_default();
    if kinds.is_empty() { None } else { Some(Apart { application, kinds, because }) }
}
