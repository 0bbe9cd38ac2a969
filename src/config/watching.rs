//! What those who run the server see of it: its log, and traces.

use hyper::Uri;
use hyper::http::uri::Scheme;
use tracing_subscriber::EnvFilter;

const LOG: &str = "info";

/// What was written.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Log and traces")]
pub(super) struct RawWatching {
    /// What goes to the log on standard error: a level, or `tracing` directives
    #[arg(long, value_name = "FILTER", env = "HALLPASS_LOG", default_value = LOG, value_parser = filter)]
    log: String,
    /// How the log is written
    #[arg(long, value_enum, value_name = "FORMAT", env = "HALLPASS_LOG_FORMAT", default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// Where traces go: an OpenTelemetry collector, by OTLP over gRPC, such as http://localhost:4317. Without it there are none
    #[arg(long, value_name = "URL", env = "HALLPASS_OTLP_ENDPOINT", value_parser = endpoint)]
    otlp_endpoint: Option<Uri>,
}

/// What is logged and traced.
#[derive(Clone, Debug)]
pub struct Watching {
    /// What goes to the log.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
    /// Where traces go.
    pub otlp_endpoint: Option<Uri>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object a line
    Json,
}

impl RawWatching {
    pub(super) fn checked(self) -> Watching {
        let Self { log, log_format, otlp_endpoint } = self;
        Watching { log, log_format, otlp_endpoint }
    }
}

fn filter(text: &str) -> Result<String, String> {
    let read = EnvFilter::try_new(text).map_err(|error| format!("it is no log filter: {error}"));
    read.map(|_filter| text.to_owned())
}

fn endpoint(text: &str) -> Result<Uri, &'static str> {
    const ADVICE: &str = "write http:// or https://, a host and a port, such as http://localhost:4317";
    let uri: Uri = text.parse().map_err(|_malformed| ADVICE)?;
    let is_one = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
    let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !text.contains('@');
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    if is_one && is_bare && has_host { Ok(uri) } else { Err(ADVICE) }
}
