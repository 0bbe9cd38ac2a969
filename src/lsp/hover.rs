//! What stands at a place, explained: a role, a topic, a set, a clause, a whole grant, or a key.

use gen_lsp_types::{Contents, Hover, MarkupContent, MarkupKind, Range};

use super::context::Context;
use super::people::People;
use super::workspace::Spot;
use super::{places, words};
use crate::policy::outline::book::{ALL, Book};
use crate::policy::outline::{Mark, Outline, What};

/// The explanation of what stands at a place.
pub(super) fn hover(spot: &Spot<'_>, people: Option<&People>) -> Option<Hover> {
    let book = spot.set.book();
    let outline = spot.outline();
    let mark = outline.and_then(|outline| outline.at(spot.line, spot.column));
    if let (Some(outline), Some(mark)) = (outline, mark)
        && let Some(text) = named(mark, outline, spot, &book, people)
    {
        return Some(drawn(text, Some(spot.lines.range(&mark.at))));
    }
    let grant = outline.and_then(|outline| Some(words::grant(outline.grant(spot.line)?, outline, &book)));
    grant.or_else(|| key(spot)).map(|text| drawn(text, None))
}

fn drawn(value: String, range: Option<Range>) -> Hover {
    let contents = Contents::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value });
    Hover { contents, range }
}

fn named(mark: &Mark, outline: &Outline, spot: &Spot<'_>, book: &Book<'_>, people: Option<&People>) -> Option<String> {
    match mark.what {
        What::Role => {
            let (known, role) = book.role(&mark.text)?;
            let sheet = spot.set.files.get(&known.at.file).and_then(|file| file.read.sheet());
            Some(words::role(&mark.text, role, sheet, people))
        }
        What::Type => book.resource_type(&mark.text).map(|(topic, _)| words::topic(topic)),
        What::Clause => words::clause(mark, outline),
        What::Application => {
            let named = book.applications().find(|known| known.application.as_deref() == Some(&mark.text))?;
            Some(words::application(named))
        }
        What::Word | What::Topic | What::Module | What::Set => word(mark, book.application(outline)?),
        What::Action => None,
    }
}

fn word(mark: &Mark, application: &Outline) -> Option<String> {
    if mark.text == ALL {
        return Some(words::module(ALL, application));
    }
    match Book::word(application, &mark.text)? {
        What::Topic => {
            let topic = application.topics.iter().find(|topic| topic.name == mark.text)?;
            Some(words::topic(topic))
        }
        What::Set => {
            let set = application.sets.iter().find(|set| set.name == mark.text)?;
            Some(words::set(set, application))
        }
        What::Application | What::Module | What::Word | What::Type | What::Action | What::Role | What::Clause => {
            Some(words::module(&mark.text, application))
        }
    }
}

/// What a key is for.
fn key(spot: &Spot<'_>) -> Option<String> {
    let context = Context::around(spot.lines.all(), spot.line, spot.column)?;
    let (path, key) = context.key()?;
    let (_, words) = places::keys(context.kind, &path).into_iter().find(|(known, _)| known == key)?;
    Some(format!("`{key}`: {words}"))
}
