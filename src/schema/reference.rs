//! A schema as pages for people: every key of a kind of file, map by map, with what it takes and what it says.

use serde_json::{Map, Value};

/// One map of a file: the way to it, and its schema.
struct Place<'a> {
    way: Vec<String>,
    schema: &'a Map<String, Value>,
}

/// The keys of a file of a schema, as Markdown: a section for the file, and one for each map in it.
pub(super) fn markdown(schema: &Value) -> String {
    let Some(file) = schema.as_object() else { return String::new() };
    let kind = schema.pointer("/properties/hallpass/const").and_then(Value::as_str).unwrap_or_default();
    let mut text = format!("## {kind}\n\n{}\n", string(schema, "title").unwrap_or_default());
    let mut waiting = vec![Place { way: Vec::new(), schema: file }];
    let mut told: Vec<Place<'_>> = Vec::new();
    while let Some(place) = waiting.pop() {
        let heading = if place.way.is_empty() { String::new() } else { format!("\n### {}\n", way(&place.way)) };
        if let Some(same) = told.iter().find(|told| told.schema == place.schema) {
            text.push_str(&format!("{heading}\nThe same keys as under {}.\n", way(&same.way)));
            continue;
        }
        text.push_str(&heading);
        text.push_str(&table(place.schema));
        let mut inner = inner(&place);
        inner.reverse();
        waiting.append(&mut inner);
        told.push(place);
    }
    text
}

/// `grants › each`.
fn way(parts: &[String]) -> String {
    parts
        .iter()
        .map(|part| if part == EACH { part.clone() } else { format!("`{part}`") })
        .collect::<Vec<_>>()
        .join(" › ")
}

const EACH: &str = "each";

fn string<'a>(schema: &'a Value, word: &str) -> Option<&'a str> {
    schema.get(word)?.as_str()
}

fn table(schema: &Map<String, Value>) -> String {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut text = "\n| key | takes | what it says |\n| --- | --- | --- |\n".to_owned();
    for (key, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let must = if required.contains(&key.as_str()) { ", **required**" } else { "" };
        let about = string(value, "description").unwrap_or_default();
        text.push_str(&format!("| `{key}` | {}{must} | {about} |\n", takes(value)));
    }
    if let Some(other) = schema.get("additionalProperties").filter(|other| other.is_object()) {
        let about = string(other, "description").unwrap_or_default();
        text.push_str(&format!("| any other | {} | {about} |\n", takes(other)));
    }
    text
}

/// What a value may be, in words.
fn takes(schema: &Value) -> String {
    if let Some(value) = schema.get("const") {
        return code(value);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(code).collect::<Vec<_>>().join(", ");
    }
    if let Some(ways) = alternatives(schema) {
        return either(ways);
    }
    match string(schema, "type").unwrap_or_default() {
        "string" if string(schema, "pattern").is_some_and(|pattern| pattern.contains("{4}")) => {
            "a day, `YYYY-MM-DD`".to_owned()
        }
        "string" => "a text".to_owned(),
        "boolean" => "`true`, `false`".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "array" => format!("a list of: {}", schema.get("items").map(takes).unwrap_or_default()),
        "object" if schema.get("properties").is_some() => "keys, below".to_owned(),
        "object" => match schema.get("additionalProperties").filter(|value| value.is_object()) {
            Some(value) => format!("keys of your own, each with: {}", takes(value)),
            None => "keys of your own".to_owned(),
        },
        _ => "anything".to_owned(),
    }
}

/// One of something or a list of them is told shortly.
fn either(ways: &[Value]) -> String {
    if let [one, many] = ways
        && many.get("items") == Some(one)
    {
        return format!("{}; or a list of them", takes(one));
    }
    ways.iter().map(takes).collect::<Vec<_>>().join("; or ")
}

/// The forms that a value may have; what says only which keys go together is none.
fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    let ways = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    schema.get("properties").is_none().then_some(ways)
}

fn code(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("`{value}`"), |text| format!("`{text}`"))
}

/// The maps right below one.
fn inner<'a>(place: &Place<'a>) -> Vec<Place<'a>> {
    let mut found = Vec::new();
    for (key, value) in place.schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        below(value, [place.way.as_slice(), std::slice::from_ref(key)].concat(), &mut found);
    }
    if let Some(other) = place.schema.get("additionalProperties") {
        below(other, [place.way.as_slice(), &[EACH.to_owned()]].concat(), &mut found);
    }
    found
}

/// The maps that a value is, or is made of.
fn below<'a>(value: &'a Value, way: Vec<String>, found: &mut Vec<Place<'a>>) {
    let each = || [way.as_slice(), &[EACH.to_owned()]].concat();
    if let Some(ways) = alternatives(value) {
        return ways.iter().for_each(|one| below(one, way.clone(), found));
    }
    if let Some(items) = value.get("items") {
        return below(items, each(), found);
    }
    match value.as_object() {
        Some(schema) if value.get("properties").is_some() => found.push(Place { way, schema }),
        Some(_) => value.get("additionalProperties").into_iter().for_each(|one| below(one, each(), found)),
        None => {}
    }
}
