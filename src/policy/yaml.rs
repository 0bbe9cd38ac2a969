//! YAML as a tree of nodes with their places, read by a strict and bounded parser: no anchors, no tags, no merges, one
//! document a file. What is wrong with a file that is no YAML is told in [`words`]; what the keys mean stands in
//! [`super::document`].

mod words;

use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Location, Spanned, Tagged};

use super::source::{Finding, Place, Source};

/// The largest policy file, in bytes. The shipped ones are under 20,000.
const FILE_BYTES: usize = 1 << 20;
/// The deepest nesting. The shipped files have 8 levels. Reading takes 64 KiB of the stack a level where nothing is optimised,
/// and a thread has 2 MiB unless it is given more.
const DEEPEST: usize = 24;
/// The most values of one file.
const MOST_NODES: usize = 50_000;

/// A node and where it stands.
pub(crate) type Node = Spanned<Kind>;

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Nothing: `key:` without a value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order written.
    Map(Vec<(Spanned<String>, Node)>),
}

impl Kind {
    /// What it is, in words for an author.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "keys with values",
        }
    }
}

/// Reads one file.
///
/// # Errors
/// The first thing that is no YAML, or is over a limit.
pub(crate) fn parse(source: &Source) -> Result<Node, Finding> {
    if source.bytes.len() > FILE_BYTES {
        let message = format!("the file is larger than {FILE_BYTES} bytes");
        return Err(Finding::error(whole(&source.name), message).help("split it"));
    }
    let text = std::str::from_utf8(&source.bytes).map_err(|error| not_utf8(source, error.valid_up_to()))?;
    refuse_hidden(source, text)?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_aliases: 0, max_anchors: 0, max_depth: DEEPEST, max_documents: 1, max_nodes: MOST_NODES },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| words::finding(source, &error))
}

/// The file as a whole.
pub(crate) fn whole(file: &Arc<str>) -> Place {
    Place { file: Arc::clone(file), line: 0, column: 0, width: 1 }
}

/// Where a node stands.
pub(crate) fn place(file: &Arc<str>, at: Location) -> Place {
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Place {
        file: Arc::clone(file),
        line: narrow(at.line()),
        column: narrow(at.column()),
        width: narrow(at.span().len()).max(1),
    }
}

fn not_utf8(source: &Source, at: usize) -> Finding {
    let before = String::from_utf8_lossy(source.bytes.get(..at).unwrap_or_default());
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place { line: narrow(line), column: narrow(column), ..whole(&source.name) };
    Finding::error(place, "the file is not UTF-8 text").help("save it as UTF-8")
}

/// Characters that an author cannot see, or takes for others, are refused wherever they stand: two names would look alike.
fn refuse_hidden(source: &Source, text: &str) -> Result<(), Finding> {
    for (line, content) in (1_u32..).zip(text.lines()) {
        let content = if line == 1 { content.strip_prefix('\u{feff}').unwrap_or(content) } else { content };
        let mut indent = true;
        for (column, character) in (1_u32..).zip(content.chars()) {
            indent &= matches!(character, ' ' | '-' | '\t');
            let Some((message, help)) = hidden(character, indent) else { continue };
            let place = Place { file: Arc::clone(&source.name), line, column, width: 1 };
            return Err(Finding::error(place, message).help(help));
        }
    }
    Ok(())
}

/// What is wrong with a character, if anything, and what to do about it.
fn hidden(character: char, indent: bool) -> Option<(String, &'static str)> {
    let code = u32::from(character);
    match character {
        '\t' if indent => Some(("a tab stands here".to_owned(), "indent with blanks")),
        '\t' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => {
            Some((format!("a special blank (U+{code:04X}) stands here"), "type an ordinary blank"))
        }
        _ if is_invisible(character) => {
            Some((format!("an invisible character (U+{code:04X}) stands here"), "delete it"))
        }
        _ => None,
    }
}

fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(character, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}')
        || matches!(character, '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Tagged::<Untagged>::deserialize(deserializer)? {
            Tagged(Untagged(kind), None) => Ok(kind),
            Tagged(_, Some(_)) => Err(D::Error::custom(words::TAG)),
        }
    }
}

/// A node but for its tag.
struct Untagged(Kind);

impl<'de> Deserialize<'de> for Untagged {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor).map(Self)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of a policy are small")]
    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of a policy are small")]
    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "whoever needs a whole number refuses this one")]
    fn visit_i128<E>(self, value: i128) -> Result<Kind, E> {
        Ok(Kind::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "whoever needs a whole number refuses this one")]
    fn visit_u128<E>(self, value: u128) -> Result<Kind, E> {
        Ok(Kind::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        Ok(Kind::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Kind::Map(entries))
    }
}
