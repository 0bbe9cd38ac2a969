//! A few connections that are opened on demand and used again. Each does one statement at a time; one whose statement was
//! given up is told so and thrown away; one that is idle for a minute is closed. All their tasks end with the pool.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_postgres::{Client, Statement};

use super::super::remote::SourceError;
use super::connect::Target;
use super::session::{self, Session, refused};

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(60);
/// How long opening a connection may take, with all that it is asked before it is used.
const OPEN: Duration = Duration::from_secs(2);
/// How long the server may take to hear that a statement is no longer wanted.
const CANCEL: Duration = Duration::from_millis(500);

/// Connections to one database.
#[derive(Clone, Debug)]
pub(super) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    target: Target,
    free: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The one used last comes last.
    idle: Vec<(Connection, Instant)>,
    /// Somebody closes what is idle for too long.
    swept: bool,
    tasks: JoinSet<()>,
}

/// A connection with the statements that were prepared on it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) session: Session,
    /// Statements by their text.
    prepared: HashMap<&'static str, Statement>,
    driver: Driver,
}

/// The task that drives a connection, which ends with it.
#[derive(Debug)]
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Pool {
    /// At most so many connections.
    pub(super) fn new(target: Target, most: usize) -> Self {
        let free = Arc::new(Semaphore::new(most.max(1)));
        Self(Arc::new(Shared { target, free, state: Mutex::default() }))
    }

    /// A connection for one statement or one transaction. Waits until one is free.
    ///
    /// # Errors
    /// The database can't be reached, or is not to be used.
    pub(super) async fn take(&self) -> Result<Taken, SourceError> {
        let Self(shared) = self;
        let permit = Arc::clone(&shared.free).acquire_owned().await;
        let permit = permit.map_err(|_closed| SourceError("it is no longer asked".to_owned()))?;
        match shared.reuse() {
            Some(connection) => Ok(Taken::new(connection, permit, shared)),
            None => shared.opened(permit).await,
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle connection that is not broken.
    fn reuse(&self) -> Option<Connection> {
        let mut state = self.state();
        while state.tasks.try_join_next().is_some() {}
        while let Some((connection, _)) = state.idle.pop() {
            if !connection.client.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// A new connection. It is opened for whoever comes next where the one who waits gives up: several round trips may
    /// take longer than a look-up may, and would otherwise begin again and again.
    async fn opened(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Result<Taken, SourceError> {
        let (done, opened) = oneshot::channel();
        let shared = Arc::clone(self);
        self.state().tasks.spawn(async move {
            let late = || SourceError("connecting took too long".to_owned());
            let connection = timeout(OPEN, shared.open()).await.unwrap_or_else(|_late| Err(late()));
            let taken = connection.map(|connection| Taken::new(connection, permit, &shared));
            if let Err(Ok(unwanted)) = done.send(taken) {
                unwanted.done();
            }
        });
        opened.await.unwrap_or_else(|_gone| Err(SourceError("it is no longer asked".to_owned())))
    }

    async fn open(&self) -> Result<Connection, SourceError> {
        let (client, wire) = session::open(&self.target).await?;
        let drive = async {
            // The client's calls say what went wrong.
            _ = wire.await;
        };
        let driver = Driver(self.state().tasks.spawn(drive));
        let session = Session::check(&client).await?;
        Ok(Connection { client, session, prepared: HashMap::new(), driver })
    }

    /// Keeps a connection for later, and sees to it that it won't be kept for ever.
    fn keep(self: &Arc<Self>, connection: Connection, handle: &Handle) {
        let mut state = self.state();
        state.idle.push((connection, Instant::now()));
        if !std::mem::replace(&mut state.swept, true) {
            state.tasks.spawn_on(sweep(Arc::downgrade(self)), handle);
        }
    }

    /// Closes what is idle for too long; when to look again.
    fn close_idle(&self) -> Option<Instant> {
        let mut state = self.state();
        let now = Instant::now();
        let old = state.idle.partition_point(|(_, since)| *since + IDLE <= now);
        state.idle.drain(..old).for_each(|(connection, _)| connection.close());
        let next = state.idle.first().map(|(_, since)| *since + IDLE);
        state.swept = next.is_some();
        next
    }
}

async fn sweep(shared: Weak<Shared>) {
    let mut at = Instant::now() + IDLE;
    loop {
        sleep_until(at).await;
        let Some(next) = shared.upgrade().and_then(|shared| shared.close_idle()) else { return };
        at = next;
    }
}

impl Connection {
    /// A statement, prepared at its first use.
    ///
    /// # Errors
    /// The server refuses it.
    pub(super) async fn statement(&mut self, sql: &'static str) -> Result<Statement, SourceError> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await.map_err(|error| refused(&error))?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }

    /// Says goodbye: the driver ends once it is said.
    fn close(self) {
        let Self { client, driver, .. } = self;
        std::mem::forget(driver);
        drop(client);
    }
}

/// A connection in use. Dropped before it is [`done`](Self::done), it is not used again.
#[derive(Debug)]
pub(super) struct Taken {
    connection: Option<Connection>,
    permit: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
    handle: Handle,
}

impl Taken {
    fn new(connection: Connection, permit: OwnedSemaphorePermit, shared: &Arc<Shared>) -> Self {
        let shared = Arc::clone(shared);
        Self { connection: Some(connection), permit: Some(permit), shared, handle: Handle::current() }
    }

    /// The connection.
    ///
    /// # Errors
    /// Never, while it is in use.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, SourceError> {
        self.connection.as_mut().ok_or_else(|| SourceError("its connection is gone".to_owned()))
    }

    /// Its statement has ended well: it may be used again.
    pub(super) fn done(mut self) {
        if let Some(connection) = self.connection.take() {
            self.shared.keep(connection, &self.handle);
        }
    }
}

impl Drop for Taken {
    /// What it was asked is no longer wanted: the server is told, and the connection ends. It counts until then.
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(|connection| !connection.client.is_closed()) else {
            return;
        };
        let (permit, tls) = (self.permit.take(), self.shared.target.tls());
        let cancel = async move {
            _ = timeout(CANCEL, connection.client.cancel_token().cancel_query(tls)).await;
            drop((connection, permit));
        };
        self.shared.state().tasks.spawn_on(cancel, &self.handle);
    }
}
