//! Roles: which rights a role's grants come to, includes and words written out.

use std::collections::BTreeMap;

use super::super::document::{GrantDoc, HeldAt, RoleDoc};
use super::super::fields::{Name, nearest, shown};
use super::super::source::{Finding, Place};
use super::includes::{Include, write_out};
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
    let mut includes: Vec<Vec<Include>> = Vec::new();
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
                let found = include(name, &ids, role, findings);
                included.extend(found.map(|role| Include { at: name.at.clone(), role, reach: grant.reach }));
            } else if let Some(made) = grant_model(doc, at, grant, words, &ids, model, findings) {
                model.roles.last_mut().into_iter().for_each(|role| role.grants.push(made.clone()));
            }
        }
        includes.push(included);
    }
    write_out(&includes, model, findings);
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

/// The application of a role: the one it names, else the one that its id begins with; an id without a dot is of the
/// only one there is.
fn words_of<'w>(
    doc: &RoleDoc,
    words: &'w [Words],
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<&'w Words> {
    let (prefix, dot) = doc.id.text.split_once('.').map_or((doc.id.text.as_str(), false), |(prefix, _)| (prefix, true));
    let name = doc.application.as_ref().map_or(prefix, |name| name.text.as_str());
    let found = catalogue.applications.iter().position(|application| application == name);
    let only = if doc.application.is_none() && !dot && words.len() == 1 { Some(0) } else { None };
    let found = found.or(only).and_then(|at| words.get(at));
    // A set without any application is told of once, for the whole of it.
    if found.is_none() && !words.is_empty() {
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
                findings.push(has_no(made, allow));
                anywhere = true;
            }
            cells.extend(found);
        }
        if !anywhere && !chosen.is_empty() {
            findings.push(rules::no_topic_has(allow, "grant", chosen.keys(), catalogue));
        }
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// A report that a type lacks an action, with the nearest one that it has.
pub(super) fn has_no(made: &super::TypeModel, action: &Name) -> Finding {
    let known = || made.actions.iter().map(|(name, _)| name.as_str());
    let message = format!("`{}` has no action `{}`", made.topic, shown(&action.text));
    let help = nearest(&action.text, known()).map_or_else(
        || format!("it has {}", known().collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Finding::error(action.at.clone(), message).help(help)
}

/// The cells that a word stands for: an action, or `enter` or `manage` where the topic has no action of that name.
pub(super) fn actions(word: &str, made: &super::TypeModel) -> Vec<usize> {
    if let Some(cell) = made.cell(word) {
        return vec![cell];
    }
    several(word).iter().filter_map(|action| made.cell(action)).collect()
}

/// The actions that `enter` and `manage` stand for.
pub(crate) fn several(word: &str) -> &'static [&'static str] {
    match word {
        "enter" => &["view", "create", "update"],
        "manage" => &["view", "create", "update", "delete"],
        _ => &[],
    }
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
