//! Roles: which rights a role's grants come to, includes and words written out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::code::Code;
use super::super::document::{GrantDoc, HeldAt, RoleDoc};
use super::super::fields::{Name, nearest, shown};
use super::super::source::{Finding, Place};
use super::includes::{Include, Through, write_out};
use super::rules::{self, Governance};
use super::topics::{Chosen, Words};
use super::{Catalogue, Model, Reach, Record, Sheet, advised, line_of, unknown};
use crate::policy::day::Day;

/// A role.
#[derive(Debug)]
pub(crate) struct RoleModel {
    pub(crate) id: String,
    /// Where its id stands.
    pub(crate) at: Place,
    pub(crate) application: usize,
    pub(crate) held_at: HeldAt,
    pub(crate) not_at: Vec<String>,
    pub(crate) available_from: Option<Day>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) clauses_at: BTreeMap<u32, Place>,
    pub(crate) sheet: Sheet,
    /// Whether it says why its security level is other than its reach suggests.
    pub(crate) level_explained: bool,
}

/// A grant with the cells it allows.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// `role#number`.
    pub(crate) id: Arc<str>,
    pub(crate) at: Place,
    /// The clauses of the role's row that it comes from.
    pub(crate) clauses: Vec<u32>,
    /// What includes it, where it is another role's.
    pub(crate) through: Option<Through>,
    pub(crate) cells: Arc<[usize]>,
    pub(crate) reach: Reach,
    pub(crate) made_by: Option<usize>,
    pub(crate) condition: Option<usize>,
    pub(crate) governance: Option<Governance>,
}

/// Resolves all roles into the model; `whole` says whether every file could be read, so that these are all roles and
/// applications there are.
pub(super) fn resolve(
    docs: Vec<&RoleDoc>,
    words: &[Words],
    whole: bool,
    model: &mut Model,
    findings: &mut Vec<Finding>,
) -> Ids {
    let docs = unique(docs, findings);
    let ids = Ids::new(docs.iter().map(|doc| doc.id.text.clone()), whole);
    let mut includes: Vec<Vec<Include>> = Vec::new();
    for doc in docs {
        let role = model.roles.len();
        let of = words_of(doc, words, whole, &model.catalogue, findings);
        let Some(words) = of.filter(|words| words.whole) else {
            includes.push(Vec::new());
            model.roles.push(role_model(doc, 0));
            continue;
        };
        check_modules(doc, words, &model.catalogue, findings);
        let (mut grants, mut included) = (Vec::new(), Vec::new());
        for (at, grant) in doc.grants.iter().enumerate() {
            if !grant.whole {
                continue;
            }
            if let Some(name) = &grant.include {
                let found = include(name, &ids, role, findings);
                let through = Through { at: grant.at.clone(), clauses: clauses(grant) };
                included.extend(found.map(|role| Include { at: name.at.clone(), role, reach: grant.reach, through }));
            } else {
                grants.push(grant_model(doc, at, grant, words, &ids, model, findings));
            }
        }
        includes.push(included);
        model.roles.push(RoleModel { grants, ..role_model(doc, words.application) });
    }
    write_out(&includes, model, findings);
    ids
}

/// The ids of all roles.
#[derive(Debug)]
pub(super) struct Ids {
    by_name: BTreeMap<String, usize>,
    /// Whether these are all: whoever is not among them does not exist.
    whole: bool,
}

impl Ids {
    fn new(names: impl Iterator<Item = String>, whole: bool) -> Self {
        Self { by_name: names.zip(0..).collect(), whole }
    }

    /// The index of a role; that there is none is reported.
    pub(super) fn find(&self, name: &Name, findings: &mut Vec<Finding>) -> Option<usize> {
        let found = self.by_name.get(&name.text).copied();
        if found.is_none() && self.whole {
            let finding = unknown(name, "role", self.by_name.keys().map(String::as_str));
            findings.push(advised(finding, "name a role of this set, or add a file for it"));
        }
        found
    }

    /// The indices of several.
    pub(super) fn all(&self, names: &[Name], findings: &mut Vec<Finding>) -> Vec<usize> {
        names.iter().filter_map(|name| self.find(name, findings)).collect()
    }
}

fn unique<'d>(docs: Vec<&'d RoleDoc>, findings: &mut Vec<Finding>) -> Vec<&'d RoleDoc> {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    let mut kept = Vec::new();
    for doc in docs {
        if let Some(earlier) = seen.get(doc.id.text.as_str()) {
            let message = format!("the role `{}` is described twice", doc.id.text);
            findings.push(
                Code::GivenTwice
                    .at(doc.id.at.clone(), message)
                    .help(format!("the other one is at {}", line_of(earlier))),
            );
            continue;
        }
        seen.insert(&doc.id.text, &doc.id.at);
        kept.push(doc);
    }
    kept
}

fn role_model(doc: &RoleDoc, application: usize) -> RoleModel {
    RoleModel {
        id: doc.id.text.clone(),
        at: doc.id.at.clone(),
        application,
        held_at: doc.held_at,
        not_at: doc.not_at.iter().map(|name| name.text.clone()).collect(),
        available_from: doc.available_from,
        grants: Vec::new(),
        clauses_at: doc.clauses_at.clone(),
        sheet: doc.sheet.clone(),
        level_explained: doc.level_explained,
    }
}

