//! `directory migrate`: makes the schema, or brings it up to date.

use std::io::Write;

use super::{Exit, session};
use crate::config::Database;
use crate::directory::postgres::migrate::{Migrated, migrate};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    database: Database,
    /// Let this role of the database read: the one that the sidecars use
    #[arg(long, value_name = "ROLE", env = "HALLPASS_READER")]
    reader: Option<String>,
}

/// Migrates.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let reader = args.reader.as_deref();
    let migrated =
        session::with(&args.database, "hallpass migrate", async |client| Ok(migrate(client, reader).await?))?;
    match migrated {
        Migrated { from: None, to } => writeln!(out, "made the schema `hallpass`, version {to}")?,
        Migrated { from: Some(from), to } if from == to => {
            writeln!(out, "the schema `hallpass` has version {to} already")?;
        }
        Migrated { from: Some(from), to } => {
            writeln!(out, "brought the schema `hallpass` from version {from} to {to}")?;
        }
    }
    if let Some(reader) = reader {
        writeln!(out, "`{reader}` may read it")?;
    }
    Ok(Exit::Success)
}
