//! A directory in a database: from its URL to one that is asked.

use std::sync::Arc;

use crate::config::{Password, Url};
use crate::directory::postgres::Postgres;
use crate::directory::remote::{Handle, Remote, Settings};

/// Asks the directory on a thread of its own, whether or not it can be reached yet.
pub(super) fn open(url: &Url, password: &Password, settings: Settings) -> anyhow::Result<(Arc<Remote>, Handle)> {
    let target = password.target(url.secret())?;
    Ok(Remote::start(Postgres::new(target, settings.loads), settings)?)
}
