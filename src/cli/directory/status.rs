//! `directory status`: what is in the database, how new it is and who reads it.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::{Exit, session};
use crate::cli::format::Format;
use crate::cli::load;
use crate::config::Database;
use crate::directory::postgres::migrate::{Found, found};
use crate::directory::postgres::shape::{Shape, check};
use crate::directory::postgres::status::{Log, Status, status};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    database: Database,
    /// Name the roles that are held and stand in none of these policies
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES")]
    policies: Option<PathBuf>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// Shows.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let policy = args.policies.as_deref().map(load::policy).transpose()?;
    let (there, shape, status) = session::with(&args.database, "hallpass status", async |client| {
        let shape = check(client).await?;
        Ok((found(client).await?, shape, status(client, shape.logged).await?))
    })?;
    let unknown = |role: &&String| policy.as_ref().is_some_and(|policy| policy.sheet(role).is_none());
    let unknown: Vec<&String> = status.held.keys().filter(unknown).collect();
    if args.format == Format::Json {
        writeln!(out, "{}", to_json(&there, &status, shape, &unknown))?;
        return Ok(Exit::Success);
    }
    writeln!(out, "schema: {}", told(&there))?;
    rows(&status, out)?;
    log(&status, shape, out)?;
    writeln!(out, "connections of sidecars: {}", status.connections)?;
    if !shape.numbered {
        writeln!(out, "rows are not numbered, so there are no searches: add columns `row`")?;
    }
    for (role, count) in status.held.iter().filter(|(role, _)| unknown.contains(role)) {
        writeln!(out, "warning: the role `{role}` is held {count} times and stands in no policy")?;
    }
    Ok(Exit::Success)
}

fn to_json(there: &Found, status: &Status, shape: Shape, unknown: &[&String]) -> serde_json::Value {
    let version = match there {
        Found::Version(version) => Some(json!(version)),
        Found::Newer(version) => Some(json!(version)),
        Found::Foreign(_) | Found::Nothing => None,
    };
    let tables = status
        .rows
        .iter()
        .map(|(table, live, deleted)| ((*table).to_owned(), json!({"rows": live, "deleted": deleted})));
    let log = status.log.filter(|_| shape.logged).map(|Log { sequence, age, changes, bytes }| {
        json!({"sequence": sequence, "age_seconds": age.map(|age| age.as_secs()), "changes": changes, "bytes": bytes})
    });
    json!({
        "schema": {"own": version.is_some(), "version": version, "newer": matches!(there, Found::Newer(_))},
        "tables": tables.collect::<serde_json::Map<_, _>>(), "log": log, "connections": status.connections,
        "numbered": shape.numbered, "held": status.held, "unknown_roles": unknown,
    })
}

fn told(there: &Found) -> String {
    match there {
        Found::Version(version) => format!("version {version}"),
        Found::Newer(version) => format!("version {version}, newer than this program"),
        Found::Foreign(_) | Found::Nothing => "relations of your own".to_owned(),
    }
}

fn rows(status: &Status, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "{:<18}{:>11}{:>11}", "table", "rows", "deleted")?;
    for (table, live, deleted) in &status.rows {
        writeln!(out, "{table:<18}{live:>11}{deleted:>11}")?;
    }
    Ok(())
}

fn log(status: &Status, shape: Shape, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(Log { sequence, age, changes, bytes }) = status.log.filter(|_| shape.logged) else {
        writeln!(out, "log: none, so sidecars see changes when what they keep has lived its time")?;
        return Ok(());
    };
    let age = age.map_or_else(|| "no change in the log".to_owned(), |age| format!("{} s ago", age.as_secs()));
    writeln!(out, "sequence: {sequence} ({age})")?;
    writeln!(out, "log: {changes} changes, {} kB", bytes / 1024)?;
    Ok(())
}
