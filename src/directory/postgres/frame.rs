//! The frame: organisations, terms, and of which types there are records, in one statement and so of one moment. Organisations
//! are put together as those of a folder are.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZone;
use tokio_postgres::Row;

use super::super::names::{Book, Entry, small};
use super::super::remote::SourceError;
use super::super::remote::frame::{Frame, Placed};
use super::super::tree::{self, Node};
use super::load::Date;
use super::pool::Connection;
use super::session::refused;
use crate::policy::day::Period;

/// The statement. Types are found by hopping from one to the next along the index: there may be very many records.
const FRAME: &str = "WITH RECURSIVE kinds (type) AS (
    (SELECT type FROM hallpass.records ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT r.type FROM hallpass.records r WHERE r.type > k.type ORDER BY r.type LIMIT 1) FROM kinds k WHERE k.type IS NOT NULL
)
SELECT 0::int2, o.id, {o.row}, o.deleted, o.type, o.parent_id, o.level, o.time_zone, NULL::date, NULL::date FROM hallpass.orgs o
UNION ALL
SELECT 1::int2, s.id, NULL, s.deleted, NULL, NULL, NULL, NULL, s.start_date, s.end_date FROM hallpass.academic_sessions s
UNION ALL
SELECT 2::int2, type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM kinds WHERE type IS NOT NULL";

/// The statement for databases without and with numbered rows.
static FRAMES: LazyLock<[String; 2]> =
    LazyLock::new(|| ["row_number() OVER (ORDER BY o.id) - 1", "o.row::int8"].map(|row| FRAME.replace("{o.row}", row)));

/// Reads the frame.
///
/// # Errors
/// The database fails, or what it sends is not what it should.
pub(super) async fn read(connection: &mut Connection) -> Result<Frame, SourceError> {
    let [plain, numbered] = &*FRAMES;
    let statement = connection.statement(if connection.session.numbered { numbered } else { plain }).await?;
    let rows = connection.client.query(&statement, &[]).await.map_err(|error| refused(&error))?;
    let mut draft = Draft::default();
    for row in &rows {
        match get::<i16>(row, 0)? {
            0 => draft.nodes.push(node(row)?),
            1 => draft.term(row)?,
            _ => _ = draft.types.insert(Arc::from(get::<&str>(row, 1)?)),
        }
    }
    draft.frame()
}

/// What is in the rows, before the tree is known.
#[derive(Default)]
struct Draft {
    nodes: Vec<Numbered>,
    sessions: HashSet<Arc<str>>,
    terms: HashMap<Arc<str>, Period>,
    types: HashSet<Arc<str>>,
}

/// An organisation's row: its number, its id, and what else it says.
type Numbered = (u32, Arc<str>, Entry<Node<u32>>);

fn node(row: &Row) -> Result<Numbered, SourceError> {
    let number = u32::try_from(get::<i64>(row, 2)?);
    let number = number.map_err(|_beyond| wrong("row number that is too large or below 0"))?;
    let id: Arc<str> = Arc::from(get::<&str>(row, 1)?);
    if get::<bool>(row, 3)? {
        return Ok((number, id, Entry::Deleted));
    }
    let level = may::<&str>(row, 6)?.filter(|level| !level.is_empty());
    let node = Node {
        id: Arc::clone(&id),
        kind: tree::kind(get(row, 4)?),
        level: level.map(Arc::from),
        parent: may::<String>(row, 5)?.unwrap_or_default(),
        zone: may::<String>(row, 7)?.unwrap_or_default(),
        of: number,
    };
    Ok((number, id, Entry::Live(node)))
}

impl Draft {
    /// A term has both its days.
    fn term(&mut self, row: &Row) -> Result<(), SourceError> {
        let id: Arc<str> = Arc::from(get::<&str>(row, 1)?);
        let days = may::<Date>(row, 8)?.zip(may::<Date>(row, 9)?);
        if !get::<bool>(row, 3)?
            && let Some((Date(begin), Date(end))) = days
        {
            self.terms.insert(Arc::clone(&id), Period::new(Some(begin), Some(end)));
        }
        if self.sessions.insert(id) { Ok(()) } else { Err(wrong("id twice among the terms")) }
    }

    fn frame(self) -> Result<Frame, SourceError> {
        let Self { mut nodes, terms, types, .. } = self;
        nodes.sort_by_key(|(number, ..)| *number);
        let (count, mut book) = (nodes.len(), Book::new("orgs"));
        let numbers: HashSet<u32> = nodes.iter().map(|(number, ..)| *number).collect();
        nodes.into_iter().for_each(|(_, id, entry)| book.add(&id, entry));
        if book.len() != count || numbers.len() != count {
            return Err(wrong("id or a row number twice among the organisations, or an empty id"));
        }
        let tree = tree::grow(&book, |_, _| ());
        let placed = (0..small(count)).filter_map(|at| {
            let (org, node) = (tree.book.at(at)?, book.at(at)?);
            Some((Arc::clone(&node.id), Placed { row: node.of, org: Arc::clone(org) }))
        });
        let zone = tree.root.and_then(|at| book.at(at)).and_then(|node| TimeZone::get(&node.zone).ok());
        Ok(Frame { orgs: placed.collect(), terms, record_types: types, zone })
    }
}

fn may<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, at: usize) -> Result<Option<T>, SourceError> {
    row.try_get(at).map_err(|_whatever_it_holds| wrong("value of a wrong type"))
}

fn get<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, at: usize) -> Result<T, SourceError> {
    may(row, at)?.ok_or_else(|| wrong("null where none may be"))
}

fn wrong(what: &str) -> SourceError {
    SourceError(format!("organisations, terms and types of records can't be read: there is a {what}"))
}
