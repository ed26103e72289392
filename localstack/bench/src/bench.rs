//! The rounds: both contenders in turn, on the same table.

use std::time::Duration;

use click_consumer::{ClickConsumer, Enricher};
use settings::Environment;
use time::OffsetDateTime;

use crate::Arguments;
use crate::clicks::Clicks;
use crate::database::Database;
use crate::figures::{Round, median, print, print_head, print_median, rate};
use crate::spoiled;
use crate::work::{Batch, Work};

/// Clicks of one hour while the table is filled.
const PREFILL_HOUR: u32 = 200_000;

struct Bench<'a> {
    arguments: &'a Arguments,
    database: &'a mut Database,
    consumer: ClickConsumer,
    enricher: Enricher,
    clicks: Clicks,
    /// The hour of the next clicks; it goes back in time, so that no two have one id.
    hour: OffsetDateTime,
}

/// Measures and prints.
pub(crate) async fn run(arguments: &Arguments, database: &mut Database) -> anyhow::Result<()> {
    let environment = Environment::from_iter([("DATABASE_URL", database.url("onceward_app"))]);
    let mut bench = Bench {
        arguments,
        consumer: ClickConsumer::start(&environment)?,
        enricher: Enricher::load(&environment)?,
        clicks: Clicks::new(),
        hour: database.last_hour().await?,
        database,
    };
    let empty = bench.with_empty_table().await?;
    bench.hour -= time::Duration::HOUR;
    spoiled::run(&bench.consumer, &mut bench.clicks, bench.database, bench.hour).await?;
    if arguments.prefill == 0 {
        return Ok(());
    }
    bench.prefill().await?;
    let filled = bench.with_filled_table().await?;
    let (empty, filled) = (median(&empty, |round| round.sink), median(&filled, |round| round.sink));
    println!("The sink reaches {:.2} of what it does with an empty table.", filled / empty);
    Ok(())
}

impl Bench<'_> {
    fn work(&mut self, clicks: u32) -> anyhow::Result<Work> {
        self.hour -= time::Duration::HOUR;
        Work::new(&self.clicks.of_hour(self.hour, clicks), self.arguments.batch_size, &self.enricher)
    }

    async fn with_empty_table(&mut self) -> anyhow::Result<Vec<Round>> {
        // What is loaded at the first batch is not measured: parsers, statements, the user agents.
        let warm_up = self.work(20_000)?;
        self.fill(&warm_up).await?;
        let work = self.work(self.arguments.clicks)?;
        println!("{work}");
        print_head();
        let (mut rounds, mut sinking) = (Vec::new(), Duration::ZERO);
        for nth in 1..=self.arguments.rounds {
            self.database.empty().await?;
            let (sink, copy) = self.round(&work, nth).await?;
            sinking += sink.time / sink.batches;
            rounds.push(Round { sink: sink.rate(), copy: copy.rate() });
            print(&nth.to_string(), rounds[rounds.len() - 1]);
        }
        print_median(&rounds);
        print_parts(&work, sinking / self.arguments.rounds);
        Ok(rounds)
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
        let mut left = self.arguments.prefill;
        while left > 0 {
            println!("Filling the table: {left} clicks to go");
            let work = self.work(left.min(PREFILL_HOUR))?;
            self.fill(&work).await?;
            left -= left.min(PREFILL_HOUR);
        }
        Ok(())
    }

    async fn with_filled_table(&mut self) -> anyhow::Result<Vec<Round>> {
        print_head();
        let mut rounds = Vec::new();
        for nth in 1..=self.arguments.rounds {
            let work = self.work(self.arguments.clicks)?;
            let (sink, copy) = self.round(&work, nth).await?;
            rounds.push(Round { sink: sink.rate(), copy: copy.rate() });
            print(&nth.to_string(), rounds[rounds.len() - 1]);
        }
        print_median(&rounds);
        Ok(rounds)
    }
}

/// What one of the two had of a round.
#[derive(Default)]
struct Share {
    clicks: u64,
    batches: u32,
    time: Duration,
}

impl Share {
    fn add(&mut self, batch: &Batch, time: Duration) {
        self.clicks += batch.clicks;
        self.batches += 1;
        self.time += time;
    }

    fn rate(&self) -> f64 {
        rate(self.clicks, self.time)
    }
}

/// The sink's average time of a batch, and what it is made of.
fn print_parts(work: &Work, batch: Duration) {
    let batches = u32::try_from(work.batches.len()).unwrap_or(u32::MAX);
    let (parsing, reading) = (work.parsing / batches, work.reading / batches);
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "\nA batch takes the sink {:.1} ms: payload {:.1}, decode and enrich {:.1}, transaction {:.1}",
        millis(batch),
        millis(parsing),
        millis(reading),
        millis(batch.saturating_sub(parsing + reading))
    );
}
