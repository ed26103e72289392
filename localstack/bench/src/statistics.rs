//! From the request of a click to its row in the statistics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use event_source::EventSource;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use store::{PgPool, link_stats};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::arguments::Sizes;
use crate::figures::{Sorted, millis};
use crate::host::Host;
use crate::results::Results;
use crate::stage::{Stage, make_link};

const SEED: u64 = 20_261_122;
/// Between two clicks are 0 to so many milliseconds.
const LONGEST_GAP_MS: u64 = 400;
/// How often the statistics are read.
const LOOK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_mins(1);
/// Clicks that come when no other is on its way.
const ALONE: usize = 20;

/// A link of its own for each click, so that each is known by its count.
struct Links {
    host: Host,
    pool: PgPool,
    each: Vec<(String, Uuid)>,
}

/// Measures how long clicks take to be counted.
pub(crate) async fn run(stage: &mut Stage<'_>, sizes: &Sizes, results: &mut Results) -> anyhow::Result<()> {
    results.heading("From a click to its statistics");
    let host = Host::start(stage, vec![stage.function("redirect")?, stage.function("click-consumer")?]).await?;
    let poller = stage.poller("click-consumer", host.url())?;
    let (window, batch_size) = (poller.mapping.window, poller.mapping.batch_size);
    let (stop, stopped) = watch::channel(false);
    let polling = tokio::spawn(EventSource::run(poller, stopped));
    let followed = sizes.followed as usize;
    let links =
        Links { host, pool: store::pool(&stage.environment())?, each: links(stage, 1 + followed + ALONE).await? };
    let links = Arc::new(links);
    // The group forms, and the functions start.
    links.follow(0).await?;
    let crowd = at_random_moments(1..=followed, |nth| {
        let links = Arc::clone(&links);
        async move { links.follow(nth).await }
    })
    .await?;
    let mut alone = Vec::new();
    for nth in followed + 1..=followed + ALONE {
        alone.push(millis(links.follow(nth).await?));
    }
    stop.send_replace(true);
    polling.await??;
    Arc::into_inner(links).context("every click was waited for")?.host.stop().await;
    tell(&Sorted::new(crowd), &Sorted::new(alone), window, batch_size, results);
    Ok(())
}

fn tell(crowd: &Sorted, alone: &Sorted, window: Duration, batch_size: u32, results: &mut Results) {
    let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|share| crowd.of(share));
    results.say(&format!(
        "**{} clicks at random moments, five a second: p50 {p50:.0} ms, p99 {p99:.0} ms**, longest {longest:.0} ms, from the request to \
         the row that `GET /api/links/{{code}}/stats` reads. The mapping's window is {:.0} ms (batches of up to {batch_size}): a batch \
         waits that long after its first click",
        crowd.count(),
        millis(window)
    ));
    results.say(&format!(
        "{} clicks, each alone: p50 {:.0} ms, longest {:.0} ms",
        alone.count(),
        alone.of(0.5),
        alone.of(1.0)
    ));
    results.figure("click_to_statistics_ms.p50", p50);
    results.figure("click_to_statistics_ms.p99", p99);
    results.figure("click_to_statistics_ms.alone_p50", alone.of(0.5));
}

async fn links(stage: &mut Stage<'_>, count: usize) -> anyhow::Result<Vec<(String, Uuid)>> {
    #[expect(clippy::disallowed_methods, reason = "the links are made now")]
    let now = OffsetDateTime::now_utc();
    let mut links = Vec::new();
    for nth in 0..count {
        let code = format!("followed{nth}");
        let id = make_link(stage.database, &code, now).await?;
        links.push((code, id));
    }
    Ok(links)
}

/// Follows each at a random moment, five a second, whether or not the one before has come to its end. In milliseconds.
pub(crate) async fn at_random_moments<F>(
    which: impl Iterator<Item = usize>,
    follow: impl Fn(usize) -> F,
) -> anyhow::Result<Vec<f64>>
where
    F: Future<Output = anyhow::Result<Duration>> + Send + 'static,
{
    let (mut random, mut following) = (StdRng::seed_from_u64(SEED), JoinSet::new());
    for nth in which {
        tokio::time::sleep(Duration::from_millis(random.random_range(0..=LONGEST_GAP_MS))).await;
        following.spawn(follow(nth));
    }
    following.join_all().await.into_iter().map(|time| time.map(millis)).collect()
}

impl Links {
    /// Follows the nth link once, and says how long after the request began the click is counted.
    async fn follow(&self, nth: usize) -> anyhow::Result<Duration> {
        let (code, id) = &self.each[nth];
        let asked = Instant::now();
        self.host.get(&format!("/{code}"), 302).await?;
        loop {
            let totals = link_stats::totals(&mut *self.pool.acquire().await?, *id).await?;
            if totals.clicks > 0 {
                return Ok(asked.elapsed());
            }
            ensure!(asked.elapsed() < PATIENCE, "the click of {code} was not counted within {} s", PATIENCE.as_secs());
            tokio::time::sleep(LOOK).await;
        }
    }
}
