//! How long a connection lasts: until its peer leaves, the server ends, it has to give way, or it is old. What is done
//! then stands in `connection`.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::guest::Guest;

/// How old a connection gets that there is no room for, and how long it has then.
const SPARE: Duration = Duration::from_secs(1);

/// What bounds the connections of a worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// How old they get; as old as they like where `None`.
    pub(super) age: Option<Duration>,
    /// How long what is under way has to finish once a connection has to end.
    pub(super) grace: Duration,
}

/// One connection's.
#[derive(Debug)]
pub(super) struct Life {
    guest: Arc<Guest>,
    /// When it is old.
    old: Option<Instant>,
    grace: Duration,
    /// Cancelled when the connection has to end: its streams end, too.
    end: CancellationToken,
}

impl Life {
    /// A connection begins, that lasts no longer than the server.
    pub(super) fn new(guest: Arc<Guest>, span: Span, stop: &CancellationToken) -> Self {
        let age = span.age.map(|age| jittered(age, RandomState::new().hash_one(0)));
        let (age, grace) = if guest.is_spare() { (Some(SPARE), SPARE) } else { (age, span.grace) };
        // An age beyond what a clock can say is no age.
        let old = age.and_then(|age| Instant::now().checked_add(age));
        Self { guest, old, grace, end: stop.child_token() }
    }

    /// The peer.
    pub(super) fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }

    /// How long what is under way has to finish.
    pub(super) fn grace(&self) -> Duration {
        self.grace
    }

    /// Is cancelled when the connection has to end.
    pub(super) fn end(&self) -> &CancellationToken {
        &self.end
    }

    /// Completes when the connection is to be cut: it has asked nothing, and has to give way.
    pub(super) async fn cut(&self) {
        self.guest.gives_way().await;
    }

    /// Completes when the connection has to end.
    pub(super) async fn over(&self) {
        match self.old {
            Some(old) => tokio::select! {
                () = self.end.cancelled() => {}
                () = sleep_until(old) => self.end.cancel(),
            },
            None => self.end.cancelled().await,
        }
    }
}

/// Between nine and eleven tenths of an age, so that connections which began together don't end together.
fn jittered(age: Duration, chance: u64) -> Duration {
    let thousandths = u32::try_from(900 + chance % 201).unwrap_or(1_000);
    age.saturating_mul(thousandths) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_differ_by_a_tenth() {
        let age = Duration::from_secs(1_000);
        let ages: Vec<u64> = (0..201).map(|chance| jittered(age, chance).as_secs()).collect();
        assert_eq!((ages.iter().min(), ages.iter().max()), (Some(&900), Some(&1_100)));
    }
}
