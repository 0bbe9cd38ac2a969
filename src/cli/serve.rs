//! `serve`: checks the configuration, reads the files, and runs the server until it is told to end.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::load::{self, Refused};
use super::{Exit, database};
use crate::app::{App, Settings};
use crate::authzen::{self, Tokens};
use crate::config::{Config, Directory, Raw};
use crate::directory::remote::{self, Remote};
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
    let directory = asked(&config)?;
    let (files, builder) = (files(&config), load::builder(&config.folders));
    let started = match &directory {
        Some((remote, _)) => live::start_asking(files, builder, config.limits, Arc::clone(remote)),
        None => live::start(files, builder, config.limits),
    };
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
    let thread = directory.map(|(_, thread)| thread);
    runtime.block_on(serve(app, signals, &followed, thread.as_ref()))?;
    followed.stop();
    thread.into_iter().for_each(remote::Handle::stop);
    Ok(Exit::Success)
}

/// The directory, where it is asked: on its own thread from now on, whether or not it can be reached.
fn asked(config: &Config) -> anyhow::Result<Option<(Arc<Remote>, remote::Handle)>> {
    let Directory::Database(url) = &config.folders.people.directory else { return Ok(None) };
    Ok(Some(database::open(url, &config.folders.people.password, config.asking.clone())?))
}

fn files(config: &Config) -> reload::Config {
    reload::Config { poll: config.poll, ..load::files(&config.folders) }
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

async fn serve(
    app: App,
    mut signals: Signals,
    followed: &Handle,
    directory: Option<&remote::Handle>,
) -> anyhow::Result<()> {
    let mut lost = None;
    let end = async {
        tokio::select! {
            _ = signals.terminate.recv() => {}
            _ = signals.interrupt.recv() => {}
            what = unfollowed(followed, directory) => lost = Some(what),
        }
    };
    app.serve(end).await?;
    lost.map_or(Ok(()), |what| Err(anyhow::anyhow!("{what}, so the server ended")))
}

/// Completes when the files are no longer followed, or the directory is no longer asked: says which.
async fn unfollowed(followed: &Handle, directory: Option<&remote::Handle>) -> &'static str {
    loop {
        if !followed.is_running() {
            return "the files were no longer followed";
        }
        if directory.is_some_and(|thread| !thread.is_running()) {
            return "the directory was no longer asked";
        }
        tokio::time::sleep(WATCH).await;
    }
}
