//! Which keys and which values may stand where, with a few words on each. The readers of files decide; a test holds this
//! against what they say.

use crate::policy::outline::FileKind::{self, Application, Role, Routes, Tests};

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

const FIRST: (&str, &str) = ("hallpass", "what the file is: the first key of every file");
const TOPICS: (&str, &str) = ("topics", "topics, modules, sets, or `all`");
const EXCEPT: (&str, &str) = ("except", "topics, modules or sets that are left out of them");
const WHEN: (&str, &str) = ("when", "a condition, such as `resource.date <= today`");
const BECAUSE: (&str, &str) = ("because", "the reason, for whoever reads this");
const REACH: (&str, &str) = ("reach", "how far it reaches: org, section, own or referred");

/// Keys by the way to their map; `*` is any key.
const KEYS: &[(FileKind, &[&str], Listed)] = &[
    (
        Role,
        &[],
        &[
            FIRST,
            ("role", "the role's id: the application, a dot and a name"),
            ("application", "the application, where the id does not begin with it"),
            ("title", "the role's name for people"),
            ("group", "the part of the guide that lists it"),
            ("security_level", "how much, and how sensitive, is what it reaches"),
            ("level_because", "why that is not the level that its reach suggests"),
            ("held_at", "at which kind of organisation it has effect"),
            ("not_at", "levels of schools at which it has none"),
            ("available_from", "the first day on which it has effect, as YYYY-MM-DD"),
            ("modules", "modules and topics that the guide lists, each with how much of it"),
            ("users", "kinds of people that hold it, by level where they differ"),
            ("staffing", "how many people should hold it"),
            ("request_through", "where it is asked for"),
            ("approval", "whose approval it needs"),
            ("reach", "how far its grants reach that say nothing else"),
            ("clauses", "the clauses of the guide, by number"),
            ("grants", "what it gives, one idea each"),
        ],
    ),
    (
        Role,
        &["grants", "-"],
        &[
            ("allow", "actions; `enter` is view, create and update, `manage` deletes too"),
            TOPICS,
            EXCEPT,
            ("include", "in place of `allow` and `topics`: a role whose grants are taken over"),
            REACH,
            WHEN,
            ("made_by", "only records whose maker holds this role"),
            ("roles", "of `assign_role`: roles that may be neither given nor taken away"),
            ("people", "of topics about users: whose records are left out"),
            ("clause", "the clause, or clauses, that it comes from"),
            BECAUSE,
        ],
    ),
    (Role, &["grants", "-", "roles"], &[("not", "roles that may be neither given nor taken away")]),
    (
        Role,
        &["grants", "-", "people"],
        &[("not_self", "not one's own record"), ("not_holding", "not the record of anybody who holds one of these")],
    ),
    (
        Role,
        &["staffing"],
        &[
            ("as_needed", "as many as are needed"),
            ("one_per_students", "one for so many students"),
            ("minimum", "at least so many, by level where they differ"),
            ("maximum", "at most so many, by level where they differ"),
            ("note", "anything else"),
        ],
    ),
    (
        Application,
        &[],
        &[
            FIRST,
            ("application", "its name: what the ids of its roles and types begin with"),
            ("title", "its name for people"),
            ("modules", "its modules, each with its topics"),
            ("types", "resource types without a module, named as callers do"),
            ("properties", "typed properties of subject, action and context that conditions may use"),
            ("sets", "named sets of topics: what a guide's vague words mean"),
            ("deny", "rules that override every grant"),
            ("apart", "kinds of places of which nobody should hold roles at both: advice"),
            ("apart_because", "why"),
        ],
    ),
    (Application, &["modules", "*"], &[("title", "its name for people"), ("topics", "its topics with their actions")]),
    (Application, &["modules", "*", "topics", "*"], TOPIC),
    (Application, &["types", "*"], TOPIC),
    (Application, &["modules", "*", "topics", "*", "*"], &[("record", "the kind of record that this action is about")]),
    (Application, &["types", "*", "*"], &[("record", "the kind of record that this action is about")]),
    (Application, &["sets", "*"], &[BECAUSE, TOPICS, EXCEPT]),
    (
        Application,
        &["deny", "-"],
        &[
            ("id", "its name"),
            TOPICS,
            EXCEPT,
            ("actions", "the actions that it denies, where not all"),
            WHEN,
            ("unless_role", "roles whose holders it spares"),
            BECAUSE,
        ],
    ),
    (
        Application,
        &["properties"],
        &[
            ("subject", "properties of whoever asks"),
            ("action", "properties of the action"),
            ("context", "properties of the circumstances"),
        ],
    ),
    (Tests, &[], &[FIRST, ("tests", "questions with expected answers")]),
    (
        Tests,
        &["tests", "-"],
        &[
            ("name", "what it is for"),
            ("who", "the person's id"),
            ("as", "the one role of theirs that counts"),
            ("may", "the action"),
            ("a", "the resource type"),
            ("id", "the record's own id, where it matters"),
            ("of", "properties of the record, such as its student"),
            ("subject", "properties of the person"),
            ("action", "properties of the action"),
            ("context", "properties of the circumstances"),
            ("on", "the day on which it is asked, if not today"),
            ("expect", "allow or deny"),
            ("reason", "the reason that the answer must name"),
        ],
    ),
    (
        Routes,
        &[],
        &[
            FIRST,
            ("application", "the application whose requests these are"),
            ("hosts", "hosts of all routes that name none"),
            ("subject", "where the person's id comes from: a claim unless it says otherwise"),
            ("claims_in", "under which name the gateway keeps the verified claims"),
            ("routes", "requests with the questions that they become"),
        ],
    ),
    (
        Routes,
        &["subject"],
        &[
            ("claim", "a claim of the verified token"),
            ("san", "a pattern of the certificate's name"),
            ("header", "a header that the gateway sets"),
        ],
    ),
    (
        Routes,
        &["routes", "-"],
        &[
            ("match", "methods and a path, such as `PUT /schools/{school}/marks/{id}`"),
            ("hosts", "the hosts that it is for"),
            ("properties", "properties of the record: texts, parameters or claims"),
            ("from_context_extensions", "the gateway's configuration names action and type"),
            ("action", "the action that is asked about"),
            ("type", "the resource type that is asked about"),
        ],
    ),
];

