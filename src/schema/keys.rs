//! The keys that a schema knows at a place, with what it says of each.

use serde_json::Value;

/// The keys of a map, by the way to it from the file, `-` for an item of a list.
pub(super) fn at(schema: &Value, path: &[&str]) -> Vec<(String, String)> {
    let here = path.iter().fold(vec![schema], |maps, step| maps.into_iter().flat_map(|map| below(map, step)).collect());
    let keys = here.into_iter().flat_map(forms).filter_map(|form| form.get("properties")?.as_object()).flatten();
    let about = |value: &Value| value.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    keys.map(|(key, value)| (key.clone(), about(value))).collect()
}

/// What stands below a key, or as an item.
fn below<'s>(schema: &'s Value, step: &str) -> impl Iterator<Item = &'s Value> {
    let known = move |form: &'s Value| match step {
        "-" => form.get("items"),
        key => form.get("properties").and_then(|keys| keys.get(key)).or_else(|| form.get("additionalProperties")),
    };
    forms(schema).filter_map(known)
}

/// The forms that a value may have.
fn forms(schema: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(schema).chain(schema.get("oneOf").and_then(Value::as_array).into_iter().flatten())
}
