//! The outlines of a set, looked up by one another: where a name is described, and which topics a word stands for.

use std::collections::BTreeMap;

use super::super::model::roles::several;
use super::super::source::Place;
use super::{FileKind, Mark, Outline, TopicOutline, What};

/// The word for every topic of an application.
pub(crate) const ALL: &str = "all";

/// All files of a set that can be read.
#[derive(Debug)]
pub(crate) struct Book<'a> {
    outlines: Vec<&'a Outline>,
}

/// A topic with those of its actions that are meant.
pub(crate) type Chosen<'a> = Vec<(&'a TopicOutline, Vec<&'a str>)>;

impl<'a> Book<'a> {
    pub(crate) fn new(outlines: impl Iterator<Item = &'a Outline>) -> Self {
        Self { outlines: outlines.collect() }
    }

    /// All files.
    pub(crate) fn outlines(&self) -> impl Iterator<Item = &'a Outline> {
        self.outlines.iter().copied()
    }

    /// The applications.
    pub(crate) fn applications(&self) -> impl Iterator<Item = &'a Outline> {
        self.outlines().filter(|outline| outline.kind == FileKind::Application)
    }

    /// The roles, each with its id and its file.
    pub(crate) fn roles(&self) -> impl Iterator<Item = (&'a Mark, &'a Outline)> {
        self.outlines().filter_map(|outline| Some((outline.role()?, outline)))
    }

    /// A role, by id.
    pub(crate) fn role(&self, id: &str) -> Option<(&'a Mark, &'a Outline)> {
        self.roles().find(|(mark, _)| mark.text == id)
    }

    /// The application that a file is about: the one it names, else the only one there is.
    pub(crate) fn application(&self, outline: &Outline) -> Option<&'a Outline> {
        let mut all = self.applications();
        if let Some(name) = &outline.application {
            let named = self.applications().find(|other| other.application.as_ref() == Some(name));
            let dotless = outline.role().is_some_and(|role| !role.text.contains('.'));
            if named.is_some() || !dotless {
                return named;
            }
        }
        all.next().filter(|_| all.next().is_none())
    }

    /// A topic by the name that callers use.
    pub(crate) fn resource_type(&self, full: &str) -> Option<(&'a TopicOutline, &'a Outline)> {
        let mut all = self.applications().flat_map(|file| file.topics.iter().map(move |topic| (topic, file)));
        all.find(|(topic, _)| topic.full == full)
    }

    /// What a word of an application is.
    pub(crate) fn word(application: &Outline, text: &str) -> Option<What> {
        if application.topics.iter().any(|topic| topic.name == text) {
            Some(What::Topic)
        } else if application.modules.iter().any(|(module, _)| module == text) {
            Some(What::Module)
        } else {
            application.sets.iter().any(|set| set.name == text).then_some(What::Set)
        }
    }

    /// The topics that words stand for, less others, in the order of the application.
    pub(crate) fn choose(application: &'a Outline, topics: &[String], except: &[String]) -> Vec<&'a TopicOutline> {
        Self::choose_within(application, topics, except, &mut Vec::new())
    }

    fn choose_within<'w>(
        application: &'a Outline,
        topics: &'w [String],
        except: &'w [String],
        within: &mut Vec<&'w str>,
    ) -> Vec<&'a TopicOutline>
    where
        'a: 'w,
    {
        let mut chosen = vec![false; application.topics.len()];
        let all = topics.iter().map(|word| (word, true)).chain(except.iter().map(|word| (word, false)));
        for (word, taken) in all {
            let meant = Self::meant(application, word, within);
            let touched = |topic: &TopicOutline| meant.iter().any(|meant| meant.name == topic.name);
            let touched = chosen.iter_mut().zip(&application.topics).filter(|(_, topic)| touched(topic));
            touched.for_each(|(chosen, _)| *chosen = taken);
        }
        chosen.iter().zip(&application.topics).filter(|(chosen, _)| **chosen).map(|(_, topic)| topic).collect()
    }

    /// The topics of one word; a set that comes back to itself adds nothing.
    fn meant<'w>(application: &'a Outline, word: &'w str, within: &mut Vec<&'w str>) -> Vec<&'a TopicOutline>
    where
        'a: 'w,
    {
        let of_module = |topic: &&TopicOutline| topic.module.as_deref() == Some(word);
        let mut found: Vec<_> =
            application.topics.iter().filter(|t| word == ALL || t.name == word || of_module(t)).collect();
        if let Some(set) = application.sets.iter().find(|set| set.name == word)
            && !within.contains(&word)
        {
            within.push(word);
            found.extend(Self::choose_within(application, &set.topics, &set.except, within));
            within.pop();
        }
        found
    }

    /// The actions that a topic has of those allowed, `enter` and `manage` written out.
    pub(crate) fn actions(topic: &'a TopicOutline, allow: &[String]) -> Vec<&'a str> {
        let has = |word: &str| topic.actions.iter().any(|(action, _)| action == word);
        let meant = |word: &String, action: &str| word == action || (!has(word) && several(word).contains(&action));
        let actions = topic.actions.iter().map(|(action, _)| action.as_str());
        actions.filter(|action| allow.iter().any(|word| meant(word, action))).collect()
    }

    /// What words allow: topics that have at least one of the actions.
    pub(crate) fn allowed(
        application: &'a Outline,
        allow: &[String],
        topics: &[String],
        except: &[String],
    ) -> Chosen<'a> {
        let chosen = Self::choose(application, topics, except);
        let with_actions = chosen.into_iter().map(|topic| (topic, Self::actions(topic, allow)));
        with_actions.filter(|(_, actions)| !actions.is_empty()).collect()
    }

    /// Where the thing that a name of a file names is described; what is described itself counts too.
    pub(crate) fn described(&self, outline: &'a Outline, mark: &Mark) -> Vec<&'a Place> {
        let in_file = |file: &'a Outline, what: &[What], text: &str| -> Vec<&'a Place> {
            let fits = |known: &&Mark| known.defines && what.contains(&known.what) && known.text == text;
            file.marks.iter().filter(fits).map(|known| &known.at).collect()
        };
        match mark.what {
            What::Clause => in_file(outline, &[What::Clause], &mark.text),
            What::Role => self.outlines().flat_map(|file| in_file(file, &[What::Role], &mark.text)).collect(),
            What::Application => {
                self.outlines().flat_map(|file| in_file(file, &[What::Application], &mark.text)).collect()
            }
            What::Type => {
                let found = self.resource_type(&mark.text);
                found.map(|(topic, file)| in_file(file, &[What::Topic], &topic.name)).unwrap_or_default()
            }
            What::Word | What::Topic | What::Module | What::Set => {
                let Some(application) = self.application(outline) else { return Vec::new() };
                let what = Self::word(application, &mark.text);
                what.map(|what| in_file(application, &[what], &mark.text)).unwrap_or_default()
            }
            What::Action => Vec::new(),
        }
    }

    /// Actions by name with the topics of an application that have them.
    pub(crate) fn all_actions(application: &'a Outline) -> BTreeMap<&'a str, Vec<&'a str>> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for topic in &application.topics {
            for (action, _) in &topic.actions {
                all.entry(action).or_default().push(&topic.name);
            }
        }
        all
    }
}
