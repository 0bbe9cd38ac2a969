//! A question without a wire, what it must come to, and what any surface said.
//!
//! Whether it is malformed is told from the vocabulary alone, not by the code that is tested.

use hallpass::Engine;
use hallpass::directory::Roster;
use hallpass::engine::{Answer, Grant};
use hallpass::pdp::Undecided;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::decision::{Decision, Granted};
use hallpass::policy::request::{Action, Limits, Properties, Request, Stored, Subject, Value as Free};
use serde_json::{Map, Value};

use crate::oracle;

/// Free-form members, nulls included.
pub(crate) type Members = Map<String, Value>;

/// A subject, an action or a resource; an action has its name as `id` and no `kind`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Part {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) properties: Members,
}

/// A question; what is missing is malformed, but for the context.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    pub(crate) subject: Option<Part>,
    pub(crate) action: Option<Part>,
    pub(crate) resource: Option<Part>,
    pub(crate) context: Option<Members>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Decided {
        allow: bool,
        reason: String,
        grant: Option<[String; 3]>,
    },
    Malformed,
    /// Something that is neither.
    Failed(String),
}

impl Said {
    pub(crate) fn of(decision: &Decision<'_>) -> Self {
        let grant = decision.granted.map(|Granted { role, org, grant }| [role, org, grant].map(str::to_owned));
        Self::Decided { allow: decision.is_allow(), reason: decision.reason.code().to_owned(), grant }
    }
}

/// Properties whose value is a text or a list of texts, none empty.
pub(crate) const LISTS: [&str; 3] = ["school", "section", "referred_to"];
/// Properties whose value is a text that is not empty.
pub(crate) const TEXTS: [&str; 4] = ["student", "created_by", "role", "date"];
/// Bytes of an id, items of a list, properties, nesting.
pub(crate) const LIMITS: [usize; 4] = [256, 64, 64, 16];

impl Asked {
    /// Whether section 1 of the vocabulary calls it malformed.
    pub(crate) fn is_malformed(&self) -> bool {
        let (Some(subject), Some(action), Some(resource)) = (&self.subject, &self.action, &self.resource) else {
            return true;
        };
        let named = [&subject.kind, &subject.id, &action.id, &resource.kind];
        let long = |text: &String| text.len() > LIMITS[0];
        let wrong = |(name, value): (&String, &Value)| match name.as_str() {
            name if LISTS.contains(&name) => !is_ids(value),
            "date" => value.as_str().and_then(Day::parse).is_none(),
            name if TEXTS.contains(&name) => !is_id(value),
            _ => !is_within(value, 1),
        };
        let free = [&subject.properties, &action.properties, &resource.properties];
        named.iter().any(|text| text.is_empty() || long(text))
            || long(&resource.id)
            || given(&resource.properties).any(wrong)
            || free.into_iter().chain(&self.context).any(|members| !is_few(members) || !members_within(members, 1))
    }

    /// What the core answers on a policy and a roster.
    pub(crate) fn decided(&self, policy: &Policy, roster: &Roster, today: Day) -> Said {
        self.in_process(|request| match Limits::default().check(request) {
            Ok(()) => Said::of(&policy.decide(roster, request, today)),
            Err(_) => Said::Malformed,
        })
    }

    /// What the embedded engine answers.
    pub(crate) fn embedded(&self, engine: &Engine) -> Said {
        self.in_process(|request| match engine.check(request) {
            Ok(Answer { allow, reason, grant, .. }) => Said::Decided {
                allow,
                reason: reason.code().to_owned(),
                grant: grant.map(|Grant { role, org, grant }| [role, org, grant]),
            },
            Err(Undecided::Malformed(_)) => Said::Malformed,
            Err(refused @ (Undecided::Forbidden(_) | Undecided::Unavailable(_) | Undecided::Exhausted(_))) => {
                Said::Failed(refused.to_string())
            }
        })
    }

