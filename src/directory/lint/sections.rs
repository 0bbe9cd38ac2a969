//! Sessions, courses and classes: what they refer to, and who teaches a class.

use super::manifest::Manifest;
use super::sheet::{Sheet, row};
use super::{Ids, Orgs};
use crate::directory::files::Files;
use crate::policy::day::Day;
use crate::policy::source::Finding;

/// A class as far as its enrolments are looked at.
#[derive(Debug)]
pub(super) struct Class {
    /// Its school's `sourcedId`.
    pub(super) school: Box<str>,
    line: u32,
    /// The first and the last day of its terms.
    pub(super) terms: Option<(Day, Day)>,
    pub(super) teachers: u32,
    pub(super) primary: u32,
}

/// The classes of a set.
#[derive(Debug)]
pub(super) struct Sections {
    pub(super) classes: Ids<Class>,
}

type Terms = Ids<Option<(Day, Day)>>;

impl Sections {
    /// Reads the three files.
    pub(super) fn read(files: &Files<'_>, manifest: &Manifest, orgs: &Orgs) -> Self {
        let terms = terms(files, manifest);
        let courses = courses(files, manifest, orgs, &terms);
        let mut classes = Ids::new();
        let Some(mut sheet) = Sheet::open(files, "classes.csv", manifest) else { return Self { classes } };
        let (school, term, course) =
            (sheet.column("schoolSourcedId"), sheet.column("termSourcedIds"), sheet.column("courseSourcedId"));
        while sheet.advance() {
            if !sheet.live() {
                continue;
            }
            if !courses && !sheet.cell(course).is_empty() {
                let id = sheet.cell(course);
                sheet.warn(course, format_args!("`{id}` can't be found: there is no courses.csv"));
            }
            let mut days = sheet.ids(term).filter_map(|id| *terms.find(id)?);
            let first = days.next();
            let terms = first.map(|first| days.fold(first, |(a, b), (c, d)| (a.min(c), b.max(d))));
            let school = Box::from(sheet.cell(school));
            classes.add(sheet.id(), Class { school, line: sheet.line(), terms, teachers: 0, primary: 0 });
        }
        Self { classes }
    }

    /// Reports classes that nobody teaches, or too many at once.
    pub(super) fn conclude(&self, files: &Files<'_>) {
        for (id, class) in self.classes.iter() {
            let warn = |message| files.report(Finding::warning(row("classes.csv", class.line), message));
            if class.teachers == 0 {
                warn(format!("the class `{id}` has no teacher"));
            }
            if class.primary > 1 {
                warn(format!("the class `{id}` has {} primary teachers: the standard allows one", class.primary));
            }
        }
    }
}

/// The sessions; parents may stand below their children.
fn terms(files: &Files<'_>, manifest: &Manifest) -> Terms {
    let mut terms = Terms::new();
    let Some(mut sheet) = Sheet::open(files, "academicSessions.csv", manifest) else { return terms };
    let parent = sheet.column("parentSourcedId");
    let mut parents = Vec::new();
    while sheet.advance() {
        if sheet.live() {
            let (begin, end) = sheet.days();
            terms.add(sheet.id(), begin.zip(end));
            if !sheet.cell(parent).is_empty() {
                parents.push((sheet.line(), sheet.cell(parent).to_owned()));
            }
        }
    }
    for (line, parent) in parents {
        if terms.find(&parent).is_none() {
            let message = format!("the parent `{parent}` is not a session in use");
            files.report(Finding::warning(row("academicSessions.csv", line), message));
        }
    }
    terms
}

/// Looks through the courses, and says whether there are any.
fn courses(files: &Files<'_>, manifest: &Manifest, orgs: &Orgs, terms: &Terms) -> bool {
    let Some(mut sheet) = Sheet::open(files, "courses.csv", manifest) else { return false };
    let (org, year) = (sheet.column("orgSourcedId"), sheet.column("schoolYearSourcedId"));
    while sheet.advance() {
        let (at, when) = (sheet.cell(org), sheet.cell(year));
        if sheet.live() && !at.is_empty() && orgs.find(at).is_none() {
            sheet.warn(org, format_args!("`{at}` is not an organisation in use"));
        }
        if sheet.live() && !when.is_empty() && terms.find(when).is_none() {
            sheet.warn(year, format_args!("`{when}` is not a session in use"));
        }
    }
    true
}
