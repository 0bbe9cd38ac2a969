//! Which free properties of a request may stand in the log: none, unless the operator names them.

use super::tape::{self, Reader};
use crate::policy::request::{Request, Value};

/// The parts of a request that have free properties.
const PARTS: [&str; 4] = ["subject", "action", "resource", "context"];

/// The properties that may be written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes(Vec<Name>);

/// One of them, by its part and its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    part: usize,
    whole: String,
}

/// A value that can stand in the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Yes(bool),
    Number(f64),
    Text(&'a str),
    /// A list or an object: that there is one, and no more.
    Nested,
}

/// A name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no free property: write it with its part, such as `context.case` (subject, action, resource, context)"
)]
pub struct Unnamed(String);

impl Attributes {
    /// Reads names such as `context.case`.
    ///
    /// # Errors
    /// One that names no property of a part.
    pub fn read(names: &[String]) -> Result<Self, Unnamed> {
        let mut read = Vec::new();
        for whole in names {
            let (part, name) = whole.split_once('.').ok_or_else(|| Unnamed(whole.clone()))?;
            let part = PARTS.iter().position(|known| *known == part).filter(|_| !name.is_empty());
            read.push(Name { part: part.ok_or_else(|| Unnamed(whole.clone()))?, whole: whole.clone() });
        }
        Ok(Self(read))
    }

    /// Writes those that a request has.
    pub(super) fn write(&self, request: &Request<'_>, out: &mut Vec<u8>) {
        let parts =
            [request.subject.properties, request.action.properties, request.resource.properties, request.context];
        for name in &self.0 {
            let part = parts.get(name.part).copied().unwrap_or_default();
            let wanted = name.whole.split_once('.').map_or("", |(_, name)| name);
            if let Some((_, value)) = part.iter().find(|(name, _)| name == wanted) {
                out.push(1);
                tape::text(&name.whole, out);
                put(value, out);
            }
        }
        out.push(0);
    }

    /// Reads what was written.
    pub(super) fn read_tape<'a>(tape: &mut Reader<'a>) -> Option<Vec<(&'a str, Scalar<'a>)>> {
        let mut read = Vec::new();
        while tape.byte()? == 1 {
            let name = tape.text()?;
            let value = match tape.byte()? {
                0 => Scalar::Yes(tape.byte()? == 1),
                1 => Scalar::Number(f64::from_le_bytes(tape.array()?)),
                2 => Scalar::Text(tape.text()?),
                _ => Scalar::Nested,
            };
            read.push((name, value));
        }
        Some(read)
    }
}

fn put(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Bool(yes) => out.extend_from_slice(&[0, u8::from(*yes)]),
        Value::Number(number) => {
            out.push(1);
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Text(text) => {
            out.push(2);
            tape::text(tape::cut(text), out);
        }
        Value::List(_) | Value::Object(_) => out.push(3),
    }
}
