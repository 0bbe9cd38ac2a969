//! AuthZEN's evaluations as both of its surfaces ask them: parts that default, a batch and its semantic. Searches stand
//! in `search`, their page tokens in `token`, what callers are told of the endpoints in `metadata`. Wire types stand with
//! the edges; what a request means and how it is decided stands in the core.

mod canon;
mod look;
pub(crate) mod metadata;
pub mod search;
mod token;

use std::borrow::Cow;

pub use metadata::PublicUrl;
pub use token::{NoRandomBytes, Tokens};

use crate::pdp::{Asking, Undecided, View};
use crate::policy::decision::Decision;
use crate::policy::request::{self, Malformed, Properties, Request, Stored};
use crate::telemetry::metrics::Why;

/// What both surfaces are told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether every answer says why, asked or not.
    pub explain: bool,
    /// What gives and reads page tokens.
    pub tokens: Tokens,
    /// The URL under which callers reach the HTTP listener; without it there is no metadata.
    pub public_url: Option<PublicUrl>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The kind of subject.
    pub kind: Cow<'a, str>,
    /// Which one.
    pub id: Cow<'a, str>,
    /// Free properties.
    pub properties: Properties,
}

/// What they want to do.
#[derive(Clone, Debug)]
pub struct Action<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Free properties.
    pub properties: Properties,
}

/// What they want to do it to.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// The resource type.
    pub kind: Cow<'a, str>,
    /// Which one; may be empty.
    pub id: Cow<'a, str>,
    /// Its properties, those with a meaning apart from the rest.
    pub properties: Stored,
}

/// The parts of a question as far as they are given: an item of a batch, or the defaults of all its items.
#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    /// Who asks.
    pub subject: Option<Subject<'a>>,
    /// What they want to do.
    pub action: Option<Action<'a>>,
    /// What they want to do it to.
    pub resource: Option<Resource<'a>>,
    /// Free form.
    pub context: Option<Properties>,
}

impl Question<'_> {
    /// The request that these parts make up; each part that is missing is that of `defaults`, as a whole.
    ///
    /// # Errors
    /// A required part is in neither.
    pub fn or<'q>(&'q self, defaults: &'q Self) -> Result<Request<'q>, Malformed> {
        let subject = self.subject.as_ref().or(defaults.subject.as_ref()).ok_or(Malformed::Missing("subject"))?;
        let action = self.action.as_ref().or(defaults.action.as_ref()).ok_or(Malformed::Missing("action"))?;
        let resource = self.resource.as_ref().or(defaults.resource.as_ref()).ok_or(Malformed::Missing("resource"))?;
        Ok(Request {
            subject: request::Subject { kind: &subject.kind, id: &subject.id, properties: &subject.properties },
            action: request::Action { name: &action.name, properties: &action.properties },
            resource: resource.properties.resource(&resource.kind, &resource.id),
            context: self.context.as_deref().or(defaults.context.as_deref()).unwrap_or_default(),
        })
    }
}

/// What a request asks for beside the decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// When a batch stops.
    pub semantic: Semantic,
    /// Whether answers say why.
    pub explain: bool,
}

/// When a batch stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semantic {
    /// Never: every item is decided.
    #[default]
    ExecuteAll,
    /// With the first item that is not allowed.
    DenyOnFirstDeny,
    /// With the first item that is.
    PermitOnFirstPermit,
}

impl Semantic {
    /// By its name on the wire.
    ///
    /// # Errors
    /// No semantic has that name.
    pub fn named(name: &str) -> Result<Self, Malformed> {
        match name {
            "execute_all" => Ok(Self::ExecuteAll),
            "deny_on_first_deny" => Ok(Self::DenyOnFirstDeny),
            "permit_on_first_permit" => Ok(Self::PermitOnFirstPermit),
            _ => Err(Malformed::WrongType {
                name: "options.evaluations_semantic",
                expected: "`execute_all`, `deny_on_first_deny` or `permit_on_first_permit`",
            }),
        }
    }

