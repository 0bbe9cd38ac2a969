//! Look-ups: users with all that is theirs, classes and records, each as a folder with the same rows would give it.
//!
//! One statement, all of one moment. Whatever the database sends is compared once more with what was asked; a row that
//! doesn't fit is an error for all that were asked together, and never a fact less or more.

mod human;
mod row;

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::{Arc, LazyLock};

use tokio_stream::StreamExt as _;

use super::super::records;
use super::super::remote::{Entry, Frame, Key, Loaded, SourceError};
use super::pool::Connection;
use super::session::refused;
use crate::policy::facts::Section;
use crate::policy::request::Stored;
use human::Draft;
pub(super) use row::Date;
use row::{Field, Row};

/// The statement.
const LOOK_UP: &str = include_str!("load/look_up.sql");
/// The newest number of the log; of a log that was emptied, the last that it had.
pub(super) const HEAD: &str = "greatest((SELECT coalesce(max(sequence), 0) FROM hallpass.change_log), \
    (SELECT coalesce(max(pruned), 0) FROM hallpass.directory))";
/// More rows than this one look-up doesn't read: nobody has as many, and a database that sends them would fill the memory.
const MOST_ROWS: usize = 1 << 18;

/// The statement for databases without and with a change log, each without and with numbered rows.
static STATEMENTS: LazyLock<[[String; 2]; 2]> = LazyLock::new(|| {
    ["NULL", HEAD].map(|head| {
        let logged = LOOK_UP.replace("{head}", head);
        [["0::int8"; 2], ["u.row::int8", "a.row::int8"]]
            .map(|[users, held]| logged.replace("{u.row}", users).replace("{a.row}", held))
    })
});

/// Looks keys up.
///
/// # Errors
/// The database fails, or what it sends is not what it should.
pub(super) async fn load(connection: &mut Connection, keys: &[Key], frame: &Frame) -> Result<Loaded, SourceError> {
    let [unlogged, logged] = &*STATEMENTS;
    let [plain, numbered] = if connection.session.logged { logged } else { unlogged };
    let statement = connection.statement(if connection.session.numbered { numbered } else { plain }).await?;
    let asked = Asked::new(keys);
    let Asked { people, sections, kinds, ids, .. } = &asked;
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] = [people, sections, kinds, ids];
    let rows = connection.client.query_raw(&statement, parameters).await.map_err(|error| refused(&error))?;
    let mut rows = pin!(rows);
    let (mut reading, mut count) = (Reading::new(&asked, frame), 0);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| refused(&error))?;
        count += 1;
        if count > MOST_ROWS {
            return Err(SourceError(format!("a look-up has more than {MOST_ROWS} rows")));
        }
        reading.read(&row)?;
    }
    reading.loaded(&asked, keys)
}

/// The keys, sorted by what they are, each once. What no database can hold is not asked for.
struct Asked<'k> {
    people: Vec<&'k str>,
    sections: Vec<&'k str>,
    kinds: Vec<&'k str>,
    ids: Vec<&'k str>,
    places: HashMap<&'k Key, usize>,
}

impl<'k> Asked<'k> {
    fn new(keys: &'k [Key]) -> Self {
        let mut asked = Self {
            people: Vec::new(),
            sections: Vec::new(),
            kinds: Vec::new(),
            ids: Vec::new(),
            places: HashMap::new(),
        };
        for key in keys {
            if !holdable(key) || asked.places.contains_key(key) {
                continue;
            }
            let place = match key {
                Key::Person(id) => push(&mut asked.people, id),
                Key::Section(id) => push(&mut asked.sections, id),
                Key::Record { kind, id } => {
                    asked.kinds.push(kind);
                    push(&mut asked.ids, id)
                }
            };
            asked.places.insert(key, place);
        }
        asked
    }
}

fn push<'k>(list: &mut Vec<&'k str>, id: &'k str) -> usize {
    list.push(id);
    list.len() - 1
}

/// PostgreSQL's texts have no NUL.
fn holdable(key: &Key) -> bool {
    match key {
        Key::Person(id) | Key::Section(id) => !id.contains('\0'),
        Key::Record { kind, id } => !kind.contains('\0') && !id.contains('\0'),
    }
}

/// What has been read so far.
struct Reading<'a> {
    asked: &'a Asked<'a>,
    frame: &'a Frame,
    head: Option<Option<u64>>,
    people: Vec<Draft>,
    sections: Vec<Option<Option<Arc<Section>>>>,
    records: Vec<Option<Option<Arc<Stored>>>>,
    shared: Shared,
}

/// What several facts of one look-up have in common, kept once.
#[derive(Default)]
struct Shared {
    roles: HashSet<Arc<str>>,
    sections: HashMap<Arc<str>, Option<Arc<Section>>>,
}

impl<'a> Reading<'a> {
    fn new(asked: &'a Asked<'a>, frame: &'a Frame) -> Self {
        Self {
            asked,
            frame,
            head: None,
            people: asked.people.iter().map(|_| Draft::default()).collect(),
            sections: vec![None; asked.sections.len()],
            records: vec![None; asked.ids.len()],
            shared: Shared::default(),
        }
    }

