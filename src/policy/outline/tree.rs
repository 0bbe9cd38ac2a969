//! A file's tree with what is asked of it here: keys, items and names, each with its place; whatever is of another kind than
//! expected is left out, for that is reported elsewhere.

use std::sync::Arc;

use super::super::source::Place;
use super::super::yaml::{Kind, Node, place};

/// A node of a file.
#[derive(Clone, Copy)]
pub(super) struct Tree<'n> {
    file: &'n Arc<str>,
    node: &'n Node,
}

impl<'n> Tree<'n> {
    pub(super) fn new(file: &'n Arc<str>, node: &'n Node) -> Self {
        Self { file, node }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let Kind::Map(entries) = &self.node.value else { return None };
        entries.iter().find(|(name, _)| name.value == key).map(|(_, node)| Self { node, ..*self })
    }

    /// All keys with their values.
    pub(super) fn entries(&self) -> Vec<(&'n str, Place, Self)> {
        let Kind::Map(entries) = &self.node.value else { return Vec::new() };
        let entry = |(key, node)| (key, node);
        let all = entries.iter().map(|(key, node)| entry((key, node)));
        all.map(|(key, node)| (key.value.as_str(), place(self.file, key.referenced), Self { node, ..*self })).collect()
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Vec<Self> {
        let Kind::List(items) = &self.node.value else { return Vec::new() };
        items.iter().map(|node| Self { node, ..*self }).collect()
    }

    /// Where it begins.
    pub(super) fn at(&self) -> Place {
        place(self.file, self.node.referenced)
    }

    /// Its number, where it is a whole one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    pub(super) fn count(&self) -> Option<u32> {
        let Kind::Number(number) = self.node.value else { return None };
        (number.fract() == 0.0 && (1.0..=1e9).contains(&number)).then_some(number as u32)
    }

    /// Whether it is `true`.
    pub(super) fn yes(&self) -> bool {
        matches!(self.node.value, Kind::Bool(true))
    }

    /// Its texts: itself, or the items of a list.
    pub(super) fn texts(&self) -> Vec<(&'n str, Place)> {
        match &self.node.value {
            Kind::Text(text) => vec![(text.as_str(), self.at())],
            Kind::List(_) => self.items().iter().flat_map(Self::texts).collect(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Map(_) => Vec::new(),
        }
    }

    /// The texts under a key.
    pub(super) fn names(&self, key: &str) -> Vec<(&'n str, Place)> {
        self.get(key).map(|node| node.texts()).unwrap_or_default()
    }

    /// The same without their places.
    pub(super) fn words(&self, key: &str) -> Vec<String> {
        self.names(key).into_iter().map(|(text, _)| text.to_owned()).collect()
    }

    /// The text under a key.
    pub(super) fn text(&self, key: &str) -> Option<(&'n str, Place)> {
        self.names(key).into_iter().next()
    }

    /// The last line of it.
    pub(super) fn last_line(&self) -> u32 {
        let below = match &self.node.value {
            Kind::List(_) => self.items().iter().map(Self::last_line).max(),
            Kind::Map(_) => self.entries().iter().map(|(_, at, node)| at.line.max(node.last_line())).max(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => None,
        };
        self.at().line.max(below.unwrap_or(0))
    }
}
