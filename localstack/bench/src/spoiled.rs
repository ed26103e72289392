//! What a malformed record in each batch costs the sink, and what one click in a hundred costs that was counted before.

use std::time::Duration;

use anyhow::ensure;
use click_consumer::ClickConsumer;
use consumer::Outcomes;
use events::Event;
use time::OffsetDateTime;

use crate::clicks::Clicks;
use crate::database::Database;
use crate::figures::{middle, rate};
use crate::payload::{self, Make as _, Payload};
use crate::results::{Results, Table};
use crate::work::timed;

/// Records of a batch: as many as a payload of 6 MB holds for certain.
const RECORDS: usize = 4500;
/// Batches of each kind in a round. Every 32nd is followed by a fold of the counts, which so meets each kind once.
const BATCHES: usize = 32;
const ROUNDS: usize = 5;

/// What a batch has besides new clicks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Clean,
    Malformed,
    Duplicates,
}

const KINDS: [Kind; 3] = [Kind::Clean, Kind::Malformed, Kind::Duplicates];

/// Measures and prints. The kinds take turns, so that all meet the same table.
pub(crate) async fn run(
    consumer: &ClickConsumer,
    clicks: &mut Clicks,
    database: &mut Database,
    hour: OffsetDateTime,
    results: &mut Results,
) -> anyhow::Result<()> {
    let table = Table::new(&["round", "clean clicks/s", "1 malformed a batch", "1 % duplicates  "]);
    results.table(&table);
    let mut rates: [Vec<f64>; 3] = Default::default();
    for round in 0..ROUNDS {
        database.empty().await?;
        database.settle().await?;
        let events = clicks.of_hour(hour, u32::try_from(RECORDS * BATCHES * KINDS.len())?);
        let mut times = [Duration::ZERO; 3];
        for (place, part) in events.chunks(RECORDS).enumerate() {
            // Another kind begins each round, and each has each neighbour as often.
            let kind = KINDS[(place + round) % KINDS.len()];
            let before = &events[(place * RECORDS).saturating_sub(RECORDS)..place * RECORDS];
            times[kind as usize] += consume(consumer, kind, part, before, round * 100 + place).await?;
        }
        let round_rates = times.map(|time| rate((RECORDS * BATCHES) as u64, time));
        results.row(&table, &row(&(round + 1).to_string(), round_rates));
        rates.iter_mut().zip(round_rates).for_each(|(rates, rate)| rates.push(rate));
    }
    results.row(&table, &row("median", rates.map(middle)));
    Ok(())
}

/// With what each costs in time, a click.
fn row(name: &str, [clean, malformed, duplicates]: [f64; 3]) -> Vec<String> {
    let cost = |rate: f64| format!("{rate:.0} ({:+.1} %)", 100.0 * (clean / rate - 1.0));
    vec![name.to_owned(), format!("{clean:.0}"), cost(malformed), cost(duplicates)]
}

async fn consume(
    consumer: &ClickConsumer,
    kind: Kind,
    events: &[Event],
    before: &[Event],
    nth: usize,
) -> anyhow::Result<Duration> {
    let (mut events, mut expected) = (events.to_vec(), Outcomes { applied: RECORDS as u64, ..Outcomes::default() });
    if kind == Kind::Duplicates {
        for (place, event) in before.iter().enumerate().step_by(100) {
            events[place] = event.clone();
            expected.duplicates += 1;
            expected.applied -= 1;
        }
    }
    let malformed = usize::from(kind == Kind::Malformed);
    expected.dead_lettered = malformed as u64;
    let Payload { json, .. } = payload::one(&events, malformed, nth);
    let (outcomes, time) = timed(consumer, &json).await?;
    ensure!(outcomes == expected, "a batch came to {outcomes:?} instead of {expected:?}");
    Ok(time)
}