    fn read(&mut self, raw: &tokio_postgres::Row) -> Result<(), SourceError> {
        let tag: i16 = Row::new(raw, "any").must(Field::Tag)?;
        match tag {
            0 => self.read_head(Row::new(raw, "change_log")),
            1 => self.person(Row::new(raw, "users"))?.user(),
            2 => self.person(Row::new(raw, "roles"))?.role(),
            3 => self.person(Row::new(raw, "role_assignments"))?.assignment(),
            4 => self.person(Row::new(raw, "enrollments"))?.enrolment(),
            5 => self.section(Row::new(raw, "classes")),
            6 => self.record(Row::new(raw, "records")),
            _ => Err(SourceError("a look-up has a row of no table".to_owned())),
        }
    }

    fn read_head(&mut self, row: Row<'_>) -> Result<(), SourceError> {
        let number = row.may::<i64>(Field::Number)?;
        let number = number.map(u64::try_from).transpose();
        self.head = Some(number.map_err(|_negative| row.error("has a number below 0"))?);
        Ok(())
    }

    /// The place of what a row is about, which has to be what was asked there.
    fn place(row: Row<'_>, asked: &[&str]) -> Result<usize, SourceError> {
        let at = usize::try_from(row.must::<i32>(Field::At)?).ok().and_then(|at| at.checked_sub(1));
        let own: &str = row.must(Field::Own)?;
        let place = at.filter(|at| asked.get(*at) == Some(&own));
        place.ok_or_else(|| {
            row.error("gave a row for an id that was not asked for: its ids have to compare byte for byte")
        })
    }

    fn person<'s, 'r>(&'s mut self, row: Row<'r>) -> Result<human::Part<'s, 'r>, SourceError> {
        let at = Self::place(row, &self.asked.people)?;
        let draft = self.people.get_mut(at).ok_or_else(|| row.error("gave a row too many"))?;
        Ok(human::Part { row, draft, frame: self.frame, shared: &mut self.shared })
    }

    fn section(&mut self, row: Row<'_>) -> Result<(), SourceError> {
        let at = Self::place(row, &self.asked.sections)?;
        let section = section(row, self.frame)?;
        once(&mut self.sections, at, section, row)
    }

    fn record(&mut self, row: Row<'_>) -> Result<(), SourceError> {
        let at = Self::place(row, &self.asked.ids)?;
        if self.asked.kinds.get(at) != Some(&row.must::<&str>(Field::Role)?) {
            return Err(
                row.error("gave a row for a type that was not asked for: its types have to compare byte for byte")
            );
        }
        let stored = match (row.must(Field::Deleted)?, row.may::<&str>(Field::Body)?) {
            (true, _) => None,
            (false, text) => Some(records::read_stored(text)),
        };
        once(&mut self.records, at, stored.map(Arc::new), row)
    }

    fn loaded(self, asked: &Asked<'_>, keys: &[Key]) -> Result<Loaded, SourceError> {
        let head = self.head.ok_or_else(|| SourceError("a look-up lacks its number".to_owned()))?;
        let people = asked.people.iter().zip(self.people).map(|(id, draft)| draft.finish(id));
        let people = people.collect::<Result<Vec<_>, _>>()?;
        let entry = |key: &Key| {
            let at = asked.places.get(key).copied().unwrap_or(usize::MAX);
            match key {
                Key::Person(_) => Entry::Person(people.get(at).cloned().flatten()),
                Key::Section(_) => Entry::Section(self.sections.get(at).cloned().flatten().flatten()),
                Key::Record { .. } => Entry::Record(self.records.get(at).cloned().flatten().flatten()),
            }
        };
        Ok(Loaded { entries: keys.iter().map(entry).collect(), head })
    }
}

/// Puts what was found at a place where nothing was found yet.
fn once<T>(found: &mut [Option<T>], at: usize, value: T, row: Row<'_>) -> Result<(), SourceError> {
    match found.get_mut(at) {
        Some(place @ None) => {
            *place = Some(value);
            Ok(())
        }
        Some(Some(_)) | None => Err(row.error("has two rows of one id")),
    }
}

/// The class of a row; `None` where it is deleted, or its school is or is unknown.
fn section(row: Row<'_>, frame: &Frame) -> Result<Option<Arc<Section>>, SourceError> {
    let (id, deleted): (&str, bool) = (row.must(Field::Class)?, row.must(Field::First)?);
    if deleted {
        return Ok(None);
    }
    Ok(class(id, row.must(Field::School)?, row.may(Field::List)?, frame))
}

/// A class that is not deleted; `None` where its school is or is unknown.
pub(super) fn class(id: &str, school: &str, terms: Option<Vec<&str>>, frame: &Frame) -> Option<Arc<Section>> {
    let school = Arc::clone(frame.org(school)?);
    let known = |ids: Vec<&str>| ids.into_iter().filter_map(|id| frame.terms.get(id).copied()).collect();
    Some(Arc::new(Section { id: Arc::from(id), school, terms: terms.map(known) }))
}
