//! Waiting, but not for ever. The clock is set only where there is something to wait for.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

/// What is waited for; `None` where it does not come in time.
pub(crate) async fn in_time<T>(limit: Duration, waiting: impl Future<Output = T>) -> Option<T> {
    let mut waiting = pin!(waiting);
    if let Poll::Ready(came) = poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await {
        return Some(came);
    }
    timeout(limit, waiting).await.ok()
}
