//! Takes the keys of a file one by one, and reports every one that is missing, unknown, given twice or of the wrong kind.

use std::sync::Arc;

use serde_saphyr::Spanned;

use super::source::{Finding, Place};
use super::yaml::{Kind, Node, place};

/// A text that an author wrote, and where.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// The text.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) at: Place,
}

/// One file being read: its name, and what was found wrong so far.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    file: &'a Arc<str>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a Arc<str>, findings: &'a mut Vec<Finding>) -> Self {
        Self { file, findings }
    }

    /// Where a node stands.
    pub(crate) fn at<T>(&self, node: &Spanned<T>) -> Place {
        place(self.file, node.referenced)
    }

    pub(crate) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn wrong(&mut self, node: &Node, key: &str, expected: &str) {
        let message = format!("`{key}` must be {expected}, not {}", node.value.what());
        self.report(Finding::error(Place { width: 1, ..self.at(node) }, message));
    }

    /// The keys of a map; anything else is reported and counts as no keys.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &str) -> Fields<'n> {
        let mut fields = Fields { at: Place { width: 1, ..self.at(node) }, entries: Vec::new(), known: Vec::new() };
        let Kind::Map(entries) = &node.value else {
            self.wrong(node, what, "keys with values");
            return fields;
        };
        for (key, value) in entries {
            let twice = fields.entries.iter().any(|(known, _)| known.value == key.value);
            if twice {
                let message = format!("`{}` is given twice", key.value);
                self.report(Finding::error(self.at(key), message).help("keep one of them"));
            } else {
                fields.entries.push((key, value));
            }
        }
        fields
    }

    /// A text.
    pub(crate) fn text(&mut self, node: &Node, key: &str) -> Option<Name> {
        let Kind::Text(text) = &node.value else {
            self.wrong(node, key, "a text");
            return None;
        };
        if text.trim().is_empty() {
            self.wrong(node, key, "a text that is not empty");
            return None;
        }
        Some(Name { text: text.clone(), at: self.at(node) })
    }

    /// A text or a list of texts.
    pub(crate) fn texts(&mut self, node: &Node, key: &str) -> Vec<Name> {
        let Kind::List(items) = &node.value else { return self.text(node, key).into_iter().collect() };
        items.iter().filter_map(|item| self.text(item, key)).collect()
    }

    /// true or false.
    pub(crate) fn yes(&mut self, node: &Node, key: &str) -> bool {
        if let Kind::Bool(value) = node.value {
            return value;
        }
        self.wrong(node, key, "true or false");
        false
    }

    /// A whole number from 1.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    pub(crate) fn count(&mut self, node: &Node, key: &str) -> Option<u32> {
        if let Kind::Number(number) = node.value
            && number.fract() == 0.0
            && (1.0..=1e9).contains(&number)
        {
            return Some(number as u32);
        }
        self.wrong(node, key, "a whole number from 1");
        None
    }

    /// A list; anything else is reported and counts as empty.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        if let Kind::List(items) = &node.value {
            return items;
        }
        self.wrong(node, key, "a list");
        &[]
    }

    /// One of the names of a closed set.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, key: &str, choices: &[(&'static str, T)]) -> Option<T> {
        let name = self.text(node, key)?;
        let found = choices.iter().find(|(text, _)| *text == name.text);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(text, _)| *text).collect();
            let message = format!("`{key}` cannot be `{}`", name.text);
            self.report(Finding::error(name.at, message).help(format!("it is one of {}", names.join(", "))));
        }
        found.map(|(_, value)| *value)
    }
}

/// The keys of one map, and which of them were asked for.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    /// Where the map begins.
    pub(crate) at: Place,
    entries: Vec<(&'n Spanned<String>, &'n Node)>,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The value of a key that may be left out.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        let at = self.entries.iter().position(|(name, _)| name.value == key)?;
        Some(self.entries.remove(at).1)
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() {
            reader.report(Finding::error(self.at.clone(), format!("`{key}` is missing")).help("add it"));
        }
        found
    }

    pub(crate) fn required_text(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Name> {
        self.required(reader, key).and_then(|node| reader.text(node, key))
    }

    pub(crate) fn optional_text(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Name> {
        self.optional(key).and_then(|node| reader.text(node, key))
    }

    pub(crate) fn optional_texts(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Vec<Name> {
        self.optional(key).map(|node| reader.texts(node, key)).unwrap_or_default()
    }

    /// All keys that were not asked for, whatever their names.
    pub(crate) fn rest(&mut self) -> Vec<(&'n Spanned<String>, &'n Node)> {
        std::mem::take(&mut self.entries)
    }

    /// Gives back keys taken by [`Self::rest`], so that they count as unknown.
    pub(crate) fn put_back(&mut self, entries: Vec<(&'n Spanned<String>, &'n Node)>) {
        self.entries.extend(entries);
    }

    /// Reports each key that nobody asked for, with the nearest one that exists.
    pub(crate) fn finish(self, reader: &mut Reader<'_>) {
        for (key, _) in &self.entries {
            let message = format!("`{}` is no key of this place", key.value);
            let help = nearest(&key.value, self.known.iter().copied()).map_or_else(
                || format!("the keys are {}", self.known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            reader.report(Finding::error(reader.at(key), message).help(help));
        }
    }
}

/// The name that is most like `wrong`, if any is near enough to be what was meant.
pub(crate) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().min(wrong.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
