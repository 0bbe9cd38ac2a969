//! Says in an author's words what the YAML parser says in its own. It says nothing about keys and values: a file that
//! gets here is no YAML, or uses something of YAML that a policy does without.

#![expect(clippy::wildcard_enum_match_arm, reason = "the parser's errors are many, and few have words of their own")]

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use super::super::code::Code;
use super::super::source::{Finding, Place, Source};
use super::{DEEPEST, MOST_NODES, place, whole};

/// What [`super::Kind`] says of a node with a tag.
pub(super) const TAG: &str = "a tag";

const LIKE_ABOVE: &str = "indent it like the lines above";
const CLOSE: &str = "close it with the quote that it begins with";
const BRACKETS: &str = "write `[one, two]` or `{key: value, other: value}`";
const QUOTE: &str = "put the whole value in quotes";
const OUT: &str = "write it out, or put it in quotes";

/// Pieces of the parser's messages, each with what is wrong and what to do; the first that fits counts.
const WORDS: &[(&str, &str, &str)] = &[
    (TAG, "`!` at the beginning of a value has a meaning of its own in YAML", QUOTE),
    ("alias", "`*` at the beginning of a value has a meaning of its own in YAML", OUT),
    ("anchor", "`&` at the beginning of a value has a meaning of its own in YAML", OUT),
    ("merge", "the key `<<` is not used in policies", "write the keys out"),
    ("directive", "`%` at the beginning of a line has a meaning of its own in YAML", "remove the line"),
    ("multiple documents", "a second document begins here", "move it to a file of its own"),
    ("after document end", "a second document begins here", "move it to a file of its own"),
    ("document indicator", "a text in quotes above is not closed", CLOSE),
    ("multiline quoted", "a text in quotes above is not closed", CLOSE),
    ("unclosed quote", "a text in quotes is not closed", CLOSE),
    (
        "trailing content",
        "something follows the closing quote",
        "put the whole value in quotes; inside single quotes an apostrophe is written twice",
    ),
    ("quoted scalar", "`\\` has a meaning of its own in double quotes", "use single quotes"),
    (
        "mapping values are not allowed",
        "a colon stands inside a value, or the line is indented too far",
        "put the whole value in quotes, or indent it like the keys above",
    ),
    ("mapping keys are not allowed", "`?` has a meaning of its own in YAML", QUOTE),
    ("illegal placement of ':'", "brackets are not closed before this colon", BRACKETS),
    ("simple key", "a colon is missing after a key", "write `key: value`, with a blank after the colon"),
    ("while parsing a flow", "brackets or braces are not closed, or a comma is missing", BRACKETS),
    ("flow mapping", "brackets or braces are not closed, or a comma is missing", BRACKETS),
    ("bracket", "a bracket is opened and not closed, or closed and not opened", BRACKETS),
    ("eof", "the file ends too early", "complete it"),
    ("end of stream", "the file ends too early", "complete it"),
    (
        "block scalar",
        "after `|` or `>` the text begins on the next line, indented further than its key",
        "write it so, or in one line",
    ),
    ("block collection", "the line is indented unlike the list that it stands in", LIKE_ABOVE),
    ("block mapping", "the line is indented unlike the keys above", LIKE_ABOVE),
    ("\"-\" is only valid", "a list item cannot stand here", "begin it on a line of its own"),
    ("block sequence entries", "a list item cannot stand here", "begin it on a line of its own"),
    ("indentation", "the line is indented unlike the lines around it", LIKE_ABOVE),
    ("tab", "a tab stands here", "use blanks"),
    ("must be followed", "a blank is missing after `-` or `:`", "write `- item` and `key: value`"),
    ("comment", "a comment cannot begin here", "write a blank before `#`, and no comment inside a text"),
    ("cannot start with '-'", "a value cannot begin with `-`", QUOTE),
    ("null into string", "a key must be a text", "write `key: value`"),
    ("string scalar", "a key must be a text", "write `key: value`"),
    ("document start", "the line above is no key with a value", "write `key: value`"),
    ("non-finite", "this is no number that can be counted with", "put it in quotes, if it is a text"),
];

/// What is wrong with a file that the parser refused.
pub(super) fn finding(source: &Source, error: &Error) -> Finding {
    let at = error.location().map_or_else(|| whole(&source.name), |at| Place { width: 1, ..place(&source.name, at) });
    let (message, help) = match error.without_snippet() {
        Error::Budget { breach, .. } => over(breach),
        other => said(&other.render()),
    };
    Code::NotYaml.at(at, message).help(help)
}

fn over(breach: &BudgetBreach) -> (String, String) {
    let (message, help) = match breach {
        BudgetBreach::Anchors { .. } => return said("anchor"),
        BudgetBreach::Aliases { .. } => return said("alias"),
        BudgetBreach::Documents { .. } => return said("multiple documents"),
        BudgetBreach::Depth { .. } => (format!("the file is nested deeper than {DEEPEST}"), "write it flatter"),
        _ => (format!("the file has more than {MOST_NODES} values"), "split it"),
    };
    (message, help.to_owned())
}

fn said(text: &str) -> (String, String) {
    if text.contains("recursion limit") {
        return (format!("the file is nested deeper than {DEEPEST}"), "write it flatter".to_owned());
    }
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
