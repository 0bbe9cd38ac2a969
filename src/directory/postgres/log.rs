//! Following the change log: a connection of its own that listens, and reads what came after a number.
//!
//! The log is the truth, a notification only says that it is worth a look; a server that has none is read as often.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_postgres::{AsyncMessage, Client, Row, Statement};

use super::super::remote::source::Log as Follow;
use super::super::remote::{Change, Changes, Key, SourceError, What};
use super::connect::Wire;
use super::load::HEAD;
use super::session::{Session, refused};
use crate::fault;

/// The channel that triggers notify.
const CHANNEL: &str = "hallpass";
/// More changes than this are not gone through one by one: then everything may have changed.
const MOST: usize = 10_000;

/// The types of which the frame that was read last has records.
pub(super) type Types = Arc<ArcSwap<HashSet<Arc<str>>>>;

/// A connection that follows changes.
#[derive(Debug)]
pub struct Log {
    client: Client,
    instance: String,
    /// `None` where there is no log.
    statement: Option<Statement>,
    hints: watch::Receiver<u64>,
    types: Types,
    /// Drives the connection; ends with this.
    _driver: JoinSet<()>,
}

impl Log {
    /// Begins to follow on a new connection.
    pub(super) async fn begin(client: Client, wire: Wire, types: Types) -> Result<Self, SourceError> {
        let (told, hints) = watch::channel(0);
        let mut driver = JoinSet::new();
        driver.spawn(drive(wire, told));
        let session = Session::check(&client).await?;
        let statement = if session.logged {
            // A server that can't listen is asked as often as any other.
            _ = client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
            Some(client.prepare(&statement()).await.map_err(|error| refused(&error))?)
        } else {
            None
        };
        Ok(Self { instance: session.instance(&client).await?, client, statement, hints, types, _driver: driver })
    }
}

/// Passes notifications on until the connection ends.
async fn drive(mut wire: Wire, told: watch::Sender<u64>) {
    while let Some(Ok(message)) = poll_fn(|context| wire.poll_message(context)).await {
        if matches!(message, AsyncMessage::Notification(_)) {
            told.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

fn statement() -> String {
    format!(
        "SELECT {HEAD}::int8, (SELECT coalesce(max(pruned), 0) FROM hallpass.directory)::int8, NULL::text, NULL::text, NULL::text
        UNION ALL
        (SELECT sequence::int8, NULL, kind, id, type FROM hallpass.change_log WHERE sequence > $1 ORDER BY sequence LIMIT {})",
        MOST + 1
    )
}

impl Follow for Log {
    fn instance(&self) -> &str {
        &self.instance
    }

    async fn changes(&mut self, after: u64) -> Result<Option<Changes>, SourceError> {
        let Some(statement) = &self.statement else {
            // Whether it is there, and whether somebody has put a log there since.
            return match Session::is_logged(&self.client).await? {
                false => Ok(None),
                true => Err(SourceError("there is a change log now".to_owned())),
            };
        };
        fault::wait("directory.log").await?;
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self.client.query(statement, &[&after]).await.map_err(|error| refused(&error))?;
        changes(&rows, &self.types.load()).map(Some)
    }

    async fn hint(&mut self) -> Result<(), SourceError> {
        self.hints.changed().await.map_err(|_ended| SourceError("the connection that listens has ended".to_owned()))
    }
}

/// What the rows say. `types` are those of which the frame knows records.
fn changes(rows: &[Row], types: &HashSet<Arc<str>>) -> Result<Changes, SourceError> {
    let mut found = Changes::default();
    for row in rows {
        let sequence = number(row, 0)?;
        match text(row, 2)? {
            None => (found.head, found.pruned) = (sequence, number(row, 1)?),
            Some(kind) => {
                let whats = whats(kind, text(row, 3)?, text(row, 4)?, types);
                found.changes.extend(whats.into_iter().map(|what| Change { sequence, what }));
            }
        }
    }
    if rows.len() > MOST + 1 {
        let sequence = found.head;
        found.changes = vec![Change { sequence, what: What::Frame }, Change { sequence, what: What::Everything }];
    }
    // The first row comes first, though nobody promises it.
    found.changes.sort_by_key(|change| change.sequence);
    Ok(found)
}

/// What a row of the log touches. What is not understood touches everything, and so does what may have brought records of a
/// type that had none.
fn whats(kind: &str, id: Option<&str>, of: Option<&str>, types: &HashSet<Arc<str>>) -> Vec<What> {
    match (kind, id, of) {
        ("user", Some(id), _) => vec![What::Key(Key::Person(Arc::from(id)))],
        ("class", Some(id), _) => vec![What::Key(Key::Section(Arc::from(id)))],
        ("record", Some(id), Some(of)) => {
            let key = What::Key(Key::Record { kind: Arc::from(of), id: Arc::from(id) });
            if types.contains(of) { vec![key] } else { vec![What::Frame, key] }
        }
        ("frame", ..) => vec![What::Frame],
        _ => vec![What::Frame, What::Everything],
    }
}

fn number(row: &Row, at: usize) -> Result<u64, SourceError> {
    let number = row.try_get::<_, i64>(at).ok().and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| SourceError("the change log has a number that is none".to_owned()))
}

fn text(row: &Row, at: usize) -> Result<Option<&str>, SourceError> {
    row.try_get(at).map_err(|_not_text| SourceError("the change log has a text that is none".to_owned()))
}
