//! A client that asks all the while, on a connection that it keeps and on fresh ones, and must have its answers.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::kept::Kept;
use crate::listen::{EVALUATION, question};
use crate::running::exchange;

/// Runs something beside an honest client. What is run is given how often the client has been answered so far.
pub(super) fn beside<T>(server: SocketAddr, run: impl FnOnce(&Answered) -> T) -> T {
    let answered = Answered::default();
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let _ended = Stops(&answered.stopped);
            let mut kept = Kept::connect(server);
            while answered.is_running() {
                ask(server, &mut kept);
                answered.count.fetch_add(1, Ordering::Relaxed);
            }
        });
        let stops = Stops(&answered.stopped);
        answered.more(2);
        let ran = run(&answered);
        answered.more(2);
        drop(stops);
        client.join().unwrap();
        ran
    })
}

fn ask(server: SocketAddr, kept: &mut Kept) {
    let body = question().to_string();
    assert_eq!(kept.post_text(EVALUATION, &body), r#"{"decision":true}"#);
    let fresh = TcpStream::connect(server).unwrap();
    let answer = exchange(fresh, "POST", EVALUATION, &[("content-type", "application/json")], body.as_bytes());
    assert_eq!(answer.unwrap().status, 200);
}

/// How often it has been answered.
#[derive(Default)]
pub(super) struct Answered {
    count: AtomicUsize,
    stopped: AtomicBool,
}

impl Answered {
    /// Waits until it was answered so many times more; not for a client that has ended, which fails the test.
    pub(super) fn more(&self, times: usize) {
        let before = self.count.load(Ordering::Relaxed);
        while self.count.load(Ordering::Relaxed) < before + times && self.is_running() {
            std::thread::yield_now();
        }
    }

    fn is_running(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed)
    }
}

/// Says that it stops, however that comes.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
