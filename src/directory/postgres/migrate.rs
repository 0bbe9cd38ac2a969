//! Making the schema, and bringing an older one up to date.
//!
//! One transaction under a lock: two at once do it once, and what fails leaves everything as it was.

use tokio_postgres::{Client, Transaction};

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
    #[error("the schema has version {found}, and this program knows versions up to {known}: use the newer program")]
    Newer {
        /// The version found.
        found: i32,
        /// The latest version known.
        known: usize,
    },
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
    let from = version(&transaction).await?;
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

/// The version that is there; makes the schema that it will be in.
async fn version(transaction: &Transaction<'_>) -> Result<Option<usize>, MigrateError> {
    let there = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'hallpass'), \
                 EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('hallpass.directory') AND relkind = 'r'), \
                 (SELECT min(relname::text) FROM pg_class WHERE relnamespace = to_regnamespace('hallpass'))";
    let row = transaction.query_one(there, &[]).await?;
    let (schema, ours, other): (bool, bool, Option<String>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if ours {
        let found: i32 = transaction.query_one("SELECT version FROM hallpass.directory", &[]).await?.try_get(0)?;
        let known = usize::try_from(found).ok().filter(|version| *version <= VERSION);
        return known.map(Some).ok_or(MigrateError::Newer { found, known: VERSION });
    }
    if let Some(other) = other {
        return Err(MigrateError::Foreign(other));
    }
    if !schema {
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
