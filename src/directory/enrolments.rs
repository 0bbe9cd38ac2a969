//! enrollments.csv: who teaches and who attends which class. Enrolments of other roles have no meaning here.

use std::sync::Arc;

use super::files::Files;
use super::names::{Book, push};
use super::table::{Column, Table};
use super::users::{SKIPPED, Users, is_student};
use crate::policy::facts::{Enrolment, Section};

/// Enrolments that may be in effect, in the order of their [`mark`]s, each of which stands where the section's key will:
/// a large district has millions of them, and no room for a second list.
pub(super) type Marked = Vec<Enrolment>;

/// What orders enrolments: by person, what they teach before what they attend.
pub(super) fn mark(person: u32, attends: bool) -> u32 {
    person << 1 | u32::from(attends)
}

/// Reads enrollments.csv. A row that is skipped or deleted still makes its student a known one.
pub(super) fn read(files: &Files<'_>, sections: &Book<Arc<Section>>, users: &mut Users) -> Marked {
    let mut list = Marked::new();
    let file = files.require("enrollments.csv");
    let Some(mut table) = file.and_then(|file| Table::open(files, file)) else { return list };
    let (class, user) = (table.required("classSourcedId"), table.required("userSourcedId"));
    let role = table.required("role");
    let (begin, end) = (table.optional("beginDate"), table.optional("endDate"));
    while table.advance() {
        let attends = match table.cell(role) {
            "student" => Some(true),
            "teacher" => Some(false),
            other => {
                check_role(&table, role, other);
                None
            }
        };
        let student = is_student(table.cell(role));
        if !student && (attends.is_none() || !table.live()) {
            continue;
        }
        let Some(person) = users.named(&table, user) else { continue };
        users.mark(person, student);
        if let Some(attends) = attends
            && table.live()
            && let Some((_, section)) = table.refer(sections, class, table.cell(class), SKIPPED)
            && let Some(period) = table.period(begin, end)
        {
            push(&mut list, Enrolment { section_key: mark(person, attends), period, section: Arc::clone(section) });
        }
    }
    drop(table);
    list.sort_unstable_by_key(|enrolment| enrolment.section_key);
    list
}

fn check_role(table: &Table<'_>, column: Column, role: &str) {
    let known = ["administrator", "proctor", "aide"].contains(&role) || role.starts_with("ext:");
    if !known && table.live() {
        table.warn(column, format_args!("`{role}` is not a role in a class, so {SKIPPED}"));
    }
}
