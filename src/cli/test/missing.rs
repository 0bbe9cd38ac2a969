//! `--write-missing`: what the policy answers now becomes the expectation of a test that has none. It is put after the
//! test's last key; everything else of the file stays as it is, or the file is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use granit_parser::{Event, Parser, ScanError, StructureStyle};

use super::asked::{Asked, Outcome, Round, Standing};
use crate::policy::document::{Document, Read, TestCase, TestsDoc};
use crate::policy::source::Source;
use crate::policy::trial::effect;

/// An expectation that was written.
pub(super) struct Change {
    pub(super) place: String,
    pub(super) words: String,
    pub(super) question: String,
}

/// What is to be expected of the test in some place of a list.
struct Expected {
    allow: bool,
    reason: Option<String>,
}

/// Where a test of a file ends, and how its keys stand.
struct End {
    /// After its last value.
    at: usize,
    /// The column of its keys, where each has a line of its own.
    column: Option<usize>,
}

/// Writes the expectations that are missing in a round, and counts them as written.
pub(super) fn write(round: &mut Round, folder: &Path) -> anyhow::Result<Vec<Change>> {
    let mut by_file: BTreeMap<Arc<str>, Vec<&mut Asked>> = BTreeMap::new();
    for asked in round.cases.iter_mut().filter(|asked| asked.standing() == Standing::Missing) {
        by_file.entry(Arc::clone(&asked.case.at.file)).or_default().push(asked);
    }
    let mut changes = Vec::new();
    for (name, missing) in by_file {
        changes.extend(rewrite(&folder.join(&*name), missing)?);
    }
    Ok(changes)
}

fn rewrite(path: &Path, missing: Vec<&mut Asked>) -> anyhow::Result<Vec<Change>> {
    let told = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{told}`"))?;
    let cases = cases(&text)?;
    let mut wanted = BTreeMap::new();
    for asked in &missing {
        let at = position(&cases, &asked.case).ok_or_else(|| anyhow!("`{told}` was changed meanwhile: ask again"))?;
        wanted.extend(expected(asked).map(|expected| (at, expected)));
    }
    let by_hand = || format!("`{told}`: nothing could be written without touching more: add the expectations by hand");
    let new = edited(&text, &wanted).with_context(by_hand)?;
    ensure!(self::cases(&new).is_ok_and(|new| are_as(&cases, &new, &wanted)), by_hand());
    replace(path, &new).with_context(|| format!("cannot write `{told}`"))?;
    Ok(missing.into_iter().filter_map(note).collect())
}

/// The answer, as an expectation; an allow needs no reason.
fn expected(asked: &Asked) -> Option<Expected> {
    let Outcome::Answered(_, account) = &asked.outcome else { return None };
    let answer = &account.answer;
    Some(Expected { allow: answer.allow, reason: (!answer.allow).then(|| answer.reason.clone()) })
}

fn note(asked: &mut Asked) -> Option<Change> {
    let expected = expected(asked)?;
    let words = expected.words().join(", ");
    (asked.case.expect, asked.case.reason) = (Some(expected.allow), expected.reason);
    Some(Change { place: asked.place(), words, question: asked.case.question() })
}

impl Expected {
    fn words(&self) -> Vec<String> {
        let reason = self.reason.iter().map(|reason| format!("reason: {reason}"));
        [format!("expect: {}", effect(self.allow))].into_iter().chain(reason).collect()
    }
}

/// The tests of a file.
fn cases(text: &str) -> anyhow::Result<Vec<TestCase>> {
    let source = Source { name: "tests".into(), bytes: text.as_bytes().into() };
    match Read::of(&source).document {
        Some(Document::Tests(TestsDoc { cases })) => Ok(cases),
        Some(Document::Application(_) | Document::Role(_) | Document::Routes(_)) | None => {
            Err(anyhow!("it is no longer a file of tests"))
        }
    }
}

/// Where a test that was asked stands in its file's list.
fn position(cases: &[TestCase], asked: &TestCase) -> Option<usize> {
    let is_it = |case: &TestCase| (case.at.line, case.at.column) == (asked.at.line, asked.at.column);
    let at = cases.iter().position(is_it)?;
    cases.get(at).filter(|case| case.question() == asked.question() && case.expect.is_none()).map(|_| at)
}

/// The text with expectations put in.
fn edited(text: &str, wanted: &BTreeMap<usize, Expected>) -> anyhow::Result<String> {
    let ends = ends(text)?;
    let line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut new = text.to_owned();
    for (at, expected) in wanted.iter().rev() {
        let End { at, column } = ends.get(*at).context("a test is not where it should be")?;
        let before = text.get(..*at).unwrap_or_default().trim_end().len();
        let (to, words) = match column {
            None => (before, format!(", {}", expected.words().join(", "))),
            Some(column) => {
                let rest = text.get(before..).unwrap_or_default();
                let to = before + rest.find(line).unwrap_or(rest.len());
                (to, expected.words().iter().map(|words| format!("{line}{:column$}{words}", "")).collect())
            }
        };
        new.insert_str(to, &words);
    }
    Ok(new)
}

/// Where each test of a file ends: the maps in the list below the file's one map.
fn ends(text: &str) -> Result<Vec<End>, ScanError> {
    const TEST: usize = 3;
    let (mut ends, mut open, mut last) = (Vec::new(), Vec::<(bool, usize)>::new(), 0);
    for next in Parser::new_from_str(text) {
        let (event, span) = next?;
        let Some(range) = span.byte_range() else { continue };
        if let Event::MappingStart(style, ..) | Event::SequenceStart(style, ..) = &event {
            open.push((*style == StructureStyle::Flow, span.start.col()));
            last = range.end;
        } else if matches!(event, Event::MappingEnd | Event::SequenceEnd) {
            let depth = open.len();
            let Some((flow, column)) = open.pop() else { continue };
            if depth == TEST {
                ends.push(End { at: last, column: (!flow).then_some(column) });
            }
            // Only what has a bracket of its own ends where it says; anything else, where the next thing begins.
            last = if flow { range.end } else { last };
        } else if matches!(event, Event::Scalar(..)) && !range.is_empty() {
            last = range.end;
        }
    }
    Ok(ends)
}

/// Whether two readings differ by the expectations alone.
fn are_as(before: &[TestCase], after: &[TestCase], wanted: &BTreeMap<usize, Expected>) -> bool {
    let is_as = |(at, (before, after)): (usize, (&TestCase, &TestCase))| {
        let (allow, reason) = match wanted.get(&at) {
            Some(Expected { allow, reason }) => (Some(*allow), reason),
            None => (before.expect, &before.reason),
        };
        let same = before.name == after.name && before.question() == after.question() && before.of == after.of;
        same && after.expect == allow && after.reason == *reason
    };
    before.len() == after.len() && before.iter().zip(after).enumerate().all(is_as)
}

/// Replaces a file in one step, where it really lies; until then it is named as no policy file is, and nothing is left of it
/// where that fails.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.new"));
    let mut file = fs::File::create_new(&new)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(fs::metadata(&path)?.permissions()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, &path));
    written.inspect_err(|_told| _ = fs::remove_file(&new))
}
