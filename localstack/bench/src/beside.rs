//! A consumer beside the click sink in the same run: both from the bytes of Lambda's payload to the commit, in batches of the sizes that
//! the template says.

use std::time::Duration;

use anyhow::{Context, ensure};
use click_consumer::ClickConsumer;
use events::Event;
use settings::Environment;
use template::Template;
use time::OffsetDateTime;

use crate::clicks::Clicks;
use crate::database::Database;
use crate::figures::{middle, millis, rate};
use crate::payload::{self, Make, Payload};
use crate::results::{Results, Table};
use crate::statements::Watching;
use crate::work::{Consume, timed};

const ROUNDS: u32 = 5;
/// Batches of each in a round.
pub(crate) const BATCHES: u32 = 20;
/// Batches of one event.
const SINGLE: u32 = 300;
/// Clicks before any counts.
const FIRST_CLICKS: u32 = 20_000;

/// A consumer, and what it is given.
struct Contender<C, M> {
    consumer: C,
    made_by: M,
    batch_size: u32,
}

/// What one of the two did in a round.
#[derive(Default)]
struct Share {
    records: u64,
    time: Duration,
}

/// A consumer beside the sink.
pub(crate) struct Beside<C, M> {
    consumer: Contender<C, M>,
    sink: Contender<ClickConsumer, Clicks>,
    /// The hour of the next events; it goes forward, so that what comes later is newer.
    hour: OffsetDateTime,
}

/// What the rounds came to: medians of them.
pub(crate) struct Rounds {
    /// Events a second.
    pub(crate) per_second: f64,
    /// Of the click sink's rate.
    pub(crate) ratio: f64,
    /// What each full batch took, in milliseconds.
    full: Vec<f64>,
}

impl<C: Consume, M: Make> Contender<C, M> {
    fn batches(&mut self, hour: OffsetDateTime, count: u32) -> Vec<Payload> {
        payload::all(&self.made_by.of_hour(hour, self.batch_size * count), self.batch_size.into())
    }

    /// From the payload's bytes to the commit, as its function does it.
    async fn take(&self, batch: &Payload) -> anyhow::Result<Duration> {
        let (outcomes, time) = timed(&self.consumer, &batch.json).await?;
        ensure!(outcomes.applied == batch.records, "not every event of a batch took effect: {outcomes:?}");
        Ok(time)
    }
}

impl<C: Consume, M: Make> Beside<C, M> {
    /// The consumer of this topic, and the sink. The table of clicks is emptied.
    pub(crate) async fn start(
        (consumer, made_by): (C, M),
        topic: &str,
        template: &Template,
        database: &mut Database,
    ) -> anyhow::Result<Self> {
        let environment = Environment::from_iter([("DATABASE_URL", database.url("onceward_app"))]);
        database.empty().await?;
        let sink = ClickConsumer::start(&environment)?;
        Ok(Self {
            consumer: Contender { consumer, made_by, batch_size: batch_size(template, topic)? },
            sink: Contender {
                consumer: sink,
                made_by: Clicks::new(),
                batch_size: batch_size(template, "link.clicks")?,
            },
            hour: database.last_hour().await? - time::Duration::HOUR * (ROUNDS + 3),
        })
    }

    /// Records of a batch, of the consumer's and of the sink's.
    pub(crate) fn batch_sizes(&self) -> (u32, u32) {
        (self.consumer.batch_size, self.sink.batch_size)
    }

    /// Brings in what is there at the start, and loads what the first batch of clicks would load.
    pub(crate) async fn prepare(
        &mut self,
        first: impl FnOnce(&mut M, OffsetDateTime) -> Vec<Event>,
    ) -> anyhow::Result<()> {
        let first = first(&mut self.consumer.made_by, self.hour);
        for batch in payload::all(&first, self.consumer.batch_size.into()) {
            self.consumer.take(&batch).await?;
        }
        let clicks = self.sink.made_by.of_hour(self.hour, FIRST_CLICKS);
        for batch in payload::all(&clicks, self.sink.batch_size.into()) {
            self.sink.take(&batch).await?;
        }
        self.hour += time::Duration::HOUR;
        Ok(())
    }

