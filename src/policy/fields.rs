//! Takes the keys of a file one by one, and reports every one that is missing, unknown, given twice or of the wrong kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_saphyr::Spanned;

use super::code::Code;
use super::lint::foreign;
use super::source::{Finding, Place, Severity};
use super::yaml::{Kind, Node, place};

/// The longest text, in bytes.
const LONGEST: usize = 10_000;
/// The longest name for which a nearest one is sought, in bytes.
const LONGEST_NAME: usize = 100;
/// As much of a text as a message repeats, in characters.
const SHOWN: usize = 60;

/// A text that an author wrote, and where.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// The text.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) at: Place,
}

impl Name {
    /// The place of one of its characters, from 0; its own where the text does not stand in the file as it is.
    pub(crate) fn part(&self, start: u32) -> Place {
        let length = u32::try_from(self.text.chars().count()).unwrap_or(u32::MAX);
        let opening = match self.at.width.checked_sub(length) {
            Some(0) => 0,
            // In quotes, and nothing in them needed an escape.
            Some(2) => 1,
            _ => return self.at.clone(),
        };
        Place { column: self.at.column + opening + start, width: 1, ..self.at.clone() }
    }
}

/// One file being read: its name, and what was found wrong so far.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    file: &'a Arc<str>,
    /// Whether words of two alphabets are reported.
    looks: bool,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a Arc<str>, findings: &'a mut Vec<Finding>) -> Self {
        Self { file, looks: false, findings }
    }

    /// The same, and it reports words of two alphabets.
    pub(crate) fn looking(self) -> Self {
        Self { looks: true, ..self }
    }

    /// Reports a letter that only looks like one of the word's alphabet.
    fn look(&mut self, name: &Name) {
        let Some((at, letter)) = foreign(&name.text).filter(|_| self.looks) else { return };
        let message = format!("`{letter}` (U+{:04X}) only looks like a letter of this word", u32::from(letter));
        let place = name.part(u32::try_from(at).unwrap_or(0));
        self.report(Code::LookAlike.at(place, message).help("type the word anew, in one alphabet"));
    }

    /// Where a node stands.
    pub(crate) fn at<T>(&self, node: &Spanned<T>) -> Place {
        place(self.file, node.referenced)
    }

    /// Reports what is one mistake, however many places name it: the first of them is told.
    pub(crate) fn report_once(&mut self, finding: Finding) {
        let same = |known: &Finding| known.message == finding.message && known.place.file == finding.place.file;
        if !self.findings.iter().any(same) {
            self.report(finding);
        }
    }

    pub(crate) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// How many errors were found so far.
    pub(crate) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// Reports a value that is of a wrong kind.
    pub(crate) fn wrong(&mut self, node: &Node, key: &str, expected: &str, help: Option<&str>) {
        let key = named(key);
        let message = match node.value {
            Kind::Null => format!("{key} has no value: it must be {expected}"),
            Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List(_) | Kind::Map(_) => {
                format!("{key} must be {expected}, not {}", node.value.what())
            }
        };
        let mut finding = Code::WrongType.at(Place { width: 1, ..self.at(node) }, message);
        finding.help = help.map(str::to_owned);
        self.report(finding);
    }

    /// The keys of a map; anything else is reported and counts as no keys.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, what: &str) -> Fields<'n> {
        let mut fields = Fields {
            at: Place { width: 1, ..self.at(node) },
            broken: false,
            entries: Vec::new(),
            known: Vec::new(),
            missing: Vec::new(),
        };
        let Kind::Map(entries) = &node.value else {
            self.wrong(node, what, "keys with values", Some("write `key: value`, a line each"));
            fields.broken = true;
            return fields;
        };
        let mut seen = BTreeSet::new();
        for (key, value) in entries {
            self.look(&Name { text: key.value.clone(), at: self.at(key) });
            if seen.insert(key.value.as_str()) {
                fields.entries.push((key, value));
            } else {
                fields.prefer(key, value);
                let message = format!("`{}` is given twice", shown(&key.value));
                self.report(Code::GivenTwice.at(self.at(key), message).help("keep one of them"));
            }
        }
        fields
    }

    /// A text.
    pub(crate) fn text(&mut self, node: &Node, key: &str) -> Option<Name> {
        match &node.value {
            Kind::Text(text) if text.trim().is_empty() => {
                let message = format!("{} is blank: it must be a text", named(key));
                self.report(Code::WrongType.at(Place { width: 1, ..self.at(node) }, message));
                None
            }
            Kind::Text(text) if text.len() > LONGEST => {
                let message = format!("{} is longer than {LONGEST} bytes", named(key));
                self.report(Code::TooLarge.at(Place { width: 1, ..self.at(node) }, message).help("shorten it"));
                None
            }
            Kind::Text(text) => {
                let name = Name { text: text.clone(), at: self.at(node) };
                self.look(&name);
                Some(name)
            }
            Kind::Bool(_) | Kind::Number(_) => {
                self.wrong(node, key, "a text", Some("put it in quotes, if it is one"));
                None
            }
            Kind::Null | Kind::List(_) | Kind::Map(_) => {
                self.wrong(node, key, "a text", None);
                None
            }
        }
    }

    /// A text or a list of texts, of which there is at least one, none of them twice.
    pub(crate) fn texts(&mut self, node: &Node, key: &str) -> Vec<Name> {
        let items = match &node.value {
            Kind::List(items) => items,
            Kind::Text(_) => return self.text(node, key).into_iter().collect(),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Map(_) => {
                self.wrong(node, key, "a name or a list of names", None);
                return Vec::new();
            }
        };
        if items.is_empty() {
            let message = format!("`{key}` lists nothing");
            self.report(
                Code::EmptyList.at(self.at(node), message).help("list at least one name, or leave the key out"),
            );
        }
        let mut seen = BTreeSet::new();
        let names: Vec<Name> = items.iter().filter_map(|item| self.text(item, &format!("an item of {key}"))).collect();
        for name in &names {
            if !seen.insert(name.text.as_str()) {
                let message = format!("`{}` is listed twice", shown(&name.text));
                self.report(Code::GivenTwice.at(name.at.clone(), message).help("keep one of them"));
            }
        }
        names
    }

    /// true or false.
    pub(crate) fn yes(&mut self, node: &Node, key: &str) -> bool {
        if let Kind::Bool(value) = node.value {
            return value;
        }
        self.wrong(node, key, "true or false", None);
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
        if matches!(node.value, Kind::Number(_)) {
            let message = format!("`{key}` must be a whole number from 1");
            self.report(Code::WrongType.at(self.at(node), message));
        } else {
            self.wrong(node, key, "a whole number from 1", None);
        }
        None
    }

    /// A list; anything else is reported and counts as empty.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        if let Kind::List(items) = &node.value {
            return items;
        }
        self.wrong(node, key, "a list", Some("begin each item with `- ` on a line of its own"));
        &[]
    }

    /// One of the names of a closed set.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let name = self.text(node, key)?;
        let found = choices.iter().find(|(text, _)| *text == name.text);
        if found.is_none() {
            let names = || choices.iter().map(|(text, _)| *text);
            let message = format!("`{key}` cannot be `{}`", shown(&name.text));
            let help = nearest(&name.text, names()).map_or_else(
                || format!("it is one of {}", names().collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.report(Code::UnknownValue.at(name.at, message).help(help));
        }
        found.map(|(_, value)| *value)
    }
}

