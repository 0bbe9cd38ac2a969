//! academicSessions.csv, courses.csv and classes.csv: the sections of the district and when they are in effect.
//! Titles, grades, subjects and rooms are not read.

use std::sync::Arc;

use super::files::Files;
use super::names::{Book, Entry};
use super::orgs::Orgs;
use super::table::{Column, Table};
use crate::policy::day::Period;
use crate::policy::facts::Section;

/// Reads the three files.
pub(super) fn read(files: &Files<'_>, orgs: &Orgs) -> Book<Arc<Section>> {
    let terms = terms(files);
    let courses = courses(files);
    let mut book = Book::new("classes.csv");
    let Some(mut table) = files.require("classes.csv").and_then(|file| Table::open(files, file)) else { return book };
    let school = table.required("schoolSourcedId");
    let named = table.required("termSourcedIds");
    let course = table.optional("courseSourcedId");
    while table.advance() {
        if !table.live() {
            book.add(table.id(), Entry::Deleted);
            continue;
        }
        check_course(&table, course, courses.as_ref());
        let org = table.refer(&orgs.book, school, table.cell(school), "the class is skipped");
        let entry = org.map_or(Entry::Skipped, |(_, school)| {
            let terms = terms_of(&table, named, &terms);
            Entry::Live(Arc::new(Section { id: Arc::from(table.id()), school: Arc::clone(school), terms }))
        });
        book.add(table.id(), entry);
    }
    book
}

/// `None` only where the value is empty: a class whose terms are all unknown or deleted is never in effect.
fn terms_of(table: &Table<'_>, column: Column, terms: &Book<Period>) -> Option<Box<[Period]>> {
    let known = |id: &str| match terms.find(id) {
        Some((_, Entry::Deleted)) => None,
        Some((_, Entry::Live(_) | Entry::Skipped)) | None => {
            table.refer(terms, column, id, "the class is not in effect by it").map(|(_, term)| *term)
        }
    };
    (!table.cell(column).is_empty()).then(|| table.ids(column).filter_map(known).collect())
}

fn check_course(table: &Table<'_>, column: Column, courses: Option<&Book<()>>) {
    let id = table.cell(column);
    if let Some(courses) = courses
        && !id.is_empty()
        && courses.find(id).is_none()
    {
        table.warn(column, format_args!("`{id}` is not in courses.csv; the class counts all the same"));
    }
}

fn terms(files: &Files<'_>) -> Book<Period> {
    let mut book = Book::new("academicSessions.csv");
    let Some(mut table) = files.find(book.file).and_then(|file| Table::open(files, file)) else { return book };
    let (start, end) = (table.required("startDate"), table.required("endDate"));
    while table.advance() {
        let entry = match table.live() {
            true => bounded(&table, start, end).map_or(Entry::Skipped, Entry::Live),
            false => Entry::Deleted,
        };
        book.add(table.id(), entry);
    }
    book
}

/// A term has both its days: without one it would have no bound.
pub(super) fn bounded(table: &Table<'_>, start: Column, end: Column) -> Option<Period> {
    for column in [start, end] {
        if table.cell(column).is_empty() {
            table.empty(column);
            return None;
        }
    }
    table.period(start, end)
}

fn courses(files: &Files<'_>) -> Option<Book<()>> {
    let mut table = Table::open(files, files.find("courses.csv")?)?;
    let mut book = Book::new("courses.csv");
    while table.advance() {
        book.add(table.id(), if table.live() { Entry::Live(()) } else { Entry::Deleted });
    }
    Some(book)
}
