//! As much of JSON Schema as `openapi.yaml`, `hallpass.schema.json` and the folder `schemas` use; a word that is not known here fails, so that none is passed over.

use serde_json::Value;

/// The words that say nothing about a value.
const ANNOTATIONS: [&str; 7] = ["$schema", "description", "default", "examples", "format", "summary", "title"];

/// The description.
pub(crate) struct Document(Value);

impl Document {
    pub(crate) fn read(yaml: &str) -> Self {
        Self(serde_saphyr::from_str(yaml).unwrap())
    }

    /// What stands at a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
    }

    /// What a reference leads to; anything else is itself.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        value["$ref"].as_str().map_or(value, |reference| self.at(reference.trim_start_matches('#')))
    }

    /// Whether a value fits a schema.
    pub(crate) fn fits(&self, value: &Value, schema: &Value) -> Result<(), String> {
        let schema = self.resolve(schema);
        if schema == false {
            return Err(format!("{value} must not be here"));
        }
        let words = schema.as_object().ok_or_else(|| format!("no schema for {value}"))?;
        for (word, said) in words {
            let fits = match word.as_str() {
                "type" => is_of_type(value, said.as_str().unwrap()),
                "const" => value == said,
                "enum" => said.as_array().unwrap().contains(value),
                "required" => said.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
                "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= said.as_u64().unwrap()),
                "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= said.as_u64().unwrap()),
                "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= said.as_u64().unwrap()),
                "uniqueItems" => value.as_array().is_none_or(|items| has_no_two_alike(items)),
                "minimum" => value.as_f64().is_none_or(|number| number >= said.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|number| number <= said.as_f64().unwrap()),
                "pattern" => value.as_str().is_none_or(|text| matches(text, said.as_str().unwrap())),
                "anyOf" => said.as_array().unwrap().iter().any(|one| self.fits(value, one).is_ok()),
                "not" => self.fits(value, said).is_err(),
                "minProperties" => {
                    value.as_object().is_none_or(|members| members.len() as u64 >= said.as_u64().unwrap())
                }
                "propertyNames" => {
                    let names = value.as_object().into_iter().flat_map(|members| members.keys());
                    return_first(names.map(|name| self.fits(&name.as_str().into(), said)))?
                }
                "oneOf" => said.as_array().unwrap().iter().filter(|one| self.fits(value, one).is_ok()).count() == 1,
                "items" => return_first(value.as_array().into_iter().flatten().map(|item| self.fits(item, said)))?,
                "properties" => self.members_fit(value, said)?,
                "additionalProperties" if said.is_boolean() => {
                    said == true || has_no_others(value, &schema["properties"])
                }
                "additionalProperties" => {
                    let others = value.as_object().into_iter().flatten();
                    let others = others.filter(|(name, _)| schema["properties"].get(name.as_str()).is_none());
                    return_first(others.map(|(_, other)| self.fits(other, said)))?
                }
                annotation if ANNOTATIONS.contains(&annotation) => true,
                unknown => return Err(format!("`{unknown}` is not understood")),
            };
            if !fits {
                return Err(format!("{value} does not fit `{word}: {said}`"));
            }
        }
        Ok(())
    }

    fn members_fit(&self, value: &Value, schemas: &Value) -> Result<bool, String> {
        let schemas = schemas.as_object().unwrap();
        return_first(schemas.iter().filter_map(|(name, schema)| Some(self.fits(value.get(name)?, schema))))
    }
}

fn return_first(all: impl Iterator<Item = Result<(), String>>) -> Result<bool, String> {
    all.collect::<Result<(), _>>().map(|()| true)
}

fn has_no_others(value: &Value, properties: &Value) -> bool {
    value.as_object().is_none_or(|members| members.keys().all(|name| properties.get(name).is_some()))
}

fn has_no_two_alike(items: &[Value]) -> bool {
    (1..items.len()).all(|at| !items[..at].contains(&items[at]))
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("`{other}` is not used"),
    }
}

/// The patterns that there are, said in Rust.
fn matches(text: &str, pattern: &str) -> bool {
    let all = |text: &str, fits: fn(u8) -> bool| !text.is_empty() && text.bytes().all(fits);
    match pattern {
        r"^[0-9a-f]{16}\.([0-9a-f]{16}|[0-9]{1,20}|unlogged)$" => is_revision(text),
        r"\S" => text.chars().any(|character| !character.is_whitespace()),
        "^[A-Za-z0-9_.:/-]+$" => all(text, |byte| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte)),
        "^[1-9][0-9]*$" => all(text, |byte| byte.is_ascii_digit()) && !text.starts_with('0'),
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => {
            let parts: Vec<&str> = text.split('-').collect();
            let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            lengths == [4, 2, 2] && parts.iter().all(|part| all(part, |byte| byte.is_ascii_digit()))
        }
        other => panic!("`{other}` is not used"),
    }
}

/// What is described in `openapi.yaml` is answered from files.
fn is_revision(text: &str) -> bool {
    let hex = |part: &str| part.len() == 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_once('.').is_some_and(|(policy, directory)| hex(policy) && hex(directory))
}
