//! A condition in words: its text, and the values that it compared.

use super::super::fields::shown;
use super::super::request::Value;
use super::value::{Source, Val};
use super::{Attribute, Condition, Expr, List, Scene, Term};

impl Condition {
    /// The text with the values of what it looks at, each named once: `resource.date <= today: resource.date is
    /// 2026-12-01, today is 2026-11-29`.
    pub(in crate::policy) fn told(&self, scene: &Scene<'_>) -> String {
        let mut values = Vec::new();
        self.expr.tell(scene, &mut values);
        match values.is_empty() {
            true => self.text.clone(),
            false => format!("{}: {}", self.text, values.join(", ")),
        }
    }
}

impl Expr {
    fn tell(&self, scene: &Scene<'_>, values: &mut Vec<String>) {
        match self {
            Self::Constant(_) => {}
            Self::Truth(attribute) => attribute.tell(scene, values),
            Self::Compare { left, right, .. } => [left, right].into_iter().for_each(|term| term.tell(scene, values)),
            Self::In { item, list } => {
                item.tell(scene, values);
                match list {
                    List::Literals(items) => items.iter().for_each(|item| item.tell(scene, values)),
                    List::Attribute(attribute) => attribute.tell(scene, values),
                }
            }
            Self::Not(inner) => inner.tell(scene, values),
            Self::And(left, right) | Self::Or(left, right) => {
                left.tell(scene, values);
                right.tell(scene, values);
            }
        }
    }
}

impl Term {
    fn tell(&self, scene: &Scene<'_>, values: &mut Vec<String>) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Date(_) => {}
            Self::Today => add(values, format!("today is {}", scene.today)),
            Self::Attribute(attribute) => attribute.tell(scene, values),
        }
    }
}

impl Attribute {
    fn tell(&self, scene: &Scene<'_>, values: &mut Vec<String>) {
        let name = self.source.name();
        add(
            values,
            match self.value(scene) {
                Val::Null => format!("{name} is not given"),
                Val::Wrong => format!("{name} is not of its declared type"),
                Val::Bool(value) => format!("{name} is {value}"),
                Val::Number(value) => format!("{name} is {value}"),
                Val::Text(text) => format!("{name} is {}", shown(text)),
                Val::Date(day) => format!("{name} is {day}"),
                Val::Texts(texts) => format!("{name} is {}", texts.iter().map(shown).collect::<Vec<_>>().join(" or ")),
                Val::Values(items) => format!("{name} is {}", items.iter().map(item).collect::<Vec<_>>().join(" or ")),
            },
        );
    }
}

impl Source {
    /// As a condition spells it.
    fn name(&self) -> String {
        let named = match self {
            Self::SubjectId => "subject.id",
            Self::ResourceId => "resource.id",
            Self::Student => "resource.student",
            Self::CreatedBy => "resource.created_by",
            Self::Role => "resource.role",
            Self::Date => "resource.date",
            Self::School => "resource.school",
            Self::Section => "resource.section",
            Self::ReferredTo => "resource.referred_to",
            Self::Subject(name) => return format!("subject.{name}"),
            Self::Action(name) => return format!("action.{name}"),
            Self::Resource(name) => return format!("resource.{name}"),
            Self::Context(name) => return format!("context.{name}"),
        };
        named.to_owned()
    }
}

fn item(value: &Value) -> String {
    match value {
        Value::Text(text) => shown(text),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::List(_) | Value::Object(_) => "…".to_owned(),
    }
}

fn add(values: &mut Vec<String>, told: String) {
    if !values.contains(&told) {
        values.push(told);
    }
}
