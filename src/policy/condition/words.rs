//! Says in an author's words what the parser of conditions says in its own, and where in the file.

use cel::parser::ParseErrors;

use super::super::code::Code;
use super::super::document::ValueType;
use super::super::fields::{Name, shown};
use super::super::source::Finding;
use super::parse::SUBSET;

/// What is wrong with a text that is no condition.
pub(super) fn syntax(text: &Name, errors: &ParseErrors) -> Finding {
    let first = errors.errors.iter().min_by_key(|error| error.pos);
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let before = text
        .text
        .lines()
        .take(usize::try_from(line - 1).unwrap_or(0))
        .map(|line| line.chars().count() + 1)
        .sum::<usize>();
    let start = before + usize::try_from(column - 1).unwrap_or(0);
    let (message, help) = said(first.map_or("", |error| error.msg.as_str()));
    Code::ConditionSyntax.at(text.part(u32::try_from(start).unwrap_or(0)), message).help(help)
}

/// A function or operator that is not in the subset.
pub(super) fn unusable(name: &str) -> String {
    let written = match name {
        "_[_]" => "[ ]",
        "_?_:_" => "? :",
        other => other.trim_matches(['_', '@']),
    };
    format!("`{written}` cannot be used in a condition")
}

fn said(message: &str) -> (String, &'static str) {
    let token = message.split('\'').nth(1).unwrap_or_default().trim();
    if message.contains("token recognition") && (message.contains("''") || token.starts_with('"')) {
        return ("a text in quotes is not closed".to_owned(), "close it with the quote that it begins with");
    }
    if message.contains("missing \')\'") {
        return ("a `)` is missing".to_owned(), "close every parenthesis that is opened");
    }
    if message.contains("input \'<EOF>\'") || token.is_empty() {
        return ("the condition ends too early".to_owned(), SUBSET);
    }
    let help = match token {
        "=" => "equal is written `==`",
        "and" => "and is written `&&`",
        "or" => "or is written `||`",
        "not" => "not is written `!`",
        "<>" => "unequal is written `!=`",
        _ => SUBSET,
    };
    (format!("`{}` does not belong here", shown(token)), help)
}

impl ValueType {
    /// What it is, in words for an author.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Number => "a number",
            Self::YesNo => "yes or no",
            Self::Date => "a date",
        }
    }
}
