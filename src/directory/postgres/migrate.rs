//! Making the schema, and bringing an older one up to date.
//!
//! One transaction under a lock: two at once do it once, and what fails leaves everything as it was.

use tokio_postgres::{Client, GenericClient, Transaction};

use super::connect::told;

/// What leads from each version to the next; the first makes everything.
const STEPS: [&str; 1] = [include_str!("schema.sql")];
/// Whoever migrates holds the advisory lock of this number.
const LOCK: i64 = 7_521_412_065_683_141_492;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The version that was there; `None` where there was none.
    pub from: Option<usize>,
    /// The version that is there now.
    pub to: usize,
}

/// Why the schema stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The schema is of a later version of this program.
    #[error("{}", newer(*.0))]
    Newer(i32),
    /// The schema was made by somebody else.
    #[error(
        "the schema `hallpass` is there with `{0}` in it, and was not made by `hallpass directory migrate`: views of your own need no migration, or drop the schema"
    )]
    Foreign(String),
    /// No such role.
    #[error("there is no role `{0}`: make it with CREATE ROLE first")]
    NoRole(String),
    /// The server refuses.
    #[error("the schema can't be migrated: {}", told(.0))]
    Server(#[from] tokio_postgres::Error),
}

/// The latest version that is known here.
pub const VERSION: usize = STEPS.len();

/// Brings the schema to [`VERSION`], and lets the role `reader` read what a sidecar reads.
///
/// # Errors
/// It can't be done, and nothing was.
pub async fn migrate(client: &mut Client, reader: Option<&str>) -> Result<Migrated, MigrateError> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let from = prepare(&transaction).await?;
    for step in STEPS.iter().skip(from.unwrap_or(0)) {
        transaction.batch_execute(step).await?;
    }
    if from != Some(VERSION) {
        let known = i32::try_from(VERSION).unwrap_or(i32::MAX);
        transaction.execute("UPDATE hallpass.directory SET version = $1", &[&known]).await?;
    }
    if let Some(reader) = reader {
        grant(&transaction, reader).await?;
    }
    transaction.commit().await?;
    Ok(Migrated { from, to: VERSION })
}

/// What is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No schema, or an empty one.
    Nothing,
    /// A version of it that is known here.
    Version(usize),
    /// A later version.
    Newer(i32),
    /// Something that was not made here; the name of one thing in it.
    Foreign(String),
}

/// Looks what is there.
///
/// # Errors
/// The server refuses.
pub async fn found(client: &impl GenericClient) -> Result<Found, tokio_postgres::Error> {
    let there = "SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('hallpass.directory') AND relkind = 'r'), \
                 (SELECT min(relname::text) FROM pg_class WHERE relnamespace = to_regnamespace('hallpass'))";
    let row = client.query_one(there, &[]).await?;
    let (ours, other): (bool, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
    if !ours {
        return Ok(other.map_or(Found::Nothing, Found::Foreign));
    }
    let version: i32 = client.query_one("SELECT version FROM hallpass.directory", &[]).await?.try_get(0)?;
    let known = usize::try_from(version).ok().filter(|version| *version <= VERSION);
    Ok(known.map_or(Found::Newer(version), Found::Version))
}

/// What a later version means.
pub(super) fn newer(version: i32) -> String {
    format!("the schema has version {version}, and this program knows versions up to {VERSION}: use the newer program")
}

/// The version that is there; makes the schema that it will be in.
async fn prepare(transaction: &Transaction<'_>) -> Result<Option<usize>, MigrateError> {
    match found(transaction).await? {
        Found::Version(version) => return Ok(Some(version)),
        Found::Newer(version) => return Err(MigrateError::Newer(version)),
        Found::Foreign(other) => return Err(MigrateError::Foreign(other)),
        Found::Nothing => {}
    }
    let schema = transaction.query_one("SELECT to_regnamespace('hallpass') IS NOT NULL", &[]).await?;
    if !schema.try_get::<_, bool>(0)? {
        transaction.batch_execute("CREATE SCHEMA hallpass").await?;
    }
    Ok(None)
}

/// Lets a role read. Its name is quoted by the server.
async fn grant(transaction: &Transaction<'_>, reader: &str) -> Result<(), MigrateError> {
    let known = transaction.query_one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", &[&reader]).await?;
    if !known.try_get::<_, bool>(0)? {
        return Err(MigrateError::NoRole(reader.to_owned()));
    }
    let grants = "SELECT format('GRANT USAGE ON SCHEMA hallpass TO %I; \
                  GRANT SELECT ON ALL TABLES IN SCHEMA hallpass TO %I', $1::text, $1::text)";
    let grants: String = transaction.query_one(grants, &[&reader]).await?.try_get(0)?;
    Ok(transaction.batch_execute(&grants).await?)
}
