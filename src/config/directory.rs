//! Where the directory of people is: files, or a database that is asked. A database's URL may hold a password, so it is
//! never shown.

use std::ffi::OsString;
use std::fmt;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::count;
use crate::directory::remote::Settings;

/// What a database's URL begins with.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
const TTL_SECONDS: &str = "60";
const CACHE_MB: &str = "64";
const CONNECTIONS: &str = "8";

/// Where the directory of people is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directory {
    /// A folder of OneRoster CSV files, or a zip of them.
    Files(PathBuf),
    /// A database.
    Database(Url),
}

/// The URL of a database.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// As it was written, with its password: not to be shown.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://…")
    }
}

impl Directory {
    /// The folder or the zip, where it is files.
    #[must_use]
    pub fn files(&self) -> Option<&Path> {
        match self {
            Self::Files(path) => Some(path),
            Self::Database(_) => None,
        }
    }
}

impl From<OsString> for Directory {
    fn from(written: OsString) -> Self {
        match written.into_string() {
            Ok(text) if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) => Self::Database(Url(text)),
            Ok(text) => Self::Files(text.into()),
            Err(path) => Self::Files(path.into()),
        }
    }
}

/// How a database is asked, as it was written.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "A directory in PostgreSQL")]
pub(super) struct RawAsking {
    /// How long a fact counts that was fetched, though nothing says that it changed; it is as long as answers last while
    /// the database is down
    #[arg(long, value_name = "N", env = "HALLPASS_DIRECTORY_TTL_SECONDS", default_value = TTL_SECONDS,
          value_parser = count::<NonZeroU64>)]
    directory_ttl_seconds: NonZeroU64,
    /// How many megabytes of facts are kept
    #[arg(long, value_name = "N", env = "HALLPASS_DIRECTORY_CACHE_MB", default_value = CACHE_MB,
          value_parser = count::<NonZeroU32>)]
    directory_cache_mb: NonZeroU32,
    /// How many connections facts are fetched on at most, beside the one that follows changes
    #[arg(long, value_name = "N", env = "HALLPASS_DIRECTORY_CONNECTIONS", default_value = CONNECTIONS,
          value_parser = count::<NonZeroUsize>)]
    directory_connections: NonZeroUsize,
}

impl RawAsking {
    pub(super) fn checked(self) -> Settings {
        Settings {
            time_to_live: Duration::from_secs(self.directory_ttl_seconds.get()),
            cache_bytes: u64::from(self.directory_cache_mb.get()) << 20,
            loads: self.directory_connections.get(),
            ..Settings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_told_from_files_and_never_shown() {
        for text in ["postgres://me:secret@db/hallpass", "postgresql://me:secret@db/hallpass"] {
            let directory = Directory::from(OsString::from(text));
            assert!(matches!(&directory, Directory::Database(url) if url.secret() == text), "{text}");
            assert!(!format!("{directory:?}").contains("secret"), "{directory:?}");
        }
        for text in ["examples/district", "postgres", "./postgres://x", "people.zip", "Postgres://x"] {
            assert_eq!(Directory::from(OsString::from(text)).files(), Some(Path::new(text)));
        }
    }
}
