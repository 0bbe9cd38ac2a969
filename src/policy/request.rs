//! The question: AuthZEN's subject, action, resource and context, checked against the limits before anything is decided.

use super::day::Day;

/// A value of a free property. JSON's null is no value: whoever reads a request drops it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// true or false.
    Bool(bool),
    /// A number; whole numbers are exact up to 2^53.
    Number(f64),
    /// A text; dates are texts until a condition says otherwise.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A nested object: carried, but no condition can look into it.
    Object(Vec<(String, Value)>),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Object(members) => {
                let members: Vec<String> = members.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                write!(f, "{{{}}}", members.join(", "))
            }
        }
    }
}

/// Named values, in the order given, no name twice.
pub type Properties = Vec<(String, Value)>;

/// Ids of which one suffices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnyOf<'a> {
    /// A single id.
    One(&'a str),
    /// Alternatives; an empty list is given, and nothing suffices.
    Many(&'a [String]),
}

impl<'a> AnyOf<'a> {
    /// The ids.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (one, many) = match self {
            Self::One(id) => (Some(id), [].as_slice()),
            Self::Many(ids) => (None, ids),
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The kind of subject, usually `user`.
    pub kind: &'a str,
    /// The user's `sourcedId`.
    pub id: &'a str,
    /// Free properties, for conditions.
    pub properties: &'a [(String, Value)],
}

/// What they want to do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Action<'a> {
    /// The action's name.
    pub name: &'a str,
    /// Free properties, for conditions.
    pub properties: &'a [(String, Value)],
}

/// What they want to do it to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resource<'a> {
    /// The resource type.
    pub kind: &'a str,
    /// The record's own id; may be empty.
    pub id: &'a str,
    /// The organisation that holds the record.
    pub school: Option<AnyOf<'a>>,
    /// The student that the record is about.
    pub student: Option<&'a str>,
    /// The class that the record belongs to.
    pub section: Option<AnyOf<'a>>,
    /// The user who made the record.
    pub created_by: Option<&'a str>,
    /// The option schools that a student is referred to.
    pub referred_to: Option<AnyOf<'a>>,
    /// The role being given or taken away.
    pub role: Option<&'a str>,
    /// The day that the record is about.
    pub date: Option<Day>,
    /// Free properties, for conditions.
    pub properties: &'a [(String, Value)],
}

impl Resource<'_> {
    /// How many properties with a meaning are given.
    fn named(&self) -> usize {
        let given = [self.school.is_some(), self.student.is_some(), self.section.is_some(), self.created_by.is_some()];
        let others = [self.referred_to.is_some(), self.role.is_some(), self.date.is_some()];
        given.into_iter().chain(others).filter(|given| *given).count()
    }
}

/// One question.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// Who asks.
    pub subject: Subject<'a>,
    /// What they want to do.
    pub action: Action<'a>,
    /// What they want to do it to.
    pub resource: Resource<'a>,
    /// Free form; conditions see it, the built-in relations never do.
    pub context: &'a [(String, Value)],
}

/// The properties of a resource, sorted into those that have a meaning and the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    /// `school`, with its alternatives.
    pub school: Option<Vec<String>>,
    /// `student`.
    pub student: Option<String>,
    /// `section`, with its alternatives.
    pub section: Option<Vec<String>>,
    /// `created_by`.
    pub created_by: Option<String>,
    /// `referred_to`, with its alternatives.
    pub referred_to: Option<Vec<String>>,
    /// `role`.
    pub role: Option<String>,
    /// `date`.
    pub date: Option<Day>,
    /// All others.
    pub free: Properties,
}

impl Stored {
    /// Sorts properties into those with a meaning and the rest, checking their types.
    ///
    /// # Errors
    /// A property with a meaning that has the wrong type, is empty, or is no day.
    pub fn new(properties: Properties) -> Result<Self, Malformed> {
        let mut stored = Self::default();
        for (name, value) in properties {
            match name.as_str() {
                "school" => stored.school = Some(ids("school", value)?),
                "section" => stored.section = Some(ids("section", value)?),
                "referred_to" => stored.referred_to = Some(ids("referred_to", value)?),
                "student" => stored.student = Some(id("student", value)?),
                "created_by" => stored.created_by = Some(id("created_by", value)?),
                "role" => stored.role = Some(id("role", value)?),
                "date" => stored.date = Some(day(value)?),
                _ => stored.free.push((name, value)),
            }
        }
        Ok(stored)
    }

    /// As the resource of a request.
    #[must_use]
    pub fn resource<'a>(&'a self, kind: &'a str, id: &'a str) -> Resource<'a> {
        Resource {
            kind,
            id,
            school: self.school.as_deref().map(any_of),
            student: self.student.as_deref(),
            section: self.section.as_deref().map(any_of),
            created_by: self.created_by.as_deref(),
            referred_to: self.referred_to.as_deref().map(any_of),
            role: self.role.as_deref(),
            date: self.date,
            properties: &self.free,
        }
    }
}

/// Alternatives as a list of owned ids.
#[must_use]
pub fn any_of(ids: &[String]) -> AnyOf<'_> {
    match ids {
        [one] => AnyOf::One(one),
        many => AnyOf::Many(many),
    }
}

