//! One CSV file, row after row: its columns by name, its rows' ids and states, and findings with their places.
//!
//! Every file is held to the same rules here: UTF-8, equally long rows, the columns that are read, one row per
//! `sourcedId`. What a row means is for others.

mod check;
mod dates;

use std::cell::Cell;
use std::fmt::Arguments;
use std::sync::Arc;

use csv::StringRecord;

use super::files::{Files, whole};
use super::names::{Book, Entry, small};
use super::window::{CHUNK, Window, walk};
use crate::policy::day::{Day, Period};
use crate::policy::source::{Finding, Place, Severity};

/// Findings listed per file; the rest is counted.
const LISTED: usize = 1_000;

/// A column of a table; one that the file lacks has empty values only.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Column(Option<usize>);

/// A file being read, at one of its rows.
pub(super) struct Table<'a> {
    file: Arc<str>,
    files: &'a Files<'a>,
    reader: csv::Reader<Window>,
    header: StringRecord,
    record: StringRecord,
    id: Column,
    status: Column,
    /// The byte at which the row begins.
    start: u64,
    /// The last column of the file is one that is read.
    last_read: bool,
    /// The row is neither deleted nor without an id.
    live: bool,
    /// Nothing was found that refuses the file's columns or text.
    sound: bool,
    /// A hash of each id.
    seen: Vec<u64>,
    reported: Cell<usize>,
    /// Rows so far, and those of them that are deleted.
    rows: (u64, u64),
}

impl<'a> Table<'a> {
    /// Opens a file of rows with `sourcedId` and `status`; `None` where it can't be read.
    pub(super) fn open(files: &'a Files<'a>, file: Arc<str>) -> Option<Self> {
        let mut table = Self::bare(files, file)?;
        table.id = table.required("sourcedId");
        table.status = table.optional("status");
        Some(table)
    }

    /// Opens a file of rows without ids.
    pub(super) fn bare(files: &'a Files<'a>, file: Arc<str>) -> Option<Self> {
        let input = files.open(&file).map_err(|error| files.report(check::unreadable(whole(&file), &error))).ok()?;
        let reader = csv::ReaderBuilder::new().buffer_capacity(CHUNK).flexible(false).from_reader(Window::new(input));
        let mut table = Self {
            file,
            files,
            reader,
            header: StringRecord::new(),
            record: StringRecord::new(),
            id: Column(None),
            status: Column(None),
            start: 0,
            last_read: false,
            live: false,
            sound: true,
            seen: Vec::new(),
            reported: Cell::new(0),
            rows: (0, 0),
        };
        match table.reader.headers().cloned() {
            Ok(header) if header.is_empty() => {
                table.sound = false;
                files.report(Finding::error(table.whole(), "the file is empty"));
            }
            Ok(header) => table.header = header,
            Err(error) => table.fail(&error),
        }
        table.sound.then_some(table)
    }

    /// A column without which the file is refused.
    pub(super) fn required(&mut self, name: &str) -> Column {
        self.column(name, true)
    }

    /// A column that may be missing, but not misspelt: what it says would be lost without a word.
    pub(super) fn optional(&mut self, name: &str) -> Column {
        self.column(name, false)
    }

    /// A column, whatever else the header says.
    #[cfg(feature = "server")]
    pub(super) fn peek(&self, name: &str) -> Column {
        Column(self.header.iter().position(|header| header == name))
    }

    /// Where the name of a column stands.
    pub(super) fn header_place(&self, field: usize) -> Place {
        let width = self.header.get(field).map_or(1, |header| header.chars().count().max(1));
        self.locate(&self.header, field, width)
    }

    fn column(&mut self, name: &str, needed: bool) -> Column {
        let mut found = self.header.iter().enumerate().filter(|(_, header)| *header == name).map(|(at, _)| at);
        let (first, second) = (found.next(), found.next());
        let near = self.header.iter().position(|header| near(name, header));
        match (first, second, near) {
            (Some(_), Some(second), _) => self.refuse(second, format!("the column `{name}` stands here twice")),
            (Some(at), None, _) => self.last_read |= at + 1 == self.header.len(),
            (None, _, Some(at)) => {
                let header = self.header.get(at).unwrap_or_default();
                self.refuse(at, format!("the column `{header}` is not known: did you mean `{name}`?"));
            }
            (None, _, None) if needed => self.refuse(0, format!("the column `{name}` is missing")),
            (None, _, None) => {}
        }
        Column(first)
    }

    /// Goes to the next row; `false` after the last one.
    pub(super) fn advance(&mut self) -> bool {
        if !self.step() {
            self.files.end(&self.file, self.rows);
            return false;
        }
        self.live = match self.cell(self.status) {
            "" | "active" => true,
            "tobedeleted" => false,
            other => {
                let why = "is neither `active` nor `tobedeleted`, so the row counts as deleted";
                self.warn(self.status, format_args!("status `{other}` {why}"));
                false
            }
        };
        self.rows = (self.rows.0 + 1, self.rows.1 + u64::from(!self.live));
        if self.id.0.is_some() {
            self.note_id();
        }
        true
    }

