//! Which keys and which values may stand where, with a few words on each. Keys are the schema's; the readers of files decide,
//! and a test holds all of it against what they say.

use crate::policy::outline::FileKind::{self, Application, Other, Role, Routes, Tests};
use crate::schema::Kind;

/// Names with a few words on each.
pub(super) type Listed = &'static [(&'static str, &'static str)];

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// One of a few.
    One(Listed),
    /// A role.
    Roles,
    /// A topic, module, set or `all`.
    Words,
    /// An action, `enter` or `manage`, of the topics of the same grant or rule.
    Actions,
    /// An action of the resource type of the same test or route.
    ActionsOfType,
    /// An action of the same topic.
    OwnActions,
    /// A resource type.
    Types,
    /// A clause of the role.
    Clauses,
    /// An application.
    Applications,
}

const KINDS: Listed = &[
    ("application/v1", "what an application keeps, and what can be done with it"),
    ("role/v1", "a role and its grants"),
    ("tests/v1", "questions with expected answers"),
    ("routes/v1", "how HTTP requests become questions"),
];
const REACHES: Listed = &[
    ("org", "records of the organisation where the role is held, and below"),
    ("section", "records of sections that the holder teaches"),
    ("own", "records that the holder made"),
    ("referred", "what is referred to the organisation where the role is held"),
];
const HELD_AT: Listed = &[
    ("school", "has effect at schools only"),
    ("district", "at the district, or anything below it"),
    ("anywhere", "at any organisation"),
];
const SECURITY: Listed =
    &[("low", "reaches little"), ("moderate", "reaches some"), ("high", "reaches much, or what is sensitive")];
const LEVELS: Listed = &[
    ("elementary", "elementary schools"),
    ("secondary", "secondary schools"),
    ("option", "option schools"),
    ("cds", "community day schools"),
    ("nps", "nonpublic schools"),
];
const MEASURES: Listed =
    &[("full", "all of it"), ("limited", "a part"), ("partial", "a part"), ("read", "only to look at")];
const RECORDS: Listed = &[
    ("student", "a student's: the student's schools count (the default)"),
    ("school", "a school's: the school that is given counts"),
    ("district", "the district's own"),
    ("user", "a managed user's: the user's organisations count"),
    ("open", "tied to no place"),
];
const IDS: Listed = &[
    ("student", "the id is the student's"),
    ("section", "the id is the class's"),
    ("school", "the id is the school's"),
    ("user", "the id is the managed user's"),
];
const TYPES: Listed = &[
    ("text", "a text"),
    ("texts", "a list of texts"),
    ("number", "a number"),
    ("yes_no", "true or false"),
    ("date", "a day, as YYYY-MM-DD"),
];
const YES: Listed = &[("true", "yes"), ("false", "no")];
const EXPECTED: Listed = &[("allow", "must be allowed"), ("deny", "must be denied")];
const APART: Listed = &[("school", "roles held at schools"), ("district", "roles held at the district")];
const REASONS: Listed = &[
    ("granted", "of an allow"),
    ("unknown_subject", "nobody is known by this id"),
    ("unknown_resource_type", "no application declares the type"),
    ("unknown_action", "the type has no such action"),
    ("unknown_role", "there is no such role to assign"),
    ("denied_by_rule", "a deny rule applies"),
    ("condition_error", "a deny rule could not be evaluated"),
    ("missing_attribute", "what the scope tests was not given"),
    ("scope_mismatch", "the record lies out of reach"),
    ("condition_not_met", "within reach, but the condition is not met"),
    ("assignment_not_in_effect", "the role is held, but not now or not there"),
    ("no_grant", "no role that is held gives it"),
];

