//! `completions`: what a shell needs to complete the command line, written from the commands themselves.

use std::io::Write;

use clap::Command;
use clap_complete::{Shell, generate};

use super::Exit;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes.
pub(super) fn run(args: &Args, mut command: Command, out: &mut impl Write) -> anyhow::Result<Exit> {
    // What it writes to must not fail, or it panics: so it goes to memory first.
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    generate(args.shell, &mut command, name, &mut script);
    out.write_all(&script)?;
    Ok(Exit::Success)
}
