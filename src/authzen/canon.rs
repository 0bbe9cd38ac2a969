//! A question as bytes, and back: typed, length-prefixed, and the same however the members were ordered, so that two
//! questions are equal where their bytes are. What is done with the bytes stands in `token`.

use std::borrow::Cow;

use super::{Action, Question, Resource, Subject};
use crate::policy::request::{Properties, Stored, Value};

const NO: u8 = 0;
const YES: u8 = 1;
const NUMBER: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const OBJECT: u8 = 5;

/// A question as bytes. A context without members is none.
pub(super) fn write(question: &Question<'_>) -> Vec<u8> {
    let Question { subject, action, resource, context } = question;
    let mut bytes = Vec::new();
    given(&mut bytes, subject.as_ref(), |bytes, Subject { kind, id, properties }| {
        text(bytes, kind);
        text(bytes, id);
        members(bytes, properties);
    });
    given(&mut bytes, action.as_ref(), |bytes, Action { name, properties }| {
        text(bytes, name);
        members(bytes, properties);
    });
    given(&mut bytes, resource.as_ref(), |bytes, Resource { kind, id, properties }| {
        text(bytes, kind);
        text(bytes, id);
        members(bytes, &unsorted(properties));
    });
    members(&mut bytes, context.as_deref().unwrap_or_default());
    bytes
}

/// Properties as bytes.
pub(super) fn write_properties(properties: &[(String, Value)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    members(&mut bytes, properties);
    bytes
}

fn given<T>(bytes: &mut Vec<u8>, part: Option<T>, write: impl Fn(&mut Vec<u8>, T)) {
    bytes.push(if part.is_some() { YES } else { NO });
    if let Some(part) = part {
        write(bytes, part);
    }
}

/// A length, before that which has it.
pub(super) fn length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u64).to_be_bytes());
}

/// A text.
pub(super) fn text(bytes: &mut Vec<u8>, text: &str) {
    length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn members(bytes: &mut Vec<u8>, properties: &[(String, Value)]) {
    let mut sorted: Vec<_> = properties.iter().collect();
    sorted.sort_by_key(|(name, _)| name);
    length(bytes, sorted.len());
    for (name, given) in sorted {
        text(bytes, name);
        value(bytes, given);
    }
}

fn value(bytes: &mut Vec<u8>, given: &Value) {
    match given {
        Value::Bool(flag) => bytes.push(if *flag { YES } else { NO }),
        Value::Number(number) => {
            bytes.push(NUMBER);
            // Adding nothing makes a negative zero the other one, which it equals.
            bytes.extend((number + 0.0).to_be_bytes());
        }
        Value::Text(given) => {
            bytes.push(TEXT);
            text(bytes, given);
        }
        Value::List(items) => {
            bytes.push(LIST);
            length(bytes, items.len());
            items.iter().for_each(|item| value(bytes, item));
        }
        Value::Object(nested) => {
            bytes.push(OBJECT);
            members(bytes, nested);
        }
    }
}

/// The properties of a resource as they were before they were sorted into those with a meaning and the rest.
fn unsorted(stored: &Stored) -> Properties {
    let Stored { school, student, section, created_by, referred_to, role, date, free } = stored;
    let ids = |ids: &Vec<String>| Value::List(ids.iter().cloned().map(Value::Text).collect());
    let mut properties = free.clone();
    let mut add = |name: &str, value: Option<Value>| properties.extend(value.map(|value| (name.to_owned(), value)));
    add("school", school.as_ref().map(ids));
    add("section", section.as_ref().map(ids));
    add("referred_to", referred_to.as_ref().map(ids));
    add("student", student.clone().map(Value::Text));
    add("created_by", created_by.clone().map(Value::Text));
    add("role", role.clone().map(Value::Text));
    add("date", date.map(|day| Value::Text(day.to_string())));
    properties
}

/// Reads what [`write`] wrote; `None` for anything else.
pub(super) fn read(bytes: &[u8]) -> Option<Question<'static>> {
    let mut reader = Reader(bytes);
    let subject = reader
        .part(|reader| Some(Subject { kind: reader.owned()?, id: reader.owned()?, properties: reader.members()? }))?;
    let action = reader.part(|reader| Some(Action { name: reader.owned()?, properties: reader.members()? }))?;
    let resource = reader.part(|reader| {
        let (kind, id) = (reader.owned()?, reader.owned()?);
        Some(Resource { kind, id, properties: Stored::new(reader.members()?).ok()? })
    })?;
    let context = reader.members()?;
    reader.0.is_empty().then_some(Question { subject, action, resource, context: Some(context) })
}

