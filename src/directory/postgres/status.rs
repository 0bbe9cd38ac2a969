//! What is in a database: how much, how new, and who reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_postgres::GenericClient;

use super::NAME;

/// The tables, in the order in which they are told of.
pub const TABLES: [&str; 8] =
    ["orgs", "academic_sessions", "classes", "users", "roles", "enrollments", "role_assignments", "records"];

/// What is in a database.
#[derive(Clone, Debug)]
pub struct Status {
    /// Of each table how many rows count, and how many are deleted.
    pub rows: Vec<(&'static str, i64, i64)>,
    /// Its log of changes, where there is one.
    pub log: Option<Log>,
    /// Connections of sidecars.
    pub connections: i64,
    /// Roles that are held, each by how many assignments.
    pub held: BTreeMap<String, i64>,
}

/// A log of changes.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// The newest number.
    pub sequence: i64,
    /// How long ago the newest change was logged that is still there.
    pub age: Option<Duration>,
    /// How many changes are there.
    pub changes: i64,
    /// How much room they take, in bytes.
    pub bytes: i64,
}

/// Looks. `logged` says whether there is a log.
///
/// # Errors
/// The server refuses.
pub async fn status(client: &impl GenericClient, logged: bool) -> Result<Status, tokio_postgres::Error> {
    let mut rows = Vec::new();
    for table in TABLES {
        let count = format!(
            "SELECT count(*) FILTER (WHERE NOT deleted), count(*) FILTER (WHERE deleted) FROM hallpass.{table}"
        );
        let row = client.query_one(&count, &[]).await?;
        rows.push((table, row.try_get(0)?, row.try_get(1)?));
    }
    let log = if logged { Some(log(client).await?) } else { None };
    let connected =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1";
    let connections = client.query_one(connected, &[&NAME]).await?.try_get(0)?;
    let held = "SELECT role, count(*) FROM hallpass.role_assignments WHERE NOT deleted GROUP BY role";
    let held = client.query(held, &[]).await?;
    let held = held.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    Ok(Status { rows, log, connections, held: held.collect::<Result<_, tokio_postgres::Error>>()? })
}

async fn log(client: &impl GenericClient) -> Result<Log, tokio_postgres::Error> {
    let log = "SELECT hallpass.sequence(), \
               (SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM hallpass.change_log ORDER BY sequence DESC LIMIT 1), \
               (SELECT count(*) FROM hallpass.change_log), pg_total_relation_size('hallpass.change_log')";
    let row = client.query_one(log, &[]).await?;
    let age: Option<f64> = row.try_get(1)?;
    let age = age.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
    Ok(Log { sequence: row.try_get(0)?, age, changes: row.try_get(2)?, bytes: row.try_get(3)? })
}
