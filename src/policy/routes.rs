//! Routes: how an HTTP request at a gateway becomes a question. The first route that matches counts, and what matches none
//! is nobody's. Which paths are taken at all stands in `path`, what a template matches in `pattern`; what a gateway's
//! messages look like is not known here.

mod path;
mod pattern;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::document::ValueType;
use super::request::{Action, Malformed, Properties, Request, Stored, Subject, Value};
use super::source::Place;
pub(crate) use pattern::Pattern;

/// The properties with a meaning, which a record of any type may have.
pub(crate) const NAMED: [&str; 7] = ["school", "student", "section", "created_by", "referred_to", "role", "date"];
/// What a route calls the record's own id.
pub(crate) const ID: &str = "id";

/// The routes of a policy set, in order.
#[derive(Debug, Default)]
pub struct Routes {
    pub(super) routes: Vec<Route>,
}

/// One route.
#[derive(Debug)]
pub struct Route {
    pub(super) pattern: Pattern,
    pub(super) at: Place,
    /// Hosts, in small letters; none is any.
    pub(super) hosts: Vec<String>,
    pub(super) identity: Identity,
    pub(super) claims_in: String,
    pub(super) target: Target,
    pub(super) bindings: Vec<Binding>,
}

/// What a route asks about.
#[derive(Debug)]
pub(super) enum Target {
    /// An action on a type.
    One { action: String, kind: String },
    /// What the gateway's own configuration names, of these types with their declared properties.
    Said(Arc<[(String, Declared)]>),
}

/// Declared properties of a resource type.
pub(super) type Declared = Vec<(String, ValueType)>;

/// Where a property of the question comes from.
#[derive(Debug)]
pub(super) struct Binding {
    /// The property, or [`ID`].
    pub(super) name: String,
    /// What a parameter's text is read as.
    pub(super) kind: ValueType,
    pub(super) source: Binds,
}

/// The source of a property.
#[derive(Debug)]
pub(super) enum Binds {
    /// A parameter of the path, by number.
    Parameter(usize),
    Claim(String),
    Constant(Value),
}

/// Where the person's id comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A claim of the token that the gateway verified.
    Claim(String),
    /// The name in the certificate that the gateway verified.
    San(San),
    /// A plain header, in small letters.
    Header(String),
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(name) => write!(f, "the verified claim `{name}`"),
            Self::San(San { before, after }) => write!(f, "the certificate's name `{before}{{id}}{after}`"),
            Self::Header(name) => write!(f, "the header `{name}`"),
        }
    }
}

/// A URI of a certificate with one whole part for the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct San {
    /// Ends in `/`.
    before: String,
    /// Empty, or begins with `/`.
    after: String,
}

impl San {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (before, after) = text.split_once("{id}")?;
        let (scheme, host) = before.split_once("://")?;
        let whole = before.ends_with('/') && (after.is_empty() || after.starts_with('/'));
        let plain = !scheme.is_empty() && host.len() > 1 && !text.contains(char::is_whitespace);
        let once = !before.contains(['{', '}']) && !after.contains(['{', '}']);
        (whole && plain && once).then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// The id in a certificate's name, where it is one of these.
    #[must_use]
    pub fn id<'a>(&self, name: &'a str) -> Option<&'a str> {
        let id = name.strip_prefix(&*self.before)?.strip_suffix(&*self.after)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
        (!id.is_empty() && id.bytes().all(plain)).then_some(id)
    }
}

/// A route that matches, with the values of its path's parameters.
#[derive(Debug)]
pub struct Found<'r, 'p> {
    /// The route.
    pub route: &'r Route,
    values: Vec<Cow<'p, str>>,
}

/// Why a request has no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// Its path has more than one spelling.
    NotCanonical,
    /// None matches.
    Unmatched,
}

/// What a gateway verified about a request, and says of its own.
pub trait Gateway {
    /// A verified claim, by the name under which the gateway keeps the claims and its own.
    fn claim(&self, claims_in: &str, name: &str) -> Option<Value>;
    /// What the gateway's own configuration says about the request, for Hallpass: names and texts.
    fn said(&self) -> Vec<(&str, &str)>;
}

/// Why a request that has a route is no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoQuestion {
    /// A claim that the route needs is not there.
    #[error("the verified claim `{0}` is not there")]
    NoClaim(String),
    /// The gateway's own configuration is wrong: nothing can be decided.
    #[error("the gateway's context extensions {0}")]
    Misconfigured(String),
    /// A value is not what it must be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// The question that a request asks, but for who asks it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The action's name.
    pub action: String,
    /// The resource type.
    pub kind: String,
    /// The record's own id; may be empty.
    pub id: String,
    /// The record's properties.
    pub stored: Stored,
}