/// What is left to be read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn length(&mut self) -> Option<usize> {
        self.array().map(u64::from_be_bytes)?.try_into().ok()
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn owned(&mut self) -> Option<Cow<'static, str>> {
        self.text().map(|text| Cow::Owned(text.to_owned()))
    }

    fn part<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            NO => Some(None),
            YES => read(self).map(Some),
            _ => None,
        }
    }

    fn members(&mut self) -> Option<Properties> {
        let count = self.length()?;
        (0..count).map(|_| Some((self.text()?.to_owned(), self.value()?))).collect()
    }

    fn value(&mut self) -> Option<Value> {
        Some(match self.byte()? {
            NO => Value::Bool(false),
            YES => Value::Bool(true),
            NUMBER => Value::Number(f64::from_be_bytes(self.array()?)),
            TEXT => Value::Text(self.text()?.to_owned()),
            LIST => {
                let count = self.length()?;
                Value::List((0..count).map(|_| self.value()).collect::<Option<_>>()?)
            }
            OBJECT => Value::Object(self.members()?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::day::Day;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn question() -> Question<'static> {
        let nested = vec![("a".to_owned(), Value::Number(-1.5)), ("z".to_owned(), Value::Bool(true))];
        let free = vec![("list".to_owned(), Value::List(vec![text("x"), Value::Object(nested)]))];
        let stored = Stored {
            school: Some(vec!["s1".to_owned(), "s2".to_owned()]),
            student: Some("p".to_owned()),
            section: Some(Vec::new()),
            created_by: Some("m".to_owned()),
            referred_to: Some(vec!["o".to_owned()]),
            role: Some("r".to_owned()),
            date: Some(Day(20_000)),
            free,
        };
        Question {
            subject: Some(Subject { kind: "user".into(), id: "u".into(), properties: vec![("n".into(), text(""))] }),
            action: Some(Action { name: "view".into(), properties: Vec::new() }),
            resource: Some(Resource { kind: "t".into(), id: "i".into(), properties: stored }),
            context: Some(vec![("c".to_owned(), Value::Number(0.0))]),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        for question in [question(), Question { action: None, ..question() }, Question::default()] {
            let bytes = write(&question);
            let read = read(&bytes).unwrap();
            assert_eq!(write(&read), bytes);
            assert_eq!(
                read.resource.map(|resource| (resource.kind, resource.id, resource.properties)),
                question.resource.map(|resource| (resource.kind, resource.id, resource.properties))
            );
            assert_eq!(read.subject.map(|s| s.properties), question.subject.map(|s| s.properties));
            assert_eq!(read.context.unwrap(), question.context.unwrap_or_default());
        }
    }

    #[test]
    fn the_order_of_members_does_not_count_and_everything_else_does() {
        let with = |context: &[(&str, Value)]| {
            let context = context.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            write(&Question { context: Some(context), ..question() })
        };
        let object = |members: &[(&str, f64)]| {
            Value::Object(members.iter().map(|(name, number)| ((*name).to_owned(), Value::Number(*number))).collect())
        };
        let (one, two) = (object(&[("x", 1.0), ("y", 2.0)]), object(&[("y", 2.0), ("x", 1.0)]));
        assert_eq!(with(&[("a", one), ("b", text("t"))]), with(&[("b", text("t")), ("a", two)]));
        assert_eq!(with(&[("a", Value::Number(0.0))]), with(&[("a", Value::Number(-0.0))]));
        assert_eq!(with(&[]), write(&Question { context: None, ..question() }));
        let different = [
            with(&[]),
            with(&[("a", text("1"))]),
            with(&[("a", Value::Number(1.0))]),
            with(&[("a", Value::Bool(true))]),
            with(&[("a", Value::List(vec![text("1")]))]),
            with(&[("a", Value::List(vec![text("1"), text("")]))]),
            with(&[("a", Value::List(Vec::new()))]),
            with(&[("a", Value::Object(Vec::new()))]),
            with(&[("a", text("")), ("1", text(""))]),
            with(&[("a", text("b")), ("b", text("a"))]),
            write(&Question { subject: None, ..question() }),
            write(&Question { action: None, ..question() }),
            write(&Question { resource: None, ..question() }),
        ];
        for (at, one) in different.iter().enumerate() {
            for other in &different[at + 1..] {
                assert_ne!(one, other);
            }
        }
    }

    #[test]
    fn bytes_that_were_not_written_are_not_read() {
        let bytes = write(&question());
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_none(), "cut to {length}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(read(&longer).is_none());
        // Lengths and types that are not there must be noticed, not believed.
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] = 0xff;
            let _ = read(&changed);
        }
    }
}
