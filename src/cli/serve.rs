//! `serve`: checks the configuration, reads the files, and runs the server until it is told to end.

mod mounts;
mod shadow;
mod signals;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::anyhow;
use clap::{Args as _, Command, FromArgMatches as _};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::load::{self, Refused};
use super::{Exit, database};
use crate::app::{AdminPlane, App, Settings};
use crate::authzen::{self, Tokens};
use crate::config::effective::Effective;
use crate::config::layers::{self, Layered, LayersError};
use crate::config::{Config, Directory, LogFormat, Raw, Watching};
use crate::directory::remote::{self, Remote};
use crate::live::{self, StartError};
use crate::pdp::Pdp;
use crate::reload::{self, Handle};
use crate::telemetry::Telemetry;
use crate::telemetry::decision_log::DecisionLog;
use crate::telemetry::shadow::Shadow;
use crate::telemetry::traces::{Sending, Traces};
use signals::Signals;

/// How often it is made sure that the files are still followed.
const WATCH: Duration = Duration::from_secs(1);
/// How long the threads that follow files and directory may take to end.
const PARTING: Duration = Duration::from_secs(1);
/// How long the end waits for the decision log to be written.
const CLOSE: Duration = Duration::from_secs(5);

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file: keys named as these flags are, with `_` for `-`. Variables win over it, and flags over both
    #[arg(long, value_name = "FILE", env = "HALLPASS_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    raw: Raw,
}

impl Args {
    /// What they come to; `effective` knows where each setting comes from.
    pub(super) fn checked(self, effective: &Effective) -> anyhow::Result<Config> {
        Config::new(self.raw).map_err(|error| effective.blame(&error).into())
    }
}

/// What `serve` is configured to without any flag but that of the file.
pub(super) fn configured(file: Option<&Path>) -> anyhow::Result<Config> {
    let command = Args::augment_args(Command::new("serve").no_binary_name(true));
    let flag = file.map(|file| [OsString::from("--config"), file.into()]);
    let read = layers::read(command, flag.as_ref().map_or(&[], |flag| flag)).map_err(|error| match error {
        LayersError::File(error) => error.into(),
        LayersError::Usage { error, variable } => {
            let said = error.to_string();
            let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            anyhow!("{said}, as the variable `{}` says", variable.unwrap_or_default())
        }
    });
    let Layered { matches, effective } = read?;
    Args::from_arg_matches(&matches)?.checked(&effective)
}

