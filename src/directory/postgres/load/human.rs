//! One user, put together from the rows of four tables, as a roster puts one together from files.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::super::super::remote::{Frame, Human, SourceError};
use super::super::super::users::is_student;
use super::row::{Field, Row};
use super::{Shared, section};
use crate::policy::day::Period;
use crate::policy::facts::{Assignment, Enrolment, Membership, Section};
use crate::policy::key::key;
use crate::policy::request::Value;

/// What has been read of a user. Rows come in any order.
#[derive(Default)]
pub(super) struct Draft {
    user: Option<User>,
    /// Some row of another table makes them a student.
    student: bool,
    /// The ids of the rows of each table that were read.
    seen: [HashSet<Box<str>>; 3],
    /// Each with its place in the order of grants.
    assignments: Vec<((i64, Box<str>), Assignment)>,
    teaches: Vec<Enrolment>,
    attends: Vec<Enrolment>,
    /// Of `roles`: each with the row's id.
    belongs: Vec<(Box<str>, Membership)>,
}

/// The row of `users`.
struct User {
    row: u32,
    deleted: bool,
    enabled: bool,
    student: bool,
    orgs: Vec<Membership>,
    properties: Box<[(String, Value)]>,
}

/// A row, and what it is a part of.
pub(super) struct Part<'s, 'r> {
    pub(super) row: Row<'r>,
    pub(super) draft: &'s mut Draft,
    pub(super) frame: &'s Frame,
    pub(super) shared: &'s mut Shared,
}

impl Part<'_, '_> {
    pub(super) fn user(self) -> Result<(), SourceError> {
        let Self { row, draft, frame, .. } = self;
        let number = u32::try_from(row.must::<i64>(Field::Number)?);
        let orgs: Vec<&str> = row.must(Field::List)?;
        let orgs = orgs.into_iter().filter_map(|id| frame.org(id));
        let membership = |org| Membership { org: Arc::clone(org), period: Period::ALWAYS, as_student: true };
        let user = User {
            row: number.map_err(|_beyond| row.error("has a row number that is too large or below 0"))?,
            deleted: row.must(Field::Deleted)?,
            enabled: row.must(Field::First)?,
            student: row.must(Field::Second)?,
            orgs: orgs.map(membership).collect(),
            properties: properties(row)?,
        };
        match draft.user.replace(user) {
            None => Ok(()),
            Some(_) => Err(row.error("has two rows of one id")),
        }
    }

    pub(super) fn role(mut self) -> Result<(), SourceError> {
        let id = self.once(0)?;
        let Self { row, draft, frame, .. } = self;
        let role: &str = row.must(Field::Role)?;
        draft.student |= is_student(role);
        if row.must(Field::Deleted)? {
            return Ok(());
        }
        if let Some(org) = frame.org(row.must(Field::Org)?) {
            let (org, period, as_student) = (Arc::clone(org), row.period()?, role == "student");
            draft.belongs.push((id, Membership { org, period, as_student }));
        }
        Ok(())
    }

    pub(super) fn assignment(mut self) -> Result<(), SourceError> {
        let id = self.once(1)?;
        let Self { row, draft, frame, shared } = self;
        let (role, deleted): (&str, bool) = (row.must(Field::Role)?, row.must(Field::Deleted)?);
        if deleted || role.is_empty() {
            return Ok(());
        }
        if let Some(org) = frame.org(row.must(Field::Org)?) {
            let role = shared.role(role);
            let (org, period) = (Arc::clone(org), row.period()?);
            let assignment = Assignment { role_key: key(&role), role, period, org };
            draft.assignments.push(((row.must(Field::Number)?, id), assignment));
        }
        Ok(())
    }

    pub(super) fn enrolment(mut self) -> Result<(), SourceError> {
        self.once(2)?;
        let Self { row, draft, frame, shared } = self;
        let role: &str = row.must(Field::Role)?;
        draft.student |= is_student(role);
        let list = match role {
            "student" => &mut draft.attends,
            "teacher" => &mut draft.teaches,
            _ => return Ok(()),
        };
        if !row.must::<bool>(Field::Deleted)?
            && let Some(section) = shared.section(row, frame)?
        {
            list.push(Enrolment { section_key: key(&section.id), period: row.period()?, section });
        }
        Ok(())
    }

