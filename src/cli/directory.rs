//! `directory`: the commands about a directory of people. Which one is meant stands here; each stands in a file of its
//! own under `directory/`.

mod check;
mod generate;
mod import;
mod migrate;
mod session;
mod status;

use std::io::Write;

use super::Exit;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Checks a directory: every finding that loading gives, and whatever else looks wrong in it
    Check(check::Args),
    /// Writes a synthetic district of any size: the same arguments give the same files, to the byte
    Generate(generate::Args),
    /// Makes the schema in PostgreSQL, or brings it up to date
    Migrate(migrate::Args),
    /// Brings a OneRoster set into PostgreSQL: all of it or nothing, and only what differs is written
    Import(import::Args),
    /// Shows what is in PostgreSQL, how new it is and who reads it
    Status(status::Args),
}

/// Runs one of them. `terminal` says whether `out` is one.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Check(args) => check::run(args, terminal, out),
        Command::Generate(args) => generate::run(args, out),
        Command::Migrate(args) => migrate::run(args, out),
        Command::Import(args) => import::run(args, terminal, out),
        Command::Status(args) => status::run(args, out),
    }
}
