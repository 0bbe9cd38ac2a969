//! Reaching a database: what a connection string says, and sessions with a primary that are set up to end in time.
//!
//! Passwords never get into an error or a log. Whoever holds a connection drives it; nothing here opens it again.

mod tls;

use std::fmt;
use std::time::Duration;

use tokio_postgres::config::{Config, Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection to be driven: it does the reading and writing for its [`Client`].
pub type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// What a connection string may say after its `?`, beside [`SSLMODE`] and [`SSLROOTCERT`].
const PARAMETERS: [&str; 12] = [
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "options",
    "channel_binding",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
    "target_session_attrs",
];
const SSLMODE: &str = "sslmode";
const SSLROOTCERT: &str = "sslrootcert";

/// Where a database is and how it is spoken to.
#[derive(Clone)]
pub struct Target {
    /// One for each host, in the order in which they are tried.
    hosts: Vec<Config>,
    tls: MakeRustlsConnect,
}

impl fmt::Debug for Target {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// Why a connection string can't be used. It never shows what may be part of a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Another kind of string.
    #[error("a database is named by `postgres://user@host/database`")]
    NotOne,
    /// More than one `@`, or something else that can't be taken apart.
    #[error(
        "the database's connection string can't be read: {0}; in a password write `@`, `/`, `?`, `%` as `%40`, `%2F`, `%3F`, `%25`"
    )]
    Malformed(String),
    /// A parameter that has no meaning here.
    #[error("the database's connection string has the parameter `{0}`, which is not known: there are {list}, {SSLMODE} and {SSLROOTCERT}", list = PARAMETERS.join(", "))]
    Unknown(String),
    /// A parameter given twice.
    #[error("the database's connection string has the parameter `{0}` twice")]
    Twice(String),
    /// A way of protecting the connection that is none.
    #[error(
        "`sslmode={0}` is refused: whoever sits in between can turn TLS off; write `verify-full`, or `disable` for plain text"
    )]
    Weak(String),
    /// An unknown way of protecting the connection.
    #[error("`sslmode={0}` is not known: write `verify-full`, `require` or `disable`")]
    Mode(String),
    /// Authorities where no certificate is checked.
    #[error("`sslrootcert` is set, and `sslmode={0}` checks no certificate: write `sslmode=verify-full`")]
    Unchecked(&'static str),
    /// Authorities that can't be read.
    #[error("the authorities of the database's certificate can't be read: {0}")]
    Authorities(String),
}

impl Target {
    /// Reads `postgres://user:password@host:port,host:port/database?parameter=value`. A password in it wins over the one
    /// given beside it. Off loopback and Unix sockets it is TLS with the server's certificate and name checked, unless
    /// `sslmode` says otherwise; and of several hosts only one that takes writes, unless `target_session_attrs` does.
    ///
    /// # Errors
    /// What can't be read or isn't safe, and authorities that can't be read.
    pub fn new(url: &str, password: Option<&str>) -> Result<Self, TargetError> {
        let parts = Parts::of(url)?;
        let mut hosts = parts.hosts.split(',').map(|host| parts.config(host)).collect::<Result<Vec<_>, _>>()?;
        let local = hosts.iter().all(|host| host.get_hosts().iter().all(is_local));
        let mode = tls::Mode::of(parts.sslmode.as_deref(), parts.sslrootcert.as_deref(), local)?;
        for host in &mut hosts {
            host.ssl_mode(if mode == tls::Mode::Off { SslMode::Disable } else { SslMode::Require });
            if !parts.attributes {
                host.target_session_attrs(TargetSessionAttrs::ReadWrite);
            }
            if let Some(password) = password.filter(|_| host.get_password().is_none()) {
                host.password(password);
            }
        }
        Ok(Self { hosts, tls: tls::connector(&mode)? })
    }
}

impl Target {
    /// How TLS is spoken there, for telling the server that a statement is no longer wanted.
    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }
}

