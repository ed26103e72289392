//! How fast a backlog is drained, a small one and a large one.

use std::time::Duration;

use tokio::time::Instant;

use super::{Place, pending};
use crate::figures::{middle, rate};
use crate::results::{Bar, Results};

const SMALL: u32 = 10_000;
const ROUNDS: usize = 5;
/// How long a look at the large backlog may take: it meets hardly less than all of it.
const LOOK: Duration = Duration::from_millis(300);

pub(super) async fn run(place: &mut Place<'_>, large: u32, results: &mut Results) -> anyhow::Result<()> {
    let (pool, publisher) = (store::pool(&place.environment())?, place.publisher()?);
    let drain = || outbox::drain_all(&pool, &publisher, Duration::from_hours(1));
    let mut small = Vec::new();
    for _ in 0..ROUNDS {
        place.clear().await?;
        place.fill(SMALL).await?;
        place.database.settle().await?;
        let started = Instant::now();
        drain().await?;
        small.push(rate(SMALL.into(), started.elapsed()));
    }
    let small = middle(small);
    results.figure("outbox.drained_per_second", small);
    results.judge(
        &format!("Outbox, drained with {SMALL} pending (median of {ROUNDS})"),
        small,
        "events/s",
        Bar::AtLeast(10_000.0),
    );
    if large == 0 {
        return Ok(());
    }
    place.clear().await?;
    println!("Leaving {large} events behind");
    place.fill(large).await?;
    // What the filling left to write is not the drain's.
    place.database.settle().await?;
    let started = Instant::now();
    let mut first = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let drained = outbox::drain_all(&pool, &publisher, LOOK).await?;
        first.push(rate(drained.published, began.elapsed()));
    }
    let first = middle(first);
    drain().await?;
    let took = started.elapsed();
    results.figure("outbox.drained_beside_backlog_per_second", first);
    results.say(&format!(
        "Drained with {large} pending: {first:.0} events/s (median of {ROUNDS} looks of {} ms): an event takes {:.2} of what it \
         takes with {SMALL}. All: {:.1} s, {:.0} events/s, {} left",
        LOOK.as_millis(),
        small / first,
        took.as_secs_f64(),
        rate(large.into(), took),
        pending(&mut place.database.connection).await?
    ));
    Ok(())
}
