//! The JSON Schema of the configuration file, for editors: made from the settings, so that it knows what the server knows.

use serde_json::{Map, Value, json};

use super::given::CONFIG;
use super::setting::{Kind, Secrecy, Setting, settings};

/// The schema.
#[must_use]
pub fn schema() -> Value {
    let open = settings().into_iter().filter(|setting| setting.secrecy != Secrecy::Secret);
    let mut properties: Map<String, Value> = open.map(|setting| (setting.key.clone(), property(&setting))).collect();
    properties.insert("hallpass".to_owned(), json!({"description": "The kind of file", "const": CONFIG}));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of hallpass serve",
        "type": "object",
        "required": ["hallpass"],
        "additionalProperties": false,
        "properties": properties,
    })
}

fn property(setting: &Setting) -> Value {
    let mut property = match &setting.kind {
        Kind::Switch => json!({"type": "boolean"}),
        Kind::Number { least } => json!({"type": "integer", "minimum": least}),
        Kind::Choice(names) => json!({"enum": names}),
        Kind::List(_) => {
            let text = json!({"type": "string", "minLength": 1});
            json!({"oneOf": [text, {"type": "array", "items": text, "minItems": 1, "uniqueItems": true}]})
        }
        Kind::Text => json!({"type": "string", "minLength": 1}),
    };
    if let Some(words) = property.as_object_mut() {
        let Setting { help, flag, variable, .. } = setting;
        words.insert("description".to_owned(), format!("{help} ({flag}, {variable})").into());
        default(setting).and_then(|default| words.insert("default".to_owned(), default));
    }
    property
}

/// What a setting is where nothing sets it.
fn default(setting: &Setting) -> Option<Value> {
    let texts: Vec<&str> = setting.default.iter().map(String::as_str).collect();
    value(&setting.kind, &texts)
}

/// Texts as what they stand for; nothing where there are none.
#[must_use]
pub fn value(kind: &Kind, texts: &[&str]) -> Option<Value> {
    let first = *texts.first()?;
    Some(match kind {
        Kind::Switch => first.parse::<bool>().map_or_else(|_other| first.into(), Value::from),
        Kind::Number { .. } => first.parse::<u64>().map_or_else(|_other| first.into(), Value::from),
        Kind::List(_) => texts.into(),
        Kind::Choice(_) | Kind::Text => first.into(),
    })
}
