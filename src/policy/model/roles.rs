//! Roles: which rights a role's grants come to, includes and words written out.

use std::collections::BTreeMap;

use super::super::document::{GrantDoc, HeldAt, RoleDoc};
use super::super::fields::Name;
use super::super::source::{Finding, Place};
use super::rules::{self, Governance};
use super::topics::{Chosen, Words};
use super::{Catalogue, Model, Reach, Record, Sheet, line_of, unknown};
use crate::policy::day::Day;

/// A role.
#[derive(Debug)]
pub(crate) struct RoleModel {
    pub(crate) id: String,
    pub(crate) application: usize,
    pub(crate) held_at: HeldAt,
    pub(crate) not_at: Vec<String>,
    pub(crate) available_from: Option<Day>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) sheet: Sheet,
}

/// A grant with the cells it allows.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// `role#number`.
    pub(crate) id: String,
    pub(crate) at: Place,
    /// The clauses of the role's row that it comes from.
    pub(crate) clauses: Vec<u32>,
    pub(crate) cells: Vec<usize>,
    pub(crate) reach: Reach,
    pub(crate) made_by: Option<usize>,
    pub(crate) condition: Option<usize>,
    pub(crate) governance: Option<Governance>,
}

/// Resolves all roles into the model.
pub(super) fn resolve(docs: Vec<RoleDoc>, words: &[Words], model: &mut Model, findings: &mut Vec<Finding>) {
    let docs = unique(docs, findings);
    let ids: Vec<String> = docs.iter().map(|doc| doc.id.text.clone()).collect();
    let mut includes: Vec<Vec<(usize, usize, Option<Reach>)>> = Vec::new();
    for doc in &docs {
        let role = model.roles.len();
        let Some(words) = words_of(doc, words, &model.catalogue, findings) else {
            includes.push(Vec::new());
            model.roles.push(role_model(doc, 0));
            continue;
        };
        check_modules(doc, words, &model.catalogue, findings);
        model.roles.push(role_model(doc, words.application));
        let mut included = Vec::new();
        for (at, grant) in doc.grants.iter().enumerate() {
            if let Some(name) = &grant.include {
                included.extend(include(name, &ids, role, findings).map(|other| (at, other, grant.reach)));
            } else if let Some(made) = grant_model(doc, at, grant, words, &ids, model, findings) {
                model.roles.last_mut().into_iter().for_each(|role| role.grants.push(made.clone()));
            }
        }
        includes.push(included);
    }
    write_out(&docs, &includes, model, findings);
}

fn unique(docs: Vec<RoleDoc>, findings: &mut Vec<Finding>) -> Vec<RoleDoc> {
    let mut seen: BTreeMap<String, Place> = BTreeMap::new();
    let mut kept = Vec::new();
    for doc in docs {
        if let Some(earlier) = seen.get(&doc.id.text) {
            let message = format!("the role `{}` is described twice", doc.id.text);
            findings.push(
                Finding::error(doc.id.at.clone(), message).help(format!("the other one is at {}", line_of(earlier))),
            );
            continue;
        }
        seen.insert(doc.id.text.clone(), doc.id.at.clone());
        kept.push(doc);
    }
    kept
}

fn role_model(doc: &RoleDoc, application: usize) -> RoleModel {
    RoleModel {
        id: doc.id.text.clone(),
        application,
        held_at: doc.held_at,
        not_at: doc.not_at.iter().map(|name| name.text.clone()).collect(),
        available_from: doc.available_from,
        grants: Vec::new(),
        sheet: doc.sheet.clone(),
    }
}

/// The application of a role: the one it names, else the one that its id begins with, else the only one there is.
fn words_of<'w>(
    doc: &RoleDoc,
    words: &'w [Words],
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<&'w Words> {
    let prefix = doc.id.text.split('.').next().unwrap_or_default();
    let name = doc.application.as_ref().map_or(prefix, |name| name.text.as_str());
    let found = catalogue.applications.iter().position(|application| application == name);
    let only = if doc.application.is_none() && words.len() == 1 { Some(0) } else { None };
    let found = found.or(only).and_then(|at| words.get(at));
    if found.is_none() {
        let name = doc.application.clone().unwrap_or(Name { text: prefix.to_owned(), at: doc.id.at.clone() });
        let finding = unknown(&name, "application", catalogue.applications.iter().map(String::as_str));
        let help = "a role's id begins with the name of its application and a dot, or the key `application` names it";
        findings.push(if finding.help.is_some() { finding } else { finding.help(help) });
    }
    found
}

fn check_modules(doc: &RoleDoc, words: &Words, catalogue: &Catalogue, findings: &mut Vec<Finding>) {
    for name in &doc.modules {
        if !words.is_module_or_topic(&name.text, catalogue) {
            findings.push(unknown(name, "module or topic", words.names()));
        }
    }
}

fn include(name: &Name, ids: &[String], role: usize, findings: &mut Vec<Finding>) -> Option<usize> {
    let found = ids.iter().position(|id| *id == name.text);
    if found.is_none() {
        findings.push(unknown(name, "role", ids.iter().map(String::as_str)));
    } else if found == Some(role) {
        findings.push(Finding::error(name.at.clone(), "a role cannot include itself").help("remove the grant"));
        return None;
    }
    found
}

