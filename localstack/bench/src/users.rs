//! The user fan-out with its audit chain, beside the click sink in the same run: both from the bytes of Lambda's payload to the commit.

mod people;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use click_consumer::ClickConsumer;
use event_fanout::EventFanout;
use settings::Environment;
use template::Template;
use time::OffsetDateTime;

use crate::clicks::Clicks;
use crate::database::Database;
use crate::figures::{middle, millis, rate};
use crate::payload::{self, Payload};
use crate::results::{Bar, Results, Table};
use crate::statements::Watching;
use crate::work;
use people::People;

const ROUNDS: u32 = 5;
/// Batches of each in a round.
const BATCHES: u32 = 20;
/// Users that are there at the start.
const USERS: u32 = 20_000;
/// Batches of one event.
const SINGLE: u32 = 300;

/// Who takes the batches, and of which size they come.
struct Bench {
    fanout: EventFanout,
    sink: ClickConsumer,
    people: People,
    clicks: Clicks,
    /// As the mappings of the template say.
    batch_sizes: (u32, u32),
    /// The hour of the next events; it goes forward, so that what comes later is newer.
    hour: OffsetDateTime,
}

/// What one of the two did in a round.
#[derive(Default)]
struct Share {
    records: u64,
    time: Duration,
}

/// Measures. The table of clicks is emptied first.
pub(crate) async fn run(database: &mut Database, template: &Template, results: &mut Results) -> anyhow::Result<()> {
    let environment = Environment::from_iter([("DATABASE_URL", database.url("onceward_app"))]);
    database.empty().await?;
    let mut bench = Bench {
        fanout: EventFanout::start(&environment)?,
        sink: ClickConsumer::start(&environment)?,
        people: People::new(),
        clicks: Clicks::new(),
        batch_sizes: (batch_size(template, "user.events")?, batch_size(template, "link.clicks")?),
        hour: database.last_hour().await? - time::Duration::HOUR * (ROUNDS + 3),
    };
    results.heading("User fan-out with its audit chain");
    let (users, clicks) = bench.batch_sizes;
    results.say(&format!(
        "{USERS} users; one event in ten registers, three update and six log in. {BATCHES} batches of {users} a round, in turn with as many \
         of {clicks} clicks. From the payload's bytes to the commit, in one process each"
    ));
    bench.prepare().await?;
    let batches = bench.rounds(database, results).await?;
    bench.watched(results).await?;
    let (batch, single) = (middle(batches), bench.single().await?);
    let record_ms = (batch - single) / f64::from(users - 1);
    results.say(&format!(
        "A batch of {users} takes {batch:.1} ms, one of a single event {single:.2} ms: {record_ms:.4} ms a record"
    ));
    results.figure("event-fanout.batch_ms.fixed", single - record_ms);
    results.figure("event-fanout.record_ms", record_ms);
    Ok(())
}

/// Batches in which so many users register, others for each hour.
pub(crate) fn registrations(hour: OffsetDateTime, count: u32, batch_size: u64) -> Vec<Payload> {
    let mut people = People::seeded(hour.unix_timestamp().unsigned_abs());
    payload::all(&people.register(hour, count), batch_size)
}

fn batch_size(template: &Template, topic: &str) -> anyhow::Result<u32> {
    let mut mappings = template.functions.iter().flat_map(|function| &function.mappings);
    let mapping = mappings.find(|mapping| mapping.topic == topic);
    Ok(mapping.with_context(|| format!("no mapping of the template is for {topic}"))?.batch_size)
}

impl Bench {
    /// Registers those who are there at the start, and loads what the first batch of clicks would load.
    async fn prepare(&mut self) -> anyhow::Result<()> {
        for batch in payload::all(&self.people.register(self.hour, USERS), self.batch_sizes.0.into()) {
            self.tell(&batch).await?;
        }
        for batch in payload::all(&self.clicks.of_hour(self.hour, 20_000), self.batch_sizes.1.into()) {
            self.count(&batch).await?;
        }
        self.hour += time::Duration::HOUR;
        Ok(())
    }

