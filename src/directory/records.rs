//! records.csv: stored properties of records, by resource type and id.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::files::Files;
use super::names::small;
use super::table::Table;
use crate::policy::key::{Index, pair_key};
use crate::policy::request::{Stored, Value};

#[derive(Debug)]
struct Record {
    kind: Arc<str>,
    id: Box<str>,
    stored: Stored,
}

/// The records of a set.
#[derive(Debug, Default)]
pub(super) struct Records {
    list: Vec<Record>,
    index: Index,
}

impl Records {
    /// The stored properties of a record.
    pub(super) fn find(&self, kind: &str, id: &str) -> Option<&Stored> {
        let is_it = |at| self.at(at).is_some_and(|record| *record.id == *id && *record.kind == *kind);
        self.index.find(pair_key(kind, id), is_it).and_then(|at| self.at(at)).map(|record| &record.stored)
    }

    fn at(&self, at: u32) -> Option<&Record> {
        self.list.get(at as usize)
    }

    /// The id and the stored properties of a record by its number.
    pub(super) fn numbered(&self, at: u32) -> Option<(&str, &Stored)> {
        self.at(at).map(|record| (&*record.id, &record.stored))
    }

    /// All of them in order: the type and what is stored.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Stored)> {
        self.list.iter().map(|record| (&record.kind, &record.stored))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    fn add(&mut self, record: Record) {
        self.index.insert(pair_key(&record.kind, &record.id), small(self.list.len()));
        self.list.push(record);
    }
}

/// Reads records.csv, where it is present.
pub(super) fn read(files: &Files<'_>) -> Records {
    let mut records = Records::default();
    let Some(mut table) = files.find("records.csv").and_then(|file| Table::open(files, file)) else { return records };
    let (kind, properties) = (table.required("type"), table.required("properties"));
    let mut kinds: HashSet<Arc<str>> = HashSet::new();
    while table.advance() {
        if !table.live() {
            continue;
        }
        let name = table.cell(kind);
        if name.is_empty() {
            table.empty(kind);
            continue;
        }
        let stored = stored(table.cell(properties)).unwrap_or_else(|why| {
            table.warn(properties, format_args!("{why}, so the record counts as out of everybody's reach"));
            out_of_reach()
        });
        let kind = kinds.get(name).cloned().unwrap_or_else(|| Arc::from(name));
        kinds.insert(Arc::clone(&kind));
        records.add(Record { kind, id: Box::from(table.id()), stored });
    }
    records
}

/// What is stored of a record by its properties as JSON; without any it can't be read.
#[cfg(feature = "server")]
pub(super) fn read_stored(text: Option<&str>) -> Stored {
    text.and_then(|text| stored(text).ok()).unwrap_or_else(out_of_reach)
}

/// What is stored of a record that cannot be read: places that nothing suffices for. Left out, the row would leave the
/// record to the caller's word.
fn out_of_reach() -> Stored {
    Stored { school: Some(Vec::new()), section: Some(Vec::new()), referred_to: Some(Vec::new()), ..Stored::default() }
}

/// What a JSON object says of a record.
pub(super) fn stored(text: &str) -> Result<Stored, String> {
    let json = serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    match json {
        Json::Object(members) => Stored::new(named(members)).map_err(|malformed| malformed.to_string()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Err("this is not a JSON object".to_owned())
        }
    }
}

fn named(members: serde_json::Map<String, Json>) -> Vec<(String, Value)> {
    members.into_iter().filter_map(|(name, json)| Some((name, value(json)?))).collect()
}

/// JSON's null is no value.
fn value(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(it) => Value::Bool(it),
        Json::Number(it) => Value::Number(it.as_f64()?),
        Json::String(it) => Value::Text(it),
        Json::Array(items) => Value::List(items.into_iter().filter_map(value).collect()),
        Json::Object(members) => Value::Object(named(members)),
    })
}
