//! Which database is meant, as it was written. What it says may hold a password, and shows nowhere.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::ConfigError;
use crate::credentials::read;
use crate::directory::postgres::connect::{Target, TargetError};

/// The largest file of a password, in bytes.
const FILE_BYTES: u64 = 64 * 1024;

/// Which database is meant.
#[derive(Clone, Debug, clap::Args)]
pub struct Database {
    /// The database: postgres://user@host/name. The password is best given as PGPASSWORD
    #[arg(long = "database", value_name = "URL", env = "HALLPASS_DATABASE", hide_env_values = true)]
    url: Secret,
    #[command(flatten)]
    /// The password.
    password: Password,
}

/// The password of a database whose connection string has none.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Password {
    /// Read from the environment; on a command line everybody on the machine could see it
    #[arg(long = "database-password", env = "PGPASSWORD", hide = true, hide_env_values = true)]
    password: Option<Secret>,
    /// A file whose first line is the database's password
    #[arg(long = "database-password-file", value_name = "FILE", env = "HALLPASS_DATABASE_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
}

/// Why there is no way to a database.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// What was written can't be read, or isn't safe.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// There are two passwords.
    #[error(transparent)]
    Twice(#[from] ConfigError),
    /// Its file can't be read.
    #[error("`{}`, as `--database-password-file` says, cannot be read: {source}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Its file holds none.
    #[error("the first line of `{}`, as `--database-password-file` says, is no password", .0.display())]
    Empty(PathBuf),
}

impl Database {
    /// Where the database is.
    ///
    /// # Errors
    /// What was written can't be read, or isn't safe.
    pub fn target(&self) -> Result<Target, PasswordError> {
        self.password.target(&self.url.0)
    }
}

impl Password {
    /// The database of a connection string.
    ///
    /// # Errors
    /// It can't be read, or isn't safe; or the password can't be had.
    pub fn target(&self, url: &str) -> Result<Target, PasswordError> {
        self.check()?;
        let password = self.read()?.or_else(|| self.given().map(str::to_owned));
        Ok(Target::new(url, password.as_deref())?)
    }

    /// Whether there is one password at most.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match (self.given(), &self.password_file) {
            (Some(_), Some(_)) => Err(ConfigError::Twice { flag: "--database-password-file", other: "PGPASSWORD" }),
            (None, _) | (_, None) => Ok(()),
        }
    }

    fn given(&self) -> Option<&str> {
        self.password.as_ref().map(|secret| &*secret.0).filter(|password| !password.is_empty())
    }

    fn read(&self) -> Result<Option<String>, PasswordError> {
        let Some(path) = &self.password_file else { return Ok(None) };
        let unread = |source| PasswordError::Unread { path: path.clone(), source };
        let content = String::from_utf8(read::file(path, FILE_BYTES).map_err(unread)?).unwrap_or_default();
        let password = content.lines().next().filter(|password| !password.is_empty());
        password.map(|password| Some(password.to_owned())).ok_or_else(|| PasswordError::Empty(path.clone()))
    }
}

/// A text that isn't shown.
#[derive(Clone)]
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}
