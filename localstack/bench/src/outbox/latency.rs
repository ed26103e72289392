//! From the commit of a request to the acknowledgement of its event.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use kafka::OrderedPublisher;
use sqlx::PgPool;
use store::outbox::NewRow;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep};
use uuid::Uuid;

use super::{KEYS, PAYLOAD_BYTES, Place, TOPIC};
use crate::figures::{Sorted, millis};
use crate::results::{Bar, Results};

/// Requests a second, and for how long.
const RATE: u32 = 200;
const SECONDS: u32 = 30;
/// Environments of the function, each with a connection and a producer of its own.
const ENVIRONMENTS: usize = 8;
/// `OUTBOX_DRAIN_MS`.
const BUDGET: Duration = Duration::from_millis(200);

/// An environment of a function.
struct Function {
    pool: PgPool,
    publisher: OrderedPublisher,
}

pub(super) async fn run(place: &mut Place<'_>, results: &mut Results) -> anyhow::Result<()> {
    let relay = outbox_relay::Relay::start(&place.environment())?;
    let relaying = tokio::spawn(async move { relay.handle(None, time::OffsetDateTime::UNIX_EPOCH).await });
    let measured = requests(place).await;
    relaying.abort();
    let latencies = measured?;
    let late = latencies.iter().filter(|latency| **latency > BUDGET).count();
    let latencies = Sorted::new(latencies.into_iter().map(millis).collect());
    let [p50, p99, p999, longest] = [0.5, 0.99, 0.999, 1.0].map(|share| latencies.of(share));
    results.say(&format!(
        "Commit to Kafka at {RATE} writes/s, {} requests in {ENVIRONMENTS} environments beside a relay: \
         p50 {p50:.1} ms, p99 {p99:.1} ms, p99.9 {p999:.1} ms, longest {longest:.1} ms; {late} beyond the request's budget",
        latencies.count(),
    ));
    results.figure("outbox.commit_to_kafka_ms.p50", p50);
    results.figure("outbox.commit_to_kafka_ms.p99", p99);
    results.judge("Outbox, from commit to Kafka, median", p50, "ms", Bar::Below(50.0));
    Ok(())
}

/// Sends requests at a steady rate, and gives for each how long after its commit the event was acknowledged and removed.
async fn requests(place: &Place<'_>) -> anyhow::Result<Vec<Duration>> {
    let mut functions = Vec::new();
    for _ in 0..ENVIRONMENTS {
        functions.push(Arc::new(Function { pool: store::pool(&place.environment())?, publisher: place.publisher()? }));
    }
    // What a cold start costs is not measured here.
    for (nth, function) in (0..).zip(&functions) {
        request(function, nth).await?;
    }
    let (free, mut ticks) = (Arc::new(Semaphore::new(ENVIRONMENTS)), interval(Duration::from_secs(1) / RATE));
    let idle = Arc::new(std::sync::Mutex::new(functions));
    let mut running = JoinSet::new();
    for nth in 0..RATE * SECONDS {
        ticks.tick().await;
        let (permit, idle) = (Arc::clone(&free).acquire_owned().await?, Arc::clone(&idle));
        let function = idle.lock().expect("no holder panics").pop().context("there is one for each permit")?;
        running.spawn(async move {
            let latency = request(&function, nth).await;
            idle.lock().expect("no holder panics").push(function);
            drop(permit);
            latency
        });
    }
    running.join_all().await.into_iter().collect()
}

async fn request(function: &Function, nth: u32) -> anyhow::Result<Duration> {
    let key = format!("key-{}", nth % KEYS);
    let payload = vec![b'x'; PAYLOAD_BYTES as usize];
    let row = NewRow { id: Uuid::nil(), topic: TOPIC, key: &key, event_type: "bench.happened", payload: &payload };
    let mut transaction = function.pool.begin().await?;
    let shards = store::outbox::insert(&mut transaction, &[row]).await?;
    transaction.commit().await?;
    let committed = Instant::now();
    let drained = outbox::drain(&function.pool, &function.publisher, &shards, BUDGET).await;
    let latency = committed.elapsed();
    if drained.published > 0 && latency < BUDGET {
        return Ok(latency);
    }
    // Somebody else had it in hand, or has it still.
    let asked = || sqlx::query("select from outbox where shard = $1 and aggregateid = $2").bind(shards[0]).bind(&key);
    while asked().fetch_optional(&function.pool).await?.is_some() {
        sleep(Duration::from_millis(2)).await;
    }
    Ok(committed.elapsed())
}