/// Values by the way to them; `*` is any key.
const VALUES: &[(FileKind, &[&str], Values)] = &[
    (Role, &["application"], Values::Applications),
    (Role, &["held_at"], Values::One(HELD_AT)),
    (Role, &["not_at"], Values::One(LEVELS)),
    (Role, &["security_level"], Values::One(SECURITY)),
    (Role, &["modules", "*"], Values::One(MEASURES)),
    (Role, &["reach"], Values::One(REACHES)),
    (Role, &["staffing", "as_needed"], Values::One(YES)),
    (Role, &["grants", "-", "allow"], Values::Actions),
    (Role, &["grants", "-", "topics"], Values::Words),
    (Role, &["grants", "-", "except"], Values::Words),
    (Role, &["grants", "-", "include"], Values::Roles),
    (Role, &["grants", "-", "made_by"], Values::Roles),
    (Role, &["grants", "-", "reach"], Values::One(REACHES)),
    (Role, &["grants", "-", "roles", "not"], Values::Roles),
    (Role, &["grants", "-", "people", "not_self"], Values::One(YES)),
    (Role, &["grants", "-", "people", "not_holding"], Values::Roles),
    (Role, &["grants", "-", "clause"], Values::Clauses),
    (Application, &["modules", "*", "topics", "*", "nobody"], Values::OwnActions),
    (Application, &["modules", "*", "topics", "*", "record"], Values::One(RECORDS)),
    (Application, &["modules", "*", "topics", "*", "id_is"], Values::One(IDS)),
    (Application, &["modules", "*", "topics", "*", "properties", "*"], Values::One(TYPES)),
    (Application, &["modules", "*", "topics", "*", "*", "record"], Values::One(RECORDS)),
    (Application, &["types", "*", "nobody"], Values::OwnActions),
    (Application, &["types", "*", "record"], Values::One(RECORDS)),
    (Application, &["types", "*", "id_is"], Values::One(IDS)),
    (Application, &["types", "*", "properties", "*"], Values::One(TYPES)),
    (Application, &["types", "*", "*", "record"], Values::One(RECORDS)),
    (Application, &["properties", "*", "*"], Values::One(TYPES)),
    (Application, &["sets", "*", "topics"], Values::Words),
    (Application, &["sets", "*", "except"], Values::Words),
    (Application, &["deny", "-", "topics"], Values::Words),
    (Application, &["deny", "-", "except"], Values::Words),
    (Application, &["deny", "-", "actions"], Values::Actions),
    (Application, &["deny", "-", "unless_role"], Values::Roles),
    (Application, &["apart"], Values::One(APART)),
    (Tests, &["tests", "-", "may"], Values::ActionsOfType),
    (Tests, &["tests", "-", "a"], Values::Types),
    (Tests, &["tests", "-", "as"], Values::Roles),
    (Tests, &["tests", "-", "of", "role"], Values::Roles),
    (Tests, &["tests", "-", "expect"], Values::One(EXPECTED)),
    (Tests, &["tests", "-", "reason"], Values::One(REASONS)),
    (Routes, &["application"], Values::Applications),
    (Routes, &["routes", "-", "action"], Values::ActionsOfType),
    (Routes, &["routes", "-", "type"], Values::Types),
    (Routes, &["routes", "-", "from_context_extensions"], Values::One(YES)),
    (Routes, &["routes", "-", "properties", "role"], Values::Roles),
];

/// The keys of a map with what the schema says of each; of a file that doesn't say what it is, the one that says so.
pub(super) fn keys(kind: FileKind, path: &[&str]) -> Vec<(String, String)> {
    match kind {
        Application => Kind::Application.keys(path),
        Role => Kind::Role.keys(path),
        Tests => Kind::Tests.keys(path),
        Routes => Kind::Routes.keys(path),
        Other if path.is_empty() => keys(Role, path).into_iter().filter(|(key, _)| key == "hallpass").collect(),
        Other => Vec::new(),
    }
}

/// What a value, or an item of a list that is one, may be.
pub(super) fn values(kind: FileKind, path: &[&str]) -> Option<Values> {
    let path = path.strip_suffix(&["-"]).unwrap_or(path);
    if path == ["hallpass"] {
        return Some(Values::One(KINDS));
    }
    VALUES.iter().find(|(of, way, _)| *of == kind && fits(way, path)).map(|(.., values)| *values)
}

fn fits(way: &[&str], path: &[&str]) -> bool {
    way.len() == path.len() && way.iter().zip(path).all(|(way, step)| way == step || (*way == "*" && *step != "-"))
}
