//! Discussions: what it takes to change one, how soon the aggregates show it, how fast they are kept, and what the best of a large course
//! take to read.

mod aggregates;
mod change;
mod create;
mod door;
mod load;
mod talk;
mod top;
mod visible;

use time::OffsetDateTime;

use crate::arguments::Sizes;
use crate::payload::{self, Payload};
use crate::results::Results;
use crate::stage::Stage;
use talk::Talk;

/// Measures discussions. What is known of threads before is gone at the end.
pub(crate) async fn run(stage: &mut Stage<'_>, sizes: &Sizes, results: &mut Results) -> anyhow::Result<()> {
    create::run(stage, results).await?;
    visible::run(stage, sizes, results).await?;
    aggregates::run(stage.database, stage.template, results).await?;
    if sizes.threads > 0 {
        top::run(stage, sizes, results).await?;
    }
    stage.database.empty_discussions().await
}

/// Batches in which so many threads are created, others for each hour.
pub(crate) fn creations(hour: OffsetDateTime, count: u32, batch_size: u64) -> Vec<Payload> {
    let mut talk = Talk::seeded(count, hour.unix_timestamp().unsigned_abs());
    payload::all(&talk.create(hour), batch_size)
}
