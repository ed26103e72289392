//! How much waits in the outbox.

use sqlx::PgConnection;

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backlog {
    /// How many rows.
    pub pending: i64,
    /// For how many seconds the one with the lowest place has waited. None where there is none.
    pub oldest_age_seconds: Option<f64>,
    /// How many keys are stopped.
    pub stopped_keys: i64,
}

/// How much waits. Counting takes time where much does.
pub async fn backlog(connection: &mut PgConnection) -> sqlx::Result<Backlog> {
    sqlx::query_as!(
        Backlog,
        r#"select
               (select count(*) from outbox) as "pending!",
               (select extract(epoch from clock_timestamp() - created_at)::float8 from outbox order by seq limit 1)
                   as oldest_age_seconds,
               (select count(*) from outbox_failures) as "stopped_keys!""#
    )
    .fetch_one(connection)
    .await
}

/// What waits of a topic, and what became of all that did.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicFigures {
    /// The topic.
    pub topic: String,
    /// How many rows wait.
    pub pending: i64,
    /// For how many seconds the oldest of them has. None where there is none.
    pub oldest_age_seconds: Option<f64>,
    /// How many keys are stopped.
    pub stopped_keys: i64,
    /// How many rows were published, since the beginning.
    pub published: i64,
    /// How often one was refused, since the beginning.
    pub failed: i64,
}

/// The figures of every topic of which anything was ever tried, or waits. Counting takes time where much waits.
pub async fn by_topic(connection: &mut PgConnection) -> sqlx::Result<Vec<TopicFigures>> {
    sqlx::query_file_as!(TopicFigures, "queries/count_outbox.sql").fetch_all(connection).await
}

/// Which of these shards have a row that may be published now. Needs no lock.
pub async fn due_shards(connection: &mut PgConnection, shards: &[i16]) -> sqlx::Result<Vec<i16>> {
    sqlx::query_scalar!(
        r#"select shard as "shard!" from unnest($1::smallint[]) as asked (shard)
           where (
               select true from outbox
               where shard = asked.shard and (aggregatetype, aggregateid) not in (
                   select aggregatetype, aggregateid from outbox_failures where next_try_at > clock_timestamp()
               )
               order by seq limit 1
           )"#,
        shards
    )
    .fetch_all(connection)
    .await
}