/// The application of a role: the one it names, else the one that its id begins with; an id without a dot is of the
/// only one there is.
fn words_of<'w>(
    doc: &RoleDoc,
    words: &'w [Words],
    whole: bool,
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<&'w Words> {
    let (prefix, dot) = doc.id.text.split_once('.').map_or((doc.id.text.as_str(), false), |(prefix, _)| (prefix, true));
    let name = doc.application.as_ref().map_or(prefix, |name| name.text.as_str());
    let found = catalogue.applications.iter().position(|application| application == name);
    let only = if doc.application.is_none() && !dot && words.len() == 1 { Some(0) } else { None };
    let found = found.or(only).and_then(|at| words.get(at));
    // A set without any application is told of once, for the whole of it.
    if found.is_none() && !words.is_empty() && whole {
        let name = doc.application.clone().unwrap_or(Name { text: prefix.to_owned(), at: doc.id.at.clone() });
        let finding = unknown(&name, "application", catalogue.applications.iter().map(String::as_str));
        let help = "a role's id begins with the name of its application and a dot, or the key `application` names it";
        findings.push(advised(finding, help));
    }
    found
}

fn check_modules(doc: &RoleDoc, words: &Words, catalogue: &Catalogue, findings: &mut Vec<Finding>) {
    for name in &doc.modules {
        if !words.is_module_or_topic(&name.text, catalogue) {
            let finding = unknown(name, "module or topic", words.names());
            findings.push(advised(finding, "name a module or a topic of the application, or `all`"));
        }
    }
}

fn include(name: &Name, ids: &Ids, role: usize, findings: &mut Vec<Finding>) -> Option<usize> {
    let found = ids.find(name, findings)?;
    if found == role {
        findings.push(Code::Circle.at(name.at.clone(), "a role cannot include itself").help("remove the grant"));
        return None;
    }
    Some(found)
}

fn grant_model(
    doc: &RoleDoc,
    at: usize,
    grant: &GrantDoc,
    words: &Words,
    ids: &Ids,
    model: &mut Model,
    findings: &mut Vec<Finding>,
) -> Grant {
    let reach = grant.reach.or(doc.reach).unwrap_or_else(|| {
        // Perhaps the role says it where it could not be read; if not, one place to put it is enough.
        let first = doc.grants.iter().position(|grant| grant.include.is_none() && grant.reach.is_none());
        findings.extend((doc.whole && first == Some(at)).then(|| {
            Code::NoReach
                .at(grant.at.clone(), "the grant does not say how far it reaches")
                .help("add `reach: org` to it, or to the role for all its grants")
        }));
        Reach::Org
    });
    let chosen = words.choose(&grant.topics, &grant.except, findings);
    let before = findings.len();
    let cells = cells(grant, &chosen, &model.catalogue, findings);
    let whole = chosen.whole && findings.len() == before;
    let made_by = grant.made_by.as_ref().and_then(|name| ids.find(name, findings));
    let condition =
        grant.when.as_ref().and_then(|text| rules::condition(text, words.application, &chosen, model, findings));
    let governance = rules::governance(grant, whole.then_some(&cells), ids, &model.catalogue, findings);
    Grant {
        id: format!("{}#{}", doc.id.text, at + 1).into(),
        at: grant.at.clone(),
        clauses: clauses(grant),
        through: None,
        cells: cells.into(),
        reach,
        made_by,
        condition,
        governance,
    }
}

fn clauses(grant: &GrantDoc) -> Vec<u32> {
    grant.clauses.iter().map(|(_, number)| *number).collect()
}

/// The cells of a grant. An action on a topic named by itself must exist there; on a group it is given where it
/// exists, and must exist somewhere. `enter` and `manage` give those of their actions that a topic has.
fn cells(grant: &GrantDoc, chosen: &Chosen, catalogue: &Catalogue, findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut cells = Vec::new();
    for allow in &grant.allow {
        let (before, mut lacking) = (cells.len(), Vec::new());
        for (at, by_itself) in &chosen.types {
            let Some(made) = catalogue.types.get(*at) else { continue };
            let found = actions(&allow.text, made);
            if found.is_empty() && *by_itself {
                lacking.push(made);
            }
            cells.extend(found);
        }
        if !lacking.is_empty() {
            findings.push(has_no(&lacking, allow));
        } else if cells.len() == before && chosen.whole && !chosen.types.is_empty() {
            findings.push(rules::no_topic_has(allow, "grant", chosen.types.keys(), catalogue));
        }
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// A report that types lack an action, with the nearest one that they have.
pub(super) fn has_no(made: &[&super::TypeModel], action: &Name) -> Finding {
    let mut known: Vec<&str> = made.iter().flat_map(|made| &made.actions).map(|(name, _)| name.as_str()).collect();
    let mut seen = BTreeSet::new();
    known.retain(|name| seen.insert(*name));
    let topics: Vec<String> = made.iter().map(|made| format!("`{}`", made.topic)).collect();
    let (have, it) = if made.len() == 1 { ("has", "it has") } else { ("have", "they have") };
    let message = format!("{} {have} no action `{}`", topics.join(", "), shown(&action.text));
    let help = nearest(&action.text, known.iter().copied())
        .map_or_else(|| format!("{it} {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
    Code::UnknownAction.at(action.at.clone(), message).help(help)
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