    /// The id of a row, which comes once in its table.
    fn once(&mut self, table: usize) -> Result<Box<str>, SourceError> {
        let id: &str = self.row.must(Field::Id)?;
        let new = self.draft.seen.get_mut(table).is_some_and(|seen| seen.insert(Box::from(id)));
        if new { Ok(Box::from(id)) } else { Err(self.row.error("has two rows of one id")) }
    }
}

impl Shared {
    fn role(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.roles.get(name) {
            return Arc::clone(known);
        }
        let role: Arc<str> = Arc::from(name);
        self.roles.insert(Arc::clone(&role));
        role
    }

    /// The class that an enrolment is in, where it is in use.
    fn section(&mut self, row: Row<'_>, frame: &Frame) -> Result<Option<Arc<Section>>, SourceError> {
        let Some(id) = row.may::<&str>(Field::Class)? else { return Ok(None) };
        if row.must::<&str>(Field::Org)? != id {
            return Err(row.error("names a class by another id than its own: ids have to compare byte for byte"));
        }
        if let Some(known) = self.sections.get(id) {
            return Ok(known.clone());
        }
        let section = section(row, frame)?;
        self.sections.insert(Arc::from(id), section.clone());
        Ok(section)
    }
}

impl Draft {
    /// The user; `None` where there is no row of `users`.
    pub(super) fn finish(self, id: &str) -> Result<Option<Arc<Human>>, SourceError> {
        let Self { user, student, seen: _, mut assignments, mut teaches, mut attends, mut belongs } = self;
        let Some(User { row, deleted, enabled, student: marked, mut orgs, properties }) = user else {
            return Ok(None);
        };
        if deleted {
            assignments.clear();
            orgs.clear();
            belongs.retain(|(_, membership)| membership.as_student);
        }
        belongs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let orgs = orgs.into_iter().chain(belongs.into_iter().map(|(_, membership)| membership));
        assignments.sort_by(|(a, _), (b, _)| a.cmp(b));
        for list in [&mut teaches, &mut attends] {
            list.sort_by(|a, b| (a.section_key, &a.section.id).cmp(&(b.section_key, &b.section.id)));
        }
        Ok(Some(Arc::new(Human {
            id: Arc::from(id),
            row,
            deleted,
            active: !deleted && enabled,
            student: marked || student,
            assignments: assignments.into_iter().map(|(_, assignment)| assignment).collect(),
            teaches: teaches.into(),
            attends: attends.into(),
            orgs: joined(orgs),
            properties: if deleted { Box::default() } else { properties },
        })))
    }
}

/// Organisations without those of which another says as much already.
fn joined(all: impl Iterator<Item = Membership>) -> Box<[Membership]> {
    let (mut always, mut kept) = (HashSet::new(), Vec::new());
    for membership in all {
        let Membership { org, period, as_student } = &membership;
        if !always.contains(&Arc::as_ptr(org)) {
            if *as_student && *period == Period::ALWAYS {
                always.insert(Arc::as_ptr(org));
            }
            kept.push(membership);
        }
    }
    kept.into()
}

/// The declared properties of a user, which are texts; an empty one is none.
fn properties(row: Row<'_>) -> Result<Box<[(String, Value)]>, SourceError> {
    let wrong = || row.error("has a row whose properties are not an object of texts");
    let text: &str = row.must(Field::Body)?;
    let Ok(Json::Object(members)) = serde_json::from_str(text) else { return Err(wrong()) };
    let mut properties = Vec::with_capacity(members.len());
    for (name, json) in members {
        match json {
            Json::Null => {}
            Json::String(text) if text.is_empty() => {}
            Json::String(text) => properties.push((name, Value::Text(text))),
            Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => return Err(wrong()),
        }
    }
    Ok(properties.into())
}
