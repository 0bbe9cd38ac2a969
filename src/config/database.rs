//! Which database is meant, as it was written. What it says may hold a password, and shows nowhere.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::directory::postgres::connect::{Target, TargetError};

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
}

impl Database {
    /// Where the database is.
    ///
    /// # Errors
    /// What was written can't be read, or isn't safe.
    pub fn target(&self) -> Result<Target, TargetError> {
        self.password.target(&self.url.0)
    }
}

impl Password {
    /// The database of a connection string.
    ///
    /// # Errors
    /// It can't be read, or isn't safe.
    pub fn target(&self, url: &str) -> Result<Target, TargetError> {
        let password = self.password.as_ref().map(|secret| &*secret.0).filter(|password| !password.is_empty());
        Target::new(url, password)
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