    /// Whether the batch ends with an item that came out like this.
    fn ends_with(self, verdict: &Verdict<'_>) -> bool {
        let allowed = verdict.as_ref().is_ok_and(Decision::is_allow);
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !allowed,
            Self::PermitOnFirstPermit => allowed,
        }
    }
}

/// What came of one question: a decision, or what is wrong with it. An item that is malformed is not allowed.
pub type Verdict<'v> = Result<Decision<'v>, Malformed>;

/// Decides one question.
///
/// # Errors
/// It is malformed, or the caller may not ask it, or the facts can't be had.
pub fn evaluate<'v>(view: &'v View<'_>, question: &Question<'_>) -> Result<Decision<'v>, Undecided> {
    view.decide(&question.or(&Question::default())?)
}

/// An item of a batch, or what is wrong with it.
pub type Item<'a> = Result<Question<'a>, Malformed>;

/// The resource types that a batch is about, as far as they matter to whoever asks: of each item the one that it names,
/// else that of the defaults.
pub fn kinds<'t>(
    asking: &Asking,
    defaults: &'t Question<'_>,
    items: impl Iterator<Item = Option<&'t str>>,
) -> Vec<String> {
    let default = defaults.resource.as_ref().map(|resource| &*resource.kind);
    asking.kinds(items.filter_map(|kind| kind.or(default)))
}

/// Decides a batch on one view, in order, as far as its semantic goes. A malformed item fails alone.
///
/// # Errors
/// The caller may not ask one of them, or the facts about one can't be had: then there is no answer to any.
pub fn evaluate_all<'v>(
    view: &'v View<'_>,
    defaults: &Question<'_>,
    items: &[Item<'_>],
    semantic: Semantic,
) -> Result<Vec<Verdict<'v>>, Undecided> {
    let mut verdicts = Vec::with_capacity(items.len());
    for item in items {
        let question = item.as_ref().map_err(|malformed| Undecided::Malformed(malformed.clone()));
        let verdict = match question.and_then(|question| view.decide(&question.or(defaults)?)) {
            Ok(decision) => Ok(decision),
            Err(Undecided::Malformed(malformed)) => {
                view.note_undecided(Why::Malformed);
                Err(malformed)
            }
            Err(refused @ (Undecided::Forbidden(_) | Undecided::Unavailable(_) | Undecided::Exhausted(_))) => {
                return Err(refused);
            }
        };
        // What is decided without a fact decides nothing yet: the others' facts are wanted as well.
        let last = semantic.ends_with(&verdict) && !view.has_missed();
        verdicts.push(verdict);
        if last {
            break;
        }
    }
    Ok(verdicts)
}

/// A list of ids holds a null: a list may be empty, but what it lists must be ids.
///
/// # Errors
/// `name` is that of a resource property with a meaning.
pub fn refuse_null_in(name: &str) -> Result<(), Malformed> {
    const LISTS: [&str; 3] = ["school", "section", "referred_to"];
    match LISTS.into_iter().find(|list| *list == name) {
        Some(name) => Err(Malformed::WrongType { name, expected: "a text or a list of texts" }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::decision::{Granted, Reason};

    #[test]
    fn a_batch_stops_where_its_semantic_says() {
        let allow = Ok(Decision::allow(Granted { role: "r", org: "o", grant: "r#1" }));
        let deny = Ok(Decision::deny(Reason::NoGrant));
        let broken = Err(Malformed::NoDay);
        let table = [
            ("execute_all", [false, false, false]),
            ("deny_on_first_deny", [false, true, true]),
            ("permit_on_first_permit", [true, false, false]),
        ];
        for (name, ends) in table {
            let semantic = Semantic::named(name).unwrap();
            assert_eq!([&allow, &deny, &broken].map(|verdict| semantic.ends_with(verdict)), ends, "{name}");
        }
    }
}
