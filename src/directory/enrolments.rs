//! enrollments.csv: who teaches and who attends which class. Enrolments of other roles have no meaning here.

use std::sync::Arc;

use super::files::Files;
use super::names::Book;
use super::table::{Column, Table};
use super::users::{SKIPPED, Users, is_student};
use crate::policy::day::Period;
use crate::policy::facts::Section;
use crate::policy::key::{Key, key};

/// An enrolment that may be in effect: people and sections by their numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) person: u32,
    pub(super) section: u32,
    pub(super) period: Period,
}

/// Enrolments by role, each list sorted by person and then by the section's key.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) teaches: Vec<Link>,
    pub(super) attends: Vec<Link>,
}

/// Reads enrollments.csv. A row that is skipped or deleted still makes its student a known one.
pub(super) fn read(files: &Files<'_>, sections: &Book<Arc<Section>>, users: &mut Users) -> Links {
    let mut links = Links::default();
    let file = files.require("enrollments.csv");
    let Some(mut table) = file.and_then(|file| Table::open(files, file)) else { return links };
    let (class, user) = (table.required("classSourcedId"), table.required("userSourcedId"));
    let role = table.required("role");
    let (begin, end) = (table.optional("beginDate"), table.optional("endDate"));
    while table.advance() {
        let list = match table.cell(role) {
            "student" => Some(&mut links.attends),
            "teacher" => Some(&mut links.teaches),
            other => {
                check_role(&table, role, other);
                None
            }
        };
        let student = is_student(table.cell(role));
        if !student && (list.is_none() || !table.live()) {
            continue;
        }
        let Some(person) = users.named(&table, user) else { continue };
        users.mark(person, student);
        if let Some(list) = list
            && table.live()
            && let Some((section, _)) = table.refer(sections, class, table.cell(class), SKIPPED)
            && let Some(period) = table.period(begin, end)
        {
            list.push(Link { person, section, period });
        }
    }
    drop(table);
    let keys: Vec<Key> = sections.named().map(|(id, _)| key(id)).collect();
    for list in [&mut links.teaches, &mut links.attends] {
        list.sort_unstable_by_key(|link| (link.person, keys.get(link.section as usize)));
    }
    links
}

fn check_role(table: &Table<'_>, column: Column, role: &str) {
    let known = ["administrator", "proctor", "aide"].contains(&role) || role.starts_with("ext:");
    if !known && table.live() {
        table.warn(column, format_args!("`{role}` is not a role in a class, so {SKIPPED}"));
    }
}
