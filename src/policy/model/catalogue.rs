//! Resource types, their actions, and the kind of record that each action is about.

use super::super::code::Code;
use super::super::condition::built_in_type;
use super::super::document::{ApplicationDoc, TopicDoc, ValueType};
use super::super::fields::Name;
use super::super::source::{Finding, Place};
use super::{IdIs, Record, line_of};

/// All resource types of all applications.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    /// Names of the applications.
    pub(crate) applications: Vec<String>,
    pub(crate) types: Vec<TypeModel>,
    /// Typed properties of subject, action and context: application, part, name, type.
    pub(crate) properties: Vec<(usize, &'static str, String, ValueType)>,
    /// How many cells there are: pairs of a type and one of its actions.
    pub(crate) cells: usize,
}

/// One resource type.
#[derive(Debug)]
pub(crate) struct TypeModel {
    /// As callers spell it.
    pub(crate) name: String,
    /// Where its name stands.
    pub(crate) at: Place,
    pub(crate) application: usize,
    /// As grants of its application spell it: `module.topic`, or the name of a type without a module.
    pub(crate) topic: String,
    pub(crate) module: Option<String>,
    /// Its actions, each with the kind of record that it is about.
    pub(crate) actions: Vec<(String, Record)>,
    /// The cell of the first action; the others follow.
    pub(crate) first_cell: usize,
    pub(crate) properties: Vec<(String, ValueType)>,
    /// What the id of such a resource is besides.
    pub(crate) id_is: Option<IdIs>,
    /// Actions that no role is meant to have.
    pub(crate) nobodys: Vec<Name>,
}

impl TypeModel {
    /// The cell of an action.
    pub(crate) fn cell(&self, action: &str) -> Option<usize> {
        self.actions.iter().position(|(name, _)| name == action).map(|at| self.first_cell + at)
    }
}

/// Collects the catalogue.
pub(super) fn build(applications: &[&ApplicationDoc], findings: &mut Vec<Finding>) -> Catalogue {
    let mut catalogue = Catalogue::default();
    let mut places: Vec<Name> = Vec::new();
    for doc in applications {
        if catalogue.applications.contains(&doc.name.text) {
            findings.push(
                Code::GivenTwice
                    .at(doc.name.at.clone(), format!("the application `{}` is described twice", doc.name.text))
                    .help("keep one file"),
            );
            continue;
        }
        let application = catalogue.applications.len();
        catalogue.applications.push(doc.name.text.clone());
        for (part, name, kind) in &doc.properties {
            catalogue.properties.push((application, part, name.text.clone(), *kind));
        }
        let with_module = doc
            .modules
            .iter()
            .flat_map(|module| module.topics.iter().map(move |topic| (Some(&module.name.text), topic)));
        for (module, topic) in with_module.chain(doc.types.iter().map(|topic| (None, topic))) {
            let made = type_model(doc, application, module, topic, catalogue.cells, findings);
            if let Some(earlier) = places.iter().find(|place| place.text == made.name) {
                let message = format!("the resource type `{}` is declared twice", made.name);
                findings.push(
                    Code::GivenTwice
                        .at(topic.name.at.clone(), message)
                        .help(format!("the other one is at {}", line_of(&earlier.at))),
                );
            }
            places.push(Name { text: made.name.clone(), at: topic.name.at.clone() });
            catalogue.cells += made.actions.len();
            catalogue.types.push(made);
        }
    }
    catalogue
}

fn type_model(
    doc: &ApplicationDoc,
    application: usize,
    module: Option<&String>,
    topic: &TopicDoc,
    first_cell: usize,
    findings: &mut Vec<Finding>,
) -> TypeModel {
    let default = topic.record.unwrap_or(Record::Student);
    let record = |action: &str| {
        topic.records_by_action.iter().find(|(name, _)| name.text == action).map_or(default, |(_, record)| *record)
    };
    let relative = module.map_or_else(|| topic.name.text.clone(), |module| format!("{module}.{}", topic.name.text));
    let name = if module.is_some() { format!("{}.{relative}", doc.name.text) } else { relative.clone() };
    for (property, kind) in &topic.properties {
        if built_in_type(&property.text).is_some_and(|built_in| built_in != *kind) {
            let message = format!("`{}` has a meaning of its own and cannot have this type", property.text);
            findings.push(Code::NameTaken.at(property.at.clone(), message).help("choose another name"));
        }
    }
    TypeModel {
        name,
        at: topic.name.at.clone(),
        application,
        topic: relative,
        module: module.cloned(),
        actions: topic.actions.iter().map(|action| (action.text.clone(), record(&action.text))).collect(),
        first_cell,
        properties: topic.properties.iter().map(|(name, kind)| (name.text.clone(), *kind)).collect(),
        id_is: topic.id_is,
        nobodys: topic.nobody.clone(),
    }
}
