//! The outline of an application: its modules, topics, sets and deny rules.

use super::tree::Tree;
use super::{Outline, SetOutline, TopicOutline, What};

/// The kind of record of a topic that names none.
const DEFAULT_RECORD: &str = "student";

pub(super) fn fill(outline: &mut Outline, tree: &Tree<'_>) {
    let application = outline.application.clone().unwrap_or_default();
    outline.marks.iter_mut().for_each(|mark| mark.defines = true);
    for (module, at, node) in tree.get("modules").iter().flat_map(Tree::entries) {
        outline.mark(What::Module, true, module, at);
        outline.modules.push((module.to_owned(), node.text("title").map(|(title, _)| title.to_owned())));
        for (topic, at, node) in node.get("topics").iter().flat_map(Tree::entries) {
            let name = format!("{module}.{topic}");
            outline.mark(What::Topic, true, &name, at);
            let full = format!("{application}.{name}");
            outline.topics.push(self::topic(name, full, Some(module), &node));
        }
    }
    for (name, at, node) in tree.get("types").iter().flat_map(Tree::entries) {
        outline.mark(What::Topic, true, name, at);
        outline.topics.push(topic(name.to_owned(), name.to_owned(), None, &node));
    }
    for (name, at, node) in tree.get("sets").iter().flat_map(Tree::entries) {
        outline.mark(What::Set, true, name, at);
        words(outline, &node);
        outline.sets.push(SetOutline {
            name: name.to_owned(),
            because: node.text("because").map(|(text, _)| text.to_owned()).unwrap_or_default(),
            topics: node.words("topics"),
            except: node.words("except"),
        });
    }
    for rule in tree.get("deny").iter().flat_map(Tree::items) {
        words(outline, &rule);
        outline.refer(What::Action, rule.names("actions"));
        outline.refer(What::Role, rule.names("unless_role"));
        outline.conditions.extend(rule.text("when").map(|(text, at)| (text.to_owned(), at)));
    }
}

/// The words under `topics` and `except`.
pub(super) fn words(outline: &mut Outline, node: &Tree<'_>) {
    outline.refer(What::Word, node.names("topics"));
    outline.refer(What::Word, node.names("except"));
}

fn topic(name: String, full: String, module: Option<&str>, node: &Tree<'_>) -> TopicOutline {
    let text = |key: &str| node.text(key).map(|(text, _)| text.to_owned());
    let record = text("record").unwrap_or_else(|| DEFAULT_RECORD.to_owned());
    let actions = node.get("actions").as_ref().unwrap_or(node).texts();
    let about = |action: &str| node.get(action).and_then(|own| own.text("record")).map(|(record, _)| record.to_owned());
    TopicOutline {
        actions: actions
            .into_iter()
            .map(|(action, _)| (action.to_owned(), about(action).unwrap_or_else(|| record.clone())))
            .collect(),
        properties: node
            .get("properties")
            .iter()
            .flat_map(Tree::entries)
            .filter_map(|(name, _, kind)| Some((name.to_owned(), kind.texts().first()?.0.to_owned())))
            .collect(),
        module: module.map(str::to_owned),
        id_is: text("id_is"),
        name,
        full,
        record,
    }
}
