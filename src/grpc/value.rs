//! Protocol buffers' free-form values: read into properties, and written from them.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value as Wire};

use crate::policy::request::{Malformed, Properties, Value};

/// Reads properties; null is absent. The decoder bounds the nesting.
pub(super) fn properties(given: Option<Struct>) -> Result<Properties, Malformed> {
    let Some(Struct { fields }) = given else { return Ok(Properties::new()) };
    let mut properties = Properties::with_capacity(fields.len());
    for (name, wire) in fields {
        if let Some(value) = value(wire)? {
            properties.push((name, value));
        }
    }
    Ok(properties)
}

/// Reads a value; null is absent.
pub(super) fn value(wire: Wire) -> Result<Option<Value>, Malformed> {
    Ok(Some(match wire.kind {
        None | Some(Kind::NullValue(_)) => return Ok(None),
        Some(Kind::BoolValue(flag)) => Value::Bool(flag),
        Some(Kind::NumberValue(number)) if number.is_finite() => Value::Number(number),
        Some(Kind::NumberValue(_)) => return Err(Malformed::WrongType { name: "number_value", expected: "finite" }),
        Some(Kind::StringValue(text)) => Value::Text(text),
        Some(Kind::StructValue(nested)) => Value::Object(properties(Some(nested))?),
        Some(Kind::ListValue(ListValue { values })) => {
            Value::List(values.into_iter().filter_map(|item| value(item).transpose()).collect::<Result<_, _>>()?)
        }
    }))
}

/// Whether a value is a list that holds a null, which no list of ids may.
pub(super) fn lists_null(wire: &Wire) -> bool {
    let Some(Kind::ListValue(ListValue { values })) = &wire.kind else { return false };
    values.iter().any(|item| matches!(item.kind, None | Some(Kind::NullValue(_))))
}

/// A text.
pub(super) fn text(text: &str) -> Wire {
    Wire { kind: Some(Kind::StringValue(text.to_owned())) }
}

/// An object with these members.
pub(super) fn object<const N: usize>(members: [(&str, Wire); N]) -> Struct {
    Struct { fields: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
}

/// An object as a value.
pub(super) fn nested(object: Struct) -> Wire {
    Wire { kind: Some(Kind::StructValue(object)) }
}