fn grant_model(
    doc: &RoleDoc,
    at: usize,
    grant: &GrantDoc,
    words: &Words,
    ids: &[String],
    model: &mut Model,
    findings: &mut Vec<Finding>,
) -> Option<Grant> {
    let Some(reach) = grant.reach.or(doc.reach) else {
        findings.push(
            Finding::error(grant.at.clone(), "the grant does not say how far it reaches")
                .help("add `reach: org` to it, or to the role for all its grants"),
        );
        return None;
    };
    let chosen = words.choose(&grant.topics, &grant.except, findings);
    let cells = cells(grant, &chosen, &model.catalogue, findings);
    let types: Vec<usize> = chosen.into_keys().collect();
    let made_by = grant.made_by.as_ref().and_then(|name| rules::role_index(name, ids, findings));
    let condition =
        grant.when.as_ref().and_then(|text| rules::condition(text, words.application, &types, model, findings));
    let governance = rules::governance(grant, &cells, ids, &model.catalogue, findings);
    Some(Grant {
        id: format!("{}#{}", doc.id.text, at + 1),
        at: grant.at.clone(),
        clauses: grant.clauses.iter().map(|(_, number)| *number).collect(),
        cells,
        reach,
        made_by,
        condition,
        governance,
    })
}

/// The cells of a grant. An action on a topic named by itself must exist there; on a group it is given where it
/// exists, and must exist somewhere. `enter` and `manage` give those of their actions that a topic has.
fn cells(grant: &GrantDoc, chosen: &Chosen, catalogue: &Catalogue, findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut cells = Vec::new();
    for allow in &grant.allow {
        let mut anywhere = false;
        for (at, by_itself) in chosen {
            let Some(made) = catalogue.types.get(*at) else { continue };
            let found = actions(&allow.text, made);
            anywhere |= !found.is_empty();
            if found.is_empty() && *by_itself {
                let known = made.actions.iter().map(|(name, _)| name.as_str());
                let message = format!("`{}` has no action `{}`", made.topic, allow.text);
                let help = super::nearest(&allow.text, known.clone()).map_or_else(
                    || format!("it has {}", known.collect::<Vec<_>>().join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                findings.push(Finding::error(allow.at.clone(), message).help(help));
                anywhere = true;
            }
            cells.extend(found);
        }
        if !anywhere && !chosen.is_empty() {
            let known = chosen
                .keys()
                .filter_map(|at| catalogue.types.get(*at))
                .flat_map(|made| made.actions.iter().map(|(name, _)| name.as_str()));
            findings.push(unknown(allow, "topic of the grant that has the action", known));
        }
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

fn actions(word: &str, made: &super::TypeModel) -> Vec<usize> {
    if let Some(cell) = made.cell(word) {
        return vec![cell];
    }
    let several: &[&str] = match word {
        "enter" => &["view", "create", "update"],
        "manage" => &["view", "create", "update", "delete"],
        _ => &[],
    };
    several.iter().filter_map(|action| made.cell(action)).collect()
}

/// Copies the grants of included roles, with their reach or the one that the include names.
fn write_out(
    docs: &[RoleDoc],
    includes: &[Vec<(usize, usize, Option<Reach>)>],
    model: &mut Model,
    findings: &mut Vec<Finding>,
) {
    let own: Vec<Vec<Grant>> = model.roles.iter().map(|role| role.grants.clone()).collect();
    for (role, doc) in docs.iter().enumerate() {
        let mut grants = Vec::new();
        let cyclic = collect(role, includes, &own, &mut vec![role], &mut grants);
        if cyclic {
            findings.push(
                Finding::error(
                    doc.id.at.clone(),
                    format!("the role `{}` includes itself by way of others", doc.id.text),
                )
                .help("take one of the includes out"),
            );
            continue;
        }
        for grant in &mut grants {
            if !grant.id.starts_with(&format!("{}#", doc.id.text)) {
                grant.clauses.clear();
            }
        }
        if let Some(model) = model.roles.get_mut(role) {
            model.grants = grants;
        }
    }
}

/// Collects a role's grants and those of the roles it includes; true where it comes back to a role on the way.
fn collect(
    role: usize,
    includes: &[Vec<(usize, usize, Option<Reach>)>],
    own: &[Vec<Grant>],
    way: &mut Vec<usize>,
    into: &mut Vec<Grant>,
) -> bool {
    into.extend(own.get(role).into_iter().flatten().cloned());
    for (_, other, reach) in includes.get(role).into_iter().flatten() {
        if way.contains(other) {
            return true;
        }
        way.push(*other);
        let mut theirs = Vec::new();
        if collect(*other, includes, own, way, &mut theirs) {
            return true;
        }
        way.pop();
        if let Some(reach) = reach {
            theirs.iter_mut().for_each(|grant| grant.reach = *reach);
        }
        into.extend(theirs);
    }
    false
}

/// Whether every cell of a grant is about users.
pub(super) fn about_users(cells: &[usize], catalogue: &Catalogue) -> bool {
    let record = |cell: usize| {
        let made = catalogue
            .types
            .iter()
            .find(|made| (made.first_cell..made.first_cell + made.actions.len()).contains(&cell))?;
        made.actions.get(cell - made.first_cell).map(|(_, record)| *record)
    };
    cells.iter().all(|cell| record(*cell) == Some(Record::User))
}
