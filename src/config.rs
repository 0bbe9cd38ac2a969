//! Configuration: what the file `hallpass.yaml`, `HALLPASS_…` variables and flags say, each above the one before, and the
//! checked [`Config`] that serving takes. Every default stands here, but for the limits of a request, which are the
//! decision contract's own.
//!
//! A setting is a field of [`Raw`]: `setting` makes a key of it, `layers` puts the file beneath the flags, `effective`
//! knows where each value comes from. Whether values go together is checked by [`Config::new`]: what is half set, or
//! open to strangers, is a [`ConfigError`]. Flags of a command that has a file mustn't require or exclude each other in the
//! command line's own terms, which know nothing of the file.
//!
//! Variables are read here and nowhere else, and no file is opened but that of the configuration and of a password.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use jiff::tz::TimeZone;

mod admin;
mod bounds;
mod database;
mod decision_log;
mod directory;
pub mod effective;
pub mod given;
pub mod layers;
mod limits;
mod listening;
mod schema;
pub mod setting;
mod watching;

pub use database::{Database, Password, PasswordError};
pub use directory::{Directory, Url};
pub use listening::{ConfigError, Listening};
pub use schema::{schema, value};
pub use watching::{LogFormat, Watching};

use crate::app::Bounds;
use crate::authzen::PublicUrl;
use crate::directory::remote;
use crate::policy::request::Limits;
use crate::telemetry::decision_log::Settings as LogSettings;
use bounds::{Checked, RawBounds};
use decision_log::RawDecisionLog;
use directory::RawAsking;
use limits::RawLimits;
use listening::RawListening;
use watching::RawWatching;

/// The folder of policies, unless another is named.
pub const POLICIES: &str = "policies";
pub(crate) const DIRECTORY: &str = "examples/district";
pub(crate) const SUBJECT_TYPE: &str = "user";
const POLL_SECONDS: &str = "5";

/// Where the files are.
#[derive(Clone, Debug, clap::Args)]
pub struct Folders {
    /// Folder of the policy files
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES", default_value = POLICIES)]
    pub policies: PathBuf,
    #[command(flatten)]
    /// The people.
    pub people: People,
}

/// Where people are known from, and what the files leave open about them.
#[derive(Clone, Debug, clap::Args)]
pub struct People {
    /// Directory of people: a folder of OneRoster CSV files, or a zip of them; or a database, by its postgres:// URL
    #[arg(long, value_name = "DIR|ZIP|URL", env = "HALLPASS_DIRECTORY", hide_env_values = true,
          default_value = DIRECTORY, value_parser = OsStringValueParser::new().map(Directory::from))]
    pub directory: Directory,
    #[command(flatten)]
    /// The password of a database whose URL has none.
    pub password: Password,
    /// Time zone of the district's days, where the directory names none: an IANA name
    #[arg(long, value_name = "ZONE", env = "HALLPASS_TIME_ZONE", value_parser = time_zone)]
    pub time_zone: Option<TimeZone>,
    /// Types of subject that are accepted, separated by commas
    #[arg(long, value_name = "TYPES", env = "HALLPASS_SUBJECT_TYPES", default_value = SUBJECT_TYPE,
          value_delimiter = ',', value_parser = subject_type)]
    pub subject_types: Vec<String>,
}

