//! The keys of `role/v1`.

use serde_json::{Value, json};

use super::{Parts, choice, count, day, extend, list, map, name, names, object, some, text, yes};
use crate::policy::document::{HELD_AT, LEVELS, MEASURES, REACHES, SCHOOL_LEVELS};

pub(super) fn parts() -> Parts {
    let mut keys = row();
    keys.extend([
        ("reach", reach("How far its grants reach from where it is held, unless a grant says otherwise")),
        ("clauses", clauses()),
        ("grants", list("What it allows", &grant())),
    ]);
    Parts { required: &["role", "title", "held_at", "grants"], keys }
}

/// What a guide says of a role beside its rights.
fn row() -> Vec<(&'static str, Value)> {
    vec![
        ("role", name("The role's id: the application's name, a dot, and a name")),
        ("application", text("The application, where the id does not begin with its name")),
        ("title", text("The role's name for people")),
        ("group", text("The part of the guide that lists it")),
        ("security_level", choice("How much, and how sensitive, is what it reaches", LEVELS)),
        ("level_because", text("Why the level is other than its reach suggests, where it is")),
        ("held_at", choice("The kind of organisation at which it has effect", HELD_AT)),
        ("not_at", some("Levels of schools at which it has no effect", &json!({"enum": SCHOOL_LEVELS}))),
        ("available_from", day("The first day on which it has effect")),
        (
            "modules",
            map("Modules and topics that the guide lists, each with how much of it", &choice("How much", MEASURES)),
        ),
        ("users", by_level("Who holds it, in the guide's words, by level of school where they differ", &text("Who"))),
        ("staffing", staffing()),
        ("request_through", text("Where it is asked for")),
        ("approval", text("Whose approval it needs")),
    ]
}

fn reach(about: &str) -> Value {
    choice(about, REACHES)
}

/// A value, or one by level.
fn by_level(about: &str, one: &Value) -> Value {
    json!({"description": about, "oneOf": [one, {"type": "object", "additionalProperties": one}]})
}

fn staffing() -> Value {
    let keys = vec![
        ("as_needed", yes("As many as are needed")),
        ("one_per_students", count("One for so many students")),
        ("minimum", by_level("At least so many, by level of school where it differs", &count("So many"))),
        ("maximum", by_level("At most so many, by level of school where it differs", &count("So many"))),
        ("note", text("Anything else")),
    ];
    object("How many people should hold it", &[], keys)
}

fn clauses() -> Value {
    let mut clauses = map("The clauses of the guide's row, by number from 1", &text("What the clause says"));
    extend(&mut clauses, json!({"propertyNames": {"pattern": "^[1-9][0-9]*$"}}));
    clauses
}

/// What an include doesn't go with.
const LIMITS: [&str; 7] = ["allow", "topics", "except", "when", "made_by", "roles", "people"];

fn grant() -> Value {
    let keys = vec![
        ("allow", names("Actions; `enter` is view, create, update, `manage` also delete, as far as a topic has them")),
        ("topics", names("Topics, modules, sets, or `all`")),
        ("except", names("Topics, modules or sets that it is not about")),
        (
            "include",
            text("A role whose grants this one has too; nothing else but `reach`, `clause` and `because` goes with it"),
        ),
        ("reach", reach("How far it reaches from where the role is held")),
        ("when", text("A condition that must be met")),
        ("made_by", text("A role: only records that one of its holders made")),
        ("roles", object("Which roles may be given or taken away", &["not"], vec![("not", names("All but these"))])),
        ("people", people()),
        ("clause", clause()),
        ("because", text("Why, where the guide leaves room")),
    ];
    let mut grant = object("A grant: actions on topics, or another role's grants", &[], keys);
    let limits: Vec<Value> = LIMITS.iter().map(|key| json!({"required": [key]})).collect();
    let include = json!({"required": ["include"], "not": {"anyOf": limits}});
    extend(
        &mut grant,
        json!({"oneOf": [include, {"required": ["allow", "topics"], "not": {"required": ["include"]}}]}),
    );
    grant
}

fn people() -> Value {
    let keys = vec![
        ("not_self", yes("Not the holder's own record")),
        ("not_holding", names("Nobody's who holds one of these roles")),
    ];
    object("Whose record may be managed", &[], keys)
}

fn clause() -> Value {
    let one = json!({"type": "integer", "minimum": 1});
    json!({"description": "The clause that it comes from, or several", "oneOf": [one, {"type": "array", "items": one}]})
}
