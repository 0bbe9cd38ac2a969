//! Reading for searches and plans: one transaction on one connection, so that all of it is of one moment.
//!
//! Lists are found by index. They hold more than they should where that is simpler: whoever goes through them decides each
//! entry by its own facts.

use std::sync::Arc;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use super::super::records;
use super::super::remote::reading::{Brought, Group, List, Part, Reading as Read, Record, Wants};
use super::super::remote::{Entry, Frame, Key, SourceError};
use super::pool::{Pool, Taken};
use super::session::refused;
use super::{frame, load};
use crate::fault;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
const PEOPLE_AT: &str = "SELECT id FROM hallpass.users WHERE row = ANY($1)";
/// By id, by row and by organisation.
const SECTIONS: &str = "SELECT id, row::int8, deleted, school_id, term_ids FROM hallpass.classes WHERE id = ANY($1)
    UNION ALL SELECT id, row::int8, deleted, school_id, term_ids FROM hallpass.classes WHERE row = ANY($2)
    UNION ALL SELECT id, row::int8, deleted, school_id, term_ids FROM hallpass.classes WHERE school_id = ANY($3)";
/// By row, and by type and id.
const RECORDS: &str = "SELECT id, row::int8, deleted, type, properties::text FROM hallpass.records WHERE row = ANY($1)
    UNION ALL SELECT r.id, r.row::int8, r.deleted, r.type, r.properties::text
    FROM unnest($2::text[], $3::text[]) AS asked (type, id)
    JOIN hallpass.records r ON r.id = asked.id AND r.type = asked.type";
const USERS: &str = "SELECT row::int8 FROM hallpass.users WHERE row >= $1::int4 ORDER BY row LIMIT $2::int8";
const CLASSES: &str = "SELECT row::int8 FROM hallpass.classes WHERE row >= $1::int4 ORDER BY row LIMIT $2::int8";
const OF_TYPE: &str =
    "SELECT row::int8 FROM hallpass.records WHERE type = $3 AND row >= $1::int4 ORDER BY row LIMIT $2::int8";
const MEMBERS: &str = "SELECT row::int8 FROM (
        SELECT u.row FROM hallpass.users u WHERE u.org_ids @> ARRAY[$3::text]
        UNION
        SELECT u.row FROM hallpass.roles r JOIN hallpass.users u ON u.id = r.user_id WHERE r.org_id = $3
        UNION
        SELECT u.row FROM hallpass.classes c JOIN hallpass.enrollments e ON e.class_id = c.id AND e.role = 'student'
        JOIN hallpass.users u ON u.id = e.user_id WHERE c.school_id = $3
    ) AS members WHERE row >= $1::int4 ORDER BY row LIMIT $2::int8";
const ENROLLED: &str = "SELECT asked.at, u.row::int8
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (class, role, at)
    JOIN hallpass.enrollments e ON e.class_id = asked.class AND e.role = asked.role
    JOIN hallpass.users u ON u.id = e.user_id WHERE e.deleted IS NOT TRUE";
const HOLDERS: &str = "SELECT asked.at, u.row::int8
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (role, org, at)
    JOIN hallpass.role_assignments a ON a.role = asked.role AND a.org_id = asked.org
    JOIN hallpass.users u ON u.id = a.user_id WHERE a.deleted IS NOT TRUE";
const PLACES: &str = "SELECT DISTINCT asked.at, a.org_id FROM unnest($1::text[]) WITH ORDINALITY AS asked (role, at)
    JOIN hallpass.role_assignments a ON a.role = asked.role WHERE a.deleted IS NOT TRUE";
