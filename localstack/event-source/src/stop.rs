//! The end of a source: nothing new is begun, what is in flight may finish.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// Waits until it is time to stop.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What `work` comes to; nothing when it has not finished within `drain` after the stop.
pub(crate) async fn finish<T>(
    work: impl Future<Output = T>,
    stop: &mut watch::Receiver<bool>,
    drain: Duration,
) -> Option<T> {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        result = &mut work => return Some(result),
        () = stopped(stop) => {}
    }
    timeout(drain, work).await.ok()
}
