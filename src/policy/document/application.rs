//! `application/v1`: resource types with their actions, named sets of topics, deny rules.

use super::super::code::Code;
use super::super::fields::{Fields, Name, Reader, nearest, shown};
use super::super::yaml::{Kind, Node};
use super::names;
use serde_saphyr::Spanned;

/// A catalogue.
#[derive(Clone, Debug)]
pub(crate) struct ApplicationDoc {
    pub(crate) name: Name,
    pub(crate) modules: Vec<ModuleDoc>,
    /// Resource types without a module, named verbatim.
    pub(crate) types: Vec<TopicDoc>,
    /// Typed properties of subject, action and context, each with its part.
    pub(crate) properties: Vec<(&'static str, Name, ValueType)>,
    pub(crate) sets: Vec<SetDoc>,
    pub(crate) deny: Vec<DenyDoc>,
    /// Kinds of places of which nobody should hold roles at both: advice.
    pub(crate) apart: Vec<Name>,
    pub(crate) apart_because: Option<String>,
    /// Whether all of the file could be read.
    pub(crate) whole: bool,
}

/// A module: topics under one name.
#[derive(Clone, Debug)]
pub(crate) struct ModuleDoc {
    pub(crate) name: Name,
    pub(crate) topics: Vec<TopicDoc>,
}

/// A topic, or a resource type without a module.
#[derive(Clone, Debug)]
pub(crate) struct TopicDoc {
    pub(crate) name: Name,
    pub(crate) actions: Vec<Name>,
    pub(crate) record: Option<Record>,
    /// What the id of such a resource is besides.
    pub(crate) id_is: Option<IdIs>,
    pub(crate) properties: Vec<(Name, ValueType)>,
    /// Actions that no role has, and that is meant.
    pub(crate) nobody: Vec<Name>,
    /// Actions that are about another kind of record than the topic.
    pub(crate) records_by_action: Vec<(Name, Record)>,
}

pub(crate) use super::super::model::{IdIs, Record};

/// The type of a property that conditions may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Text,
    Texts,
    Number,
    YesNo,
    Date,
}

/// A named set of topics.
#[derive(Clone, Debug)]
pub(crate) struct SetDoc {
    pub(crate) name: Name,
    pub(crate) topics: Vec<Name>,
    pub(crate) except: Vec<Name>,
}

/// A rule that overrides every grant.
#[derive(Clone, Debug)]
pub(crate) struct DenyDoc {
    pub(crate) id: Name,
    pub(crate) topics: Vec<Name>,
    pub(crate) except: Vec<Name>,
    pub(crate) actions: Vec<Name>,
    pub(crate) when: Option<Name>,
    pub(crate) unless_role: Vec<Name>,
    pub(crate) because: String,
}

/// The longest name, in bytes: what a request may name.
const LONGEST_NAME: usize = 256;
pub(crate) const RECORDS: &[(&str, Record)] = &[
    ("student", Record::Student),
    ("school", Record::School),
    ("district", Record::District),
    ("user", Record::User),
    ("open", Record::Open),
];

pub(crate) const IDS: &[(&str, IdIs)] =
    &[("student", IdIs::Student), ("section", IdIs::Section), ("school", IdIs::School), ("user", IdIs::User)];

pub(crate) const TYPES: &[(&str, ValueType)] = &[
    ("text", ValueType::Text),
    ("texts", ValueType::Texts),
    ("number", ValueType::Number),
    ("yes_no", ValueType::YesNo),
    ("date", ValueType::Date),
];

