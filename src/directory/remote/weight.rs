//! What a kept fact weighs in bytes; about, and rather too much. Organisations weigh nothing: they are the frame's.

use std::mem::size_of_val;

use super::{Entry, Human, Key};
use crate::policy::facts::{Assignment, Enrolment, Section};
use crate::policy::request::{Stored, Value};

/// What keeping something takes beside the thing itself: places in tables and lists, counters, allocations.
const KEEPING: usize = 400;
/// What an allocation that is counted takes beside its content.
const COUNTED: usize = 16;

/// The weight of an entry and its key.
pub(super) fn weight(key: &Key, entry: &Entry) -> u32 {
    let key = match key {
        Key::Person(id) | Key::Section(id) => id.len(),
        Key::Record { kind, id } => kind.len() + id.len() + COUNTED,
    };
    let entry = match entry {
        Entry::Person(human) => human.as_deref().map_or(0, human_weight),
        Entry::Section(section) => section.as_deref().map_or(0, section_weight),
        Entry::Record(stored) => stored.as_deref().map_or(0, stored_weight),
    };
    u32::try_from(KEEPING + key + entry).unwrap_or(u32::MAX)
}

fn human_weight(human: &Human) -> usize {
    let Human { id, assignments, teaches, attends, orgs, properties, .. } = human;
    let assigned = |assignment: &Assignment| size_of_val(assignment) + assignment.role.len() + COUNTED;
    let enrolled = |enrolment: &Enrolment| size_of_val(enrolment) + section_weight(&enrolment.section);
    COUNTED
        + size_of_val(human)
        + id.len()
        + COUNTED
        + assignments.iter().map(assigned).sum::<usize>()
        + teaches.iter().chain(attends).map(enrolled).sum::<usize>()
        + size_of_val(&**orgs)
        + named(properties)
}

fn section_weight(section: &Section) -> usize {
    let terms = section.terms.as_deref().map_or(0, size_of_val);
    COUNTED + size_of_val(section) + section.id.len() + COUNTED + terms
}

fn stored_weight(stored: &Stored) -> usize {
    let Stored { school, student, section, created_by, referred_to, role, date: _, free } = stored;
    let lists = [school, section, referred_to].into_iter().flatten().flatten();
    let texts = [student, created_by, role].into_iter().flatten();
    let texts: usize = lists.chain(texts).map(|text| size_of_val(text) + text.len()).sum();
    COUNTED + size_of_val(stored) + texts + named(free)
}

fn named(properties: &[(String, Value)]) -> usize {
    properties.iter().map(|(name, value)| size_of::<String>() + name.len() + value_weight(value)).sum()
}

fn value_weight(value: &Value) -> usize {
    size_of_val(value)
        + match value {
            Value::Bool(_) | Value::Number(_) => 0,
            Value::Text(text) => text.len(),
            Value::List(values) => values.iter().map(value_weight).sum(),
            Value::Object(properties) => named(properties),
        }
}
