//! JSON as it was sent: a tree that borrows from the body, read in one pass. No name may stand twice in an object, at
//! any depth, unknown members included. What the members mean stands in `question`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::policy::request::{Properties, Value};

/// Up to here names are compared one by one.
const FEW: usize = 32;

/// A value.
#[derive(Debug)]
pub(super) enum Json<'a> {
    /// null.
    Null,
    /// true or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object, its members in the order given.
    Object(Members<'a>),
}

/// Members of an object, no name twice.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

impl<'a> Json<'a> {
    /// Reads a body.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    /// As a value of a free property: null is absent.
    pub(super) fn into_value(self) -> Option<Value> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::Text(text.into_owned()),
            Self::List(items) => Value::List(items.into_iter().filter_map(Self::into_value).collect()),
            Self::Object(members) => Value::Object(properties(members)),
        })
    }
}

/// Members as free properties: null is absent.
pub(super) fn properties(members: Members<'_>) -> Properties {
    members.into_iter().filter_map(|(name, json)| Some((name.into_owned(), json.into_value()?))).collect()
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let mut members: Members<'de> = Vec::new();
        let mut many = HashSet::new();
        while let Some(name) = object.next_key()? {
            if twice(&name, &members, &mut many) {
                return Err(A::Error::custom(format_args!("`{}` stands twice", name.0)));
            }
            members.push((name.0, object.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

/// Whether a name stands among the members already; `many` gathers the names once they are more than a few.
fn twice<'de>(Name(name): &Name<'de>, members: &Members<'de>, many: &mut HashSet<Cow<'de, str>>) -> bool {
    if members.len() < FEW {
        return members.iter().any(|(earlier, _)| earlier == name);
    }
    if many.is_empty() {
        many.extend(members.iter().map(|(earlier, _)| earlier.clone()));
    }
    !many.insert(name.clone())
}

/// A member's name.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_found_among_few_and_many() {
        for distinct in [0, 1, FEW - 1, FEW, FEW + 1, 3 * FEW] {
            let names: Vec<String> = (0..distinct).map(|number| format!("\"n{number}\":0")).collect();
            let good = format!("{{{}}}", names.join(","));
            assert!(Json::read(good.as_bytes()).is_ok(), "{good}");
            let mut bad = names.clone();
            bad.extend(["\"twin\":1".to_owned(), "\"t\\u0077in\":null".to_owned()]);
            let bad = format!("{{\"unknown\":[{{{}}}]}}", bad.join(","));
            assert!(Json::read(bad.as_bytes()).unwrap_err().to_string().starts_with("`twin` stands twice"), "{bad}");
        }
    }

    #[test]
    fn no_nesting_overflows_the_stack() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let body = open.repeat(200_000) + &close.repeat(200_000);
            assert!(Json::read(body.as_bytes()).is_err());
        }
    }
}