    /// The row's `sourcedId`.
    pub(super) fn id(&self) -> &str {
        self.cell(self.id)
    }

    /// Whether the row counts: not deleted, with an id.
    pub(super) fn live(&self) -> bool {
        self.live
    }

    /// A value of the row, as it stands there.
    pub(super) fn cell(&self, column: Column) -> &str {
        column.0.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    /// The ids in a value, between commas; nothing is trimmed.
    pub(super) fn ids(&self, column: Column) -> impl Iterator<Item = &str> {
        self.cell(column).split(',').filter(|id| !id.is_empty())
    }

    /// The period between two columns, an empty value being no bound; `None`, with a finding, where one is no day.
    pub(super) fn period(&self, begin: Column, end: Column) -> Option<Period> {
        Some(Period::new(self.day(begin)?, self.day(end)?))
    }

    fn day(&self, column: Column) -> Option<Option<Day>> {
        let text = self.cell(column);
        if text.is_empty() {
            return Some(None);
        }
        let day = Day::parse(text);
        if day.is_none() {
            let message = format_args!("`{text}` is not a day as YYYY-MM-DD, so the row is skipped");
            self.report(Severity::Warning, column, message, dates::help(text));
        }
        day.map(Some)
    }

    /// The row of another file that `id`, a value of `column`, names. `None`, with a finding, where it names none in
    /// use; `so` says what follows from that.
    pub(super) fn refer<'b, T>(&self, book: &'b Book<T>, column: Column, id: &str, so: &str) -> Option<(u32, &'b T)> {
        let file = book.file;
        let why = match book.find(id) {
            Some((at, Entry::Live(item))) => return Some((at, item)),
            Some((_, Entry::Deleted)) => "is deleted in",
            Some((_, Entry::Skipped)) => "is skipped in",
            None => "is not in",
        };
        if id.is_empty() {
            self.empty(column);
        } else {
            self.warn(column, format_args!("`{id}` {why} {file}, so {so}"));
        }
        None
    }

    /// Reports that a value is empty and the row therefore skipped.
    pub(super) fn empty(&self, column: Column) {
        let name = column.0.and_then(|at| self.header.get(at)).unwrap_or_default();
        self.warn(column, format_args!("`{name}` is empty, so the row is skipped"));
    }

    /// Reports something about a value of the row.
    pub(super) fn warn(&self, column: Column, message: Arguments<'_>) {
        self.report(Severity::Warning, column, message, None);
    }

    /// Reports that a value refuses the set.
    #[cfg(feature = "server")]
    pub(super) fn refuse_value(&self, column: Column, message: Arguments<'_>) {
        self.report(Severity::Error, column, message, None);
    }

    /// The column of ids.
    #[cfg(feature = "server")]
    pub(super) fn id_column(&self) -> Column {
        self.id
    }

    /// The names of all columns.
    #[cfg(feature = "server")]
    pub(super) fn headers(&self) -> impl Iterator<Item = &str> {
        self.header.iter()
    }

    /// The file as a place.
    pub(super) fn whole(&self) -> Place {
        whole(&self.file)
    }

    /// Where a value of the row stands.
    pub(super) fn place(&self, column: Column) -> Place {
        let width = self.cell(column).chars().count().max(1);
        self.locate(&self.record, column.0.unwrap_or(0), width)
    }

    fn report(&self, severity: Severity, column: Column, message: Arguments<'_>, help: Option<String>) {
        let before = self.reported.replace(self.reported.get() + 1);
        let place = || self.place(column);
        if let Some(tally) = self.files.tally() {
            let at = (&self.file, self.start);
            tally.borrow_mut().about_row(severity, at, message.to_string(), help, place);
            self.files.refuse(severity);
        } else if before < LISTED || (severity == Severity::Error && self.files.accepted()) {
            self.files.report(Finding { severity, code: None, place: place(), message: message.to_string(), help });
        }
    }

    fn locate(&self, record: &StringRecord, field: usize, width: usize) -> Place {
        let (line, byte) = record.position().map_or((1, 0), |position| (position.line(), position.byte()));
        let walk = self.reader.get_ref().since(byte).map(|text| walk(text, field));
        let (lines, column) = walk.map_or((0, 1), |walk| (walk.lines, walk.column));
        let line = u32::try_from(line).unwrap_or(u32::MAX).saturating_add(lines);
        Place { file: Arc::clone(&self.file), line, column, width: small(width) }
    }

    fn refuse(&mut self, field: usize, message: String) {
        let place = self.header_place(field);
        self.sound = false;
        self.files.report(Finding::error(place, message));
    }
}

/// Whether a header is a slip of the pen for a column's name: other letter case or punctuation, or a wrong letter.
pub(super) fn near(name: &str, header: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let slips = if name.contains('.') { 0 } else { 1 + usize::from(name.len() > 8) };
    strsim::osa_distance(&plain(name), &plain(header)) <= slips
}