/// Users one after the other, until there are enough students.
const STUDENTS: &str = "SELECT count(*) FROM (
        SELECT FROM hallpass.users u
        LEFT JOIN LATERAL (SELECT true AS so FROM hallpass.enrollments e
            WHERE NOT u.student AND e.user_id = u.id AND lower(e.role COLLATE \"C\") = 'student' LIMIT 1) AS enrolled ON true
        LEFT JOIN LATERAL (SELECT true AS so FROM hallpass.roles r
            WHERE NOT u.student AND enrolled.so IS NULL AND r.user_id = u.id AND lower(r.role COLLATE \"C\") = 'student' LIMIT 1) AS listed ON true
        WHERE u.student OR enrolled.so OR listed.so LIMIT $1::int8
    ) AS students";

/// A transaction under way.
#[derive(Debug)]
pub struct Reading {
    taken: Taken,
    frame: Arc<Frame>,
    head: Option<u64>,
}

impl Reading {
    /// Begins one on a connection of its own.
    pub(super) async fn begin(pool: &Pool) -> Result<Self, SourceError> {
        let mut taken = pool.take().await?;
        let connection = taken.connection()?;
        if !connection.session.numbered {
            let todo = "give the views the column `row`, a number of its own for each row that stays the same";
            return Err(SourceError(format!("its rows are not numbered, and searches and plans need that: {todo}")));
        }
        let client = &connection.client;
        client.batch_execute(BEGIN).await.map_err(|error| refused(&error))?;
        let head = match connection.session.logged {
            false => None,
            true => {
                let row = client.query_one(&format!("SELECT {}::int8", load::HEAD), &[]).await;
                let head: i64 = get(&row.map_err(|error| refused(&error))?, 0)?;
                Some(u64::try_from(head).map_err(|_negative| wrong("change_log"))?)
            }
        };
        let frame = Arc::new(frame::read(connection).await?);
        Ok(Self { taken, frame, head })
    }

    async fn query(&mut self, sql: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, SourceError> {
        let connection = self.taken.connection()?;
        let statement = connection.statement(sql).await?;
        connection.client.query(&statement, parameters).await.map_err(|error| refused(&error))
    }

    async fn people(&mut self, wants: &Wants, brought: &mut Brought) -> Result<(), SourceError> {
        let mut ids = wants.people.clone();
        if !wants.people_at.is_empty() {
            let rows = self.query(PEOPLE_AT, &[&numbers(&wants.people_at)]).await?;
            for row in &rows {
                ids.push(Arc::from(get::<&str>(row, 0)?));
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        let keys: Vec<Key> = ids.into_iter().map(Key::Person).collect();
        let loaded = load::load(self.taken.connection()?, &keys, &self.frame).await?;
        brought.people.extend(loaded.entries.into_iter().filter_map(|entry| match entry {
            Entry::Person(human) => human,
            Entry::Section(_) | Entry::Record(_) => None,
        }));
        Ok(())
    }

    async fn sections(&mut self, wants: &Wants, brought: &mut Brought) -> Result<(), SourceError> {
        let Wants { sections, sections_at, sections_of, .. } = wants;
        if sections.is_empty() && sections_at.is_empty() && sections_of.is_empty() {
            return Ok(());
        }
        let rows = self.query(SECTIONS, &[&texts(sections), &numbers(sections_at), &texts(sections_of)]).await?;
        for row in &rows {
            let (id, deleted): (&str, bool) = (get(row, 0)?, get(row, 2)?);
            if !deleted && let Some(section) = load::class(id, get(row, 3)?, may(row, 4)?, &self.frame) {
                brought.sections.push((number(row, 1)?, section));
            }
        }
        Ok(())
    }

    async fn records(&mut self, wants: &Wants, brought: &mut Brought) -> Result<(), SourceError> {
        if wants.records.is_empty() && wants.records_at.is_empty() {
            return Ok(());
        }
        let holdable = wants.records.iter().filter(|(kind, id)| !kind.contains('\0') && !id.contains('\0'));
        let (kinds, ids): (Vec<&str>, Vec<&str>) = holdable.map(|(kind, id)| (&**kind, &**id)).unzip();
        let rows = self.query(RECORDS, &[&numbers(&wants.records_at), &kinds, &ids]).await?;
        for row in &rows {
            if !get::<bool>(row, 2)? {
                let (kind, id) = (Arc::from(get::<&str>(row, 3)?), Arc::from(get::<&str>(row, 0)?));
                let stored = Arc::new(records::read_stored(may(row, 4)?));
                brought.records.push(Record { row: number(row, 1)?, kind, id, stored });
            }
        }
        Ok(())
    }

    async fn part(&mut self, part: &Part) -> Result<Vec<u32>, SourceError> {
        let Part { list, from, most } = part;
        let Ok(from) = i32::try_from(*from) else { return Ok(Vec::new()) };
        let most = i64::try_from(*most).unwrap_or(i64::MAX);
        let rows = match list {
            List::Users => self.query(USERS, &[&from, &most]).await?,
            List::Sections => self.query(CLASSES, &[&from, &most]).await?,
            List::People(org) => self.query(MEMBERS, &[&from, &most, &&**org]).await?,
            List::Records(kind) => self.query(OF_TYPE, &[&from, &most, &&**kind]).await?,
        };
        rows.iter().map(|row| number(row, 0)).collect()
    }

    async fn groups(&mut self, groups: &[Group]) -> Result<Vec<Vec<u32>>, SourceError> {
        let mut found: Vec<Vec<u32>> = groups.iter().map(|_| Vec::new()).collect();
        let (mut enrolled, mut held) = (Vec::new(), Vec::new());
        for (at, group) in groups.iter().enumerate() {
            match group {
                Group::Students(class) => enrolled.push((at, &**class, "student")),
                Group::Teachers(class) => enrolled.push((at, &**class, "teacher")),
                Group::Holders { role, org } => held.push((at, &**role, &**org)),
            }
        }
        for (sql, asked) in [(ENROLLED, enrolled), (HOLDERS, held)] {
            if asked.is_empty() {
                continue;
            }
            let first: Vec<&str> = asked.iter().map(|(_, first, _)| *first).collect();
            let second: Vec<&str> = asked.iter().map(|(_, _, second)| *second).collect();
            for row in self.query(sql, &[&first, &second]).await? {
                let place = asked.get(ordinal(&row)?).map(|(place, ..)| *place);
                let list = place.and_then(|place| found.get_mut(place)).ok_or_else(|| wrong("lists"))?;
                list.push(number(&row, 1)?);
            }
        }
        Ok(found)
    }

    async fn places(&mut self, roles: &[Arc<str>]) -> Result<Vec<Vec<Arc<str>>>, SourceError> {
        let mut found: Vec<Vec<Arc<str>>> = roles.iter().map(|_| Vec::new()).collect();
        if roles.is_empty() {
            return Ok(found);
        }
        for row in self.query(PLACES, &[&texts(roles)]).await? {
            let list = found.get_mut(ordinal(&row)?).ok_or_else(|| wrong("role_assignments"))?;
            list.push(Arc::from(get::<&str>(&row, 1)?));
        }
        Ok(found)
    }
}

impl Read for Reading {
    fn head(&self) -> Option<u64> {
        self.head
    }

    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    async fn fetch(&mut self, wants: &Wants) -> Result<Brought, SourceError> {
        fault::wait("directory.read").await?;
        let mut brought = Brought::default();
        self.people(wants, &mut brought).await?;
        self.sections(wants, &mut brought).await?;
        self.records(wants, &mut brought).await?;
        for part in &wants.parts {
            brought.parts.push(self.part(part).await?);
        }
        brought.groups = self.groups(&wants.groups).await?;
        brought.places = self.places(&wants.places).await?;
        if let Some(most) = wants.students {
            let most = i64::try_from(most).unwrap_or(i64::MAX - 1) + 1;
            let rows = self.query(STUDENTS, &[&most]).await?;
            let count: i64 = get(rows.first().ok_or_else(|| wrong("users"))?, 0)?;
            brought.students = usize::try_from(count).map_err(|_negative| wrong("users"))?;
        }
        Ok(brought)
    }

    async fn end(mut self) {
        let Ok(connection) = self.taken.connection() else { return };
        if connection.client.batch_execute("COMMIT").await.is_ok() {
            self.taken.done();
        }
    }
}

fn texts(ids: &[Arc<str>]) -> Vec<&str> {
    ids.iter().map(|id| &**id).filter(|id| !id.contains('\0')).collect()
}

/// Rows as the database numbers them; what lies beyond is nobody's.
fn numbers(rows: &[u32]) -> Vec<i32> {
    rows.iter().filter_map(|row| i32::try_from(*row).ok()).collect()
}

fn ordinal(row: &Row) -> Result<usize, SourceError> {
    let at = usize::try_from(get::<i64>(row, 0)?).ok().and_then(|at| at.checked_sub(1));
    at.ok_or_else(|| wrong("lists"))
}

fn number(row: &Row, at: usize) -> Result<u32, SourceError> {
    u32::try_from(get::<i64>(row, at)?).map_err(|_beyond| wrong("row numbers"))
}

fn may<'r, T: FromSql<'r>>(row: &'r Row, at: usize) -> Result<Option<T>, SourceError> {
    row.try_get(at).map_err(|_whatever_it_holds| wrong("values of a wrong type"))
}

fn get<'r, T: FromSql<'r>>(row: &'r Row, at: usize) -> Result<T, SourceError> {
    may(row, at)?.ok_or_else(|| wrong("nulls where none may be"))
}

fn wrong(what: &str) -> SourceError {
    SourceError(format!("what a search reads can't be read: see its {what}"))
}