pub(crate) fn read(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Option<ApplicationDoc> {
    let name = fields.required_text(reader, "application").and_then(|name| identifier(name, reader));
    fields.required_text(reader, "title");
    let modules = children(fields.optional("modules"), "modules", reader, module);
    let types = children(fields.optional("types"), "types", reader, topic);
    let properties = fields.optional("properties").map(|node| properties_by_part(node, reader)).unwrap_or_default();
    let sets = children(fields.optional("sets"), "sets", reader, set);
    let deny = fields.optional("deny").map(|node| denies(node, reader)).unwrap_or_default();
    let apart = names(fields, reader, "apart");
    let apart_because = fields.optional_text(reader, "apart_because").map(|name| name.text);
    Some(ApplicationDoc { name: name?, modules, types, properties, sets, deny, apart, apart_because, whole: true })
}

/// Reads a map of named things.
fn children<T>(
    node: Option<&Node>,
    key: &str,
    reader: &mut Reader<'_>,
    read: fn(Name, &Node, &mut Reader<'_>) -> T,
) -> Vec<T> {
    let Some(node) = node else { return Vec::new() };
    let entries = reader.fields(node, key).rest();
    entries
        .into_iter()
        .filter_map(|(name, value)| {
            Some(read(identifier(Name { text: name.value.clone(), at: reader.at(name) }, reader)?, value, reader))
        })
        .collect()
}

/// A name that callers spell: nothing in it that could be mistaken for something else.
pub(super) fn identifier(name: Name, reader: &mut Reader<'_>) -> Option<Name> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-.:/".contains(character);
    if name.text.len() > LONGEST_NAME {
        let message = format!("`{}` is longer than {LONGEST_NAME} characters", shown(&name.text));
        reader.report(Code::BadName.at(name.at, message).help("choose a shorter name"));
        return None;
    }
    if !name.text.is_empty() && name.text.chars().all(plain) {
        return Some(name);
    }
    let message = format!("`{}` cannot be a name", shown(&name.text));
    reader.report(
        Code::BadName.at(name.at, message).help("names are made of letters a to z, digits, `_`, `-`, `.`, `:` and `/`"),
    );
    None
}

fn module(name: Name, node: &Node, reader: &mut Reader<'_>) -> ModuleDoc {
    let mut fields = reader.fields(node, &name.text);
    fields.optional_text(reader, "title");
    let topics = fields.required("topics");
    let topics = children(topics, "topics", reader, topic);
    fields.finish(reader);
    ModuleDoc { name, topics }
}

fn topic(name: Name, node: &Node, reader: &mut Reader<'_>) -> TopicDoc {
    let mut doc = TopicDoc {
        name,
        actions: Vec::new(),
        record: None,
        id_is: None,
        properties: Vec::new(),
        nobody: Vec::new(),
        records_by_action: Vec::new(),
    };
    if let Kind::Map(_) = node.value {
        let mut fields = reader.fields(node, &doc.name.text);
        if let Some(actions) = fields.required("actions") {
            doc.actions = actions_of(actions, reader);
        }
        doc.record = fields.optional("record").and_then(|node| reader.choice(node, "record", RECORDS));
        doc.id_is = fields.optional("id_is").and_then(|node| reader.choice(node, "id_is", IDS));
        doc.properties = fields.optional("properties").map(|node| typed(node, reader)).unwrap_or_default();
        doc.nobody = nobody(&mut fields, &doc.actions, reader);
        doc.records_by_action = by_action(&mut fields, &doc.actions, reader);
        fields.finish(reader);
    } else {
        doc.actions = actions_of(node, reader);
    }
    doc
}

fn actions_of(node: &Node, reader: &mut Reader<'_>) -> Vec<Name> {
    reader.texts(node, "actions").into_iter().filter_map(|name| identifier(name, reader)).collect()
}

/// Actions of the topic that no role is meant to have.
fn nobody(fields: &mut Fields<'_>, actions: &[Name], reader: &mut Reader<'_>) -> Vec<Name> {
    let named = names(fields, reader, "nobody");
    for name in named.iter().filter(|_| !actions.is_empty()) {
        if actions.iter().any(|action| action.text == name.text) {
            continue;
        }
        let message = format!("`{}` is no action of this topic", shown(&name.text));
        let known = || actions.iter().map(|action| action.text.as_str());
        let help = nearest(&name.text, known()).map_or_else(
            || format!("it has {}", known().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        reader.report(Code::UnknownAction.at(name.at.clone(), message).help(help));
    }
    named
}

/// Keys of a topic that are names of its actions: what is different about these.
fn by_action(fields: &mut Fields<'_>, actions: &[Name], reader: &mut Reader<'_>) -> Vec<(Name, Record)> {
    // Where the actions themselves could not be read, nobody is told that one of them is none.
    if actions.is_empty() {
        let rest = fields.rest().into_iter().filter(|(_, node)| !matches!(node.value, Kind::Map(_))).collect();
        fields.put_back(rest);
        return Vec::new();
    }
    let (ours, others): (Vec<_>, Vec<_>) =
        fields.rest().into_iter().partition(|(key, _)| actions.iter().any(|action| action.text == key.value));
    fields.put_back(misspelt(others, actions, reader));
    let mut found = Vec::new();
    for (key, node) in ours {
        let mut inner = reader.fields(node, &key.value);
        let record = inner.required("record").and_then(|node| reader.choice(node, "record", RECORDS));
        inner.finish(reader);
        found.extend(record.map(|record| (Name { text: key.value.clone(), at: reader.at(key) }, record)));
    }
    found
}

/// Reports keys that were meant as actions, and gives back the others.
fn misspelt<'n>(
    keys: Vec<(&'n Spanned<String>, &'n Node)>,
    actions: &[Name],
    reader: &mut Reader<'_>,
) -> Vec<(&'n Spanned<String>, &'n Node)> {
    keys.into_iter()
        .filter(|(key, _)| {
            let known = nearest(&key.value, ["actions", "record", "id_is", "properties", "nobody"].into_iter());
            let near = nearest(&key.value, actions.iter().map(|action| action.text.as_str()));
            let (None, Some(near)) = (known, near) else { return true };
            let message = format!("`{}` is no action of this topic", shown(&key.value));
            reader.report(Code::UnknownAction.at(reader.at(*key), message).help(format!("did you mean `{near}`?")));
            false
        })
        .collect()
}

fn typed(node: &Node, reader: &mut Reader<'_>) -> Vec<(Name, ValueType)> {
    let entries = reader.fields(node, "properties").rest();
    entries
        .into_iter()
        .filter_map(|(key, value)| {
            let name = identifier(Name { text: key.value.clone(), at: reader.at(key) }, reader)?;
            Some((name, reader.choice(value, &key.value, TYPES)?))
        })
        .collect()
}

fn properties_by_part(node: &Node, reader: &mut Reader<'_>) -> Vec<(&'static str, Name, ValueType)> {
    let mut fields = reader.fields(node, "properties");
    let mut found = Vec::new();
    for part in ["subject", "action", "context"] {
        let properties = fields.optional(part).map(|node| typed(node, reader)).unwrap_or_default();
        found.extend(properties.into_iter().map(|(name, kind)| (part, name, kind)));
    }
    fields.finish(reader);
    found
}

fn set(name: Name, node: &Node, reader: &mut Reader<'_>) -> SetDoc {
    let mut fields = reader.fields(node, &name.text);
    fields.required_text(reader, "because");
    let topics = fields.required_texts(reader, "topics");
    let except = names(&mut fields, reader, "except");
    fields.finish(reader);
    SetDoc { name, topics, except }
}

fn denies(node: &Node, reader: &mut Reader<'_>) -> Vec<DenyDoc> {
    reader.list(node, "deny").iter().filter_map(|node| deny(node, reader)).collect()
}

fn deny(node: &Node, reader: &mut Reader<'_>) -> Option<DenyDoc> {
    let mut fields = reader.fields(node, "a deny rule");
    let id = fields.required_text(reader, "id").and_then(|id| identifier(id, reader));
    let topics = fields.required_texts(reader, "topics");
    let except = names(&mut fields, reader, "except");
    let actions = names(&mut fields, reader, "actions");
    let when = fields.optional_text(reader, "when");
    let unless_role = names(&mut fields, reader, "unless_role");
    let because = fields.required_text(reader, "because").map(|text| text.text).unwrap_or_default();
    fields.finish(reader);
    Some(DenyDoc { id: id?, topics, except, actions, when, unless_role, because })
}
