//! Connections for questions: how they are opened, and what each is asked before it is used.

use std::time::Duration;

use tokio_postgres::{Client, Error};

use super::super::remote::SourceError;
use super::connect::{self, Target, Wire, told};
use super::shape::{self, Shape};
use crate::fault;

/// All of connecting. Whoever waits has a shorter time for it, and this one is for those who don't.
const CONNECT: Duration = Duration::from_secs(2);
/// Statements that nobody waits for any more end by themselves.
const STATEMENT: Duration = Duration::from_secs(5);
/// Statements are short: compiling one takes longer than most, and planning a look-up anew takes six times as long as doing
/// it. Not every server knows the settings.
const SETTINGS: [&str; 2] = ["SET jit = off", "SET plan_cache_mode = force_generic_plan"];
/// Whether there is a change log.
const LOGGED: &str = "SELECT to_regclass('hallpass.change_log') IS NOT NULL";
/// Another value of any of these means another history: a server that started again, another server, another database, or
/// tables that were made anew.
const INSTANCE: &str = "SELECT concat_ws(' ', pg_postmaster_start_time(), inet_server_addr(), inet_server_port(),
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    to_regclass('hallpass.change_log')::oid, to_regclass('hallpass.users')::oid)";
/// Not every server lets everybody see it.
const IDENTITY: &str = "SELECT system_identifier::text FROM pg_control_system()";

/// What is known of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    /// Whether the database keeps a change log.
    pub(super) logged: bool,
    /// Whether its rows are numbered, which searches need.
    pub(super) numbered: bool,
}

/// Opens a connection that never writes. Whoever gets it drives it.
///
/// # Errors
/// The database can't be reached.
pub(super) async fn open(target: &Target) -> Result<(Client, Wire), SourceError> {
    fault::wait("directory.connect").await?;
    let session = connect::Session {
        name: super::NAME,
        connect_timeout: CONNECT,
        statement_timeout: Some(STATEMENT),
        read_only: true,
    };
    connect::connect(target, session).await.map_err(|error| SourceError(error.to_string()))
}

impl Session {
    /// Checks a new connection.
    ///
    /// # Errors
    /// It fails, or is not to be used.
    pub(super) async fn check(client: &Client) -> Result<Self, SourceError> {
        for setting in SETTINGS {
            match client.batch_execute(setting).await {
                Err(error) if error.as_db_error().is_none() => return Err(refused(&error)),
                Ok(()) | Err(_) => {}
            }
        }
        let shape = shape::check(client).await.map_err(|error| SourceError(error.to_string()))?;
        let Shape { logged, numbered } = shape;
        if logged && yes(client, "SELECT pg_is_in_recovery()").await? {
            return Err(SourceError("it is a standby, which lags behind its primary: name the primary".to_owned()));
        }
        if !yes(client, "SELECT current_setting('server_encoding') IN ('UTF8', 'UTF-8')").await? {
            return Err(SourceError("its encoding is not UTF8".to_owned()));
        }
        Ok(Self { logged, numbered })
    }

    /// Whether the database keeps a change log.
    ///
    /// # Errors
    /// It can't be asked.
    pub(super) async fn is_logged(client: &Client) -> Result<bool, SourceError> {
        yes(client, LOGGED).await
    }

    /// What tells this server's history from others.
    ///
    /// # Errors
    /// It can't be asked.
    pub(super) async fn instance(&self, client: &Client) -> Result<String, SourceError> {
        let told = client.query_one(INSTANCE, &[]).await.and_then(|row| row.try_get::<_, String>(0));
        let identity = client.query_one(IDENTITY, &[]).await.and_then(|row| row.try_get::<_, String>(0));
        match identity {
            Err(error) if error.as_db_error().is_none() => Err(refused(&error)),
            identity => Ok(told.map_err(|error| refused(&error))? + " " + &identity.unwrap_or_default()),
        }
    }
}

async fn yes(client: &Client, question: &str) -> Result<bool, SourceError> {
    let row = client.query_one(question, &[]).await.map_err(|error| refused(&error))?;
    row.try_get(0).map_err(|error| refused(&error))
}

/// An error of the driver in words that show no address and no password.
pub(super) fn refused(error: &Error) -> SourceError {
    SourceError(told(error))
}
