//! users.csv and roles.csv: who there is, who of them is a known student, and where they belong.
//!
//! Names, addresses, phone numbers, passwords and all other personal columns are passed over as they are parsed. Roles
//! of OneRoster's own grant nothing.

use std::collections::HashMap;

use super::files::Files;
use super::names::{Book, Entry, push, small};
use super::orgs::Orgs;
use super::table::{Column, Table};
use crate::policy::day::Period;
use crate::policy::request::Value;

/// What follows from a reference that leads nowhere.
pub(super) const SKIPPED: &str = "the row is skipped";

/// A user, as far as users.csv goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    /// The row is deleted.
    pub(super) deleted: bool,
    /// Neither deleted nor disabled.
    pub(super) active: bool,
    /// Has a student's row or student enrolments, in use or not.
    pub(super) student: bool,
    /// Which of [`Users::properties`] are theirs.
    pub(super) properties: u32,
}

/// A user's part in an organisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belonging {
    pub(super) person: u32,
    pub(super) org: u32,
    pub(super) period: Period,
    pub(super) as_student: bool,
}

/// The users of a set.
#[derive(Debug)]
pub(super) struct Users {
    /// All rows, deleted ones included: their enrolments count.
    pub(super) book: Book<User>,
    /// In no order; those of users.csv come first.
    pub(super) belongings: Vec<Belonging>,
    /// Distinct sets of declared properties; the first is empty.
    pub(super) properties: Vec<Box<[(String, Value)]>>,
}

/// Whether a role makes its holder a known student. A slip in its letters must not make them unknown.
pub(super) fn is_student(role: &str) -> bool {
    role.eq_ignore_ascii_case("student")
}

/// Reads users.csv. `declared` are the names of the `metadata.` columns to keep.
pub(super) fn read(files: &Files<'_>, orgs: &Orgs, declared: &[&str]) -> Users {
    let mut users = Users { book: Book::new("users.csv"), belongings: Vec::new(), properties: vec![Box::default()] };
    let Some(mut table) = files.require("users.csv").and_then(|file| Table::open(files, file)) else { return users };
    let (enabled, role) = (table.optional("enabledUser"), table.optional("role"));
    let members = [table.optional("orgSourcedIds"), table.optional("primaryOrgSourcedId")];
    let mut properties = Properties::new(&mut table, declared);
    while table.advance() {
        let live = table.live();
        let user = User {
            deleted: !live,
            active: live && is_enabled(&table, enabled),
            student: is_student(table.cell(role)),
            properties: if live { properties.of(&table) } else { 0 },
        };
        let person = small(users.book.len());
        users.book.add(table.id(), Entry::Live(user));
        if live {
            users.belong(&table, orgs, members, person);
        }
    }
    users.properties.append(&mut properties.sets);
    users
}

/// Reads roles.csv, where it is present.
pub(super) fn read_roles(files: &Files<'_>, orgs: &Orgs, users: &mut Users) {
    let Some(mut table) = files.find("roles.csv").and_then(|file| Table::open(files, file)) else { return };
    let (user, role, org) = (table.required("userSourcedId"), table.required("role"), table.required("orgSourcedId"));
    let (begin, end) = (table.optional("beginDate"), table.optional("endDate"));
    let listed = users.belongings.len();
    while table.advance() {
        let Some(person) = users.named(&table, user) else { continue };
        let as_student = table.cell(role) == "student";
        let gone = users.mark(person, is_student(table.cell(role))) && !as_student;
        if gone || !table.live() {
            continue;
        }
        let org = table.refer(&orgs.book, org, table.cell(org), SKIPPED);
        if let Some((org, _)) = org
            && let Some(period) = table.period(begin, end)
        {
            users.join(Belonging { person, org, period, as_student }, listed);
        }
    }
}

impl Users {
    /// The number of the user that a row names. Only a row that counts has to name one.
    pub(super) fn named(&self, table: &Table<'_>, column: Column) -> Option<u32> {
        let id = table.cell(column);
        match table.live() {
            true => table.refer(&self.book, column, id, SKIPPED).map(|(at, _)| at),
            false => self.book.find(id).map(|(at, _)| at),
        }
    }

    /// Makes a user a known student, if they are one; whether their row is deleted.
    pub(super) fn mark(&mut self, person: u32, student: bool) -> bool {
        self.book.at_mut(person).is_some_and(|user| {
            user.student |= student;
            user.deleted
        })
    }

    /// Adds a part in an organisation, unless the first so many, which are those of users.csv and in the order of its
    /// rows, say as much: they have no bounds, and most rows of roles.csv repeat them.
    fn join(&mut self, belonging: Belonging, listed: usize) {
        let listed = self.belongings.get(..listed).unwrap_or_default();
        let first = listed.partition_point(|it| it.person < belonging.person);
        let mut theirs = listed.iter().skip(first).take_while(|it| it.person == belonging.person);
        if theirs.all(|it| it.org != belonging.org) {
            push(&mut self.belongings, belonging);
        }
    }

    fn belong(&mut self, table: &Table<'_>, orgs: &Orgs, columns: [Column; 2], person: u32) {
        for column in columns {
            for id in table.ids(column) {
                let org = table.refer(&orgs.book, column, id, "it is left out here");
                let belonging = org.map(|(org, _)| Belonging { person, org, period: Period::ALWAYS, as_student: true });
                self.belongings.extend(belonging);
            }
        }
    }
}

pub(super) fn is_enabled(table: &Table<'_>, column: Column) -> bool {
    let text = table.cell(column);
    let enabled = text.is_empty() || text.eq_ignore_ascii_case("true");
    if !enabled && !text.eq_ignore_ascii_case("false") {
        table.warn(column, format_args!("`{text}` is neither `true` nor `false`, so the user counts as disabled"));
    }
    enabled
}

/// The declared properties, equal sets kept once: whole schools share theirs.
struct Properties<'a> {
    columns: Vec<(&'a str, Column)>,
    known: HashMap<Vec<String>, u32>,
    sets: Vec<Box<[(String, Value)]>>,
}

impl<'a> Properties<'a> {
    fn new(table: &mut Table<'_>, declared: &[&'a str]) -> Self {
        let columns = declared.iter().map(|&name| (name, table.optional(&format!("metadata.{name}")))).collect();
        Self { columns, known: HashMap::new(), sets: Vec::new() }
    }

    fn of(&mut self, table: &Table<'_>) -> u32 {
        let texts: Vec<String> = self.columns.iter().map(|(_, column)| table.cell(*column).to_owned()).collect();
        if texts.iter().all(String::is_empty) {
            return 0;
        }
        if let Some(&at) = self.known.get(&texts) {
            return at;
        }
        let named = self.columns.iter().zip(&texts).filter(|(_, text)| !text.is_empty());
        self.sets.push(named.map(|((name, _), text)| ((*name).to_owned(), Value::Text(text.clone()))).collect());
        let at = small(self.sets.len());
        self.known.insert(texts, at);
        at
    }
}
