//! JSON Schemas of the files that people write, for editors: what may stand where, and what each key means. The choices are
//! those that the readers know; a test holds every key against the readers.
//!
//! A schema accepts all that the loader accepts. What it cannot say (names that must exist, conditions), the loader says.

mod application;
mod callers;
mod keys;
mod reference;
mod role;
mod routes;
mod tests;

use serde_json::{Map, Value, json};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A catalogue with its sets and deny rules: `application/v1`
    Application,
    /// A role with its grants: `role/v1`
    Role,
    /// Questions with expected answers: `tests/v1`
    Tests,
    /// How HTTP requests become questions: `routes/v1`
    Routes,
    /// Who may ask a server: `callers/v1`
    Callers,
    /// The configuration of a server
    Configuration,
}

impl Kind {
    /// The kinds whose schemas stand in the folder `schemas`, each with the name of its file.
    pub const SHIPPED: &[(Self, &str)] = &[
        (Self::Application, "application.v1.json"),
        (Self::Role, "role.v1.json"),
        (Self::Tests, "tests.v1.json"),
        (Self::Routes, "routes.v1.json"),
        (Self::Callers, "callers.v1.json"),
    ];

    /// The schema.
    #[must_use]
    pub fn schema(self) -> Value {
        match self {
            Self::Application => {
                file("application/v1", "A catalogue of what an application keeps", application::parts())
            }
            Self::Role => file("role/v1", "A role and its grants", role::parts()),
            Self::Tests => file("tests/v1", "Questions with the answers that a policy must give", tests::parts()),
            Self::Routes => file("routes/v1", "How an application's HTTP requests become questions", routes::parts()),
            Self::Callers => file("callers/v1", "Who may ask a server, and how each is known", callers::parts()),
            Self::Configuration => crate::config::schema(),
        }
    }

    /// The keys of a map of such a file, each with what it says, by the way to the map; `-` is an item of a list.
    #[must_use]
    pub fn keys(self, path: &[&str]) -> Vec<(String, String)> {
        keys::at(&self.schema(), path)
    }

    /// The schema for people: every key with what it takes and what it says, as Markdown.
    #[must_use]
    pub fn reference(self) -> String {
        reference::markdown(&self.schema())
    }
}

/// The keys of a map, each with its schema, and those that must be there.
struct Parts {
    required: &'static [&'static str],
    keys: Vec<(&'static str, Value)>,
}

fn file(kind: &str, title: &str, Parts { required, mut keys }: Parts) -> Value {
    keys.insert(0, ("hallpass", json!({"description": "The kind of file", "const": kind})));
    let required: Vec<&str> = ["hallpass"].iter().chain(required).copied().collect();
    let mut schema = object(title, &[], keys);
    extend(
        &mut schema,
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "required": required}),
    );
    schema
}

/// A map with these keys and no others.
fn object(about: &str, required: &[&str], keys: Vec<(&'static str, Value)>) -> Value {
    let properties: Map<String, Value> = keys.into_iter().map(|(key, schema)| (key.to_owned(), schema)).collect();
    let mut schema =
        json!({"description": about, "type": "object", "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        extend(&mut schema, json!({"required": required}));
    }
    schema
}

/// A map whose keys an author names.
fn map(about: &str, value: &Value) -> Value {
    json!({"description": about, "type": "object", "additionalProperties": value})
}

/// A map whose keys an author names as callers spell them.
fn named(about: &str, value: &Value) -> Value {
    let mut schema = map(about, value);
    extend(&mut schema, json!({"propertyNames": {"pattern": NAME, "maxLength": 256}}));
    schema
}

/// What names are made of.
const NAME: &str = "^[A-Za-z0-9_.:/-]+$";

fn text(about: &str) -> Value {
    json!({"description": about, "type": "string", "pattern": "\\S"})
}

fn name(about: &str) -> Value {
    json!({"description": about, "type": "string", "pattern": NAME, "maxLength": 256})
}

fn day(about: &str) -> Value {
    json!({"description": about, "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
}

fn yes(about: &str) -> Value {
    json!({"description": about, "type": "boolean"})
}

fn count(about: &str) -> Value {
    json!({"description": about, "type": "integer", "minimum": 1})
}

/// One of the names of a closed set.
fn choice<T>(about: &str, choices: &[(&str, T)]) -> Value {
    json!({"description": about, "enum": choices.iter().map(|(name, _)| *name).collect::<Vec<_>>()})
}

/// One of something, or a list of them, none twice.
fn some(about: &str, one: &Value) -> Value {
    json!({"description": about, "oneOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": true}]})
}

/// A name or a list of names that stand elsewhere.
fn names(about: &str) -> Value {
    some(about, &json!({"type": "string", "pattern": "\\S"}))
}

fn list(about: &str, item: &Value) -> Value {
    json!({"description": about, "type": "array", "items": item})
}

/// Adds words to a schema.
fn extend(schema: &mut Value, words: Value) {
    if let (Some(schema), Value::Object(words)) = (schema.as_object_mut(), words) {
        schema.extend(words);
    }
}
