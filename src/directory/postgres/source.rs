//! PostgreSQL as a source of facts.

use std::sync::Arc;

use super::super::remote::{Frame, Key, Loaded, Source, SourceError};
use super::connect::Target;
use super::log::{Log, Types};
use super::pool::Pool;
use super::reading::Reading;
use super::{frame, load, session};
use crate::fault;

/// A directory in PostgreSQL, or in what speaks its protocol.
#[derive(Debug)]
pub struct Postgres {
    target: Target,
    pool: Pool,
    types: Types,
}

impl Postgres {
    /// The directory at a target, asked on at most so many connections, beside the one that follows its changes.
    #[must_use]
    pub fn new(target: Target, connections: usize) -> Self {
        Self { pool: Pool::new(target.clone(), connections), target, types: Types::default() }
    }
}

impl Source for Postgres {
    type Log = Log;
    type Reading = Reading;

    async fn follow(&self) -> Result<Log, SourceError> {
        let (client, wire) = session::open(&self.target).await?;
        Log::begin(client, wire, Arc::clone(&self.types)).await
    }

    async fn frame(&self) -> Result<Frame, SourceError> {
        let mut taken = self.pool.take().await?;
        fault::wait("directory.frame").await?;
        let frame = frame::read(taken.connection()?).await?;
        taken.done();
        self.types.store(Arc::new(frame.record_types.clone()));
        Ok(frame)
    }

    async fn load(&self, keys: &[Key], frame: &Arc<Frame>) -> Result<Loaded, SourceError> {
        let mut taken = self.pool.take().await?;
        fault::wait("directory.load").await?;
        let loaded = load::load(taken.connection()?, keys, frame).await?;
        taken.done();
        Ok(loaded)
    }

    async fn begin(&self) -> Result<Reading, SourceError> {
        Reading::begin(&self.pool).await
    }
}
