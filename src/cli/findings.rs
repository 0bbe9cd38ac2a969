//! Findings for people and for programs: drawn into the line that they are about, on one line each, or as JSON.

mod lines;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde_json::json;

use crate::directory::{Open, at_hand};
use crate::live;
use crate::policy::code::Code;
use crate::policy::source::{Finding, Place, Severity, Source};

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A line each: file, line, column, message
    Plain,
    /// One JSON object
    Json,
    /// Each drawn into its line
    #[value(alias = "human")]
    Drawn,
}

/// Findings with the files that they are about.
#[derive(Default)]
pub(super) struct Findings {
    /// Each with the text of its line, where it has one.
    all: Vec<(Finding, Option<String>)>,
}

impl Findings {
    /// Adds the findings about files at hand, of a folder.
    pub(super) fn add(&mut self, folder: &Path, files: &[Source], findings: Vec<Finding>) {
        self.add_read(folder, &at_hand(files), findings);
    }

    /// The same of files that are opened: each is read once more, as far as its last finding.
    pub(super) fn add_read(&mut self, folder: &Path, open: &Open<'_>, findings: Vec<Finding>) {
        let mut wanted: BTreeMap<Arc<str>, BTreeMap<u32, String>> = BTreeMap::new();
        for Place { file, line, .. } in findings.iter().map(|finding| &finding.place).filter(|place| place.line > 0) {
            wanted.entry(Arc::clone(file)).or_default().insert(*line, String::new());
        }
        wanted.retain(|file, texts| open(file).and_then(|input| lines::fill(BufReader::new(input), texts)).is_ok());
        let found = findings.into_iter().map(|mut finding| {
            let line = wanted.get(&finding.place.file).and_then(|texts| texts.get(&finding.place.line)).cloned();
            finding.place.file = live::path(folder, &finding.place.file);
            (finding, line)
        });
        self.all.extend(found);
    }

    /// Errors first, each kind in the order in which it was added.
    pub(super) fn sort(&mut self) {
        self.all.sort_by_key(|(finding, _)| finding.severity);
    }

    /// How many errors and warnings there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        let errors = self.all.iter().filter(|(finding, _)| finding.severity == Severity::Error).count();
        (errors, self.all.len() - errors)
    }

    /// `file:line:column: error[code]: message (help)`, a line each.
    pub(super) fn plain(&self) -> String {
        self.all.iter().map(|(finding, _)| plain(finding)).collect()
    }

    /// Each drawn into its line.
    pub(super) fn drawn(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let draw = |(finding, line): &(Finding, Option<String>)| {
            format!("{}\n\n", renderer.render(&[group(finding, line.as_deref())]))
        };
        self.all.iter().map(draw).collect()
    }

    /// Each as an object.
    pub(super) fn json(&self) -> Vec<serde_json::Value> {
        let object = |(finding, _): &(Finding, Option<String>)| {
            let Finding { severity, code, place: Place { file, line, column, .. }, message, help } = finding;
            let code = code.map(Code::name);
            let (line, column) = if *line == 0 { (None, None) } else { (Some(line), Some(column)) };
            json!({"severity": name(*severity), "code": code, "file": **file, "line": line, "column": column, "message": message, "help": help})
        };
        self.all.iter().map(object).collect()
    }
}

/// A severity for programs.
pub(super) fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn plain(finding: &Finding) -> String {
    let Finding { severity, code, place: Place { file, line, column, .. }, message, help } = finding;
    let code = code.map(|code| format!("[{}]", code.name())).unwrap_or_default();
    let at = if *line == 0 { String::new() } else { format!(":{line}:{column}") };
    let help = help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{file}{at}: {}{code}: {message}{help}\n", name(*severity))
}

fn group<'a>(finding: &'a Finding, line: Option<&'a str>) -> Group<'a> {
    let Finding { severity, code, place, message, help } = finding;
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let origin = Origin::path(&*place.file);
    let source: Element<'a> = match line {
        Some(text) => Snippet::source(text)
            .path(&*place.file)
            .line_start(place.line as usize)
            .annotation(AnnotationKind::Primary.span(span(text, place)))
            .into(),
        None if place.line == 0 => origin.into(),
        None => origin.line(place.line as usize).char_column(place.column as usize).into(),
    };
    let title = level.primary_title(message);
    let title = match code {
        Some(code) => title.id(code.name()),
        None => title,
    };
    let drawn = title.element(source);
    match help {
        Some(help) => drawn.element(Level::HELP.message(help)),
        None => drawn,
    }
}

/// The bytes of a line that a place covers: it counts in characters, and may go on past the end of the line.
fn span(line: &str, place: &Place) -> Range<usize> {
    let byte = |characters: u32| {
        line.char_indices().nth(usize::try_from(characters).unwrap_or(usize::MAX)).map_or(line.len(), |(at, _)| at)
    };
    let from = place.column.saturating_sub(1);
    byte(from)..byte(from.saturating_add(place.width))
}
