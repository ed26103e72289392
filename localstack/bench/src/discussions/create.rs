//! What it takes to create a thread, very often, with Kafka there, with nobody who publishes, and with Kafka away.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::ensure;

use super::door::{Door, Environments};
use super::load::{Load, SECONDS, all_at_once};
use crate::figures::Sorted;
use crate::outbox::pending;
use crate::results::{Bar, Results, Table, number};
use crate::stage::Stage;

/// Requests a second, and where both processors have time to spare.
const RATE: u32 = 1_000;
const SELDOM: u32 = 200;
/// Environments of the function.
const ENVIRONMENTS: u32 = 32;
/// So many failures tell an environment that Kafka is away (`KAFKA_OUTAGE_AFTER`).
const OUTAGE_AFTER: u32 = 3;

const COLUMNS: [&str; 11] = [
    "Kafka",
    "answers/s",
    "request p50 ms",
    "p99",
    "without drain p50",
    "p99",
    "write p50",
    "p99",
    "drain p50",
    "p99",
    "in the outbox",
];

/// What became of Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kafka {
    Here,
    /// It is there, and nobody publishes.
    Unused,
    Away,
}

/// What a run came to.
struct Run {
    /// What the first requests of all environments took, in milliseconds.
    first: Sorted,
    load: Load,
    /// All requests, and what is in the outbox after them.
    requests: i64,
    left: i64,
}

/// Measures it.
pub(super) async fn run(stage: &mut Stage<'_>, results: &mut Results) -> anyhow::Result<()> {
    results.heading(&format!("Creating a thread, {RATE} times a second"));
    results.say(&format!(
        "For {SECONDS} s each: `discussions-api`'s own code, in {ENVIRONMENTS} environments in one process, with all servers and the client on \
         this machine. A request counts from the moment at which it was due, to the last byte of the answer, with the look-up of the API \
         key. Its `write` and `drain` are what `Server-Timing` says: until the commit, and the publishing after that. Where Kafka is away \
         every environment knows it, and tries again each second (`KAFKA_PROBE_INTERVAL_MS`)"
    ));
    let table = Table::new(&COLUMNS);
    results.table(&table);
    let seldom = measured(stage, Kafka::Here, SELDOM).await?;
    results.row(&table, &seldom.load.row(&format!("there, {SELDOM}/s"), seldom.left));
    let often = measured(stage, Kafka::Here, RATE).await?;
    results.row(&table, &often.load.row("there", often.left));
    let unused = measured(stage, Kafka::Unused, RATE).await?;
    results.row(&table, &unused.load.row("unused", unused.left));
    let away = measured(stage, Kafka::Away, RATE).await?;
    results.row(&table, &away.load.row("away", away.left));
    tell(&seldom.load, &often, &unused.load, results);
    tell_outage(&away, results);
    Ok(())
}

async fn measured(stage: &mut Stage<'_>, kafka: Kafka, rate: u32) -> anyhow::Result<Run> {
    stage.database.empty_discussions().await?;
    stage.database.settle().await?;
    let door = Arc::new(Door::Here(Environments::start(stage, ENVIRONMENTS, &kafka.settings()?)?));
    let mut first = Vec::new();
    for _ in 0..OUTAGE_AFTER {
        first.extend(all_at_once(&door, ENVIRONMENTS).await?);
    }
    let load = Load::put_on(&door, rate).await?;
    let requests = i64::from(OUTAGE_AFTER * ENVIRONMENTS + rate * SECONDS);
    let left = pending(&mut stage.database.connection).await?;
    ensure!(kafka == Kafka::Here || left == requests, "{requests} requests left {left} rows in the outbox");
    Ok(Run { first: Sorted::new(first), load, requests, left })
}

fn tell(seldom: &Load, often: &Run, unused: &Load, results: &mut Results) {
    for (name, figures) in [
        ("create", &seldom.request),
        ("create_write", &seldom.write),
        ("create_drain", &seldom.drain),
        ("create_without_drain", &unused.request),
    ] {
        results.figure(&format!("discussions-api.{name}_ms.p50"), figures.of(0.5));
        results.figure(&format!("discussions-api.{name}_ms.p99"), figures.of(0.99));
    }
    let Run { load, requests, left, .. } = often;
    results.figure("discussions-api.created_per_second", load.rate);
    results.figure("discussions-api.create_drain_share", seldom.drain_share);
    results.say(&format!(
        "At {SELDOM} a second the drain is {:.0} % of what the function takes. At {RATE} a second {:.0} were answered, and the drain is {:.0} %: \
         what a request publishes costs both processors more than what it writes; of {requests} events {left} were left to the relay",
        seldom.drain_share * 100.0,
        load.rate,
        load.drain_share * 100.0
    ));
    let what = format!(
        "Creating a thread at {RATE} writes/s ({:.0} reached), without the drain (nobody publishes), median",
        unused.rate
    );
    results.judge(&what, unused.request.of(0.5), "ms", Bar::Below(5.0));
}

fn tell_outage(Run { first, load, requests, left }: &Run, results: &mut Results) {
    results.figure("discussions-api.create_kafka_away_ms.p50", load.request.of(0.5));
    results.figure("discussions-api.create_kafka_away_ms.p99", load.request.of(0.99));
    results.say(&format!(
        "With Kafka away the first {OUTAGE_AFTER} requests of each environment, by which it learns that, take p50 {} ms, longest {} ms, with the \
         cold start. The longest of the others takes {} ms. {requests} requests made the outbox grow by {left}",
        number(first.of(0.5)),
        number(first.of(1.0)),
        number(load.request.of(1.0))
    ));
    let what = format!("Creating a thread at {RATE} writes/s ({:.0} reached) with Kafka away, p99", load.rate);
    results.judge(&what, load.request.of(0.99), "ms", Bar::Below(100.0));
}

impl Kafka {
    /// What the function is told of it, over what it is told anyway.
    fn settings(self) -> anyhow::Result<Vec<(&'static str, String)>> {
        Ok(match self {
            Self::Here => Vec::new(),
            Self::Unused => vec![("OUTBOX_PUBLISHING", "off".to_owned())],
            Self::Away => vec![("KAFKA_BOOTSTRAP_SERVERS", closed_port()?)],
        })
    }
}

/// Where nobody listens.
fn closed_port() -> anyhow::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
