//! A directory in a database: from its URL to one that is asked.

use std::sync::Arc;

use crate::config::Url;
use crate::directory::postgres::Postgres;
use crate::directory::postgres::connect::Target;
use crate::directory::remote::{Handle, Remote, Settings};

/// Asks the directory on a thread of its own, whether or not it can be reached yet.
pub(super) fn open(url: &Url, settings: Settings) -> anyhow::Result<(Arc<Remote>, Handle)> {
    let target = Target::new(url.secret(), None)?;
    Ok(Remote::start(Postgres::new(target, settings.loads), settings)?)
}
