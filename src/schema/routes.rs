//! The keys of `routes/v1`.

use serde_json::{Value, json};

use super::{Parts, extend, list, map, names, object, text, yes};

pub(super) fn parts() -> Parts {
    Parts {
        required: &["application", "routes"],
        keys: vec![
            ("application", text("The application whose requests these are")),
            ("hosts", hosts("Hosts of all routes that name none of their own; any where there is none")),
            ("subject", subject()),
            ("claims_in", text("Under which name the gateway keeps the claims of the verified token (`jwt_payload`)")),
            ("routes", list("Routes; the first that matches counts", &route())),
        ],
    }
}

fn hosts(about: &str) -> Value {
    let mut hosts = names(about);
    extend(&mut hosts, json!({"examples": ["grades.district.example"]}));
    hosts
}

fn subject() -> Value {
    let keys = vec![
        ("claim", text("A claim of the verified token")),
        ("san", text("A name in the client's certificate, with `{id}` for the part that is the person's id")),
        ("header", text("A header that the gateway sets, in small letters")),
    ];
    let mut subject = object("Where the person's id comes from, one of three (`claim: sub`)", &[], keys);
    let one = |key: &str| json!({"required": [key]});
    extend(&mut subject, json!({"oneOf": [one("claim"), one("san"), one("header")]}));
    subject
}

fn route() -> Value {
    let keys = vec![
        ("match", text("Methods and a path, with `{name}` for a segment that varies: `PUT /marks/{id}`")),
        ("hosts", hosts("Hosts of this route")),
        ("action", text("The action that the request asks for")),
        ("type", text("The resource type that it asks about")),
        ("properties", map("Properties of the record, each a parameter, a claim or a value", &property())),
        ("from_context_extensions", yes("The gateway's own configuration names action and type")),
    ];
    let mut route = object("A route", &["match"], keys);
    let said = json!({
        "required": ["from_context_extensions"],
        "properties": {"from_context_extensions": {"const": true}, "action": false, "type": false},
    });
    let own = json!({"required": ["action", "type"], "properties": {"from_context_extensions": {"const": false}}});
    extend(&mut route, json!({"oneOf": [own, said]}));
    route
}

fn property() -> Value {
    json!({
        "description": "`\"{parameter}\"`, `{claim: NAME}`, or a value",
        "anyOf": [
            names("A parameter of the path in braces and quotes, or texts"),
            {"type": "boolean"},
            {"type": "number"},
            object("A claim of the verified token", &["claim"], vec![("claim", text("Its name"))]),
        ],
    })
}