const TOPIC: Listed = &[
    ("actions", "what can be done with it"),
    ("nobody", "actions that no role is meant to have"),
    ("record", "the kind of record: what ties it to a place"),
    ("id_is", "what the id of such a resource is besides"),
    ("properties", "properties that conditions may use, each with its type"),
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
    (Application, &["modules", "*", "topics", "*", "record"], Values::One(RECORDS)),
    (Application, &["modules", "*", "topics", "*", "id_is"], Values::One(IDS)),
    (Application, &["modules", "*", "topics", "*", "properties", "*"], Values::One(TYPES)),
    (Application, &["modules", "*", "topics", "*", "*", "record"], Values::One(RECORDS)),
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
    (Tests, &["tests", "-", "of", "role"], Values::Roles),
    (Tests, &["tests", "-", "expect"], Values::One(EXPECTED)),
    (Tests, &["tests", "-", "reason"], Values::One(REASONS)),
    (Routes, &["application"], Values::Applications),
    (Routes, &["routes", "-", "action"], Values::ActionsOfType),
    (Routes, &["routes", "-", "type"], Values::Types),
    (Routes, &["routes", "-", "from_context_extensions"], Values::One(YES)),
    (Routes, &["routes", "-", "properties", "role"], Values::Roles),
];

/// The keys of a map.
pub(super) fn keys(kind: FileKind, path: &[&str]) -> Option<Listed> {
    if kind == FileKind::Other {
        return path.is_empty().then_some(&[FIRST]);
    }
    KEYS.iter().find(|(of, way, _)| *of == kind && fits(way, path)).map(|(.., keys)| *keys)
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
