//! What bounds the peers of the server, whoever they are.

use std::time::Duration;

/// What bounds the peers of the server.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// How many connections are open at once, of all listeners together. Over that, those that have asked nothing give way,
    /// and where there are none, others are refused.
    pub connections: usize,
    /// How many requests each worker has under way at once; more are refused.
    pub requests: usize,
    /// How old a connection gets, give or take a tenth; as old as it likes where `None`.
    pub age: Option<Duration>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: 4_096, requests: 2_048, age: None }
    }
}
