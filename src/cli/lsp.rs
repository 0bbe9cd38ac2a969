//! `lsp`: the language server, for an editor at the other end of standard input and output.

use std::io::{BufReader, Write, stdin};
use std::path::PathBuf;

use super::Exit;
use crate::lsp::{self, Ended, Settings};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// A folder that is a policy set; may be given several times. Where none is, the folders called `policies` of the
    /// editor's workspace are, else the workspace itself
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES")]
    policies: Vec<PathBuf>,
    /// A directory of people, to say how many hold a role: a folder of OneRoster CSV files, or a zip of them
    #[arg(long, value_name = "DIR|ZIP")]
    directory: Option<PathBuf>,
    /// Speak over standard input and output, as it does anyway
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Serves.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let Args { policies, directory, stdio: _ } = args;
    let ended = lsp::serve(Settings { policies, directory }, BufReader::new(stdin()), out)?;
    Ok(if ended == Ended::Properly { Exit::Success } else { Exit::Failure })
}
