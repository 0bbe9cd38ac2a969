//! `schema`: the JSON Schema of a kind of file, for editors; or every key of it, for people.

use std::io::Write;

use super::Exit;
use crate::schema::Kind;

/// The arguments.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Args {
    /// The kind of file
    #[arg(value_enum)]
    kind: Kind,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A JSON Schema
    Json,
    /// Tables of its keys, in Markdown
    #[value(alias = "human")]
    Markdown,
}

/// Writes it.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    match args.format {
        Format::Json => writeln!(out, "{:#}", args.kind.schema())?,
        Format::Markdown => write!(out, "{}", args.kind.reference())?,
    }
    Ok(Exit::Success)
}
