//! Names that are easily taken for one another, and words that mix alphabets.

use std::collections::BTreeMap;

use super::super::code::Code;
use super::super::model::Model;
use super::super::source::{Finding, Place, Severity};
use super::line_of;

/// Reports each name that looks like an earlier one of its kind.
pub(super) fn alike(model: &Model, findings: &mut Vec<Finding>) {
    let roles = model.roles.iter().map(|role| (role.id.as_str(), &role.at));
    findings.extend(pairs(roles));
    let types = model.catalogue.types.iter().map(|made| (made.name.as_str(), &made.at));
    findings.extend(pairs(types));
    let denies = model.denies.iter().map(|rule| (rule.id.as_str(), &rule.at));
    findings.extend(pairs(denies));
    for made in &model.catalogue.types {
        findings.extend(pairs(made.actions.iter().map(|(name, _)| (name.as_str(), &made.at))));
        findings.extend(pairs(made.properties.iter().map(|(name, _)| (name.as_str(), &made.at))));
    }
}

fn pairs<'m>(names: impl Iterator<Item = (&'m str, &'m Place)>) -> Vec<Finding> {
    let (mut seen, mut findings) = (BTreeMap::<String, (&str, &Place)>::new(), Vec::new());
    for (name, at) in names {
        let (earlier, there) = *seen.entry(skeleton(name)).or_insert((name, at));
        if earlier != name {
            let message = format!("`{name}` is easily taken for `{earlier}`");
            let help = format!("the other one is at {}: rename one of them", line_of(there));
            findings.push(Code::LookAlike.at(at.clone(), message).help(help));
        }
    }
    findings
}

/// What is left of a name for somebody who reads it in passing: names are made of Latin letters, digits and a few marks.
fn skeleton(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|character| match character {
            'I' | '1' => 'l',
            '0' => 'o',
            '5' => 's',
            '-' => '_',
            other => other.to_ascii_lowercase(),
        })
        .collect();
    let mut plain = plain.replace("rn", "m").replace("vv", "w");
    while plain.contains("__") {
        plain = plain.replace("__", "_");
    }
    plain
}

/// The first letter of a text that is not of the alphabet of its word: a Greek or Cyrillic one among Latin letters, or one
/// that only copies a Latin letter. Its number in the text, from 0.
pub(crate) fn foreign(text: &str) -> Option<(usize, char)> {
    if text.is_ascii() {
        return None;
    }
    let characters: Vec<(usize, char)> = text.chars().enumerate().collect();
    characters.split(|(_, character)| !character.is_alphanumeric()).find_map(|word| {
        let latin = word.iter().any(|(_, character)| is_latin(*character));
        word.iter().copied().find(|(_, character)| is_copy(*character) || latin && is_lookalike(*character))
    })
}

fn is_latin(character: char) -> bool {
    matches!(character, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}')
}

/// Letters of alphabets of which many look like Latin ones: Greek, Cyrillic, Armenian, Cherokee.
fn is_lookalike(character: char) -> bool {
    matches!(character, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}')
}

/// Latin letters over again: full-width and mathematical ones.
fn is_copy(character: char) -> bool {
    matches!(character, '\u{ff10}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}')
}

/// Joins what is one mistake: a word of two alphabets that is an error anyway is told of in that error's advice.
pub(crate) fn plain(findings: &mut Vec<Finding>) {
    let is_look = |finding: &Finding| finding.code == Some(Code::LookAlike);
    let looks: Vec<Finding> = findings.iter().filter(|finding| is_look(finding)).cloned().collect();
    for look in looks {
        let there =
            |finding: &&mut Finding| finding.severity == Severity::Error && overlaps(&finding.place, &look.place);
        if let Some(error) = findings.iter_mut().find(there) {
            let help = error.help.take().unwrap_or_default();
            let end = if help.ends_with('?') { " " } else { "; " };
            let help = if help.is_empty() { help } else { help + end };
            error.help = Some(format!("{help}{}", look.message));
            findings.retain(|finding| *finding != look);
        }
    }
}

fn overlaps(one: &Place, other: &Place) -> bool {
    let end = |place: &Place| place.column.saturating_add(place.width);
    one.file == other.file && one.line == other.line && one.column < end(other) && other.column < end(one)
}
