//! `log`: the commands about decision logs. Which one is meant stands here; each stands in a file of its own under `log/`.

mod verify;
mod who_saw;

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
    /// Says whether logs are as they were written, and how far that is vouched for: exit code 1 where they are not
    Verify(verify::Args),
    /// Finds decisions: who saw a student's records, what somebody saw, who was refused
    WhoSaw(who_saw::Args),
}

/// Runs one of them.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Verify(args) => verify::run(args, out),
        Command::WhoSaw(args) => who_saw::run(args, out),
    }
}
