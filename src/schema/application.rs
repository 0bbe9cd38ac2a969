//! The keys of `application/v1`.

use serde_json::{Value, json};

use super::{Parts, choice, extend, list, name, named, names, object, some, text};
use crate::policy::document::{IDS, RECORDS, TYPES};

pub(super) fn parts() -> Parts {
    Parts {
        required: &["application", "title"],
        keys: vec![
            ("application", name("The application's name: the first part of its resource types and of its roles' ids")),
            ("title", text("The application's name for people")),
            ("modules", named("Its modules by name, each with its topics", &module())),
            ("types", named("Resource types without a module, by their full names, written like topics", &topic())),
            ("properties", properties_by_part()),
            ("sets", named("Named sets of topics: what a vague word of a guide means, said once", &set())),
            ("deny", list("Rules that override every grant", &deny())),
            (
                "apart",
                some(
                    "Kinds of places of which nobody should hold roles at both; reported, never enforced",
                    &json!({"enum": ["school", "district"]}),
                ),
            ),
            ("apart_because", text("Why roles are kept apart: needed with `apart`")),
        ],
    }
}

fn module() -> Value {
    let keys = vec![
        ("title", text("The module's name for people")),
        ("topics", named("Its topics by name; callers ask about `application.module.topic`", &topic())),
    ];
    object("A module: topics under one name", &["topics"], keys)
}

/// Actions alone, or keys.
fn topic() -> Value {
    json!({
        "description": "A topic: the list of its actions, or keys that say more of it",
        "oneOf": [actions("Its actions"), long_topic()],
    })
}

fn actions(about: &str) -> Value {
    let mut one = name("An action");
    extend(&mut one, json!({"examples": ["view", "create", "update", "delete"]}));
    some(about, &one)
}

fn long_topic() -> Value {
    let record = || {
        choice(
            "What kind of record it is, and so which facts tie it to a place (`student` if it says nothing)",
            RECORDS,
        )
    };
    let keys = vec![
        ("actions", actions("What can be done with it")),
        ("record", record()),
        ("id_is", choice("What the id of such a record is besides", IDS)),
        ("properties", typed("Properties that conditions may use, each with its type")),
        ("nobody", names("Actions that no role is meant to have, so that `validate` doesn't miss them")),
    ];
    let mut topic = object("A topic", &["actions"], keys);
    let different = object("What is different about this action", &["record"], vec![("record", record())]);
    extend(&mut topic, json!({"additionalProperties": different}));
    topic
}

fn typed(about: &str) -> Value {
    named(about, &choice("The type", TYPES))
}

fn properties_by_part() -> Value {
    let keys = vec![
        ("subject", typed("Of the person: `metadata.` columns of users.csv, or what the request says")),
        ("action", typed("Of the action")),
        ("context", typed("Of the context")),
    ];
    object("Properties of the other parts of a request that conditions may use, each with its type", &[], keys)
}

fn set() -> Value {
    let keys = vec![
        ("because", text("What the set stands for, in the words of the guide")),
        ("topics", names("Topics, modules, other sets, or `all`")),
        ("except", names("Topics, modules or sets that are no part of it")),
    ];
    object("A named set of topics", &["because", "topics"], keys)
}

fn deny() -> Value {
    let keys = vec![
        ("id", name("The rule's name, as decisions show it")),
        ("topics", names("Topics, modules, sets, or `all`")),
        ("except", names("Topics, modules or sets that it is not about")),
        ("actions", names("Actions that it forbids; all where it names none")),
        ("when", text("A condition: the rule forbids where it is met, or cannot be judged")),
        ("unless_role", names("Roles whose holders it spares, where they hold them")),
        ("because", text("Why")),
    ];
    object("A rule that overrides every grant", &["id", "topics", "because"], keys)
}