    /// Both in turn, so that both meet the same machine. `what` are the events.
    pub(crate) async fn rounds(
        &mut self,
        what: &str,
        database: &mut Database,
        results: &mut Results,
    ) -> anyhow::Result<Rounds> {
        let table = Table::new(&["round", &format!("{what}/s"), "clicks/s", "ratio"]);
        let cells = |name: String, [events, clicks, ratio]: [f64; 3]| {
            [name, format!("{events:.0}"), format!("{clicks:.0}"), format!("{ratio:.2}")]
        };
        results.table(&table);
        let (mut rounds, mut full) = (Vec::new(), Vec::new());
        for nth in 1..=ROUNDS {
            database.settle().await?;
            let (events, clicks) = self.round(&mut full).await?;
            rounds.push([events, clicks, events / clicks]);
            results.row(&table, &cells(nth.to_string(), rounds[rounds.len() - 1]));
        }
        let medians = [0, 1, 2].map(|column| middle(rounds.iter().map(|round: &[f64; 3]| round[column]).collect()));
        results.row(&table, &cells("median".to_owned(), medians));
        Ok(Rounds { per_second: medians[0], ratio: medians[2], full })
    }

    /// A round: rates a second of both. Adds what each full batch of the consumer took, in milliseconds.
    async fn round(&mut self, full: &mut Vec<f64>) -> anyhow::Result<(f64, f64)> {
        let (events, clicks) = (self.consumer.batches(self.hour, BATCHES), self.sink.batches(self.hour, BATCHES));
        self.hour += time::Duration::HOUR;
        let (mut consumer, mut sink) = (Share::default(), Share::default());
        for (events, clicks) in events.iter().zip(&clicks) {
            let time = self.consumer.take(events).await?;
            if events.records == u64::from(self.consumer.batch_size) {
                full.push(millis(time));
            }
            consumer.add(events, time);
            sink.add(clicks, self.sink.take(clicks).await?);
        }
        Ok((consumer.rate(), sink.rate()))
    }

    /// Says where the time of a batch of the consumer goes.
    pub(crate) async fn watched(&mut self, results: &mut Results) -> anyhow::Result<()> {
        let batches = self.consumer.batches(self.hour, BATCHES);
        self.hour += time::Duration::HOUR;
        let mut watching = Watching::start();
        for batch in &batches {
            watching.batch(self.consumer.take(batch).await?);
        }
        watching.show(&[], results);
        Ok(())
    }

    /// What a batch takes whatever it holds, and what each record adds: from batches of one, and from the full ones of the rounds.
    pub(crate) async fn each_record(
        &mut self,
        function: &str,
        rounds: Rounds,
        results: &mut Results,
    ) -> anyhow::Result<()> {
        let (batch, single, records) = (middle(rounds.full), self.single().await?, self.consumer.batch_size);
        let record_ms = (batch - single) / f64::from(records - 1);
        results.say(&format!(
            "A batch of {records} takes {batch:.1} ms, one of a single event {single:.2} ms: {record_ms:.4} ms a record"
        ));
        results.figure(&format!("{function}.batch_ms.fixed"), single - record_ms);
        results.figure(&format!("{function}.record_ms"), record_ms);
        Ok(())
    }

    /// What a batch of one event takes, in milliseconds.
    async fn single(&mut self) -> anyhow::Result<f64> {
        let mut times = Vec::new();
        for batch in payload::all(&self.consumer.made_by.of_hour(self.hour, SINGLE), 1) {
            times.push(millis(self.consumer.take(&batch).await?));
        }
        Ok(middle(times))
    }
}

impl Share {
    fn add(&mut self, batch: &Payload, time: Duration) {
        self.records += batch.records;
        self.time += time;
    }

    fn rate(&self) -> f64 {
        rate(self.records, self.time)
    }
}

fn batch_size(template: &Template, topic: &str) -> anyhow::Result<u32> {
    let mut mappings = template.functions.iter().flat_map(|function| &function.mappings);
    let mapping = mappings.find(|mapping| mapping.topic == topic);
    Ok(mapping.with_context(|| format!("no mapping of the template is for {topic}"))?.batch_size)
}