    /// The question in the library's own types; what has no place in them is malformed.
    fn in_process(&self, ask: impl FnOnce(&Request<'_>) -> Said) -> Said {
        let (Some(subject), Some(action), Some(resource)) = (&self.subject, &self.action, &self.resource) else {
            return Said::Malformed;
        };
        let nothing = Members::new();
        let [of_subject, of_action, of_resource, context] =
            [&subject.properties, &action.properties, &resource.properties, self.context.as_ref().unwrap_or(&nothing)]
                .map(properties);
        let Ok(stored) = Stored::new(of_resource) else { return Said::Malformed };
        ask(&Request {
            subject: Subject { kind: &subject.kind, id: &subject.id, properties: &of_subject },
            action: Action { name: &action.id, properties: &of_action },
            resource: stored.resource(&resource.kind, &resource.id),
            context: &context,
        })
    }

    /// The same for the naive evaluator, which knows no free properties; to be asked only of what is well-formed.
    pub(crate) fn naive(&self) -> oracle::Question<'_> {
        let [subject, action, resource] = [&self.subject, &self.action, &self.resource].map(|p| p.as_ref().unwrap());
        let value = |name| resource.properties.get(name).filter(|value| !value.is_null());
        let text = |name| value(name).and_then(Value::as_str);
        let list = |name| value(name).map(|value| items(value).iter().filter_map(Value::as_str).collect());
        oracle::Question {
            subject_type: &subject.kind,
            subject: &subject.id,
            action: &action.id,
            resource_type: &resource.kind,
            id: &resource.id,
            school: list("school"),
            student: text("student"),
            section: list("section"),
            created_by: text("created_by"),
            referred_to: list("referred_to"),
            role: text("role"),
            date: text("date"),
        }
    }
}

/// A list's items; of anything else, itself.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// Null is absent.
fn given(members: &Members) -> impl Iterator<Item = (&String, &Value)> {
    members.iter().filter(|(_, value)| !value.is_null())
}

fn is_id(value: &Value) -> bool {
    value.as_str().is_some_and(|id| !id.is_empty() && id.len() <= LIMITS[0])
}

fn is_ids(value: &Value) -> bool {
    value.as_array().map_or_else(|| is_id(value), |items| items.len() <= LIMITS[1] && items.iter().all(is_id))
}

fn is_few(members: &Members) -> bool {
    given(members).count() <= LIMITS[2]
}

fn members_within(members: &Members, depth: usize) -> bool {
    given(members).all(|(name, value)| name.len() <= LIMITS[0] && is_within(value, depth))
}

fn is_within(value: &Value, depth: usize) -> bool {
    let present = |list: &Vec<Value>| list.iter().filter(|item| !item.is_null()).count();
    depth <= LIMITS[3]
        && match value {
            Value::Array(list) => {
                present(list) <= LIMITS[1]
                    && list.iter().filter(|item| !item.is_null()).all(|item| is_within(item, depth + 1))
            }
            Value::Object(members) => is_few(members) && members_within(members, depth + 1),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        }
}

/// As the library takes them. A null in a list stays visible, as a value of a type that no id has.
fn properties(members: &Members) -> Properties {
    given(members).map(|(name, value)| (name.clone(), free(value, LISTS.contains(&name.as_str())))).collect()
}

fn free(value: &Value, keep_null: bool) -> Free {
    match value {
        Value::Null => Free::Bool(false),
        Value::Bool(flag) => Free::Bool(*flag),
        Value::Number(number) => Free::Number(number.as_f64().unwrap()),
        Value::String(text) => Free::Text(text.clone()),
        Value::Array(items) => {
            Free::List(items.iter().filter(|item| keep_null || !item.is_null()).map(|item| free(item, false)).collect())
        }
        Value::Object(members) => Free::Object(given(members).map(|(n, v)| (n.clone(), free(v, false))).collect()),
    }
}
