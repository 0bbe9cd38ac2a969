//! A file being looked through: what is looked at in every row of every file.

use std::collections::HashMap;
use std::sync::Arc;

use super::columns;
use super::likeness::{look, shows};
use super::manifest::Manifest;
use super::values;
use crate::directory::files::{Files, whole};
use crate::directory::table::{Column, Table};
use crate::policy::day::Day;
use crate::policy::source::{Finding, Place};

/// The most characters of an id.
const LONGEST: usize = 255;

/// A file, at one of its rows.
pub(super) struct Sheet<'a> {
    table: Table<'a>,
    files: &'a Files<'a>,
    file: Arc<str>,
    id: Column,
    status: Column,
    modified: Column,
    bulk: bool,
    values: Vec<(Column, values::Of)>,
    /// First and last days.
    bounds: Option<(Column, Column)>,
    looks: Vec<u64>,
}

impl<'a> Sheet<'a> {
    /// Opens a file, where it is there and can be read, and looks at its header.
    pub(super) fn open(files: &'a Files<'a>, name: &str, manifest: &Manifest) -> Option<Self> {
        let file = files.names().iter().find(|file| ***file == *name)?;
        let table = Table::bare(files, Arc::clone(file))?;
        columns::check(files, &table, name, manifest.version);
        let bounds = if name == "academicSessions.csv" { ("startDate", "endDate") } else { ("beginDate", "endDate") };
        let has = |name: &str| table.headers().any(|header| header == name);
        let bounds = (has(bounds.0) && has(bounds.1)).then(|| (table.peek(bounds.0), table.peek(bounds.1)));
        Some(Self {
            id: table.peek("sourcedId"),
            status: table.peek("status"),
            modified: table.peek("dateLastModified"),
            bulk: manifest.is_bulk(name),
            values: values::of(name).map(|of| (table.peek(of.column), of)).collect(),
            bounds,
            table,
            files,
            file: Arc::clone(file),
            looks: Vec::new(),
        })
    }

    /// Goes to the next row; after the last one looks back at the file.
    pub(super) fn advance(&mut self) -> bool {
        if !self.table.advance() {
            self.conclude();
            return false;
        }
        self.looks.push(look(self.id()));
        self.check_id();
        self.check_state();
        if self.live() {
            for (column, of) in &self.values {
                of.check(&self.table, *column);
            }
            self.check_bounds();
        }
        true
    }

    /// A column by its name.
    pub(super) fn column(&self, name: &str) -> Column {
        self.table.peek(name)
    }

    /// The row's `sourcedId`.
    pub(super) fn id(&self) -> &str {
        self.table.cell(self.id)
    }

    /// Whether the row counts, as far as its state goes.
    pub(super) fn live(&self) -> bool {
        matches!(self.table.cell(self.status), "" | "active")
    }

    /// A value of the row.
    pub(super) fn cell(&self, column: Column) -> &str {
        self.table.cell(column)
    }

    /// The ids in a value.
    pub(super) fn ids(&self, column: Column) -> impl Iterator<Item = &str> {
        self.table.ids(column)
    }

    /// The row's line.
    pub(super) fn line(&self) -> u32 {
        self.table.place(Column::default()).line
    }

    /// The row's first and last day, where they are given.
    pub(super) fn days(&self) -> (Option<Day>, Option<Day>) {
        let day = |column: Column| Day::parse(self.cell(column));
        self.bounds.map_or((None, None), |(begin, end)| (day(begin), day(end)))
    }

    /// The column of first days, and that of last days.
    pub(super) fn bounds(&self) -> (Column, Column) {
        self.bounds.unwrap_or_default()
    }

    /// Reports something about a value.
    pub(super) fn warn(&self, column: Column, message: std::fmt::Arguments<'_>) {
        self.table.warn(column, message);
    }

    fn check_id(&self) {
        let id = self.id();
        let plain = id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_graphic());
        if plain {
            return;
        }
        if id.chars().count() > LONGEST {
            self.warn(self.id, format_args!("the sourcedId has more than {LONGEST} characters"));
        }
        if id.chars().any(|c| c.is_control() || (!shows(c) && !c.is_whitespace())) {
            self.warn(self.id, format_args!("the sourcedId `{}` has characters that don't show", id.escape_debug()));
        } else if id.contains(char::is_whitespace) {
            self.warn(self.id, format_args!("the sourcedId `{id}` has blanks: they count"));
        }
    }

    fn check_state(&self) {
        if self.bulk && self.cell(self.status) == "tobedeleted" {
            self.warn(self.status, format_args!("a row to be deleted, though the file is said to be `bulk`"));
        }
        let modified = self.cell(self.modified);
        if !modified.is_empty() && !is_instant(modified) {
            let message = format_args!("`{modified}` is not a date and time as `2026-11-22T06:00:00Z`");
            self.warn(self.modified, message);
        }
    }

    fn check_bounds(&self) {
        let (Some(begin), Some(end)) = self.days() else { return };
        let (_, column) = self.bounds();
        if end < begin {
            self.warn(column, format_args!("it ends on `{end}`, before it begins on `{begin}`: it never counts"));
        } else if end == begin {
            self.warn(
                column,
                format_args!("it ends on `{end}`, when it begins: a last day doesn't count, so none does"),
            );
        }
    }

    fn conclude(&mut self) {
        let mut looks = std::mem::take(&mut self.looks);
        if looks.is_empty() {
            self.files.report(Finding::warning(whole(&self.file), "the file has no rows"));
        }
        looks.sort_unstable();
        let pairs = looks.windows(2).filter(|pair| pair.first() == pair.last());
        let mut suspects: Vec<u64> = pairs.filter_map(|pair| pair.first().copied()).collect();
        suspects.dedup();
        if !suspects.is_empty()
            && let Some(table) = Table::bare(self.files, Arc::clone(&self.file))
        {
            alike(table, &suspects);
        }
    }
}

/// Reports ids that look like those of earlier rows.
fn alike(mut table: Table<'_>, suspects: &[u64]) {
    let id = table.peek("sourcedId");
    let mut first: HashMap<u64, (String, u32)> = HashMap::new();
    while table.advance() {
        let text = table.cell(id);
        let seen = look(text);
        if text.is_empty() || suspects.binary_search(&seen).is_err() {
            continue;
        }
        let line = table.place(id).line;
        let (other, its) = first.entry(seen).or_insert_with(|| (text.to_owned(), line));
        if other != text {
            let (text, other) = (text.escape_debug(), other.escape_debug());
            table.warn(id, format_args!("`{text}` looks like `{other}` of line {its}, but is another"));
        }
    }
}

/// A date with a time, in the shapes that ISO 8601 is written in.
fn is_instant(text: &str) -> bool {
    let (day, time) = text.split_at_checked(10).unwrap_or_default();
    let time = time.strip_prefix('T').unwrap_or_default();
    let plain = time.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b'+' | b'-' | b'Z'));
    plain && time.len() >= 5 && time.get(2..3) == Some(":") && Day::parse(day).is_some()
}

/// A row by its line.
pub(super) fn row(file: &'static str, line: u32) -> Place {
    Place { file: file.into(), line, column: 1, width: 1 }
}