/// Serves.
pub(super) fn run(args: Args, effective: &Effective, out: &mut impl Write) -> anyhow::Result<Exit> {
    let config = args.checked(effective)?;
    log(&config.watching)?;
    mounts::warn(followed_paths(&config));
    let directory = asked(&config)?;
    let builder = load::builder(&config.folders).requiring_tests(config.require_tests);
    let files = files(&config);
    let log = config.decision_log.clone().map(DecisionLog::start).transpose()?.map(Arc::new);
    let shadow = config.shadow.as_ref().map(|_| Shadow::start()).transpose()?;
    let point = |snapshot| {
        let pdp = match &directory {
            Some((remote, _)) => Pdp::remote(snapshot, config.limits, Arc::clone(remote)),
            None => Pdp::new(snapshot, config.limits),
        };
        pdp.telling(telemetry(&config, log.clone(), shadow.clone()))
    };
    let (pdp, followed) = live::start_as(files, builder, point).map_err(|error| refused(&config, error))?;
    let _shadowing = shadowing(&config, shadow)?;
    let traced = config.watching.otlp_endpoint.as_ref().map(Traces::start).transpose()?;
    let (traces, sending) = traced.unzip();
    let app = App::bind(&settings(&config, &followed, traces)?, &pdp, Some(followed.status()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Whoever reads where the server listens may tell it to end.
    let signals = runtime.block_on(async { Signals::new() })?;
    let unix = config.listening.unix.as_ref().map(|path| format!("Unix socket at {}\n", path.display()));
    let admin = app.admin_addr().map(|addr| format!("admin on {addr}\n"));
    let addresses = format!("gRPC on {}\nHTTP on {}\n", app.grpc_addr(), app.http_addr());
    // At once: whoever has read what they wanted may close their end.
    let addresses = addresses + &[unix, admin].map(Option::unwrap_or_default).concat();
    // Standard output may be the decision log's alone.
    let told = config.decision_log.as_ref().is_none_or(|log| log.path.is_some());
    if told {
        out.write_all(addresses.as_bytes())?
    } else {
        addresses.lines().for_each(|line| tracing::info!("{line}"))
    }
    out.flush()?;
    let thread = directory.as_ref().map(|(_, thread)| thread);
    let needed = Followed { files: &followed, directory: thread, log: log.as_deref() };
    let exit = runtime.block_on(serve(app, signals, &needed));
    // Nothing that still runs is waited for: all of it has had its time.
    runtime.shutdown_background();
    sending.into_iter().for_each(Sending::stop);
    let closed = log.is_none_or(|log| log.close(CLOSE));
    if !matches!(exit, Ok(Exit::Failure)) {
        part(followed, directory.map(|(_, thread)| thread));
    }
    let exit = exit?;
    if closed { Ok(exit) } else { Err(anyhow!("the decision log could not be closed in time")) }
}

/// Everything that is read again when it changes.
fn followed_paths(config: &Config) -> impl Iterator<Item = &Path> {
    let credentials = &config.listening.credentials;
    let tls = credentials.tls.iter().flat_map(|tls| [Some(&tls.cert), Some(&tls.key), tls.client_ca.as_ref()]);
    let files = tls.flatten().chain(&credentials.callers).chain(&credentials.admin_key).map(|path| &**path);
    [&*config.folders.policies]
        .into_iter()
        .chain(config.folders.people.directory.files())
        .chain(config.shadow.as_deref())
        .chain(files)
}

/// Sets up the log, on standard error.
fn log(watching: &Watching) -> anyhow::Result<()> {
    let log =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&watching.log)?).with_writer(std::io::stderr);
    // Whoever runs commands in process may have set up logging already.
    _ = match watching.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// The directory, where it is asked: on its own thread from now on, whether or not it can be reached.
fn asked(config: &Config) -> anyhow::Result<Option<(Arc<Remote>, remote::Handle)>> {
    let Directory::Database(url) = &config.folders.people.directory else { return Ok(None) };
    Ok(Some(database::open(url, &config.folders.people.password, config.asking.clone())?))
}

/// Who is told of decisions: they are counted where somebody can see that.
fn telemetry(config: &Config, log: Option<Arc<DecisionLog>>, shadow: Option<Arc<Shadow>>) -> Telemetry {
    let telemetry = Telemetry::new(log);
    let telemetry = if let Some(shadow) = shadow { telemetry.shadowed(shadow) } else { telemetry };
    if config.listening.admin.is_some() { telemetry.counting(Arc::default()) } else { telemetry }
}

/// What follows the files of the shadow policy, where there is one.
fn shadowing(config: &Config, shadow: Option<Arc<Shadow>>) -> anyhow::Result<Option<shadow::Following>> {
    let followed = config.shadow.clone().zip(shadow).map(|(folder, shadow)| {
        let subject_types = config.folders.people.subject_types.clone();
        shadow::Files { folder, poll: config.poll, subject_types, shadow }.follow()
    });
    Ok(followed.transpose()?)
}

fn files(config: &Config) -> reload::Config {
    reload::Config { poll: config.poll, ..load::files(&config.folders) }
}

fn settings(config: &Config, followed: &Handle, traces: Option<Traces>) -> anyhow::Result<Settings> {
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
        admin: listening.admin.map(|listen| AdminPlane { listen, trigger: Some(followed.trigger()) }),
        credentials: listening.credentials.clone(),
        workers: config.workers,
        reflection: config.reflection,
        authzen,
        bounds: config.bounds,
        drain_delay: config.drain_delay,
        drain: config.drain,
        traces,
    })
}

fn refused(config: &Config, error: StartError) -> anyhow::Error {
    match error {
        StartError::Refused(findings) => Refused(load::located(&config.folders, findings)).into(),
        StartError::Thread(_) => error.into(),
    }
}

/// Serves until told to end; told so again, it ends at once, and that is a failure: something may have been cut off.
async fn serve(app: App, mut signals: Signals, followed: &Followed<'_>) -> anyhow::Result<Exit> {
    let (mut lost, told) = (None, CancellationToken::new());
    let end = async {
        tokio::select! {
            () = told.cancelled() => {}
            what = followed.ended() => lost = Some(what),
        }
    };
    let told_again = async {
        let read_again = || {
            tracing::info!("told to read the files again");
            followed.files.reload_now();
        };
        signals.end(read_again).await;
        told.cancel();
        signals.end(|| {}).await;
    };
    tokio::select! {
        served = app.serve(end) => served?,
        () = told_again => {
            tracing::warn!("told to end again: what was under way is cut off");
            return Ok(Exit::Failure);
        }
    }
    lost.map_or(Ok(Exit::Success), |what| Err(anyhow!("{what}, so the server ended")))
}

/// Ends the threads that follow. One that is in the midst of reading a large district isn't waited for.
fn part(followed: Handle, directory: Option<remote::Handle>) {
    let (parting, parted) = mpsc::channel::<()>();
    let thread = std::thread::Builder::new().spawn(move || {
        followed.stop();
        directory.into_iter().for_each(remote::Handle::stop);
        drop(parting);
    });
    if thread.is_ok() {
        _ = parted.recv_timeout(PARTING);
    }
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