/// A connection string taken apart, as written.
struct Parts<'a> {
    credentials: &'a str,
    hosts: &'a str,
    path: &'a str,
    /// What is for the driver.
    query: String,
    sslmode: Option<String>,
    sslrootcert: Option<String>,
    /// Says which kind of session is wanted.
    attributes: bool,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Result<Self, TargetError> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or(TargetError::NotOne)?;
        let (credentials, rest) = rest.split_once('@').unwrap_or(("", rest));
        if rest.contains('@') {
            return Err(TargetError::Malformed("it has more than one `@`".to_owned()));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (hosts, path) = place.split_once('/').unwrap_or((place, ""));
        let mut parts = Self {
            credentials,
            hosts,
            path,
            query: String::new(),
            sslmode: None,
            sslrootcert: None,
            attributes: false,
        };
        let mut seen = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter
                .split_once('=')
                .ok_or_else(|| TargetError::Malformed("a parameter after its `?` has no value".to_owned()))?;
            if seen.contains(&name) {
                return Err(TargetError::Twice(name.to_owned()));
            }
            seen.push(name);
            parts.take(name, value)?;
        }
        Ok(parts)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), TargetError> {
        match name {
            SSLMODE => self.sslmode = Some(value.to_owned()),
            SSLROOTCERT => self.sslrootcert = Some(decoded(value)?),
            name if PARAMETERS.contains(&name) => {
                self.attributes |= name == "target_session_attrs";
                let and = if self.query.is_empty() { "" } else { "&" };
                self.query = format!("{}{and}{name}={value}", self.query);
            }
            name => return Err(TargetError::Unknown(name.to_owned())),
        }
        Ok(())
    }

    /// What the driver makes of it for one host.
    fn config(&self, host: &str) -> Result<Config, TargetError> {
        let Self { credentials, path, query, .. } = self;
        let at = if credentials.is_empty() { "" } else { "@" };
        let url = format!("postgres://{credentials}{at}{host}/{path}?{query}");
        let config = url.parse::<Config>().map_err(|error| TargetError::Malformed(told(&error)))?;
        match (config.get_hosts().len(), config.get_ports().len()) {
            (0, _) => Err(TargetError::Malformed("it names no host".to_owned())),
            (1, 0 | 1) => Ok(config),
            _ => Err(TargetError::Malformed("it names a host or port in two places".to_owned())),
        }
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.to_canonical().is_loopback())
        }
    }
}

/// A value of a parameter, as the driver reads it.
fn decoded(value: &str) -> Result<String, TargetError> {
    let config = format!("postgres://host/?dbname={value}").parse::<Config>();
    let config = config.map_err(|error| TargetError::Malformed(told(&error)))?;
    Ok(config.get_dbname().unwrap_or_default().to_owned())
}

/// How a session is set up.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// What the server's lists of sessions call it.
    pub name: &'a str,
    /// How long all of connecting may take, whatever hosts there are.
    pub connect_timeout: Duration,
    /// How long the server lets a statement run, or a transaction wait for one. `None` is for ever.
    pub statement_timeout: Option<Duration>,
    /// The server refuses writes.
    pub read_only: bool,
}

/// Why there is no connection: in plain words, with neither password nor address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database can't be reached: {0}")]
pub struct ConnectError(String);

/// Connects to the first host that can be used.
///
/// # Errors
/// None can, each in its part of the time.
pub async fn connect(target: &Target, session: Session<'_>) -> Result<(Client, Wire), ConnectError> {
    let share = session.connect_timeout / u32::try_from(target.hosts.len()).unwrap_or(u32::MAX);
    let mut refusals = Vec::new();
    for host in &target.hosts {
        let mut host = host.clone();
        host.application_name(session.name);
        match tokio::time::timeout(share, open(&host, &target.tls, session)).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => refusals.push(told(&error)),
            Err(_late) => refusals.push(format!("no answer within {share:?}")),
        }
    }
    if let [refusal] = &mut *refusals {
        return Err(ConnectError(std::mem::take(refusal)));
    }
    let numbered = refusals.iter().zip(1..).map(|(refusal, at)| format!("host {at}: {refusal}"));
    Err(ConnectError(numbered.collect::<Vec<_>>().join("; ")))
}

async fn open(
    host: &Config,
    tls: &MakeRustlsConnect,
    session: Session<'_>,
) -> Result<(Client, Wire), tokio_postgres::Error> {
    let (client, mut wire) = host.connect(tls.clone()).await?;
    let settings = settings(session);
    tokio::select! {
        set = client.batch_execute(&settings) => set?,
        lost = &mut wire => lost?,
    }
    Ok((client, wire))
}

/// Names are looked up nowhere but where they say, so that nobody can put something else in their way.
fn settings(session: Session<'_>) -> String {
    let millis = session.statement_timeout.map_or(0, |timeout| timeout.as_millis().max(1));
    let access = if session.read_only { "on" } else { "off" };
    format!(
        "SET statement_timeout = {millis}; SET idle_in_transaction_session_timeout = {millis}; \
         SET search_path = pg_catalog; SET default_transaction_read_only = {access}"
    )
}

/// An error of the driver on one line: what the server said with its code, or else the whole chain of causes. Nothing of
/// the rows that it is about.
#[must_use]
pub fn told(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
