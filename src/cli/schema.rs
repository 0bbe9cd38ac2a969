//! `schema`: the JSON Schema of a kind of file, for editors.

use std::io::Write;

use super::Exit;
use crate::schema::Kind;

/// The arguments.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Args {
    /// The kind of file
    #[arg(value_enum)]
    kind: Kind,
}

/// Writes it.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    writeln!(out, "{:#}", args.kind.schema())?;
    Ok(Exit::Success)
}