/// The keys of one map, and which of them were asked for.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    /// Where the map begins.
    pub(crate) at: Place,
    /// Whether it is no map at all, which was reported: whatever is missing of it is no news.
    broken: bool,
    entries: Vec<(&'n Spanned<String>, &'n Node)>,
    known: Vec<&'static str>,
    missing: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// Of a key that is given twice, the one that has a value is read: the other is no mistake of its own.
    fn prefer(&mut self, key: &Spanned<String>, value: &'n Node) {
        let first = self.entries.iter_mut().find(|(known, _)| known.value == key.value);
        if let Some((_, kept)) = first.filter(|(_, kept)| is_nothing(kept)) {
            *kept = value;
        }
    }

    /// The value of a key that may be left out.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        let at = self.entries.iter().position(|(name, _)| name.value == key)?;
        Some(self.entries.remove(at).1)
    }

    /// The value of a key that must be there; [`Self::finish`] reports where it is not.
    pub(crate) fn required(&mut self, key: &'static str) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() {
            self.missing.push(key);
        }
        found
    }

    pub(crate) fn required_text(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Name> {
        self.required(key).and_then(|node| reader.text(node, key))
    }

    pub(crate) fn required_texts(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Vec<Name> {
        self.required(key).map(|node| reader.texts(node, key)).unwrap_or_default()
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

    /// Reports that a map is not what it should be, unless it is no map, which was reported.
    pub(crate) fn refuse(&self, reader: &mut Reader<'_>, code: Code, message: &str, help: &str) {
        if !self.broken {
            reader.report(code.at(self.at.clone(), message).help(help));
        }
    }

    /// Whether a key that was not asked for is this one, misspelt.
    pub(crate) fn meant(&self, key: &str) -> bool {
        self.entries.iter().any(|(written, _)| nearest(&written.value, std::iter::once(key)).is_some())
    }

    /// Whether every key that is there was asked for, and every one that was asked for is there.
    pub(crate) fn complete(&self) -> bool {
        !self.broken && self.entries.is_empty() && self.missing.is_empty()
    }

    /// Reports each key that nobody asked for, with the nearest one that exists, and at once all that are missing. A key
    /// that may be the missing one, misspelt, is told of once.
    pub(crate) fn finish(mut self, reader: &mut Reader<'_>) {
        for (key, _) in std::mem::take(&mut self.entries) {
            let message = format!("`{}` is no key of this place", shown(&key.value));
            let near = nearest(&key.value, self.known.iter().copied());
            self.missing.retain(|missing| near != Some(*missing));
            let help = near.map_or_else(|| self.instead(), |near| format!("did you mean `{near}`?"));
            reader.report(Code::UnknownKey.at(reader.at(key), message).help(help));
        }
        if let (false, Some((last, others))) = (self.broken, self.missing.split_last()) {
            let quoted: Vec<String> = others.iter().map(|key| format!("`{key}`")).collect();
            let (message, help) = match quoted.is_empty() {
                true => (format!("`{last}` is missing"), "add it"),
                false => (format!("{} and `{last}` are missing", quoted.join(", ")), "add them"),
            };
            reader.report(Code::MissingKey.at(self.at.clone(), message).help(help));
        }
    }

    /// What may have been meant by a key that is like none: one that is missing, which is told of with it.
    fn instead(&mut self) -> String {
        let keys = format!("the keys are {}", self.known.join(", "));
        if self.missing.is_empty() {
            return keys;
        }
        let missing = self.missing.remove(0);
        format!("perhaps it is `{missing}`, which is missing; {keys}")
    }
}

/// Whether a key was written without a value.
fn is_nothing(node: &Node) -> bool {
    matches!(&node.value, Kind::Null) || matches!(&node.value, Kind::Text(text) if text.trim().is_empty())
}

/// The name that is most like `wrong`, if any is near enough to be what was meant.
pub(crate) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = |name: &str| 1 + name.len().min(wrong.len()) / 4;
    names
        .filter(|name| name.len().abs_diff(wrong.len()) <= 4 * limit(name) && wrong.len() <= LONGEST_NAME)
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, name)| *distance <= limit(name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters two names differ by; one in capitals only is as near as can be.
fn distance(wrong: &str, name: &str) -> usize {
    if wrong.eq_ignore_ascii_case(name) { 1 } else { strsim::damerau_levenshtein(wrong, name) }
}

/// A key as an author wrote it; other things by what they are, as in `a grant`.
fn named(key: &str) -> String {
    if key.contains(' ') { key.to_owned() } else { format!("`{}`", shown(key)) }
}

/// What an author wrote, as far as a message has room for it.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
