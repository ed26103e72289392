use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::{ConsumerFigures, DURATION_BOUNDS, falling_bounds};
use crate::consumer_batches::AGE_BOUNDS;

/// What was folded and what was not yet, together. Both are read apart: the caller's transaction sees one moment. Every bucket has a
/// count.
pub(super) async fn consumers(connection: &mut PgConnection) -> sqlx::Result<Vec<ConsumerFigures>> {
    let mut consumers: BTreeMap<String, ConsumerFigures> = BTreeMap::new();
    for more in folded(connection).await?.into_iter().chain(unfolded(connection).await?) {
        match consumers.get_mut(&more.consumer) {
            Some(known) => known.add(&more),
            None => drop(consumers.insert(more.consumer.clone(), more)),
        }
    }
    for Age { consumer, bucket, events } in unfolded_ages(connection).await? {
        if let Some(known) = consumers.get_mut(&consumer) {
            add(&mut known.ages, &only(bucket, events));
        }
    }
    for known in consumers.values_mut() {
        add(&mut known.durations, &[0; DURATION_BOUNDS.len() + 1]);
        add(&mut known.database_durations, &[0; DURATION_BOUNDS.len() + 1]);
        add(&mut known.ages, &[0; AGE_BOUNDS.len() + 1]);
    }
    Ok(consumers.into_values().collect())
}

async fn folded(connection: &mut PgConnection) -> sqlx::Result<Vec<ConsumerFigures>> {
    sqlx::query_as!(
        ConsumerFigures,
        "select
             consumer, batches, records, retries, durations, seconds, database_durations, database_seconds, ages, age_seconds,
             last_batch_at
         from consumer_batch_totals"
    )
    .fetch_all(connection)
    .await
}

/// Some of a consumer, to be added up. Without the ages.
async fn unfolded(connection: &mut PgConnection) -> sqlx::Result<Vec<ConsumerFigures>> {
    let groups = sqlx::query_file!("queries/sum_consumer_batches.sql", &falling_bounds()).fetch_all(connection).await?;
    let figures = groups.into_iter().map(|group| ConsumerFigures {
        consumer: group.consumer,
        batches: group.batches,
        records: group.records,
        retries: group.retries,
        durations: only(group.bucket, group.batches),
        seconds: group.seconds,
        database_durations: group.database_bucket.map_or_else(Vec::new, |bucket| only(bucket, group.batches)),
        database_seconds: group.database_seconds.unwrap_or(0.0),
        ages: Vec::new(),
        age_seconds: group.age_seconds,
        last_batch_at: group.last_batch_at,
    });
    Ok(figures.collect())
}

struct Age {
    consumer: String,
    bucket: i64,
    events: i64,
}

async fn unfolded_ages(connection: &mut PgConnection) -> sqlx::Result<Vec<Age>> {
    sqlx::query_as!(
        Age,
        r#"select consumer, bucket - 1 as "bucket!", sum(events)::bigint as "events!"
           from consumer_batches, unnest(ages) with ordinality as counted (events, bucket)
           where events > 0
           group by consumer, bucket"#
    )
    .fetch_all(connection)
    .await
}

impl ConsumerFigures {
    fn add(&mut self, more: &Self) {
        self.batches += more.batches;
        self.records += more.records;
        self.retries += more.retries;
        add(&mut self.durations, &more.durations);
        self.seconds += more.seconds;
        add(&mut self.database_durations, &more.database_durations);
        self.database_seconds += more.database_seconds;
        add(&mut self.ages, &more.ages);
        self.age_seconds += more.age_seconds;
        self.last_batch_at = self.last_batch_at.max(more.last_batch_at);
    }
}

/// A histogram with this bucket alone.
fn only(bucket: impl TryInto<usize>, count: i64) -> Vec<i64> {
    let mut counts = vec![0; bucket.try_into().unwrap_or(0)];
    counts.push(count);
    counts
}

/// Bucket by bucket; either may have more of them.
fn add(counts: &mut Vec<i64>, more: &[i64]) {
    counts.resize(counts.len().max(more.len()), 0);
    for (count, more) in counts.iter_mut().zip(more) {
        *count += more;
    }
}
