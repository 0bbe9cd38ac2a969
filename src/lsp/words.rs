//! What a hover says, in sentences.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::people::People;
use crate::policy::document::RoleSheet;
use crate::policy::model::Reach;
use crate::policy::outline::book::{ALL, Book, Chosen};
use crate::policy::outline::{GrantOutline, Mark, Outline, SetOutline, TopicOutline};

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A role: who may hold it, where, how it is come by, and how many hold it.
pub(super) fn role(id: &str, outline: &Outline, sheet: Option<&RoleSheet>, people: Option<&People>) -> String {
    let mut text = format!("**{}** {}\n\n", outline.title.as_deref().unwrap_or(id), code(id));
    if let Some(sheet) = sheet {
        for (label, words) in sheet.in_words() {
            _ = writeln!(text, "{label}: {words}  ");
        }
    }
    _ = writeln!(text, "\n{}", counted(outline.grants.len(), "grant", "grants"));
    if let Some(people) = people {
        _ = writeln!(text, "\n{}", people.of(id));
    }
    text
}

fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// What a grant means: its role, what it allows on which topics, and how far it reaches.
pub(super) fn grant(grant: &GrantOutline, outline: &Outline, book: &Book<'_>) -> String {
    let who = outline.title.clone().or_else(|| outline.role().map(|role| role.text.clone())).unwrap_or_default();
    let mut text = match &grant.include {
        Some(id) => included(&who, id, grant, book),
        None => allowed(&who, grant, book.application(outline)),
    };
    for number in &grant.clauses {
        let clause = outline.clauses.iter().find(|(known, _)| known == number);
        text.extend(clause.map(|(number, clause)| format!("\n\nClause {number}: {clause}")));
    }
    text.extend(grant.because.as_ref().map(|because| format!("\n\nBecause {because}.")));
    text
}

fn included(who: &str, id: &str, grant: &GrantOutline, book: &Book<'_>) -> String {
    let Some((_, role)) = book.role(id) else { return format!("**{who}** has the grants of {}.", code(id)) };
    let title = role.title.as_deref().unwrap_or(id);
    let reach = grant.reach.as_deref().map_or_else(|| "with their reach".to_owned(), reach_in_words);
    let many = counted(role.grants.len(), "grant", "grants");
    let mut text = format!("**{who}** has every grant of **{title}** ({}, {many}), {reach}.", code(id));
    for theirs in &role.grants {
        let what = match &theirs.include {
            Some(id) => format!("every grant of {}", code(id)),
            None => sentence(&book.application(role).map(|app| chosen(theirs, app)).unwrap_or_default()),
        };
        _ = write!(text, "\n- {what}");
    }
    text
}

fn chosen<'a>(grant: &GrantOutline, application: &'a Outline) -> Chosen<'a> {
    Book::allowed(application, &grant.allow, &grant.topics, &grant.except)
}

fn allowed(who: &str, grant: &GrantOutline, application: Option<&Outline>) -> String {
    let what = application.map(|application| sentence(&chosen(grant, application))).unwrap_or_default();
    let what = if what.is_empty() { "do nothing that is known yet".to_owned() } else { what };
    let reach = grant.reach.as_deref().map(|reach| format!(", {}", reach_in_words(reach))).unwrap_or_default();
    let limits: String = grant.limits.iter().map(|limit| format!("; {limit}")).collect();
    format!("**{who}** may {what}{reach}{limits}.")
}

/// `view and update `a`, `b`; view `c``: actions, each with the topics that have them.
fn sentence(chosen: &Chosen<'_>) -> String {
    let mut groups: Vec<(&Vec<&str>, Vec<String>)> = Vec::new();
    for (topic, actions) in chosen {
        match groups.iter_mut().find(|(known, _)| *known == actions) {
            Some((_, topics)) => topics.push(code(&topic.name)),
            None => groups.push((actions, vec![code(&topic.name)])),
        }
    }
    let group = |(actions, topics): &(&Vec<&str>, Vec<String>)| {
        let actions: Vec<String> = actions.iter().map(|action| format!("*{action}*")).collect();
        format!("{} {}", listed(&actions), listed(topics))
    };
    groups.iter().map(group).collect::<Vec<_>>().join("; ")
}

fn reach_in_words(name: &str) -> String {
    Reach::by_name(name).map_or_else(|| format!("reaching `{name}`"), |reach| reach.in_words().to_owned())
}

/// A topic: its actions and the kinds of record that they are about.
pub(super) fn topic(topic: &TopicOutline) -> String {
    let mut by_record: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (action, record) in &topic.actions {
        by_record.entry(record).or_default().push(format!("*{action}*"));
    }
    let mut text = format!("Topic {}, for callers {}\n", code(&topic.name), code(&topic.full));
    for (record, actions) in by_record {
        _ = write!(text, "\n- {}: {}", listed(&actions), record_in_words(record));
    }
    text.extend(topic.id_is.as_ref().map(|id| format!("\n\nIts id is the {id}'s.")));
    let properties: Vec<String> =
        topic.properties.iter().map(|(name, kind)| format!("{} ({kind})", code(name))).collect();
    if !properties.is_empty() {
        _ = write!(text, "\n\nConditions may use {}.", listed(&properties));
    }
    text
}

/// The kind of record, and what ties it to a place.
fn record_in_words(record: &str) -> String {
    let words = match record {
        "student" => "a student's record: the student's schools count",
        "school" => "a school's record: the school that is given counts",
        "district" => "the district's own record: held at its root",
        "user" => "a user's record: the managed user's organisations count",
        "open" => "a record that is tied to no place",
        other => return format!("a record of kind `{other}`"),
    };
    format!("{words} ({record})")
}

/// A named set: its reason and its members.
pub(super) fn set(set: &SetOutline, application: &Outline) -> String {
    let topics = Book::choose(application, &set.topics, &set.except);
    format!("Set {}: {}\n\n{}", code(&set.name), set.because, members(&topics))
}

/// A module, or `all`.
pub(super) fn module(name: &str, application: &Outline) -> String {
    let title = application.modules.iter().find(|(module, _)| module == name).and_then(|(_, title)| title.clone());
    let title = title.map(|title| format!(": {title}")).unwrap_or_default();
    let what = if name == ALL { "Every topic of the application".to_owned() } else { format!("Module {}", code(name)) };
    format!("{what}{title}\n\n{}", members(&Book::choose(application, &[name.to_owned()], &[])))
}

fn members(topics: &[&TopicOutline]) -> String {
    let names: Vec<String> = topics.iter().map(|topic| code(&topic.name)).collect();
    format!("{}: {}", counted(topics.len(), "topic", "topics"), listed(&names))
}

/// A clause.
pub(super) fn clause(mark: &Mark, outline: &Outline) -> Option<String> {
    let (number, text) = outline.clauses.iter().find(|(number, _)| number.to_string() == mark.text)?;
    let from = outline.grants.iter().filter(|grant| grant.clauses.contains(number)).count();
    Some(format!("Clause {number}: {text}\n\n{} put it into effect.", counted(from, "grant", "grants")))
}

/// An application.
pub(super) fn application(outline: &Outline) -> String {
    let name = outline.application.clone().unwrap_or_default();
    let (modules, topics) = (outline.modules.len(), outline.topics.len());
    let title = outline.title.clone().unwrap_or_default();
    let (modules, topics) = (counted(modules, "module", "modules"), counted(topics, "topic", "topics"));
    format!("Application {}: {title}\n\n{modules}, {topics}", code(&name))
}
