//! Which topics a word of a grant stands for: a topic, a module, a named set, or `all`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::document::{ApplicationDoc, SetDoc};
use super::super::fields::Name;
use super::super::source::Finding;
use super::{Catalogue, unknown};

/// The words of one application, each with the types it stands for.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) application: usize,
    /// Every word, with the indices of its types.
    groups: BTreeMap<String, BTreeSet<usize>>,
    /// Topics by name.
    topics: BTreeMap<String, usize>,
}

/// What a list of words stands for: types, each with whether it was named by itself.
pub(super) type Chosen = BTreeMap<usize, bool>;

/// The words of each application.
pub(super) fn scopes(
    applications: &[ApplicationDoc],
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Vec<Words> {
    let mut seen = BTreeSet::new();
    let first = applications.iter().filter(|doc| seen.insert(doc.name.text.clone()));
    first.enumerate().map(|(application, doc)| words(application, doc, catalogue, findings)).collect()
}

fn words(application: usize, doc: &ApplicationDoc, catalogue: &Catalogue, findings: &mut Vec<Finding>) -> Words {
    let mut words = Words { application, groups: BTreeMap::new(), topics: BTreeMap::new() };
    let ours = catalogue.types.iter().enumerate().filter(|(_, made)| made.application == application);
    for (at, made) in ours {
        words.topics.insert(made.topic.clone(), at);
        words.groups.entry("all".to_owned()).or_default().insert(at);
        if let Some(module) = &made.module {
            words.groups.entry(module.clone()).or_default().insert(at);
        }
    }
    for set in &doc.sets {
        if words.groups.contains_key(&set.name.text) || words.topics.contains_key(&set.name.text) {
            findings.push(
                Finding::error(
                    set.name.at.clone(),
                    format!("`{}` is already the name of something else", set.name.text),
                )
                .help("give the set another name"),
            );
        }
    }
    let mut open = Vec::new();
    for set in &doc.sets {
        words.set(set, &doc.sets, &mut open, findings);
    }
    words
}

impl Words {
    /// Resolves a set, after the sets that it names; `open` are those being resolved.
    fn set(&mut self, set: &SetDoc, all: &[SetDoc], open: &mut Vec<String>, findings: &mut Vec<Finding>) {
        if self.groups.contains_key(&set.name.text) {
            return;
        }
        if open.contains(&set.name.text) {
            findings.push(
                Finding::error(set.name.at.clone(), format!("the set `{}` contains itself", set.name.text))
                    .help("take it out of the sets that it names"),
            );
            self.groups.insert(set.name.text.clone(), BTreeSet::new());
            return;
        }
        open.push(set.name.text.clone());
        for name in set.topics.iter().chain(&set.except) {
            if let Some(inner) = all.iter().find(|inner| inner.name.text == name.text) {
                self.set(inner, all, open, findings);
            }
        }
        open.pop();
        let types = self.choose(&set.topics, &set.except, findings).into_keys().collect();
        self.groups.entry(set.name.text.clone()).or_insert(types);
    }

    /// The types that a list of words stands for, less those of another.
    pub(super) fn choose(&self, topics: &[Name], except: &[Name], findings: &mut Vec<Finding>) -> Chosen {
        let mut chosen = Chosen::new();
        for name in topics {
            if let Some(at) = self.topics.get(&name.text) {
                chosen.insert(*at, true);
            }
            for at in self.group(name, findings) {
                chosen.entry(at).or_insert(false);
            }
        }
        for name in except {
            let taken: Vec<usize> =
                self.topics.get(&name.text).copied().into_iter().chain(self.group(name, findings)).collect();
            if !taken.is_empty() && !taken.iter().any(|at| chosen.contains_key(at)) {
                findings.push(
                    Finding::error(
                        name.at.clone(),
                        format!("`{}` takes away nothing: none of it was chosen", name.text),
                    )
                    .help("remove it"),
                );
            }
            for at in taken {
                chosen.remove(&at);
            }
        }
        chosen
    }

    fn group(&self, name: &Name, findings: &mut Vec<Finding>) -> Vec<usize> {
        if let Some(types) = self.groups.get(&name.text) {
            return types.iter().copied().collect();
        }
        if !self.topics.contains_key(&name.text) {
            let names = self.groups.keys().chain(self.topics.keys()).map(String::as_str);
            findings.push(unknown(name, "topic, module or set", names));
        }
        Vec::new()
    }

    /// Whether a word is a module, a topic or `all`.
    pub(super) fn is_module_or_topic(&self, word: &str, catalogue: &Catalogue) -> bool {
        let module = catalogue
            .types
            .iter()
            .any(|made| made.application == self.application && made.module.as_deref() == Some(word));
        word == "all" || module || self.topics.contains_key(word)
    }

    /// Every module and topic.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().chain(self.topics.keys()).map(String::as_str)
    }
}
