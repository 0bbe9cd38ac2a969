//! The signals that the server heeds: the end, and to read the files again.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Heeds them from now on; to be called on a runtime.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Completes when one asks for the end; calls this whenever one asks to read the files again.
    pub(super) async fn end(&mut self, read_again: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => read_again(),
            }
        }
    }
}
