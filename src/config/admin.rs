//! The admin plane, as it was written and as it is meant: off unless it has an address, on an address of its own, and
//! closed to strangers.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::listening::{ConfigError, address, is_open};

/// What was written.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Admin plane")]
pub(super) struct RawAdmin {
    /// Where metrics, status, reload, liveness and readiness are served; port 0 picks a free one. Off unless given; TLS where
    /// the server has a certificate
    #[arg(long, value_name = "ADDR", env = "HALLPASS_ADMIN_LISTEN", value_parser = address)]
    admin_listen: Option<SocketAddr>,
    /// The key that metrics, status and reload want to be shown, as `authorization: Bearer KEY`: the first line of this
    /// file. Whoever can connect may ask without it
    #[arg(long, value_name = "FILE", env = "HALLPASS_ADMIN_KEY_FILE")]
    admin_key_file: Option<PathBuf>,
}

/// The admin plane, where there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Admin {
    pub(super) listen: Option<SocketAddr>,
    pub(super) key_file: Option<PathBuf>,
}

impl RawAdmin {
    /// Checks what was written, beside where callers are listened for.
    pub(super) fn checked(self, has_tls: bool, data: [(&'static str, SocketAddr); 2]) -> Result<Admin, ConfigError> {
        let Self { admin_listen: listen, admin_key_file: key_file } = self;
        let Some(addr) = listen else {
            return if key_file.is_some() { Err(ConfigError::KeyAlone) } else { Ok(Admin::default()) };
        };
        if let Some((flag, _)) = data.into_iter().find(|(_, other)| *other == addr && addr.port() != 0) {
            return Err(ConfigError::Shared { addr, flag });
        }
        let missing = match (has_tls, key_file.is_some()) {
            (true, true) => None,
            (true, false) => Some("`--admin-key-file`"),
            (false, true) => Some("`--tls-cert` and `--tls-key`"),
            (false, false) => Some("`--tls-cert`, `--tls-key` and `--admin-key-file`"),
        };
        match missing.filter(|_| is_open(addr)) {
            Some(missing) => Err(ConfigError::Open { flag: "--admin-listen", addr, missing }),
            None => Ok(Admin { listen, key_file }),
        }
    }
}
