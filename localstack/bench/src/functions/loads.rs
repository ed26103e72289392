use std::collections::BTreeMap;

use anyhow::Context as _;
use template::Mapping;
use time::{Duration, OffsetDateTime};

use super::Known;
use crate::clicks::Clicks;
use crate::figures::{middle, millis};
use crate::host::Host;
use crate::payload::{self, Make as _, Payload};
use crate::results::{Results, Table, number};
use crate::stage::Stage;
use crate::{discussions, orders, outbox, users};

/// Requests that count, after some that do not.
const REQUESTS: u32 = 1_000;
const WARM_UP: u32 = 100;
/// Ticks of a function that is invoked on a schedule.
const TICKS: u32 = 20;
/// Batches of one record, and full ones.
const SINGLE: u32 = 100;
const FULL: u32 = 10;

/// Gives each function what it is made for, and says how long it takes and what memory it comes to.
pub(super) async fn run(
    stage: &mut Stage<'_>,
    names: &[String],
    known: &mut BTreeMap<String, Known>,
    results: &mut Results,
) -> anyhow::Result<()> {
    results.heading("Durations");
    results.say(&format!(
        "What Lambda would bill, by the runtime's clock: the mean of {REQUESTS} requests of one client, one after the other, or of {TICKS} \
         ticks with nothing to do; of a consumer a batch's fixed time and each record's, from {SINGLE} batches of one and {FULL} full ones \
         (medians). `redirect` follows a cached link, `links-api` makes links, `events-api` takes one event, `read-api` shows a user, \
         `discussions-api` creates threads, `analytics-api` shows one, and `outbox-relay` is told to work for a second"
    ));
    stage.database.empty().await?;
    let host = Host::start(stage, stage.template.functions.clone()).await?;
    let hour = stage.database.last_hour().await?;
    let table =
        Table::new(&["function", "request or tick ms", "batch ms", "record ms", "full: records", "full: ms"]).first(19);
    results.table(&table);
    for name in names {
        let function = stage.function(name)?;
        let mean = mean(&host, name, if function.routes.is_empty() { TICKS } else { REQUESTS }).await?;
        let kind = if function.routes.is_empty() { "tick_ms" } else { "duration_ms" };
        results.figure(&format!("{name}.{kind}.mean"), mean);
        let mut cells = vec![name.clone(), number(mean)];
        match function.mappings.first() {
            Some(mapping) => cells.extend(batches(&host, name, mapping, hour, results).await?),
            None => cells.extend(vec![String::new(); 4]),
        }
        results.row(&table, &cells);
        work(&host, stage, name).await?;
        let known = known.get_mut(name).context("it was started")?;
        known.work = host.peak(name).await? / f64::from(1 << 20);
    }
    host.stop().await;
    stage.database.empty().await
}

async fn mean(host: &Host, name: &str, requests: u32) -> anyhow::Result<f64> {
    let warm_up = WARM_UP.min(requests / 10).max(1);
    for _ in 0..warm_up {
        host.ask(name).await?;
    }
    let before = host.after(name, f64::from(warm_up)).await?;
    for _ in 0..requests {
        host.ask(name).await?;
    }
    let after = host.after(name, before.count + f64::from(requests)).await?;
    Ok(after.mean_ms_since(before))
}

/// What a batch takes whatever it holds, what each record adds, and how many records a full one has.
async fn batches(
    host: &Host,
    name: &str,
    mapping: &Mapping,
    hour: OffsetDateTime,
    results: &mut Results,
) -> anyhow::Result<Vec<String>> {
    let is_full = u64::from(mapping.batch_size);
    // One hour for each kind: no two events may have one id.
    let single = timed(host, name, &payloads(name, hour - Duration::HOUR, SINGLE, 1)).await?;
    let full = payloads(name, hour - Duration::HOUR * 2, mapping.batch_size * FULL, is_full);
    let records = full[0].records;
    let full = timed(host, name, &full[..FULL.min(u32::try_from(full.len())?) as usize]).await?;
    #[expect(clippy::cast_precision_loss, reason = "some thousands of records")]
    let record = (full - single) / (records - 1) as f64;
    results.figure(&format!("{name}.batch_ms.full"), full);
    // Others have these from a part of their own, beside the click sink.
    if !["event-fanout", "discussion-consumer"].contains(&name) {
        results.figure(&format!("{name}.batch_ms.fixed"), single - record);
        results.figure(&format!("{name}.record_ms"), record);
    }
    Ok(vec![number(single - record), format!("{record:.4}"), records.to_string(), number(full)])
}

/// The median of a batch, in milliseconds. The first does not count: it comes to a table that knows nothing of its hour.
async fn timed(host: &Host, name: &str, payloads: &[Payload]) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for payload in payloads {
        times.push(millis(host.timed(name, payload).await?));
    }
    Ok(middle(times.split_off(1.min(times.len() - 1))))
}

fn payloads(name: &str, hour: OffsetDateTime, events: u32, batch_size: u64) -> Vec<Payload> {
    match name {
        "click-consumer" => payload::all(&Clicks::new().of_hour(hour, events), batch_size),
        "order-consumer" => orders::batches(hour, events, batch_size),
        "discussion-consumer" => discussions::creations(hour, events, batch_size),
        _ => users::registrations(hour, events, batch_size),
    }
}

/// What takes a function more memory than its usual request.
async fn work(host: &Host, stage: &mut Stage<'_>, name: &str) -> anyhow::Result<()> {
    if name == "outbox-relay" {
        outbox::leave_behind(stage.database, &stage.bootstrap).await?;
        host.ask(name).await?;
        return outbox::remove(stage.database, &stage.bootstrap).await;
    }
    host.ask_much(name).await
}
