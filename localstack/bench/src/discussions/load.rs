//! Threads that are created at a steady rate.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

use super::change;
use super::door::Door;
use crate::figures::{Sorted, millis, rate};
use crate::results::number;

/// For how long requests come.
pub(super) const SECONDS: u32 = 10;
/// Requests that are on their way at most. One beyond waits, and that counts.
const CONNECTIONS: usize = 64;
/// How late a request may be for no other reason than the clock's: it goes in whole milliseconds.
const CLOCK: Duration = Duration::from_millis(2);

/// What a request took, in milliseconds.
struct Taken {
    /// From the moment at which it was due.
    request: f64,
    write: f64,
    drain: f64,
}

/// What all of a run took, in milliseconds.
pub(super) struct Load {
    /// Answers a second.
    pub(super) rate: f64,
    pub(super) request: Sorted,
    pub(super) without_drain: Sorted,
    pub(super) write: Sorted,
    pub(super) drain: Sorted,
    /// Of the time that the function says it took.
    pub(super) drain_share: f64,
}

/// One request for each environment at once, so that all are started. What they took, in milliseconds.
pub(super) async fn all_at_once(door: &Arc<Door>, environments: u32) -> anyhow::Result<Vec<f64>> {
    let mut running = JoinSet::new();
    for nth in 0..environments {
        let door = Arc::clone(door);
        running.spawn(async move { create(&door, nth, Instant::now()).await });
    }
    let taken = running.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    Ok(taken.into_iter().map(|taken| taken.request).collect())
}

impl Load {
    /// At so many a second, whether or not those before are answered.
    pub(super) async fn put_on(door: &Arc<Door>, each_second: u32) -> anyhow::Result<Self> {
        let (free, mut ticks) = (Arc::new(Semaphore::new(CONNECTIONS)), interval(Duration::from_secs(1) / each_second));
        let (mut running, started) = (JoinSet::new(), Instant::now());
        for nth in 0..each_second * SECONDS {
            let due = ticks.tick().await;
            let asked = Instant::now().min(due + CLOCK);
            let (door, free) = (Arc::clone(door), Arc::clone(&free));
            running.spawn(async move {
                let _permit = free.acquire_owned().await?;
                create(&door, nth, asked).await
            });
        }
        let taken = running.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self::of(&taken, started.elapsed()))
    }

    fn of(taken: &[Taken], time: Duration) -> Self {
        let sorted = |part: fn(&Taken) -> f64| Sorted::new(taken.iter().map(part).collect());
        let sum = |part: fn(&Taken) -> f64| taken.iter().map(part).sum::<f64>();
        Self {
            rate: rate(taken.len() as u64, time),
            request: sorted(|taken| taken.request),
            without_drain: sorted(|taken| taken.request - taken.drain),
            write: sorted(|taken| taken.write),
            drain: sorted(|taken| taken.drain),
            drain_share: sum(|taken| taken.drain) / sum(|taken| taken.write + taken.drain),
        }
    }

    /// A row for the table.
    pub(super) fn row(&self, name: &str, left: i64) -> Vec<String> {
        let figures = [&self.request, &self.without_drain, &self.write, &self.drain];
        let figures = figures.into_iter().flat_map(|figures| [figures.of(0.5), figures.of(0.99)]).map(number);
        let (rate, left) = (format!("{:.0}", self.rate), left.to_string());
        [name.to_owned(), rate].into_iter().chain(figures).chain([left]).collect()
    }
}

async fn create(door: &Door, nth: u32, asked: Instant) -> anyhow::Result<Taken> {
    let changed = change::create(door, nth).await?;
    Ok(Taken { request: millis(asked.elapsed()), write: millis(changed.write), drain: millis(changed.drain) })
}
