//! `directory`: the commands about a directory of people. Which one is meant stands here; each stands in a file of its
//! own under `directory/`.

mod check;
mod generate;

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
}

/// Runs one of them. `terminal` says whether `out` is one.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Check(args) => check::run(args, terminal, out),
        Command::Generate(args) => generate::run(args, out),
    }
}
