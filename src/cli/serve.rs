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
use crate::pdp::Pdp;
use crate::reload::{self, Handle};
use crate::telemetry::Telemetry;
use crate::telemetry::decision_log::DecisionLog;

/// How often it is made sure that the files are still followed.
const WATCH: Duration = Duration::from_secs(1);
/// How long the end waits for the decision log to be written.
const CLOSE: Duration = Duration::from_secs(5);

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
    let log = config.decision_log.clone().map(DecisionLog::start).transpose()?.map(Arc::new);
    let point = |snapshot| {
        let pdp = match &directory {
            Some((remote, _)) => Pdp::remote(snapshot, config.limits, Arc::clone(remote)),
            None => Pdp::new(snapshot, config.limits),
        };
        pdp.telling(Telemetry::new(log.clone()))
    };
    let (pdp, followed) = live::start_as(files, builder, point).map_err(|error| refused(&config, error))?;
    let app = App::bind(&settings(&config)?, &pdp, Some(followed.status()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Whoever reads where the server listens may tell it to end.
    let signals = runtime.block_on(async { Signals::new() })?;
    let unix = config.listening.unix.as_ref().map(|path| format!("Unix socket at {}\n", path.display()));
    let addresses = format!("gRPC on {}\nHTTP on {}\n", app.grpc_addr(), app.http_addr());
    // At once: whoever has read what they wanted may close their end.
    let addresses = addresses + unix.as_deref().unwrap_or_default();
    // Standard output may be the decision log's alone.
    let told = config.decision_log.as_ref().is_none_or(|log| log.path.is_some());
    if told {
        out.write_all(addresses.as_bytes())?
    } else {
        addresses.lines().for_each(|line| tracing::info!("{line}"))
    }
    out.flush()?;
    let thread = directory.as_ref().map(|(_, thread)| thread);
    let served =
        runtime.block_on(serve(app, signals, &Followed { files: &followed, directory: thread, log: log.as_deref() }));
    followed.stop();
    directory.into_iter().for_each(|(_, thread)| thread.stop());
    let closed = log.is_none_or(|log| log.close(CLOSE));
    served?;
    if closed { Ok(Exit::Success) } else { Err(anyhow::anyhow!("the decision log could not be closed in time")) }
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

async fn serve(app: App, mut signals: Signals, followed: &Followed<'_>) -> anyhow::Result<()> {
    let mut lost = None;
    let end = async {
        tokio::select! {
            _ = signals.terminate.recv() => {}
            _ = signals.interrupt.recv() => {}
            what = followed.ended() => lost = Some(what),
        }
    };
    app.serve(end).await?;
    lost.map_or(Ok(()), |what| Err(anyhow::anyhow!("{what}, so the server ended")))
}

/// Threads without which nothing should be served.
struct Followed<'a> {
    files: &'a Handle,
    directory: Option<&'a remote::Handle>,
    log: Option<&'a DecisionLog>,
}

impl Followed<'_> {
    /// Completes when one of them has ended: says which.
    async fn ended(&self) -> &'static str {
        loop {
            if !self.files.is_running() {
                return "the files were no longer followed";
            }
            if self.directory.is_some_and(|thread| !thread.is_running()) {
                return "the directory was no longer asked";
            }
            if self.log.is_some_and(|log| !log.is_running()) {
                return "the decision log was no longer written";
            }
            tokio::time::sleep(WATCH).await;
        }
    }
}
