//! From the commit of a change to the aggregate that shows it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use event_source::{Config, EventSource};
use store::{PgPool, analytics};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::change;
use super::door::Door;
use crate::arguments::Sizes;
use crate::figures::{Sorted, millis};
use crate::host::Host;
use crate::results::{Bar, Results};
use crate::stage::Stage;
use crate::statistics::at_random_moments;

/// How often an aggregate is read.
const LOOK: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_mins(1);

/// A thread of its own for each change, so that each is known by its sums.
struct Threads {
    door: Door,
    pool: PgPool,
    each: Vec<String>,
}

/// Measures it, with the window of the template's mapping and without one.
pub(super) async fn run(stage: &mut Stage<'_>, sizes: &Sizes, results: &mut Results) -> anyhow::Result<()> {
    results.heading("From a change to its aggregate");
    stage.database.empty_discussions().await?;
    let functions = vec![stage.function("discussions-api")?, stage.function("discussion-consumer")?];
    let host = Host::start(stage, functions).await?;
    let poller = stage.poller("discussion-consumer", host.url())?;
    let (door, followed) = (Door::Host(host), sizes.followed as usize);
    let threads = Threads { pool: store::pool(&stage.environment())?, each: create(&door, 2 * followed).await?, door };
    let threads = Arc::new(threads);
    let (window, mut windowless) = (poller.mapping.window, poller.clone());
    windowless.mapping.window = Duration::ZERO;
    let with_window = followed_at(poller, &threads, 0..followed).await?;
    let without = followed_at(windowless, &threads, followed..2 * followed).await?;
    Arc::into_inner(threads).context("every change was waited for")?.door.close().await;
    tell(&with_window, &without, window, results);
    Ok(())
}

fn tell(with_window: &Sorted, without: &Sorted, window: Duration, results: &mut Results) {
    let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|share| with_window.of(share));
    results.say(&format!(
        "{} votes and comments through `discussions-api` at random moments, five a second: p50 {p50:.0} ms, p99 {p99:.0} ms, longest \
         {longest:.0} ms, from the commit to the sums that `GET /api/analytics/threads/{{id}}` reads. The mapping's window is {:.0} ms",
        with_window.count(),
        millis(window)
    ));
    let [short50, short99, longest] = [0.5, 0.99, 1.0].map(|share| without.of(share));
    results
        .say(&format!("The same without a window: p50 {short50:.1} ms, p99 {short99:.1} ms, longest {longest:.1} ms"));
    results.figure("change_to_aggregate_ms.p50", p50);
    results.figure("change_to_aggregate_ms.p99", p99);
    results.figure("change_to_aggregate_ms.windowless_p50", short50);
    results.figure("change_to_aggregate_ms.windowless_p99", short99);
    results.judge("From commit to the aggregate, with the template's window, median", p50, "ms", Bar::Below(1000.0));
}

/// So many threads, of which no event was consumed yet.
async fn create(door: &Door, count: usize) -> anyhow::Result<Vec<String>> {
    let mut threads = Vec::new();
    for nth in 0..u32::try_from(count)? {
        let made = change::create(door, nth).await?;
        threads.push(made.answer["threadId"].as_str().context("a thread has an id")?.to_owned());
    }
    Ok(threads)
}

/// Changes these threads while that poller is at work, and says how long each aggregate took, in milliseconds.
async fn followed_at(poller: Config, threads: &Arc<Threads>, which: Range<usize>) -> anyhow::Result<Sorted> {
    let (stop, stopped) = watch::channel(false);
    let polling = tokio::spawn(EventSource::run(poller, stopped));
    // The group forms, the function starts, and what was left before is consumed.
    for thread in &threads.each[which.clone()] {
        threads.until(thread, Instant::now(), |_| true).await?;
    }
    let followed = at_random_moments(which, |nth| {
        let threads = Arc::clone(threads);
        async move { threads.follow(nth).await }
    });
    let followed = followed.await?;
    stop.send_replace(true);
    polling.await??;
    Ok(Sorted::new(followed))
}

impl Threads {
    /// Votes for the nth thread, or comments on it, and says how long after the commit its sums show that.
    async fn follow(&self, nth: usize) -> anyhow::Result<Duration> {
        let (thread, person, asked) = (&self.each[nth], u32::try_from(nth)?, Instant::now());
        let changed = if nth.is_multiple_of(2) {
            change::vote(&self.door, thread, person).await?
        } else {
            change::comment(&self.door, thread, person).await?
        };
        // No later than the commit: the request was on its way before that began.
        let committed = asked + changed.write;
        self.until(thread, committed, |seen| seen.up_votes + seen.comments > 0).await
    }

    /// Waits until the sums of a thread are so, and says how long that is since then.
    async fn until(
        &self,
        thread: &str,
        since: Instant,
        is_so: impl Fn(&analytics::Thread) -> bool,
    ) -> anyhow::Result<Duration> {
        let began = Instant::now();
        loop {
            let seen = analytics::thread(&mut *self.pool.acquire().await?, thread).await?;
            if seen.is_some_and(|seen| is_so(&seen)) {
                return Ok(since.elapsed());
            }
            ensure!(began.elapsed() < PATIENCE, "{thread} was not brought up to date within {} s", PATIENCE.as_secs());
            sleep(LOOK).await;
        }
    }
}
