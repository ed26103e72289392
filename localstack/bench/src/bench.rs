//! The rounds: both contenders in turn, each time from the same state of the table.

use std::time::Duration;

use click_consumer::{ClickConsumer, Enricher};
use settings::Environment;
use time::OffsetDateTime;

use crate::Arguments;
use crate::clicks::Clicks;
use crate::database::Database;
use crate::figures::{Round, median, print, print_head, print_median, rate};
use crate::work::Work;

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
        warm_up.consume(&self.consumer).await?;
        let work = self.work(self.arguments.clicks)?;
        println!(
            "{} clicks a round, in {} batches of at most {:.1} MB",
            work.clicks,
            work.batches(),
            rate(work.largest_payload() as u64, Duration::from_secs(1_000_000))
        );
        print_head();
        let mut rounds = Vec::new();
        let mut sinking = Duration::ZERO;
        for nth in 1..=self.arguments.rounds {
            let (mut sink, mut copy) = (Duration::ZERO, Duration::ZERO);
            // In turn, so that neither always comes second.
            for sink_now in [nth % 2 == 1, nth % 2 == 0] {
                self.database.empty().await?;
                self.database.settle().await?;
                if sink_now {
                    sink = work.consume(&self.consumer).await?;
                } else {
                    copy = work.copy(&mut self.database.connection).await?;
                }
            }
            sinking += sink;
            rounds.push(Round { sink: rate(work.clicks, sink), copy: rate(work.clicks, copy) });
            print(&nth.to_string(), rounds[rounds.len() - 1]);
        }
        print_median(&rounds);
        print_parts(&work, sinking / self.arguments.rounds);
        Ok(rounds)
    }

    /// By the sink itself, so that the totals are there as well.
    async fn prefill(&mut self) -> anyhow::Result<()> {
        let mut left = self.arguments.prefill;
        while left > 0 {
            let work = self.work(left.min(PREFILL_HOUR))?;
            work.consume(&self.consumer).await?;
            left -= left.min(PREFILL_HOUR);
            println!("Filling the table: {left} clicks to go");
        }
        Ok(())
    }

    async fn with_filled_table(&mut self) -> anyhow::Result<Vec<Round>> {
        print_head();
        let mut rounds = Vec::new();
        for nth in 1..=self.arguments.rounds {
            let (for_sink, for_copy) = (self.work(self.arguments.clicks)?, self.work(self.arguments.clicks)?);
            self.database.settle().await?;
            let sink = for_sink.consume(&self.consumer).await?;
            self.database.settle().await?;
            let copy = for_copy.copy(&mut self.database.connection).await?;
            rounds.push(Round { sink: rate(for_sink.clicks, sink), copy: rate(for_copy.clicks, copy) });
            print(&nth.to_string(), rounds[rounds.len() - 1]);
        }
        print_median(&rounds);
        Ok(rounds)
    }
}

fn print_parts(work: &Work, sinking: Duration) {
    let batches = f64::from(u32::try_from(work.batches()).unwrap_or(u32::MAX));
    let each = |time: Duration| time.as_secs_f64() * 1e3 / batches;
    println!(
        "\nA batch takes the sink {:.1} ms: payload {:.1}, decode and enrich {:.1}, transaction {:.1}",
        each(sinking),
        each(work.parsing),
        each(work.reading),
        each(sinking.saturating_sub(work.parsing + work.reading))
    );
}
