//! What a source of facts promises. There are two: PostgreSQL, and the one in the tests that can be held at any step.

use std::future::Future;
use std::io;
use std::sync::Arc;

use super::{Entry, Frame, Key, Reading};

/// Why a source gave nothing. Whatever it is, nobody gets in, and nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the directory can't be asked: {0}")]
pub struct SourceError(pub String);

impl From<io::Error> for SourceError {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Where facts come from. Every call is one moment's reading; none has a deadline of its own: whoever calls bounds it, and
/// a call that is dropped must leave nothing behind that a later one could trip over.
pub trait Source: Send + Sync + 'static {
    /// A way to follow changes.
    type Log: Log;

    /// A way to read for searches and plans.
    type Reading: Reading;

    /// Opens a way to follow changes.
    fn follow(&self) -> impl Future<Output = Result<Self::Log, SourceError>> + Send;

    /// Reads the frame as it is now.
    fn frame(&self) -> impl Future<Output = Result<Frame, SourceError>> + Send;

    /// Looks keys up, all at one moment; entries come in the order of the keys. Organisations and terms are those of the
    /// frame: a role at an organisation that the frame lacks is left out.
    fn load(&self, keys: &[Key], frame: &Arc<Frame>) -> impl Future<Output = Result<Loaded, SourceError>> + Send;

    /// Begins to read for a search or a plan, all of one moment, which is not before this call.
    fn begin(&self) -> impl Future<Output = Result<Self::Reading, SourceError>> + Send;
}

/// What a look-up brought.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// One for each key, in their order.
    pub entries: Vec<Entry>,
    /// The last change that the reading saw: all up to it are in it, none after. `None` where the source keeps no log.
    /// One that is older than what was already known of the log comes from a server that lags, and must not be used.
    pub head: Option<u64>,
}

/// A connection that follows changes. An error ends it: open another.
pub trait Log: Send + 'static {
    /// Tells servers apart: another value on the next connection means that what was known may be of another history.
    fn instance(&self) -> &str;

    /// What changed after a number, in the order in which the changes were committed, together with the newest number.
    /// `None` where the source keeps no log: nothing but time bounds how old its facts get.
    fn changes(&mut self, after: u64) -> impl Future<Output = Result<Option<Changes>, SourceError>> + Send;

    /// Completes when the source hints that there is something new, and never where it gives no hints. Hints may get lost.
    /// Dropping the future loses none that come later.
    fn hint(&mut self) -> impl Future<Output = Result<(), SourceError>> + Send;
}

/// Changes of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What changed, ascending by number; one transaction may have several.
    pub changes: Vec<Change>,
    /// All changes up to this one have been read, or were before. Below what was asked for, history was lost.
    pub head: u64,
    /// Changes up to this one are no longer in the log.
    pub pruned: u64,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number: later commits have greater ones.
    pub sequence: u64,
    /// What it touched.
    pub what: What,
}

/// What a change touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What is under one key.
    Key(Key),
    /// Organisations or terms: all that is known is to be read again, the frame first.
    Frame,
    /// More than is worth listing, of people, sections and records.
    Everything,
}
