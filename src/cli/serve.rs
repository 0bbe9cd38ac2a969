//! `serve`: checks the configuration, reads the files, and runs the server until it is told to end.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::Exit;
use super::load::{self, Refused};
use crate::app::{App, Settings};
use crate::authzen::{self, Tokens};
use crate::config::{Config, Raw};
use crate::live::{self, StartError};
use crate::reload::{self, Handle};

/// How often it is made sure that the files are still followed.
const WATCH: Duration = Duration::from_secs(1);

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    raw: Raw,
}

/// Serves.
pub(super) fn run(args: Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let config = Config::new(args.raw)?;
    let filter = EnvFilter::try_new(&config.log).with_context(|| format!("`{}` is no log filter", config.log))?;
    // Whoever runs commands in process may have set up logging already.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal());
    _ = log.with_writer(std::io::stderr).try_init();
    let started = live::start(files(&config), load::builder(&config.folders), config.limits);
    let (pdp, followed) = started.map_err(|error| refused(&config, error))?;
    let app = App::bind(&settings(&config)?, &pdp, Some(followed.status()))?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        // Listened for before anybody is told where to ask: from then on the server can be asked to end, and ends well.
        let asked_to_end = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
        announce(&app, &config, out)?;
        serve(app, &followed, asked_to_end).await
    })?;
    followed.stop();
    Ok(Exit::Success)
}

/// Tells where to ask.
fn announce(app: &App, config: &Config, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "gRPC on {}\nHTTP on {}", app.grpc_addr(), app.http_addr())?;
    if let Some(path) = &config.listening.unix {
        writeln!(out, "Unix socket at {}", path.display())?;
    }
    out.flush()
}

fn files(config: &Config) -> reload::Config {
    let folders = &config.folders;
    let files = reload::Config::new(&folders.policies, Some(folders.people.directory.clone()));
    reload::Config { poll: config.poll, ..files }
}

fn settings(config: &Config) -> anyhow::Result<Settings> {
    let authzen = authzen::Settings {
        explain: config.explain_answers,
        tokens: Tokens::random()?,
        public_url: config.public_url.clone(),
    };
    let listening = &config.listening;
    Ok(Settings {
        grpc: listening.grpc,
        http: listening.http,
        unix: listening.unix.clone(),
        credentials: listening.credentials.clone(),
        workers: config.workers,
        reflection: config.reflection,
        authzen,
        drain: config.drain,
    })
}

fn refused(config: &Config, error: StartError) -> anyhow::Error {
    match error {
        StartError::Refused(findings) => Refused(load::located(&config.folders, findings)).into(),
        StartError::Thread(_) => error.into(),
    }
}

async fn serve(app: App, followed: &Handle, asked_to_end: [Signal; 2]) -> anyhow::Result<()> {
    let [mut terminate, mut interrupt] = asked_to_end;
    let mut lost = false;
    let end = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = unfollowed(followed) => lost = true,
        }
    };
    app.serve(end).await?;
    anyhow::ensure!(!lost, "the files were no longer followed, so the server ended");
    Ok(())
}

/// Completes when the files are no longer followed.
async fn unfollowed(followed: &Handle) {
    while followed.is_running() {
        tokio::time::sleep(WATCH).await;
    }
}