    /// Both in turn, and their ratio. Gives what each full batch of the fan-out took, in milliseconds.
    async fn rounds(&mut self, database: &mut Database, results: &mut Results) -> anyhow::Result<Vec<f64>> {
        let table = Table::new(&["round", "user events/s", "clicks/s", "ratio"]);
        let cells = |name: String, [fanout, clicks, ratio]: [f64; 3]| {
            [name, format!("{fanout:.0}"), format!("{clicks:.0}"), format!("{ratio:.2}")]
        };
        results.table(&table);
        let (mut rounds, mut batches) = (Vec::new(), Vec::new());
        for nth in 1..=ROUNDS {
            database.settle().await?;
            let (fanout, clicks) = self.round(&mut batches).await?;
            rounds.push([fanout, clicks, fanout / clicks]);
            results.row(&table, &cells(nth.to_string(), rounds[rounds.len() - 1]));
        }
        let medians = [0, 1, 2].map(|column| middle(rounds.iter().map(|round: &[f64; 3]| round[column]).collect()));
        results.row(&table, &cells("median".to_owned(), medians));
        results.figure("users.events_per_second", medians[0]);
        results.figure("users.ratio", medians[2]);
        results.judge("User fan-out, of the click sink beside it", medians[2], "", Bar::AtLeast(0.3));
        Ok(batches)
    }

    /// A round: rates a second of both. Adds what each full batch of the fan-out took, in milliseconds.
    async fn round(&mut self, full: &mut Vec<f64>) -> anyhow::Result<(f64, f64)> {
        let (users, clicks) = self.batch_sizes;
        let told = payload::all(&self.people.events(self.hour, users * BATCHES), users.into());
        let counted = payload::all(&self.clicks.of_hour(self.hour, clicks * BATCHES), clicks.into());
        self.hour += time::Duration::HOUR;
        let (mut fanout, mut sink) = (Share::default(), Share::default());
        for (told, counted) in told.iter().zip(&counted) {
            let time = self.tell(told).await?;
            if told.records == u64::from(users) {
                full.push(millis(time));
            }
            fanout.add(told, time);
            sink.add(counted, self.count(counted).await?);
        }
        Ok((fanout.rate(), sink.rate()))
    }

    /// Says where the time of a batch of the fan-out goes.
    async fn watched(&mut self, results: &mut Results) -> anyhow::Result<()> {
        let batches =
            payload::all(&self.people.events(self.hour, self.batch_sizes.0 * BATCHES), self.batch_sizes.0.into());
        self.hour += time::Duration::HOUR;
        let mut watching = Watching::start();
        for batch in &batches {
            watching.batch(self.tell(batch).await?);
        }
        watching.show(&[], results);
        Ok(())
    }

    /// What a batch of one event takes, in milliseconds.
    async fn single(&mut self) -> anyhow::Result<f64> {
        let mut times = Vec::new();
        for batch in payload::all(&self.people.events(self.hour, SINGLE), 1) {
            times.push(millis(self.tell(&batch).await?));
        }
        Ok(middle(times))
    }

    /// From the payload's bytes to the commit, as `event-fanout` does it.
    async fn tell(&self, batch: &Payload) -> anyhow::Result<Duration> {
        #[expect(clippy::disallowed_methods, reason = "the clock is read here, as the function's main does")]
        let now = OffsetDateTime::now_utc();
        let started = Instant::now();
        let payload: consumer::Payload = serde_json::from_slice(&batch.json)?;
        let outcomes = self.fanout.handle(payload, None, now).await?;
        let time = started.elapsed();
        ensure!(outcomes.applied == batch.records, "not every event of a batch took effect: {outcomes:?}");
        Ok(time)
    }

    /// The same of `click-consumer`.
    async fn count(&self, batch: &Payload) -> anyhow::Result<Duration> {
        let (outcomes, time) = work::timed(&self.sink, &batch.json).await?;
        ensure!(outcomes.applied == batch.records, "not every click of a batch was counted: {outcomes:?}");
        Ok(time)
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
