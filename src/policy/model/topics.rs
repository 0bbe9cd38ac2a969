//! Which topics a word of a grant stands for: a topic, a module, a named set, or `all`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::code::Code;
use super::super::document::{ApplicationDoc, SetDoc};
use super::super::fields::Name;
use super::super::source::Finding;
use super::order::order;
use super::{Catalogue, unknown};

/// The words of one application, each with the types it stands for.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) application: usize,
    /// Whether its file could be read as a whole: only then does a word that is not here stand for nothing.
    pub(super) whole: bool,
    /// Every word, with the indices of its types.
    groups: BTreeMap<String, BTreeSet<usize>>,
    /// Topics by name.
    topics: BTreeMap<String, usize>,
}

/// What a list of words stands for.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Types, each with whether it was named by itself.
    pub(super) types: BTreeMap<usize, bool>,
    /// Whether every word stands for something: only then can be said that something is not among them.
    pub(super) whole: bool,
}

/// The words of each application.
pub(super) fn scopes(
    applications: &[&ApplicationDoc],
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> Vec<Words> {
    let mut seen = BTreeSet::new();
    let first = applications.iter().filter(|doc| seen.insert(doc.name.text.clone()));
    first.enumerate().map(|(application, doc)| words(application, doc, catalogue, findings)).collect()
}

fn words(application: usize, doc: &ApplicationDoc, catalogue: &Catalogue, findings: &mut Vec<Finding>) -> Words {
    let mut words = Words { application, whole: doc.whole, groups: BTreeMap::new(), topics: BTreeMap::new() };
    let ours = catalogue.types.iter().enumerate().filter(|(_, made)| made.application == application);
    for (at, made) in ours {
        words.topics.insert(made.topic.clone(), at);
        words.groups.entry("all".to_owned()).or_default().insert(at);
        if let Some(module) = &made.module {
            words.groups.entry(module.clone()).or_default().insert(at);
        }
    }
    if !doc.whole {
        return words;
    }
    for set in &doc.sets {
        if words.groups.contains_key(&set.name.text) || words.topics.contains_key(&set.name.text) {
            findings.push(
                Code::NameTaken
                    .at(set.name.at.clone(), format!("`{}` is already the name of something else", set.name.text))
                    .help("give the set another name"),
            );
        }
    }
    words.resolve_sets(&doc.sets, findings);
    words
}

impl Words {
    /// Resolves each set after those that it names.
    fn resolve_sets(&mut self, sets: &[SetDoc], findings: &mut Vec<Finding>) {
        let index: BTreeMap<&str, usize> =
            sets.iter().enumerate().map(|(at, set)| (set.name.text.as_str(), at)).collect();
        let named = |set: &SetDoc| -> Vec<usize> {
            set.topics.iter().chain(&set.except).filter_map(|name| index.get(name.text.as_str()).copied()).collect()
        };
        let order = order(&sets.iter().map(named).collect::<Vec<_>>());
        for set in order.first_to_last.iter().filter_map(|at| sets.get(*at)) {
            let types = self.choose(&set.topics, &set.except, findings).types.into_keys().collect();
            self.groups.entry(set.name.text.clone()).or_insert(types);
        }
        if let Some((set, by)) = order.circle.and_then(|(set, by)| Some((sets.get(set)?, sets.get(by)?))) {
            let at = set.topics.iter().chain(&set.except).find(|name| name.text == by.name.text).unwrap_or(&set.name);
            let message = format!("the set `{}` contains itself", set.name.text);
            findings.push(Code::Circle.at(at.at.clone(), message).help("take it out of the sets that it names"));
        }
        // What hangs on a circle stands for nothing, so that nobody is told that it is unknown.
        for set in sets {
            self.groups.entry(set.name.text.clone()).or_default();
        }
    }

    /// The types that a list of words stands for, less those of another.
    pub(super) fn choose(&self, topics: &[Name], except: &[Name], findings: &mut Vec<Finding>) -> Chosen {
        let (before, mut types) = (findings.len(), BTreeMap::new());
        for name in topics {
            if let Some(at) = self.topics.get(&name.text) {
                types.insert(*at, true);
            }
            for at in self.group(name, findings) {
                types.entry(at).or_insert(false);
            }
        }
        let whole = findings.len() == before;
        self.take_away(except, whole, &mut types, findings);
        Chosen { types, whole }
    }

    fn take_away(&self, except: &[Name], whole: bool, types: &mut BTreeMap<usize, bool>, findings: &mut Vec<Finding>) {
        let before = types.len();
        for name in except {
            let taken: Vec<usize> =
                self.topics.get(&name.text).copied().into_iter().chain(self.group(name, findings)).collect();
            if whole && !taken.is_empty() && !taken.iter().any(|at| types.contains_key(at)) {
                let message = format!("`{}` takes away nothing: none of it was chosen", name.text);
                findings.push(Code::NeedlessExcept.at(name.at.clone(), message).help("remove it"));
            }
            for at in taken {
                types.remove(&at);
            }
        }
        if let (Some(last), true) = (except.last(), whole && before > 0 && types.is_empty()) {
            let finding = Code::NeedlessExcept.at(last.at.clone(), "`except` takes away everything");
            findings.push(finding.help("take less away, or remove it all"));
        }
    }

    fn group(&self, name: &Name, findings: &mut Vec<Finding>) -> Vec<usize> {
        if let Some(types) = self.groups.get(&name.text) {
            return types.iter().copied().collect();
        }
        if !self.topics.contains_key(&name.text) {
            findings.push(self.unknown(name));
        }
        Vec::new()
    }

    /// A report that a word means nothing here: perhaps it lacks its module, or has its application before it.
    fn unknown(&self, name: &Name) -> Finding {
        let finding = unknown(name, "topic, module or set", self.names());
        let ends_so = |topic: &&String| {
            topic.rsplit_once('.').is_some_and(|(_, last)| last == name.text)
                || name
                    .text
                    .rsplit_once(topic.as_str())
                    .is_some_and(|(before, after)| after.is_empty() && before.ends_with('.'))
        };
        match (finding.help.is_some(), self.topics.keys().find(ends_so)) {
            (true, _) => finding,
            (false, Some(topic)) => finding.help(format!("did you mean `{topic}`?")),
            (false, None) => {
                let groups: Vec<&str> = self.groups.keys().map(String::as_str).collect();
                finding.help(format!("modules and sets are {}", groups.join(", ")))
            }
        }
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
