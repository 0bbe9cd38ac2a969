//! A session with a database for as long as a command needs it.

use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Builder;
use tokio_postgres::Client;

use crate::config::Database;
use crate::directory::postgres::connect::{Session, connect, told};

/// How long a command tries to connect.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs something on a session, which the server's lists call `name`.
pub(super) fn with<T>(
    database: &Database,
    name: &str,
    run: impl AsyncFnOnce(&mut Client) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let target = database.target()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let session = Session { name, connect_timeout: PATIENCE, statement_timeout: None, read_only: false };
    let (mut client, wire) = runtime.block_on(connect(&target, session))?;
    let driven = runtime.spawn(wire);
    let done = runtime.block_on(run(&mut client));
    drop(client);
    match (done, runtime.block_on(driven)) {
        (Err(error), Ok(Err(lost))) => Err(error).context(format!("the connection was lost: {}", told(&lost))),
        (done, _) => done,
    }
}
