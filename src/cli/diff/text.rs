//! Changes as text: lines for people, and Markdown for a pull request.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use indicatif::HumanCount;

use super::Told;
use crate::policy::compare::{Affected, Line, Witness};
use crate::policy::decision::Reason;

/// How many people are listed where not everybody is asked for.
pub(super) const LISTED: usize = 10;

/// Lines for people.
pub(super) fn human(told: &Told<'_>) -> String {
    let mut text = format!("{}\n", told.headline());
    for (at, line) in told.comparison.lines.iter().enumerate() {
        let sign = if line.gain { '+' } else { '-' };
        _ = writeln!(text, "\n{sign} {}", told.comparison.sentence(line));
        for detail in told.details(at, line) {
            _ = writeln!(text, "    {detail}");
        }
    }
    if !told.comparison.notes.is_empty() {
        text.push_str("\nrules changed, and no request was found that is decided otherwise\n");
        for note in &told.comparison.notes {
            _ = writeln!(text, "  {}", told.comparison.note(note));
        }
    }
    text
}

/// Markdown.
pub(super) fn markdown(told: &Told<'_>) -> String {
    let mut text = format!("### {}\n", escaped(&told.headline()));
    for (heading, gain) in [("Gained", true), ("Lost", false)] {
        let lines = || told.comparison.lines.iter().enumerate().filter(|(_, line)| line.gain == gain);
        if lines().next().is_none() {
            continue;
        }
        _ = writeln!(text, "\n**{heading}**\n");
        for (at, line) in lines() {
            _ = writeln!(text, "- {}", escaped(&told.comparison.sentence(line)));
            for detail in told.details(at, line) {
                _ = writeln!(text, "  - {}", escaped(&detail));
            }
        }
    }
    if !told.comparison.notes.is_empty() {
        text.push_str("\n**Rules changed, and no request was found that is decided otherwise**\n\n");
        for note in &told.comparison.notes {
            _ = writeln!(text, "- {}", escaped(&told.comparison.note(note)));
        }
    }
    text
}

impl Told<'_> {
    /// How much changes, in a line.
    fn headline(&self) -> String {
        let count = |gain| self.comparison.lines.iter().filter(|line| line.gain == gain).count();
        if self.comparison.is_empty() {
            return format!("no decision changes from {} to {}", self.before, self.after);
        }
        let mut text = format!("from {} to {}: ", self.before, self.after);
        text.push_str(&format!("{}, {}", counted(count(true), "gain"), counted(count(false), "loss")));
        if let Some(people) = &self.people {
            let touched = |gain: bool| people.iter().filter(|one| self.touches(one, gain)).count();
            let many = |count: usize| HumanCount(count as u64);
            _ = write!(
                text,
                "; on {} {} of the people in the directory gain and {} lose something",
                self.day,
                many(touched(true)),
                many(touched(false))
            );
        }
        text
    }

    /// Whether somebody gains, or loses, by a line.
    fn touches(&self, one: &Affected, gain: bool) -> bool {
        one.lines.iter().any(|at| self.comparison.lines.get(*at).is_some_and(|line| line.gain == gain))
    }

    /// What stands below a line: its roles where the sentence only counts them, its witness, its people.
    fn details(&self, at: usize, line: &Line) -> Vec<String> {
        let mut details = Vec::new();
        let titles: BTreeSet<String> = line.roles.iter().map(|id| self.comparison.title(id)).collect();
        let titles: Vec<String> = titles.into_iter().collect();
        if !self
            .comparison
            .sentence(line)
            .starts_with(&self.comparison.title(line.roles.first().map_or("", String::as_str)))
        {
            details.push(format!("roles: {}", titles.join(", ")));
        }
        details.push(format!("for example: {}", witness(&line.witness)));
        details.extend(self.people(at, line.gain));
        details
    }

    fn people(&self, at: usize, gain: bool) -> Option<String> {
        let touched = self.people.as_ref()?.iter().filter(|one| one.lines.contains(&at));
        let ids: Vec<&str> = touched.map(|one| one.user.as_str()).collect();
        let shown = if self.all { ids.len() } else { LISTED };
        let verb = if gain { "gain" } else { "lose" };
        let mut text = match ids.len() {
            0 => return Some(format!("nobody in the directory {verb}s by it on {}", self.day)),
            1 => format!("1 person {verb}s"),
            many => format!("{} people {verb}", HumanCount(many as u64)),
        };
        let listed: Vec<&str> = ids.iter().take(shown).copied().collect();
        _ = write!(text, ": {}", listed.join(", "));
        if ids.len() > shown {
            _ = write!(text, " and {} more (`--all` lists them)", HumanCount((ids.len() - shown) as u64));
        }
        Some(text)
    }
}

/// A question with both answers.
fn witness(witness: &Witness) -> String {
    format!("{}: {} before, {} after", witness.in_words(), answer(witness.before), answer(witness.after))
}

fn answer(reason: Reason) -> String {
    let allow = if reason == Reason::Granted { "allow" } else { "deny" };
    format!("{allow} ({})", reason.code())
}

fn counted(count: usize, what: &str) -> String {
    let plural = if what.ends_with('s') { "es" } else { "s" };
    format!("{count} {what}{}", if count == 1 { "" } else { plural })
}

/// A text in which nothing means anything to Markdown but what stands between backquotes: that stays as it is.
fn escaped(text: &str) -> String {
    let part = |(at, part): (usize, &str)| {
        if at % 2 == 1 {
            return format!("`{part}`");
        }
        part.chars().fold(String::new(), |mut text, letter| {
            match letter {
                '<' => text.push_str("&lt;"),
                '>' => text.push_str("&gt;"),
                '&' => text.push_str("&amp;"),
                '*' | '_' | '[' | ']' | '#' | '|' | '~' | '\\' | '!' => text.extend(['\\', letter]),
                '@' => text.push_str("@\u{200b}"),
                _ => text.push(letter),
            }
            text
        })
    };
    text.split('`').enumerate().map(part).collect()
}