/// What `serve` is told, as it was written.
#[derive(Clone, Debug, clap::Args)]
pub struct Raw {
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    listening: RawListening,
    /// Take only policies whose own tests pass on the directory: a folder or a zip
    #[arg(long, env = "HALLPASS_REQUIRE_TESTS", value_parser = clap::builder::BoolishValueParser::new())]
    require_tests: bool,
    /// Let gRPC clients ask for the services' descriptions
    #[arg(long, env = "HALLPASS_REFLECTION", value_parser = clap::builder::BoolishValueParser::new())]
    reflection: bool,
    /// Say in every AuthZEN answer why, asked or not
    #[arg(long, env = "HALLPASS_EXPLAIN_ANSWERS", value_parser = clap::builder::BoolishValueParser::new())]
    explain_answers: bool,
    /// URL under which callers reach the HTTP listener, for AuthZEN's metadata; without it there is none
    #[arg(long, value_name = "URL", env = "HALLPASS_PUBLIC_URL", value_parser = PublicUrl::parse)]
    public_url: Option<PublicUrl>,
    /// How many workers serve, each on one core; as many as there are cores unless given
    #[arg(long, value_name = "N", env = "HALLPASS_WORKERS", value_parser = count::<NonZeroUsize>)]
    workers: Option<NonZeroUsize>,
    /// How often the files are compared with what is live, should no change be signalled
    #[arg(long, value_name = "N", env = "HALLPASS_POLL_SECONDS", default_value = POLL_SECONDS,
          value_parser = count::<NonZeroU64>)]
    poll_seconds: NonZeroU64,
    /// Folder of a second policy set, asked beside the one in use and never served: differences are counted and logged
    #[arg(long, value_name = "DIR", env = "HALLPASS_SHADOW")]
    shadow: Option<PathBuf>,
    #[command(flatten)]
    watching: RawWatching,
    #[command(flatten)]
    decision_log: RawDecisionLog,
    #[command(flatten)]
    asking: RawAsking,
    #[command(flatten)]
    bounds: RawBounds,
    #[command(flatten)]
    limits: RawLimits,
}

/// What serving takes: every part is good by itself and with the others.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the files are.
    pub folders: Folders,
    /// How a directory in a database is asked.
    pub asking: remote::Settings,
    /// Where callers are listened for, and how they are known.
    pub listening: Listening,
    /// Where decisions are written down, if anywhere.
    pub decision_log: Option<LogSettings>,
    /// Whether policies are taken only if their own tests pass.
    pub require_tests: bool,
    /// Whether the gRPC services describe themselves.
    pub reflection: bool,
    /// Whether every AuthZEN answer says why.
    pub explain_answers: bool,
    /// The URL under which callers reach the HTTP listener.
    pub public_url: Option<PublicUrl>,
    /// How many workers serve; as many as there are cores where `None`.
    pub workers: Option<NonZeroUsize>,
    /// How often the files are compared with what is live.
    pub poll: Duration,
    /// What bounds the peers of the server.
    pub bounds: Bounds,
    /// How long the server goes on accepting once it was told to end.
    pub drain_delay: Duration,
    /// How long requests under way may take after that.
    pub drain: Duration,
    /// The folder of a policy that is asked beside the one in use.
    pub shadow: Option<PathBuf>,
    /// What is logged and traced.
    pub watching: Watching,
    /// What a request may not exceed.
    pub limits: Limits,
}

impl Config {
    /// Checks what was written.
    ///
    /// # Errors
    /// Values that are good by themselves and don't go together.
    pub fn new(raw: Raw) -> Result<Self, ConfigError> {
        let Raw { folders, listening, require_tests, reflection, explain_answers, public_url, workers, .. } = raw;
        let Raw { poll_seconds, shadow, watching, decision_log, asking, bounds, limits, .. } = raw;
        let Checked { bounds, drain_delay, drain } = bounds.checked();
        folders.people.password.check()?;
        let is_asked = folders.people.directory.files().is_none();
        if require_tests && is_asked {
            return Err(ConfigError::Unaskable);
        }
        if shadow.is_some() && is_asked {
            return Err(ConfigError::ShadowOfDatabase);
        }
        Ok(Self {
            folders,
            asking: asking.checked(),
            listening: listening.checked()?,
            decision_log: decision_log.checked()?,
            require_tests,
            reflection,
            explain_answers,
            public_url,
            workers,
            poll: Duration::from_secs(poll_seconds.get()),
            bounds,
            drain_delay,
            drain,
            shadow,
            watching: watching.checked(),
            limits: limits.checked(),
        })
    }
}

/// Any of the numbers from 1.
fn count<T: FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|_malformed| "write a whole number from 1")
}

pub(crate) fn time_zone(name: &str) -> Result<TimeZone, &'static str> {
    TimeZone::get(name)
        .map_err(|_unknown| "there is no such time zone; write an IANA name, such as America/Los_Angeles")
}

pub(crate) fn subject_type(text: &str) -> Result<String, &'static str> {
    if text.is_empty() { Err("a type of subject has a name") } else { Ok(text.to_owned()) }
}
