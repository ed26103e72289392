use std::future::Future;
use std::time::{Duration, Instant};

/// Asks until there is an answer, and panics, naming what was awaited, when there is none within the limit.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    awaited: &str,
    limit: Duration,
    mut ask: impl FnMut() -> F,
) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain for: {awaited}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
