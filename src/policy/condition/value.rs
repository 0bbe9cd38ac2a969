//! Values while a condition runs: where a property comes from, and how two values compare.

use std::cmp::Ordering;

use super::super::day::Day;
use super::super::document::ValueType;
use super::super::request::{AnyOf, Value};
use super::{Attribute, Scene};

/// Where a property comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    SubjectId,
    ResourceId,
    Student,
    CreatedBy,
    Role,
    Date,
    School,
    Section,
    ReferredTo,
    /// A free property of a part, by name.
    Subject(String),
    Action(String),
    Resource(String),
    Context(String),
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Val<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
    Date(Day),
    Texts(AnyOf<'a>),
    Values(&'a [Value]),
    /// Not of the declared type.
    Wrong,
}

impl<'a> Val<'a> {
    pub(super) fn equals(self, other: Self) -> bool {
        match (self, other) {
            (Val::Null, Val::Null) => true,
            (Val::Bool(a), Val::Bool(b)) => a == b,
            (a, b) => a.order(b) == Some(Ordering::Equal),
        }
    }

    /// `None` where one of them is null or they have no order.
    pub(super) fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Val::Number(a), Val::Number(b)) => a.partial_cmp(&b),
            (Val::Text(a), Val::Text(b)) => Some(a.cmp(b)),
            (Val::Date(a), Val::Date(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }

    /// Whether it lists `item`, which an absent list does not; `None` where it is no list of texts.
    pub(super) fn contains(self, item: Val<'_>) -> Option<bool> {
        let text = if let Val::Text(text) = item { Some(text) } else { None };
        match self {
            Val::Texts(texts) => Some(texts.iter().any(|listed| Some(listed) == text)),
            Val::Values(values) => values.iter().try_fold(false, |found, value| match value {
                Value::Text(listed) => Some(found || Some(listed.as_str()) == text),
                Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
            }),
            Val::Null => Some(false),
            Val::Bool(_) | Val::Number(_) | Val::Text(_) | Val::Date(_) | Val::Wrong => None,
        }
    }

    fn text(text: Option<&'a str>) -> Self {
        text.map_or(Val::Null, Val::Text)
    }

    fn texts(texts: Option<AnyOf<'a>>) -> Self {
        texts.map_or(Val::Null, Val::Texts)
    }
}

impl Attribute {
    pub(super) fn value<'a>(&'a self, scene: &Scene<'a>) -> Val<'a> {
        let request = scene.request;
        let resource = &request.resource;
        match &self.source {
            Source::SubjectId => Val::Text(request.subject.id),
            Source::ResourceId => Val::Text(resource.id),
            Source::Student => Val::text(resource.student),
            Source::CreatedBy => Val::text(resource.created_by),
            Source::Role => Val::text(resource.role),
            Source::Date => resource.date.map_or(Val::Null, Val::Date),
            Source::School => Val::texts(resource.school),
            Source::Section => Val::texts(resource.section),
            Source::ReferredTo => Val::texts(resource.referred_to),
            Source::Subject(name) => self.free(name, request.subject.properties, scene.subject),
            Source::Action(name) => self.free(name, request.action.properties, &[]),
            Source::Resource(name) => self.free(name, resource.properties, scene.record),
            Source::Context(name) => self.free(name, request.context, &[]),
        }
    }

    /// A free property: the request's own, else the stored one.
    fn free<'a>(&self, name: &str, given: &'a [(String, Value)], stored: &'a [(String, Value)]) -> Val<'a> {
        let find = |properties: &'a [(String, Value)]| properties.iter().find(|(known, _)| known == name);
        match (find(given), find(stored)) {
            (Some((_, value)), _) => self.typed(value),
            (None, Some((_, Value::Text(text)))) => self.read(text),
            (None, Some((_, value))) => self.typed(value),
            (None, None) => Val::Null,
        }
    }

    /// A value as its declared type.
    fn typed<'a>(&self, value: &'a Value) -> Val<'a> {
        match (self.kind, value) {
            (ValueType::YesNo, Value::Bool(value)) => Val::Bool(*value),
            (ValueType::Number, Value::Number(value)) => Val::Number(*value),
            (ValueType::Text, Value::Text(value)) => Val::Text(value),
            (ValueType::Date, Value::Text(value)) => Day::parse(value).map_or(Val::Wrong, Val::Date),
            (ValueType::Texts, Value::List(values)) => Val::Values(values),
            _ => Val::Wrong,
        }
    }

    /// A stored text as its declared type: a CSV column knows no types.
    fn read<'a>(&self, text: &'a str) -> Val<'a> {
        match self.kind {
            ValueType::Text => Val::Text(text),
            ValueType::YesNo => text.parse().map_or(Val::Wrong, Val::Bool),
            ValueType::Number => {
                text.parse().ok().filter(|number: &f64| number.is_finite()).map_or(Val::Wrong, Val::Number)
            }
            ValueType::Date => Day::parse(text).map_or(Val::Wrong, Val::Date),
            ValueType::Texts => Val::Wrong,
        }
    }
}
