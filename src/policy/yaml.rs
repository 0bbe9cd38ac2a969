//! YAML as a tree of nodes with their places, read by a strict and bounded parser: no anchors, no merges, one document
//! a file, every key once. What the keys mean stands in [`super::document`].

use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Location, Spanned};

use super::source::{Finding, Place, Source};

/// The largest policy file, in bytes. The shipped ones are under 20,000.
const FILE_BYTES: usize = 1 << 20;

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
        return Err(
            Finding::error(whole(&source.name), format!("the file is larger than {FILE_BYTES} bytes")).help("split it")
        );
    }
    let text = std::str::from_utf8(&source.bytes).map_err(|error| not_utf8(source, error.valid_up_to()))?;
    refuse_hidden(source, text)?;
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_aliases: 0, max_anchors: 0, max_depth: 32, max_documents: 1, max_nodes: 50_000 },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
    };
    serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| finding(source, &error))
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

fn finding(source: &Source, error: &Error) -> Finding {
    let at = error.location().map_or_else(|| whole(&source.name), |at| Place { width: 1, ..place(&source.name, at) });
    let message = error.without_snippet().render();
    let message = message.lines().next().unwrap_or("this is no YAML");
    let message = message.split(" at line ").next().unwrap_or(message);
    let message = message.rsplit_once("error: ").map_or(message, |(_, rest)| rest);
    Finding::error(at, format!("this is no policy file: {message}"))
}

fn not_utf8(source: &Source, at: usize) -> Finding {
    let line = source.bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    let place = Place { line: u32::try_from(line).unwrap_or(u32::MAX), column: 1, ..whole(&source.name) };
    Finding::error(place, "the file is not UTF-8 text").help("save it as UTF-8")
}

/// Characters that an author cannot see, and that make two names look alike, are refused wherever they stand.
fn refuse_hidden(source: &Source, text: &str) -> Result<(), Finding> {
    for (line, content) in (1_u32..).zip(text.lines()) {
        let content = if line == 1 { content.strip_prefix('\u{feff}').unwrap_or(content) } else { content };
        if let Some((column, found)) = (1_u32..).zip(content.chars()).find(|(_, character)| is_hidden(*character)) {
            let place = Place { file: Arc::clone(&source.name), line, column, width: 1 };
            return Err(Finding::error(
                place,
                format!("an invisible character (U+{:04X}) stands here", u32::from(found)),
            )
            .help("delete it"));
        }
    }
    Ok(())
}

fn is_hidden(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
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
