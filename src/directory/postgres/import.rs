//! Bringing a OneRoster set into the tables: the whole set or what changed of it, in one transaction.
//!
//! The set is first judged as a server would read it. Its rows then go to temporary tables, are compared there with what
//! is in the database, and only those that differ are written and logged, at the very end: that long, and no longer,
//! other writers wait. Finding files and showing progress is for others.

mod merge;
mod order;
mod plan;
mod rows;
mod stage;
mod tables;

use std::sync::Arc;

use tokio_postgres::{Client, IsolationLevel};

use super::connect::told;
use super::migrate::{self, Found};
use crate::directory::Roster;
use crate::directory::files::{Files, Open};
use crate::policy::source::Finding;
pub use merge::{Outcome, Shrink};
use plan::Mode;
use tables::{Spec, TABLES};

/// Whoever imports holds the advisory lock of this number.
const LOCK: i64 = 7_521_412_065_683_141_493;

/// A set of files.
#[derive(Clone, Copy)]
pub struct Set<'a> {
    /// The files' names.
    pub names: &'a [Arc<str>],
    /// Opens one of them; each is read twice.
    pub open: &'a Open<'a>,
    /// Says whether the files are still those that were opened.
    pub same: &'a dyn Fn() -> Result<(), Finding>,
}

impl std::fmt::Debug for Set<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Set").field("names", &self.names).finish_non_exhaustive()
    }
}

/// What is asked of an import.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// The files say only what changed, whatever their manifest says.
    pub delta: bool,
    /// A table may lose more than a fifth of its rows.
    pub accept_shrink: bool,
}

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// What became of the rows of each table that the set has something to say about.
    pub tables: Vec<Outcome>,
    /// The directory's newest number.
    pub sequence: i64,
    /// Rows and values that don't count.
    pub warnings: Vec<Finding>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Everything that refuses the set.
    #[error("the set is refused")]
    Refused(Vec<Finding>),
    /// Tables would lose much.
    #[error(
        "nothing was imported, for this would leave out more than a fifth of {}: if that is meant, say `--accept-shrink`",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    Shrinks(Vec<Shrink>),
    /// Two at once would undo each other's work.
    #[error("another import is under way")]
    Running,
    /// The tables are not there, or not as this program knows them.
    #[error("{0}")]
    Schema(String),
    /// The server refuses, or is gone.
    #[error("the database refused, and nothing was imported: {}", told(.0))]
    Server(#[from] tokio_postgres::Error),
}

/// What an import is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reads the set as a server would.
    Judge,
    /// Reads a file and sends its rows.
    Send(&'static str),
    /// Compares a table's rows with those in the database.
    Compare(&'static str),
    /// Writes those that differ.
    Write(&'static str),
}

/// Imports a set. `tell` hears of each step.
///
/// # Errors
/// The set is refused, or the database refuses; then it is as before.
pub async fn import(
    client: &mut Client,
    set: Set<'_>,
    wish: Wish,
    tell: &dyn Fn(Step),
) -> Result<Imported, ImportError> {
    there(migrate::found(client).await?)?;
    tell(Step::Judge);
    let files = Files::new(set.names, set.open);
    let modes = plan::modes(&files, wish.delta);
    let mut warnings = files.verdict().map_err(ImportError::Refused)?;
    let whole = plan::is_whole(&modes);
    if whole {
        warnings.extend(Roster::read(set.names, set.open, &[]).map_err(ImportError::Refused)?.warnings);
    }
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await?;
    let alone = transaction.query_one("SELECT pg_try_advisory_xact_lock($1)", &[&LOCK]).await?;
    if !alone.try_get::<_, bool>(0)? {
        return Err(ImportError::Running);
    }
    let spoken: Vec<(&Spec, Mode)> = TABLES.iter().zip(modes).filter(|(_, mode)| *mode != Mode::LeftAlone).collect();
    for (spec, mode) in &spoken {
        tell(Step::Send(spec.file));
        stage::stage(&transaction, &files, spec, *mode).await?;
    }
    let found = files.verdict().map_err(ImportError::Refused)?;
    (set.same)().map_err(|changed| ImportError::Refused(vec![changed]))?;
    if !whole {
        warnings.extend(found);
    }
    let tables = merge::merge(&transaction, &spoken, wish.accept_shrink, tell).await?;
    let sequence = transaction.query_one("SELECT hallpass.sequence()", &[]).await?.try_get(0)?;
    transaction.commit().await?;
    for outcome in tables.iter().filter(|outcome| outcome.written() > 0) {
        client.batch_execute(&format!("ANALYZE hallpass.{}", outcome.table)).await?;
    }
    Ok(Imported { tables, sequence, warnings })
}

fn there(found: Found) -> Result<(), ImportError> {
    match found {
        Found::Version(migrate::VERSION) => Ok(()),
        Found::Nothing | Found::Version(_) => {
            let make = "run `hallpass directory migrate` first";
            Err(ImportError::Schema(format!("the schema is not there, or not of version {}: {make}", migrate::VERSION)))
        }
        Found::Newer(version) => Err(ImportError::Schema(migrate::newer(version))),
        Found::Foreign(name) => {
            let so = "what is in your own tables is for you to change";
            Err(ImportError::Schema(format!("`hallpass.{name}` was not made by `hallpass directory migrate`: {so}")))
        }
    }
}
