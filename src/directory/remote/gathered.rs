//! The facts that were fetched for one request, and what it asked for beside them.
//!
//! Deciding waits for nothing: what is not here counts as unknown and is noted. Whoever decides looks at the notes, and
//! where there are any, throws away what it came to, fetches what was missed, and decides again. So nobody has to tell
//! beforehand which facts a request needs.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Entry, Frame, Human, Key};
use crate::policy::facts::{Facts, Org, Person, Section};
use crate::policy::request::Stored;

/// Facts by what they are about; `None` where the directory knows nothing of it.
type Known<T> = HashMap<Arc<str>, Option<Arc<T>>>;

/// Facts at hand for one request. Nothing is added while a request is decided on them.
#[derive(Debug)]
pub struct Gathered {
    frame: Arc<Frame>,
    people: Known<Human>,
    sections: Known<Section>,
    /// By resource type.
    records: HashMap<Arc<str>, Known<Stored>>,
    /// What was asked for and is not here. Locked only where something is missed.
    missed: Mutex<HashSet<Key>>,
    /// What is asked can't be told from single facts: lists have to be read.
    lists: AtomicBool,
}

impl Gathered {
    /// Nothing but the frame.
    #[must_use]
    pub fn new(frame: Arc<Frame>) -> Self {
        Self {
            frame,
            people: HashMap::new(),
            sections: HashMap::new(),
            records: HashMap::new(),
            missed: Mutex::default(),
            lists: AtomicBool::new(false),
        }
    }

    /// The frame that the facts stand in.
    #[must_use]
    pub fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    /// Adds what the directory has to say to a key. What doesn't fit the key is not added.
    pub fn add(&mut self, key: Key, entry: Entry) {
        match (key, entry) {
            (Key::Person(id), Entry::Person(person)) => _ = self.people.insert(id, person),
            (Key::Section(id), Entry::Section(section)) => _ = self.sections.insert(id, section),
            (Key::Record { kind, id }, Entry::Record(record)) => {
                self.records.entry(kind).or_default().insert(id, record);
            }
            (Key::Person(_), Entry::Section(_) | Entry::Record(_))
            | (Key::Section(_), Entry::Person(_) | Entry::Record(_))
            | (Key::Record { .. }, Entry::Person(_) | Entry::Section(_)) => {}
        }
    }

    /// Whether anything was asked for that is not here.
    #[must_use]
    pub fn has_missed(&self) -> bool {
        !self.missed.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// What was asked for and is not here; from now on nothing is.
    pub fn take_missed(&mut self) -> Vec<Key> {
        std::mem::take(self.missed.get_mut().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    /// Notes that lists are needed.
    pub fn want_lists(&self) {
        self.lists.store(true, Ordering::Relaxed);
    }

    /// Whether lists are needed.
    #[must_use]
    pub fn wants_lists(&self) -> bool {
        self.lists.load(Ordering::Relaxed)
    }

    fn miss(&self, key: Key) {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
    }

    /// What is here about an id; where nothing is, that is noted, unless no directory can know the id.
    fn find<'a, T>(&self, known: Option<&'a Known<T>>, id: &str, key: impl FnOnce() -> Key) -> Option<&'a Arc<T>> {
        if let Some(found) = known.and_then(|known| known.get(id)) {
            return found.as_ref();
        }
        if is_id(id) {
            self.miss(key());
        }
        None
    }
}

/// Whether there can be anything under an id: none is empty, and no database holds a NUL.
fn is_id(id: &str) -> bool {
    !id.is_empty() && !id.contains('\0')
}

impl Facts for Gathered {
    fn person(&self, id: &str) -> Option<Person<'_>> {
        self.find(Some(&self.people), id, || Key::Person(id.into())).map(|human| human.person())
    }

    fn org(&self, id: &str) -> Option<&Arc<Org>> {
        self.frame.org(id)
    }

    fn section(&self, id: &str) -> Option<&Arc<Section>> {
        self.find(Some(&self.sections), id, || Key::Section(id.into()))
    }

    fn record(&self, resource_type: &str, id: &str) -> Option<&Stored> {
        let kind = self.frame.record_types.get(resource_type)?;
        let key = || Key::Record { kind: Arc::clone(kind), id: id.into() };
        self.find(self.records.get(kind), id, key).map(|stored| &**stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn human(id: &str) -> Arc<Human> {
        Arc::new(Human {
            id: id.into(),
            row: 0,
            deleted: false,
            active: true,
            student: false,
            assignments: [].into(),
            teaches: [].into(),
            attends: [].into(),
            orgs: [].into(),
            properties: [].into(),
        })
    }

    fn note(id: &str) -> Key {
        Key::Record { kind: "note".into(), id: id.into() }
    }

    #[test]
    fn what_is_missed_is_noted_once_and_nothing_else_is() {
        let frame = Frame { record_types: HashSet::from(["note".into()]), ..Frame::default() };
        let mut gathered = Gathered::new(Arc::new(frame));
        gathered.add(Key::Person("known".into()), Entry::Person(Some(human("known"))));
        gathered.add(Key::Person("unknown".into()), Entry::Person(None));
        gathered.add(Key::Person("crossed".into()), Entry::Section(None));
        assert!(gathered.person("known").is_some_and(|person| person.active));
        assert!(gathered.person("unknown").is_none());
        for id in ["", "a\0b"] {
            assert!(gathered.person(id).is_none() && gathered.section(id).is_none());
            assert!(gathered.record("note", id).is_none());
        }
        assert!(gathered.record("mark", "n.1").is_none() && gathered.org("o").is_none());
        assert!(!gathered.has_missed());
        for _ in 0..2 {
            assert!(gathered.person("crossed").is_none() && gathered.section("known").is_none());
            assert!(gathered.record("note", "n.1").is_none());
        }
        assert!(gathered.has_missed());
        let missed: HashSet<Key> = gathered.take_missed().into_iter().collect();
        assert_eq!(missed, HashSet::from([Key::Person("crossed".into()), Key::Section("known".into()), note("n.1")]));
        assert!(!gathered.has_missed());
    }

    #[test]
    fn records_are_told_apart_by_type_and_id() {
        let frame = Frame { record_types: HashSet::from(["note".into(), "mark".into()]), ..Frame::default() };
        let mut gathered = Gathered::new(Arc::new(frame));
        gathered.add(note("n.1"), Entry::Record(Some(Arc::default())));
        assert!(gathered.record("note", "n.1").is_some() && gathered.record("mark", "n.1").is_none());
        assert_eq!(gathered.take_missed(), [Key::Record { kind: "mark".into(), id: "n.1".into() }]);
    }
}
