//! What bounds the peers of the server and its end, as it was written.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use crate::app::Bounds;

const DRAIN_SECONDS: &str = "10";
const DRAIN_DELAY_SECONDS: &str = "0";

/// What was written.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Limits of the server")]
pub(super) struct RawBounds {
    /// Connections that are open at once, of all listeners together; fewer where there are not as many file descriptors
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_CONNECTIONS", default_value_t = default(|bounds| bounds.connections))]
    max_connections: NonZeroUsize,
    /// Requests that each worker has under way at once
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_REQUESTS", default_value_t = default(|bounds| bounds.requests))]
    max_requests: NonZeroUsize,
    /// How old a connection gets, give or take a tenth, before its peer is told to open another; as old as it likes
    /// unless given
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_CONNECTION_AGE_SECONDS")]
    max_connection_age_seconds: Option<NonZeroU64>,
    /// How long requests under way may take once a connection or the server has to end
    #[arg(long, value_name = "N", env = "HALLPASS_DRAIN_SECONDS", default_value = DRAIN_SECONDS)]
    drain_seconds: NonZeroU64,
    /// How long the server goes on accepting after it was told to end and its health says so
    #[arg(long, value_name = "N", env = "HALLPASS_DRAIN_DELAY_SECONDS", default_value = DRAIN_DELAY_SECONDS)]
    drain_delay_seconds: u64,
}

/// What is meant: the bounds, and how long the end is put off and may take.
pub(super) struct Checked {
    pub(super) bounds: Bounds,
    pub(super) drain_delay: Duration,
    pub(super) drain: Duration,
}

impl RawBounds {
    pub(super) fn checked(self) -> Checked {
        let bounds = Bounds {
            connections: self.max_connections.get(),
            requests: self.max_requests.get(),
            age: self.max_connection_age_seconds.map(|seconds| Duration::from_secs(seconds.get())),
        };
        let drain_delay = Duration::from_secs(self.drain_delay_seconds);
        Checked { bounds, drain_delay, drain: Duration::from_secs(self.drain_seconds.get()) }
    }
}

fn default(bound: fn(Bounds) -> usize) -> NonZeroUsize {
    NonZeroUsize::new(bound(Bounds::default())).unwrap_or(NonZeroUsize::MIN)
}
