//! What time it is, and waiting for time to pass: a value, so that tests can bring their own.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Completes when time has passed.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A clock.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Time since some moment that stays the same. Never goes back, and counts while the machine is suspended.
    fn now(&self) -> Duration;
    /// Completes when this much time has passed; later where the machine was suspended.
    fn sleep(&self, span: Duration) -> Sleep;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct Boot;

/// The clock that goes on while the machine is suspended: a fact is not younger for having slept through.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SINCE_BOOT: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SINCE_BOOT: ClockId = ClockId::Monotonic;

impl Clock for Boot {
    fn now(&self) -> Duration {
        Duration::try_from(clock_gettime(SINCE_BOOT)).unwrap_or_default()
    }

    fn sleep(&self, span: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(span))
    }
}

/// What a future comes to, unless this much time passes first.
pub(super) async fn within<T>(clock: &dyn Clock, span: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = future => Some(done),
        () = clock.sleep(span) => None,
    }
}
