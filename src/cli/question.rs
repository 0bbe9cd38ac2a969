//! One question as flags, and as the request that is decided.

use crate::authzen::refuse_null_in;
use crate::policy::request::{Action, Malformed, Properties, Request, Stored, Subject, Value};

/// The flags of a question.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "The question")]
pub(super) struct Flags {
    /// Who asks: the user's id in the directory
    #[arg(long, value_name = "ID")]
    subject: String,
    /// What kind of subject that is
    #[arg(long, value_name = "TYPE", default_value = "user")]
    subject_type: String,
    /// What they want to do, such as `update`
    #[arg(long, value_name = "NAME")]
    action: String,
    /// The resource type, such as `misis.grades.mark`
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    #[command(flatten)]
    record: Record,
    /// A property of the subject
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    subject_property: Vec<(String, Value)>,
    /// A property of the action
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    action_property: Vec<(String, Value)>,
    /// A member of the context
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    context: Vec<(String, Value)>,
}

/// The flags of the record that a question is about.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Record {
    /// The record's own id
    #[arg(long, visible_alias = "record", value_name = "ID", default_value = "", hide_default_value = true)]
    pub(super) id: String,
    /// The student that the record is about
    #[arg(long, value_name = "ID")]
    student: Option<String>,
    /// The organisation that holds the record; given more than once: alternatives
    #[arg(long, value_name = "ID")]
    school: Vec<String>,
    /// The class that the record belongs to; given more than once: alternatives
    #[arg(long, value_name = "ID")]
    section: Vec<String>,
    /// The user who made the record
    #[arg(long, value_name = "ID")]
    created_by: Option<String>,
    /// The option school that the student is referred to; given more than once: alternatives
    #[arg(long, value_name = "ID")]
    referred_to: Vec<String>,
    /// The role being given or taken away
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// The day that the record is about
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// Another property of the record: `name=value` is true or false, a number, else a text; `name:=JSON` is anything
    #[arg(long, value_name = "NAME=VALUE", value_parser = record_property)]
    property: Vec<(String, Value)>,
}

/// Why flags make no question.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoQuestion {
    #[error("`{0}` is given twice: give it once, as a list where there are alternatives")]
    Twice(String),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// A question that can be asked as often as wanted.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) subject_type: String,
    pub(super) subject: String,
    pub(super) action: String,
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) resource: Stored,
    pub(super) subject_properties: Properties,
    pub(super) action_properties: Properties,
    pub(super) context: Properties,
}

impl Flags {
    /// The question that the flags ask.
    pub(super) fn question(self) -> Result<Question, NoQuestion> {
        let id = self.record.id.clone();
        Ok(Question {
            subject_type: self.subject_type,
            subject: self.subject,
            action: self.action,
            kind: self.kind,
            id,
            resource: self.record.stored()?,
            subject_properties: once(self.subject_property)?,
            action_properties: once(self.action_property)?,
            context: once(self.context)?,
        })
    }
}

impl Record {
    /// Whether anything is said of the record.
    pub(super) fn is_given(&self) -> bool {
        let Self { id, student, school, section, created_by, referred_to, role, date, property } = self;
        let lists = [school, section, referred_to].into_iter().any(|ids| !ids.is_empty());
        let texts = [student, created_by, role, date].into_iter().any(Option::is_some);
        !id.is_empty() || lists || texts || !property.is_empty()
    }

    /// Its properties.
    pub(super) fn stored(self) -> Result<Stored, NoQuestion> {
        let text = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), Value::Text(value)));
        let mut resource = self.property;
        resource.extend(text("student", self.student));
        resource.extend(alternatives("school", self.school));
        resource.extend(alternatives("section", self.section));
        resource.extend(text("created_by", self.created_by));
        resource.extend(alternatives("referred_to", self.referred_to));
        resource.extend(text("role", self.role));
        resource.extend(text("date", self.date));
        Ok(Stored::new(once(resource)?)?)
    }
}

impl Question {
    /// The request that it asks.
    pub(super) fn request(&self) -> Request<'_> {
        Request {
            subject: Subject { kind: &self.subject_type, id: &self.subject, properties: &self.subject_properties },
            action: Action { name: &self.action, properties: &self.action_properties },
            resource: self.resource.resource(&self.kind, &self.id),
            context: &self.context,
        }
    }
}

fn alternatives(name: &str, mut ids: Vec<String>) -> Option<(String, Value)> {
    let value = match ids.len() {
        0 => return None,
        1 => Value::Text(ids.remove(0)),
        _ => Value::List(ids.into_iter().map(Value::Text).collect()),
    };
    Some((name.to_owned(), value))
}

/// Each name once, and what is null left out.
pub(super) fn once(given: Properties) -> Result<Properties, NoQuestion> {
    let mut kept = Properties::new();
    for (name, value) in given {
        if kept.iter().any(|(known, _)| *known == name) {
            return Err(NoQuestion::Twice(name));
        }
        kept.push((name, value));
    }
    Ok(kept)
}

/// A property of the record, whose lists of ids hold no null.
fn record_property(text: &str) -> Result<(String, Value), String> {
    if let Some((name, json)) = text.split_once(":=")
        && let Ok(serde_json::Value::Array(items)) = serde_json::from_str(json)
        && items.contains(&serde_json::Value::Null)
    {
        refuse_null_in(name).map_err(|malformed| malformed.to_string())?;
    }
    property(text)
}

/// Reads `name=value`, or `name:=JSON`.
pub(super) fn property(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write `name=value`, or `name:=JSON`")?;
    let (name, value) = match name.strip_suffix(':') {
        Some(name) => (name, json(value)?),
        None => (name, plain(value)),
    };
    if name.is_empty() { Err("a property has a name".to_owned()) } else { Ok((name.to_owned(), value)) }
}

fn json(text: &str) -> Result<Value, String> {
    let value = serde_json::from_str(text).map_err(|error| format!("what follows `:=` is no JSON: {error}"))?;
    value_of(value).ok_or_else(|| "null is no value: leave the property out".to_owned())
}

/// true, false, or a number as JSON writes it; anything else is a text.
fn plain(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Bool(value)) => Value::Bool(value),
        Ok(serde_json::Value::Number(number)) => number.as_f64().map_or(Value::Text(text.to_owned()), Value::Number),
        _ => Value::Text(text.to_owned()),
    }
}

/// The same value; null is absent.
fn value_of(value: serde_json::Value) -> Option<Value> {
    Some(match value {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => Value::Number(number.as_f64()?),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::List(items.into_iter().filter_map(value_of).collect()),
        serde_json::Value::Object(members) => {
            Value::Object(members.into_iter().filter_map(|(name, value)| Some((name, value_of(value)?))).collect())
        }
    })
}
