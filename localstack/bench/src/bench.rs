//! The rounds: both contenders in turn, on the same table.

use std::time::{Duration, Instant};

use click_consumer::{ClickConsumer, Enricher};
use settings::Environment;
use time::OffsetDateTime;

use crate::arguments::Sizes;
use crate::clicks::Clicks;
use crate::database::Database;
use crate::figures::{Round, Rounds, rate};
use crate::payload::Make as _;
use crate::results::{Bar, Results};
use crate::work::{Batch, Work};
use crate::{spoiled, statements};

/// Clicks of one hour while the table is filled.
const PREFILL_HOUR: u32 = 200_000;

struct Bench<'a> {
    sizes: &'a Sizes,
    database: &'a mut Database,
    consumer: ClickConsumer,
    enricher: Enricher,
    clicks: Clicks,
    /// The hour of the last clicks; it goes on, as time does, so that what comes later is newer.
    hour: OffsetDateTime,
}

/// Measures the click sink.
pub(crate) async fn run(sizes: &Sizes, database: &mut Database, results: &mut Results) -> anyhow::Result<()> {
    let environment = Environment::from_iter([("DATABASE_URL", database.url("onceward_app"))]);
    let mut bench = Bench {
        sizes,
        consumer: ClickConsumer::start(&environment)?,
        enricher: Enricher::load(&environment)?,
        clicks: Clicks::new(),
        hour: database.last_hour().await? - time::Duration::HOUR * hours(sizes),
        database,
    };
    results.heading("The click sink beside COPY");
    let empty = bench.with_empty_table(results).await?;
    results.figure("clicks.ratio", empty.ratio());
    results.figure("clicks.per_second", empty.sink);
    results.judge("Click sink ÷ COPY, an empty table", empty.ratio(), "", Bar::AtLeast(0.5));
    bench.where_time_goes(results).await?;
    bench.hour += time::Duration::HOUR;
    results.heading("What spoils a batch of clicks");
    spoiled::run(&bench.consumer, &mut bench.clicks, bench.database, bench.hour, results).await?;
    if sizes.prefill == 0 {
        return Ok(());
    }
    results.heading(&format!("The click sink with {} clicks in the table", sizes.prefill));
    bench.database.empty().await?;
    bench.prefill().await?;
    bench.database.vacuum_clicks().await?;
    let filled = bench.with_filled_table(results).await?;
    results.figure("clicks.prefilled_ratio", filled.sink / empty.sink);
    results.judge("Click sink, full table ÷ empty table", filled.sink / empty.sink, "", Bar::AtLeast(0.8));
    // The others begin with an empty table.
    bench.database.empty().await
}

/// Hours of clicks that are made, at most.
fn hours(sizes: &Sizes) -> u32 {
    let (warm_up, empty, watched, spoiled) = (1, 1, 1, 1);
    warm_up + empty + watched + spoiled + sizes.prefill.div_ceil(PREFILL_HOUR) + sizes.rounds
}

impl Bench<'_> {
    fn work(&mut self, clicks: u32) -> anyhow::Result<Work> {
        self.hour += time::Duration::HOUR;
        Work::new(&self.clicks.of_hour(self.hour, clicks), self.sizes.batch_size, &self.enricher)
    }

    async fn with_empty_table(&mut self, results: &mut Results) -> anyhow::Result<Round> {
        // What is loaded at the first batch is not measured: parsers, statements, the user agents.
        let warm_up = self.work(20_000)?;
        self.fill(&warm_up).await?;
        let work = self.work(self.sizes.clicks)?;
        results.say(&work.to_string());
        let mut rounds = Rounds::begin(results);
        for nth in 1..=self.sizes.rounds {
            self.database.empty().await?;
            let (sink, copy) = self.round(&work, nth).await?;
            rounds.add(results, Round { sink: sink.rate(), copy: copy.rate() });
        }
        Ok(rounds.end(results))
    }

    /// Statement by statement, of batches of their own.
    async fn where_time_goes(&mut self, results: &mut Results) -> anyhow::Result<()> {
        let work = self.work(self.sizes.clicks)?;
        self.database.empty().await?;
        self.database.settle().await?;
        results.heading("Where the time of a batch goes");
        statements::run(&work, &self.consumer, results).await
    }

    /// The batches go to the sink and to `COPY` in turn, so that both meet the same table and whatever else the machine does; in
    /// the next round each gets those of the other.
    async fn round(&mut self, work: &Work, nth: u32) -> anyhow::Result<(Share, Share)> {
        self.database.settle().await?;
        let (mut sink, mut copy) = (Share::default(), Share::default());
        for (place, batch) in (nth..).zip(&work.batches) {
            if place % 2 == 1 {
                sink.add(batch, batch.consume(&self.consumer).await?);
            } else {
                copy.add(batch, batch.copy(&mut self.database.connection).await?);
            }
        }
        Ok((sink, copy))
    }

    /// By the sink alone, so that the totals are there as well.
    async fn fill(&mut self, work: &Work) -> anyhow::Result<()> {
        for batch in &work.batches {
            batch.consume(&self.consumer).await?;
        }
        Ok(())
    }

    async fn prefill(&mut self) -> anyhow::Result<()> {
        let (mut left, started) = (self.sizes.prefill, Instant::now());
        while left > 0 {
            let done = self.sizes.prefill - left;
            let rest = started.elapsed().as_secs_f64() / f64::from(done) * f64::from(left);
            let rest = if done > 0 { format!(", {rest:.0} s") } else { String::new() };
            println!("Filling the table: {left} clicks to go{rest}");
            let work = self.work(left.min(PREFILL_HOUR))?;
            self.fill(&work).await?;
            left -= left.min(PREFILL_HOUR);
        }
        Ok(())
    }

    async fn with_filled_table(&mut self, results: &mut Results) -> anyhow::Result<Round> {
        let mut rounds = Rounds::begin(results);
        for nth in 1..=self.sizes.rounds {
            let work = self.work(self.sizes.clicks)?;
            let (sink, copy) = self.round(&work, nth).await?;
            rounds.add(results, Round { sink: sink.rate(), copy: copy.rate() });
        }
        Ok(rounds.end(results))
    }
}

/// What one of the two had of a round.
#[derive(Default)]
struct Share {
    clicks: u64,
    time: Duration,
}

impl Share {
    fn add(&mut self, batch: &Batch, time: Duration) {
        self.clicks += batch.clicks;
        self.time += time;
    }

    fn rate(&self) -> f64 {
        rate(self.clicks, self.time)
    }
}