impl Question {
    /// As a request of a person.
    #[must_use]
    pub fn request<'a>(&'a self, kind: &'a str, subject: &'a str) -> Request<'a> {
        Request {
            subject: Subject { kind, id: subject, properties: &[] },
            action: Action { name: &self.action, properties: &[] },
            resource: self.stored.resource(&self.kind, &self.id),
            context: &[],
        }
    }
}

impl Routes {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// The first route that matches a request: its method, its host as sent, and its target (path and query).
    ///
    /// # Errors
    /// Why there is none.
    pub fn find<'r, 'p>(&'r self, method: &str, host: &str, target: &'p str) -> Result<Found<'r, 'p>, NoRoute> {
        let segments = path::segments(target).ok_or(NoRoute::NotCanonical)?;
        let host = host.to_ascii_lowercase();
        let mut matching = self.routes.iter().filter(|route| route.hosts.is_empty() || route.hosts.contains(&host));
        let found = matching.find_map(|route| Some((route, route.pattern.values(method, &segments)?)));
        let (route, values) = found.ok_or(NoRoute::Unmatched)?;
        Ok(Found { route, values })
    }
}

impl Route {
    /// What stands in its `match`.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern.text
    }

    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> &Place {
        &self.at
    }

    /// Where the person's id comes from.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Under which name the gateway keeps the verified claims.
    #[must_use]
    pub fn claims_in(&self) -> &str {
        &self.claims_in
    }
}

impl Found<'_, '_> {
    /// The question that the request asks.
    ///
    /// # Errors
    /// Something that the route needs is missing or wrong.
    pub fn question(&self, gateway: &impl Gateway) -> Result<Question, NoQuestion> {
        let mut properties = Properties::new();
        for Binding { name, kind, source } in &self.route.bindings {
            let value = match source {
                Binds::Parameter(at) => read(self.values.get(*at).map_or("", |value| value), *kind)?,
                Binds::Constant(value) => value.clone(),
                Binds::Claim(claim) => {
                    let found = gateway.claim(&self.route.claims_in, claim);
                    found.ok_or_else(|| NoQuestion::NoClaim(claim.clone()))?
                }
            };
            properties.push((name.clone(), value));
        }
        let (action, kind) = match &self.route.target {
            Target::One { action, kind } => (action.clone(), kind.clone()),
            Target::Said(types) => said(gateway, types, &mut properties)?,
        };
        let id = match properties.iter().position(|(name, _)| name == ID).map(|at| properties.remove(at)) {
            None => String::new(),
            Some((_, Value::Text(id))) => id,
            Some(_) => return Err(Malformed::WrongType { name: "resource.id", expected: "a text" }.into()),
        };
        Ok(Question { action, kind, id, stored: Stored::new(properties)? })
    }
}

/// Action and type that the gateway says, beside properties that it adds. Nothing it says is left out: a misspelt
/// property would widen the question.
fn said(
    gateway: &impl Gateway,
    types: &[(String, Declared)],
    properties: &mut Properties,
) -> Result<(String, String), NoQuestion> {
    let wrong = |what: String| Err(NoQuestion::Misconfigured(what));
    let said = gateway.said();
    let one = |wanted: &str| said.iter().find(|(name, _)| *name == wanted).map(|(_, text)| (*text).to_owned());
    let (Some(action), Some(kind)) = (one("action"), one("type")) else {
        return wrong("do not say both action and type".to_owned());
    };
    let Some((_, declared)) = types.iter().find(|(name, _)| *name == kind) else {
        return wrong(format!("name a type `{kind}` that the application does not have"));
    };
    for (name, text) in said.iter().filter(|(name, _)| !["action", "type"].contains(name)) {
        let Some(kind) = property_type(name, declared) else {
            return wrong(format!("give `{name}`, which is no property of `{kind}`"));
        };
        if properties.iter().any(|(known, _)| known == name) {
            return wrong(format!("give `{name}`, which the route gives too"));
        }
        properties.push(((*name).to_owned(), read(text, kind)?));
    }
    Ok((action, kind))
}

/// The type of a property that a route may give, if it may.
pub(crate) fn property_type(name: &str, declared: &[(String, ValueType)]) -> Option<ValueType> {
    let free = declared.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind);
    if name == ID || NAMED.contains(&name) { Some(ValueType::Text) } else { free }
}

/// A text of a path as a value.
fn read(text: &str, kind: ValueType) -> Result<Value, Malformed> {
    let wrong = |expected| Malformed::WrongType { name: "a parameter of the path", expected };
    Ok(match kind {
        ValueType::Text | ValueType::Date => Value::Text(text.to_owned()),
        ValueType::Texts => Value::List(vec![Value::Text(text.to_owned())]),
        ValueType::Number => {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            Value::Number(number.ok_or_else(|| wrong("a number"))?)
        }
        ValueType::YesNo => Value::Bool(text.parse().map_err(|_no_bool| wrong("true or false"))?),
    })
}
