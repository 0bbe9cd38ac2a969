//! `serve`: checks the configuration and runs the server until it is told to end.

use std::io::Write;

use super::Exit;
use super::load::{self, Loaded};
use crate::config::{Config, Raw};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    raw: Raw,
}

/// Serves.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let config = Config::new(args.raw)?;
    let Loaded { snapshot, warnings } = load::snapshot(&config.folders)?;
    _ = (snapshot, warnings);
    start(&config, out)?;
    Ok(Exit::Success)
}

/// Binds, says where, serves and follows the files.
fn start(config: &Config, _out: &mut impl Write) -> anyhow::Result<()> {
    anyhow::bail!("cannot listen on `{}` and `{}`: serving is not built in", config.grpc, config.http)
}
