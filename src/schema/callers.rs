//! The keys of `callers/v1`.

use serde_json::{Value, json};

use super::{Parts, extend, map, names, object, some, text};
use crate::caller::Permission;

pub(super) fn parts() -> Parts {
    let mut callers = map("Callers by name, as the decision log shows them", &caller());
    extend(&mut callers, json!({"minProperties": 1}));
    Parts { required: &["callers"], keys: vec![("callers", callers)] }
}

fn caller() -> Value {
    let uid =
        json!({"description": "The user of a process on this machine, by number", "type": "integer", "minimum": 0});
    let permissions: Vec<&str> = Permission::NAMED.iter().map(|(name, _)| *name).collect();
    let keys = vec![
        ("spiffe", text("The SPIFFE ID of its client certificate")),
        ("key_file", text("The file whose first line is its API key")),
        ("uid", uid),
        ("applications", names("Applications that it may ask about; all where there is none")),
        ("may", some("What it may ask (`check`)", &json!({"enum": permissions}))),
    ];
    let mut caller = object("A caller and what proves it", &[], keys);
    let one = |key: &str| json!({"required": [key]});
    extend(&mut caller, json!({"anyOf": [one("spiffe"), one("key_file"), one("uid")]}));
    caller
}
