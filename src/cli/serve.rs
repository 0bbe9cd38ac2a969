//! `serve`: checks the configuration, reads the files, and runs the server until it is told to end.

use std::io::{IsTerminal, Write};
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Whoever reads where the server listens may tell it to end.
    let signals = runtime.block_on(async { Signals::new() })?;
    let unix = config.listening.unix.as_ref().map(|path| format!("Unix socket at {}\n", path.display()));
    let addresses = format!("gRPC on {}\nHTTP on {}\n", app.grpc_addr(), app.http_addr());
    // At once: whoever has read what they wanted may close their end.
    out.write_all((addresses + unix.as_deref().unwrap_or_default()).as_bytes())?;
    out.flush()?;
    runtime.block_on(serve(app, signals, &followed))?;
    followed.stop();
    Ok(Exit::Success)
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

/// The signals that ask for the end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }
}

async fn serve(app: App, mut signals: Signals, followed: &Handle) -> anyhow::Result<()> {
    let mut lost = false;
    let end = async {
        tokio::select! {
            _ = signals.terminate.recv() => {}
            _ = signals.interrupt.recv() => {}
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
