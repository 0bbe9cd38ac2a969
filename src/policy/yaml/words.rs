//! Says in an author's words what the YAML parser says in its own. It says nothing about keys and values: a file that
//! gets here is no YAML, or uses something of YAML that a policy does without.

#![expect(clippy::wildcard_enum_match_arm, reason = "the parser's errors are many, and few have words of their own")]

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use super::super::source::{Finding, Place, Source};
use super::{DEEPEST, MOST_NODES, place, whole};

/// What [`super::Kind`] says of a node with a tag.
pub(super) const TAG: &str = "a tag";

/// Pieces of the parser's messages, each with what is wrong and what to do; the first that fits counts.
const WORDS: &[(&str, &str, &str)] = &[
    (TAG, "`!` at the beginning of a value has a meaning of its own in YAML", "put the whole value in quotes"),
    ("merge", "the key `<<` is not used in policies", "write the keys out"),
    ("alias", "`*` at the beginning of a value has a meaning of its own in YAML", "write it out, or put it in quotes"),
    ("anchor", "`&` at the beginning of a value has a meaning of its own in YAML", "write it out, or put it in quotes"),
    (
        "mapping values are not allowed",
        "a colon stands inside a value, or the line is indented too far",
        "put the whole value in quotes, or indent it like the keys above",
    ),
    ("block collection", "the line is indented unlike the list that it stands in", "indent it like the lines above"),
    ("block mapping", "the line is indented unlike the keys above", "indent it like the lines above"),
    ("block sequence entries are not allowed", "a list item cannot stand here", "begin it on a line of its own"),
    (
        "invalid indentation in multiline quoted",
        "a text in quotes above is not closed",
        "close it with the quote that it begins with",
    ),
    (
        "unexpected end of stream",
        "the file ends within a text in quotes",
        "close it with the quote that it begins with",
    ),
    ("unclosed quote", "a text in quotes is not closed", "close it with the quote that it begins with"),
    (
        "trailing content after",
        "something follows the closing quote",
        "put the whole value in quotes; inside single quotes an apostrophe is written twice",
    ),
    ("simple key", "a colon is missing after a key", "write `key: value`, with a blank after the colon"),
    ("escape", "`\\` has a meaning of its own in double quotes", "use single quotes"),
    ("quoted scalar, found", "`\\` has a meaning of its own in double quotes", "use single quotes"),
    ("quoted scalar, did not", "`\\` has a meaning of its own in double quotes", "use single quotes"),
    ("flow sequence", "a list in brackets is not closed", "write `[one, two]`"),
    ("bracket", "a bracket is opened and not closed, or closed and not opened", "write `[one, two]` or `{key: value}`"),
    ("illegal placement of ':'", "a list in brackets is not closed before this colon", "write `[one, two]`"),
    ("flow mapping", "keys in braces are not closed", "write `{key: value, other: value}`"),
    (
        "block scalar",
        "after `|` or `>` the text begins on the next line, indented further than its key",
        "write it so, or in one line",
    ),
    ("directive", "`%` at the beginning of a line has a meaning of its own in YAML", "remove the line"),
    (
        "while scanning a tag",
        "`!` at the beginning of a value has a meaning of its own in YAML",
        "put the whole value in quotes",
    ),
    (
        "while parsing a tag",
        "`!` at the beginning of a value has a meaning of its own in YAML",
        "put the whole value in quotes",
    ),
    ("tag", "`!` at the beginning of a value has a meaning of its own in YAML", "put the whole value in quotes"),
    ("found a tab", "a tab stands here", "use blanks"),
    ("string scalar", "a key must be a text", "write `key: value`"),
    ("non-finite", "this is no number that can be counted with", "put it in quotes, if it is a text"),
    ("multiple", "a second document begins here", "move it to a file of its own"),
];

/// What is wrong with a file that the parser refused.
pub(super) fn finding(source: &Source, error: &Error) -> Finding {
    let at = error.location().map_or_else(|| whole(&source.name), |at| Place { width: 1, ..place(&source.name, at) });
    let (message, help) = match error.without_snippet() {
        Error::Budget { breach, .. } => over(breach),
        other => said(&other.render()),
    };
    Finding::error(at, message).help(help)
}

fn over(breach: &BudgetBreach) -> (String, String) {
    let (message, help) = match breach {
        BudgetBreach::Anchors { .. } => return said("anchor"),
        BudgetBreach::Aliases { .. } => return said("alias"),
        BudgetBreach::Documents { .. } => return said("multiple"),
        BudgetBreach::Depth { .. } => (format!("the file is nested deeper than {DEEPEST}"), "write it flatter"),
        _ => (format!("the file has more than {MOST_NODES} values"), "split it"),
    };
    (message, help.to_owned())
}

fn said(text: &str) -> (String, String) {
    if let Some((_, rest)) = text.split_once("unexpected character: `") {
        let character: String = rest.chars().take(1).collect();
        return (format!("a value cannot begin with `{character}`"), "put it in quotes".to_owned());
    }
    let known = WORDS.iter().find(|(piece, ..)| text.to_lowercase().contains(piece));
    let (_, message, help) = known.unwrap_or(&(
        "",
        "this cannot be read",
        "check the indent, the colons and the quotes of this line and the one above",
    ));
    ((*message).to_owned(), (*help).to_owned())
}
