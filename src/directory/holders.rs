//! role_assignments.csv: who holds which role where. Whether a role exists is for the policy to say.

use std::collections::HashMap;
use std::sync::Arc;

use super::files::{Files, whole};
use super::orgs::Orgs;
use super::table::{Column, Table};
use super::users::{SKIPPED, Users};
use crate::policy::facts::Assignment;
use crate::policy::key::key;
use crate::policy::source::Finding;

/// The file's name.
pub(super) const FILE: &str = "role_assignments.csv";

/// An assignment, its holder's number, and the line and column of its role.
#[derive(Debug)]
pub(super) struct Holding {
    pub(super) person: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) assignment: Assignment,
}

/// Reads role_assignments.csv. Without it nobody holds a role, which is worth a warning.
pub(super) fn read(files: &Files<'_>, orgs: &Orgs, users: &Users) -> Vec<Holding> {
    let mut holdings = Vec::new();
    let Some(file) = files.find(FILE) else {
        files.report(Finding::warning(whole(&Arc::from(FILE)), "the file is missing, so nobody holds a role"));
        return holdings;
    };
    let Some(mut table) = Table::open(files, file) else { return holdings };
    let columns = Columns {
        user: table.required("userSourcedId"),
        role: table.required("role"),
        org: table.required("orgSourcedId"),
        begin: table.optional("beginDate"),
        end: table.optional("endDate"),
    };
    let mut roles = HashMap::new();
    while table.advance() {
        if table.live() {
            holdings.extend(holding(&table, columns, orgs, users, &mut roles));
        }
    }
    holdings
}

#[derive(Clone, Copy)]
struct Columns {
    user: Column,
    role: Column,
    org: Column,
    begin: Column,
    end: Column,
}

fn holding(
    table: &Table<'_>,
    columns: Columns,
    orgs: &Orgs,
    users: &Users,
    roles: &mut HashMap<String, Arc<str>>,
) -> Option<Holding> {
    let person = users.named(table, columns.user)?;
    if users.book.at(person).is_none_or(|user| user.deleted) {
        let id = table.cell(columns.user);
        table.warn(columns.user, format_args!("`{id}` is deleted in users.csv, so {SKIPPED}"));
        return None;
    }
    let name = table.cell(columns.role);
    if name.is_empty() {
        table.empty(columns.role);
        return None;
    }
    let (_, org) = table.refer(&orgs.book, columns.org, table.cell(columns.org), SKIPPED)?;
    let period = table.period(columns.begin, columns.end)?;
    let role = Arc::clone(roles.entry(name.to_owned()).or_insert_with(|| Arc::from(name)));
    let place = table.place(columns.role);
    let assignment = Assignment { role_key: key(&role), role, period, org: Arc::clone(org) };
    Some(Holding { person, line: place.line, column: place.column, assignment })
}
