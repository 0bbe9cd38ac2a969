//! Where callers are listened for and how they are known, as it was written and as it is meant: nothing half set, and
//! nothing open to strangers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::admin::RawAdmin;
use crate::credentials::{self, tls};
use crate::telemetry::decision_log::Unnamed;

const GRPC_LISTEN: &str = "127.0.0.1:50051";
const HTTP_LISTEN: &str = "127.0.0.1:8181";
/// How often certificates and callers are compared with what is in use.
const RECHECK: Duration = Duration::from_secs(1);

/// What was written.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Callers")]
pub(super) struct RawListening {
    /// Where gRPC listens; port 0 picks a free one
    #[arg(long, value_name = "ADDR", env = "HALLPASS_GRPC_LISTEN", default_value = GRPC_LISTEN, value_parser = address)]
    grpc_listen: SocketAddr,
    /// Where HTTP listens; port 0 picks a free one. May be where gRPC listens
    #[arg(long, value_name = "ADDR", env = "HALLPASS_HTTP_LISTEN", default_value = HTTP_LISTEN, value_parser = address)]
    http_listen: SocketAddr,
    /// Where both listen on a Unix socket, in plain text, for its owner and group
    #[arg(long, value_name = "PATH", env = "HALLPASS_UNIX_LISTEN")]
    unix_listen: Option<PathBuf>,
    /// The server's certificate, with those between it and its authority: PEM. TCP is then TLS
    #[arg(long, value_name = "FILE", env = "HALLPASS_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key: PEM
    #[arg(long, value_name = "FILE", env = "HALLPASS_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Authorities of callers' certificates: PEM. Callers must show one, unless some caller has a key
    #[arg(long, value_name = "FILE", env = "HALLPASS_TLS_CLIENT_CA")]
    tls_client_ca: Option<PathBuf>,
    /// Who may ask what: a file of kind callers/v1. Anybody may ask everything without it
    #[arg(long, value_name = "FILE", env = "HALLPASS_CALLERS")]
    callers: Option<PathBuf>,
    #[command(flatten)]
    admin: RawAdmin,
}

/// Where callers are listened for, and how they are known.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Where gRPC listens.
    pub grpc: SocketAddr,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// Where both listen on a Unix socket.
    pub unix: Option<PathBuf>,
    /// Where the admin plane listens; there is none where `None`.
    pub admin: Option<SocketAddr>,
    /// The files that say who is who.
    pub credentials: credentials::Files,
}

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Half of what belongs together.
    #[error("`{given}` is set without `{missing}`: TLS needs both")]
    Half {
        /// What is set.
        given: &'static str,
        /// What it needs.
        missing: &'static str,
    },
    /// Callers' certificates are to be checked where there is no TLS.
    #[error("`--tls-client-ca` is set without `--tls-cert` and `--tls-key`: callers show certificates over TLS alone")]
    AuthorityAlone,
    /// The key of an admin plane that there is not.
    #[error("`--admin-key-file` is set without `--admin-listen`: it is the key of the admin plane, which is off")]
    KeyAlone,
    /// The admin plane where callers are.
    #[error("`--admin-listen` is `{addr}`, which is `{flag}` too: give the admin plane an address of its own")]
    Shared {
        /// The address.
        addr: SocketAddr,
        /// The flag that sets it, too.
        flag: &'static str,
    },
    /// An address that others can reach.
    #[error(
        "`{flag}` is `{addr}`, which others can reach: it needs {missing} as well, or listen on a loopback address"
    )]
    Open {
        /// The flag.
        flag: &'static str,
        /// The address.
        addr: SocketAddr,
        /// What is missing.
        missing: &'static str,
    },
    /// Something is said of a decision log that there is not.
    #[error("`{given}` is set without `--decision-log`: name a file for the decision log")]
    NoLog {
        /// What is set.
        given: &'static str,
    },
    /// Checkpoints without a key.
    #[error("`--decision-log-checkpoints` is set without `--decision-log-key-file`: checkpoints are sealed with a key")]
    Unsealed,
    /// Tests that would have to be asked of a database.
    #[error(
        "`--require-tests` is set, and `--directory` is a database: policies are read before it is asked anything, so \
         their tests can't be; run `hallpass test` before policies are brought to the server"
    )]
    Unaskable,
    /// A property that can't be written down.
    #[error(transparent)]
    Unnamed(#[from] Unnamed),
    /// A shadow policy where people are asked for one by one.
    #[error("`--shadow` is set, and `--directory` is a database: a shadow policy decides over files alone")]
    ShadowOfDatabase,
    /// One thing said twice.
    #[error("`{flag}` and `{other}` are both set: keep one of them")]
    Twice {
        /// The flag.
        flag: &'static str,
        /// What says it too.
        other: &'static str,
    },
}

impl ConfigError {
    /// The flag of the setting that is at fault: whoever is told learns where it was set.
    pub(super) fn flag(&self) -> &'static str {
        match self {
            Self::Half { given, .. } => given,
            Self::AuthorityAlone => "--tls-client-ca",
            Self::Open { flag, .. } | Self::Twice { flag, .. } => flag,
            Self::KeyAlone => "--admin-key-file",
            Self::Shared { .. } => "--admin-listen",
            Self::NoLog { given } => given,
            Self::ShadowOfDatabase => "--shadow",
            Self::Unsealed => "--decision-log-checkpoints",
            Self::Unaskable => "--require-tests",
            Self::Unnamed(_) => "--decision-log-attributes",
        }
    }
}

impl RawListening {
    /// Checks what was written.
    pub(super) fn checked(self) -> Result<Listening, ConfigError> {
        let Self { grpc_listen, http_listen, unix_listen, tls_cert, tls_key, tls_client_ca, callers, admin } = self;
        let tls = match (tls_cert, tls_key) {
            (Some(cert), Some(key)) => Some(tls::Files { cert, key, client_ca: tls_client_ca }),
            (Some(_), None) => return Err(ConfigError::Half { given: "--tls-cert", missing: "--tls-key" }),
            (None, Some(_)) => return Err(ConfigError::Half { given: "--tls-key", missing: "--tls-cert" }),
            (None, None) if tls_client_ca.is_some() => return Err(ConfigError::AuthorityAlone),
            (None, None) => None,
        };
        let missing = match (tls.is_some(), callers.is_some()) {
            (true, true) => None,
            (true, false) => Some("`--callers`"),
            (false, true) => Some("`--tls-cert` and `--tls-key`"),
            (false, false) => Some("`--tls-cert`, `--tls-key` and `--callers`"),
        };
        let data = [("--grpc-listen", grpc_listen), ("--http-listen", http_listen)];
        for (flag, addr) in data {
            if let Some(missing) = missing.filter(|_| is_open(addr)) {
                return Err(ConfigError::Open { flag, addr, missing });
            }
        }
        let admin = admin.checked(tls.is_some(), data)?;
        let credentials = credentials::Files { tls, callers, admin_key: admin.key_file, recheck: RECHECK };
        Ok(Listening { grpc: grpc_listen, http: http_listen, unix: unix_listen, admin: admin.listen, credentials })
    }
}

/// Whether others than this machine can reach an address.
pub(super) fn is_open(addr: SocketAddr) -> bool {
    !addr.ip().to_canonical().is_loopback()
}

pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_malformed| "write an address and a port, such as 127.0.0.1:50051")
}
