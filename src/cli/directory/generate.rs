//! `directory generate`: a synthetic district, written into an empty folder.

use std::io::Write;
use std::path::PathBuf;

use crate::cli::Exit;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to write into: a new one, or an empty one
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How many students there are; everything else is in proportion
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    students: u32,
    /// Another seed gives another district
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Write the messy shapes of real exports too: the district still loads, with findings
    #[arg(long)]
    messy: bool,
}

/// Writes.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    writeln!(out, "{args:?}")?;
    Ok(Exit::Success)
}
