//! The few signs in which a cell is written, and what they mean.

use crate::policy::matrix::Share;
use crate::policy::model::Reach;

/// Actions that have a letter.
const LETTERS: [(&str, char); 4] = [("view", 'v'), ("create", 'c'), ("update", 'u'), ("delete", 'd')];
/// Scopes that have a sign; what has none is `org`.
const SCOPES: [(Reach, &str); 3] = [(Reach::Section, "/s"), (Reach::Own, "/o"), (Reach::Referred, "/r")];
/// What is limited further.
const LIMITED: &str = "*";
/// What a deny rule may forbid.
const DENIABLE: &str = "!";

/// A cell: each share in turn.
pub(super) fn cell(shares: &[Share<'_>]) -> String {
    shares.iter().map(share).collect::<Vec<_>>().join(" ")
}

fn share(share: &Share<'_>) -> String {
    let letter = |action: &str| LETTERS.iter().find(|(name, _)| *name == action).map(|(_, letter)| *letter);
    let mut text: String = share.actions.iter().filter_map(|action| letter(action)).collect();
    for word in share.actions.iter().filter(|action| letter(action).is_none()) {
        if !text.is_empty() {
            text.push('+');
        }
        text.push_str(word);
    }
    text.push_str(SCOPES.iter().find(|(reach, _)| *reach == share.reach).map_or("", |(_, sign)| sign));
    if !share.limits.is_empty() {
        text.push_str(LIMITED);
    }
    if share.deniable {
        text.push_str(DENIABLE);
    }
    text
}

/// A cell in words.
pub(super) fn words(shares: &[Share<'_>]) -> String {
    let words = |share: &Share<'_>| {
        let limits: String = share.limits.iter().map(|limit| format!("; {limit}")).collect();
        let deny = if share.deniable { "; unless a deny rule forbids it" } else { "" };
        format!("{} {}{limits}{deny}", share.actions.join(", "), share.reach.in_words())
    };
    shares.iter().map(words).collect::<Vec<_>>().join(". ")
}

/// The signs that occur, each with what it means.
pub(super) fn legend(shares: &[&Share<'_>]) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (name, letter) in LETTERS {
        if shares.iter().any(|share| share.actions.contains(&name)) {
            lines.push((letter.to_string(), name.to_owned()));
        }
    }
    let is_word = |action: &&str| !LETTERS.iter().any(|(name, _)| name == action);
    if shares.iter().any(|share| share.actions.iter().any(is_word)) {
        lines.push(("+".to_owned(), "another action follows, in full".to_owned()));
    }
    if shares.iter().any(|share| share.reach == Reach::Org) {
        lines.push(("no sign".to_owned(), Reach::Org.in_words().to_owned()));
    }
    for (reach, sign) in SCOPES {
        if shares.iter().any(|share| share.reach == reach) {
            lines.push((sign.to_owned(), reach.in_words().to_owned()));
        }
    }
    if shares.iter().any(|share| !share.limits.is_empty()) {
        lines.push((LIMITED.to_owned(), "limited further: `hallpass roles show ROLE` says how".to_owned()));
    }
    if shares.iter().any(|share| share.deniable) {
        lines.push((DENIABLE.to_owned(), "a deny rule may forbid it".to_owned()));
    }
    lines
}
