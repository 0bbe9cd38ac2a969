//! `directory import`: brings a OneRoster set into the database, and says what became of each table's rows.

mod progress;

use std::io::Write;
use std::path::PathBuf;

use super::{Exit, session};
use crate::cli::load::{self, Refused};
use crate::config::Database;
use crate::directory::postgres::import::{ImportError, Imported, Outcome, Set, Wish, import};
use crate::live::Opened;
use crate::policy::source::Finding;
use progress::Progress;

/// How many warnings are listed.
const LISTED: usize = 20;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The set: a folder of OneRoster CSV files, or a zip of them
    #[arg(value_name = "DIR|ZIP")]
    set: PathBuf,
    #[command(flatten)]
    database: Database,
    /// The files hold only what changed, whatever manifest.csv says
    #[arg(long)]
    delta: bool,
    /// Let tables lose more than a fifth of their rows
    #[arg(long)]
    accept_shrink: bool,
}

/// Imports.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let wish = Wish { delta: args.delta, accept_shrink: args.accept_shrink };
    let stream = load::directory(&args.set)?;
    let files = Opened::new(&stream).map_err(|finding| refused(args, vec![finding]))?;
    let progress = Progress::new(terminal, files.files());
    let open = |name: &str| Ok(progress.watch(name, files.open(name)?));
    let same = || stream.read(|_| ()).map_err(Finding::from);
    let set = Set { names: &files.names(), open: &open, same: &same };
    let done = session::with(&args.database, "hallpass import", async |client| {
        let done = import(client, set, wish, &|step| progress.step(step)).await;
        if let Err(ImportError::Refused(findings)) = done {
            return Err(refused(args, findings));
        }
        Ok(done?)
    });
    progress.end();
    report(args, &done?, out)?;
    Ok(Exit::Success)
}

fn refused(args: &Args, findings: Vec<Finding>) -> anyhow::Error {
    Refused(load::below(&args.set, findings)).into()
}

fn report(args: &Args, imported: &Imported, out: &mut impl Write) -> anyhow::Result<()> {
    let Imported { tables, sequence, warnings } = imported;
    for warning in load::below(&args.set, warnings.iter().take(LISTED).cloned().collect()) {
        writeln!(out, "{warning}")?;
    }
    if let Some(more) = warnings.len().checked_sub(LISTED + 1) {
        writeln!(out, "{} more warnings: `hallpass directory check` shows them all", more + 1)?;
    }
    writeln!(out, "{:<18}{:>11}{:>11}{:>11}{:>11}", "table", "inserted", "changed", "deleted", "unchanged")?;
    for Outcome { table, inserted, changed, deleted, unchanged } in tables {
        writeln!(out, "{table:<18}{inserted:>11}{changed:>11}{deleted:>11}{unchanged:>11}")?;
    }
    writeln!(out, "sequence {sequence}")?;
    Ok(())
}