fn id(name: &'static str, value: Value) -> Result<String, Malformed> {
    match value {
        Value::Text(text) if text.is_empty() => Err(Malformed::EmptyProperty(name)),
        Value::Text(text) => Ok(text),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => {
            Err(Malformed::WrongType { name, expected: "a text" })
        }
    }
}

fn ids(name: &'static str, value: Value) -> Result<Vec<String>, Malformed> {
    match value {
        Value::List(items) => items.into_iter().map(|item| id(name, item)).collect(),
        Value::Text(_) => Ok(vec![id(name, value)?]),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            Err(Malformed::WrongType { name, expected: "a text or a list of texts" })
        }
    }
}

fn day(value: Value) -> Result<Day, Malformed> {
    let text = id("date", value)?;
    Day::parse(&text).ok_or(Malformed::NoDay)
}

/// What a request may not exceed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of an id, type or name.
    pub id_bytes: usize,
    /// Items of a list.
    pub list_items: usize,
    /// Properties of one of subject, action, resource, context.
    pub properties: usize,
    /// Nesting of a value.
    pub nesting: usize,
    /// Items of a batch.
    pub batch_items: usize,
    /// Bytes of a message.
    pub message_bytes: usize,
    /// Results of a page of a search.
    pub page_items: usize,
    /// Results of a page where the request doesn't say how many.
    pub default_page_items: usize,
}

impl Default for Limits {
    /// The limits of the decision contract.
    fn default() -> Self {
        Self {
            id_bytes: 256,
            list_items: 64,
            properties: 64,
            nesting: 16,
            batch_items: 1_000,
            message_bytes: 1 << 20,
            page_items: 1_000,
            default_page_items: 100,
        }
    }
}

/// Why a request cannot be decided: it is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A required member is absent.
    #[error("`{0}` is required")]
    Missing(&'static str),
    /// A property with a meaning has another type.
    #[error("`{name}` must be {expected}")]
    WrongType {
        /// The member.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A property with a meaning is an empty text.
    #[error("`{0}` must not be empty: leave it out where there is none")]
    EmptyProperty(&'static str),
    /// `date` is no day.
    #[error("`date` must be a day of the calendar, as YYYY-MM-DD")]
    NoDay,
    /// Something is longer or deeper than its limit.
    #[error("{what} is over the limit of {limit}")]
    OverLimit {
        /// What it is.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

impl Limits {
    /// Checks a request: required members are there, nothing is over a limit, nothing with a meaning is empty.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, request: &Request<'_>) -> Result<(), Malformed> {
        let resource = &request.resource;
        self.required("subject.type", request.subject.kind)?;
        self.required("subject.id", request.subject.id)?;
        self.required("action.name", request.action.name)?;
        self.required("resource.type", resource.kind)?;
        self.short("resource.id", resource.id)?;
        self.alternatives("school", resource.school)?;
        self.alternatives("section", resource.section)?;
        self.alternatives("referred_to", resource.referred_to)?;
        self.property("student", resource.student)?;
        self.property("created_by", resource.created_by)?;
        self.property("role", resource.role)?;
        self.free(resource.properties, resource.named())?;
        [request.subject.properties, request.action.properties, request.context]
            .iter()
            .try_for_each(|free| self.free(free, 0))
    }

    fn required(&self, name: &'static str, text: &str) -> Result<(), Malformed> {
        if text.is_empty() {
            return Err(Malformed::Missing(name));
        }
        self.short(name, text)
    }

    fn property(&self, name: &'static str, text: Option<&str>) -> Result<(), Malformed> {
        match text {
            Some("") => Err(Malformed::EmptyProperty(name)),
            Some(text) => self.short(name, text),
            None => Ok(()),
        }
    }

    fn short(&self, what: &'static str, text: &str) -> Result<(), Malformed> {
        within(what, text.len(), self.id_bytes)
    }

    fn alternatives(&self, name: &'static str, given: Option<AnyOf<'_>>) -> Result<(), Malformed> {
        let Some(given) = given else { return Ok(()) };
        if let AnyOf::Many(ids) = given {
            within(name, ids.len(), self.list_items)?;
        }
        given.iter().try_for_each(|id| self.property(name, Some(id)))
    }

    /// Free properties, beside so many that have a meaning.
    fn free(&self, properties: &[(String, Value)], named: usize) -> Result<(), Malformed> {
        within("the number of properties", properties.len() + named, self.properties)?;
        properties.iter().try_for_each(|(name, value)| {
            self.short("a property's name", name)?;
            self.value(value, 1)
        })
    }

    fn value(&self, value: &Value, depth: usize) -> Result<(), Malformed> {
        within("the nesting of a property", depth, self.nesting)?;
        match value {
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => Ok(()),
            Value::List(items) => {
                within("a list", items.len(), self.list_items)?;
                items.iter().try_for_each(|item| self.value(item, depth + 1))
            }
            Value::Object(members) => {
                within("the number of properties", members.len(), self.properties)?;
                members.iter().try_for_each(|(_, value)| self.value(value, depth + 1))
            }
        }
    }
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), Malformed> {
    if size > limit { Err(Malformed::OverLimit { what, limit }) } else { Ok(()) }
}
