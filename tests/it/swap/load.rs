//! Clients that ask until told to stop, and what they have done so far, to be waited for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use super::CLIENTS;
use super::client::{Client, Grpc, Http};
use super::witness::Witness;
use crate::running::Server;

/// How long a test that fails waits for a client that makes no progress.
const LIMIT: Duration = Duration::from_secs(60);

/// What the test says of a revision: which publication it is.
type Generation<'a> = dyn Fn(&str) -> Option<u64> + Sync + 'a;

/// The load on a server.
pub(super) struct Load {
    /// Batches that each client has had; none once it has ended.
    batches: Mutex<Vec<Option<usize>>>,
    changed: Condvar,
    stop: AtomicBool,
}

impl Load {
    pub(super) fn new() -> Self {
        Self { batches: Mutex::new(vec![Some(0); 2 * CLIENTS]), changed: Condvar::new(), stop: AtomicBool::new(false) }
    }

    /// Runs `swap` under load, half of it gRPC and half HTTP; how many batches there were. A client that sees a fault
    /// ends, and with it the test.
    pub(super) fn run(&self, server: &Server, generation: &Generation<'_>, swap: impl FnOnce()) -> usize {
        thread::scope(|scope| {
            let clients: Vec<_> =
                (0..2 * CLIENTS).map(|number| scope.spawn(move || self.client(number, server, generation))).collect();
            let stop = Stop(&self.stop);
            swap();
            drop(stop);
            clients.into_iter().map(|client| client.join().unwrap()).sum()
        })
    }

    /// One client's life; how many batches it had.
    fn client(&self, number: usize, server: &Server, generation: &Generation<'_>) -> usize {
        let _ended = Ended { load: self, number };
        if number.is_multiple_of(2) {
            self.ask(number, &mut Grpc::new(server), generation);
        } else {
            self.ask(number, &mut Http::new(server.http), generation);
        }
        self.batches.lock().unwrap()[number].unwrap()
    }

    fn ask(&self, number: usize, client: &mut impl Client, generation: &Generation<'_>) {
        let mut witness = Witness::new(generation);
        while !self.stop.load(Ordering::Acquire) {
            let batch = client.batch();
            witness.see(&batch).unwrap_or_else(|fault| panic!("client {number}: {fault:?}: {batch:?}"));
            self.batches.lock().unwrap()[number].iter_mut().for_each(|batches| *batches += 1);
            self.changed.notify_all();
        }
    }

    /// Waits until every client has had two more batches, of which the second began after this was called.
    pub(super) fn progress(&self) {
        let batches = self.batches.lock().unwrap();
        let wanted: Vec<Option<usize>> = batches.iter().map(|had| had.map(|had| had + 2)).collect();
        let behind = |now: &mut Vec<Option<usize>>| {
            assert!(!now.contains(&None), "a client has ended");
            now.iter().zip(&wanted).any(|(now, wanted)| now < wanted)
        };
        let (_batches, waited) = self.changed.wait_timeout_while(batches, LIMIT, behind).unwrap();
        assert!(!waited.timed_out(), "a client makes no progress");
    }
}

/// Says that a client has ended, however it did.
struct Ended<'a> {
    load: &'a Load,
    number: usize,
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if thread::panicking()
            && let Ok(mut batches) = self.load.batches.lock()
        {
            batches[self.number] = None;
            self.load.changed.notify_all();
        }
    }
}

/// Tells the clients to stop, also where the swapping fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
