//! Dead letters that match a filter, and how many there are.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// Which dead letters are meant: those for which all that is set holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The consumer that failed.
    pub consumer: Option<String>,
    /// The topic of the record.
    pub topic: Option<String>,
    /// The kind of error.
    pub error_class: Option<String>,
    /// `open`, `redriven`, `applied` or `discarded`.
    pub state: Option<String>,
    /// The key, byte for byte.
    pub key: Option<Vec<u8>>,
    /// The `id` attribute.
    pub event_id: Option<String>,
    /// Failed then or later.
    pub since: Option<OffsetDateTime>,
    /// Failed before.
    pub until: Option<OffsetDateTime>,
    /// The least number.
    pub from_id: Option<i64>,
    /// The greatest number; for the next page, one less than the last of this one.
    pub to_id: Option<i64>,
}

/// A dead letter that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub dead_letter_id: i64,
    /// The consumer that failed.
    pub consumer: String,
    /// Where the record came from.
    pub topic: String,
    /// Where the record came from.
    pub partition: i32,
    /// Where the record came from.
    pub offset: i64,
}

/// The dead letters that match, newest first, at most so many.
pub async fn find(connection: &mut PgConnection, filter: &Filter, limit: Option<i64>) -> sqlx::Result<Vec<Found>> {
    sqlx::query_file_as!(
        Found,
        "queries/find_dead_letters.sql",
        filter.consumer.as_deref() as Option<&str>,
        filter.topic.as_deref() as Option<&str>,
        filter.error_class.as_deref() as Option<&str>,
        filter.state.as_deref() as Option<&str>,
        filter.key.as_deref() as Option<&[u8]>,
        filter.event_id.as_deref() as Option<&str>,
        filter.since,
        filter.until,
        filter.from_id,
        filter.to_id,
        limit
    )
    .fetch_all(connection)
    .await
}

/// Open dead letters that match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Open {
    /// The numbers of the first, in the order of their places.
    pub ids: Vec<i64>,
    /// How many there are in all.
    pub matching: u64,
}

/// The numbers of all open dead letters that match now, in the order of their places: those of one key, wherever the list is cut, are
/// sent on in their order.
pub async fn find_open(connection: &mut PgConnection, filter: &Filter) -> sqlx::Result<Vec<i64>> {
    Ok(open(connection, filter, None).await?.ids)
}

/// As [`find_open`], the first so many.
pub async fn find_first_open(connection: &mut PgConnection, filter: &Filter, limit: usize) -> sqlx::Result<Open> {
    open(connection, filter, Some(i64::try_from(limit).unwrap_or(i64::MAX))).await
}

async fn open(connection: &mut PgConnection, filter: &Filter, limit: Option<i64>) -> sqlx::Result<Open> {
    let rows = sqlx::query_file!(
        "queries/find_open_dead_letters.sql",
        filter.consumer.as_deref() as Option<&str>,
        filter.topic.as_deref() as Option<&str>,
        filter.error_class.as_deref() as Option<&str>,
        filter.key.as_deref() as Option<&[u8]>,
        filter.event_id.as_deref() as Option<&str>,
        filter.since,
        filter.until,
        filter.from_id,
        filter.to_id,
        limit
    )
    .fetch_all(connection)
    .await?;
    let matching = rows.first().map_or(0, |row| row.matching.unsigned_abs());
    Ok(Open { ids: rows.into_iter().map(|row| row.dead_letter_id).collect(), matching })
}

/// How many dead letters of a kind there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The consumer that failed.
    pub consumer: String,
    /// The kind of error.
    pub error_class: String,
    /// `open`, `redriven`, `applied` or `discarded`.
    pub state: String,
    /// So many.
    pub letters: i64,
    /// When the oldest of them failed.
    pub oldest: OffsetDateTime,
}

/// All dead letters, counted.
pub async fn counts(connection: &mut PgConnection) -> sqlx::Result<Vec<Count>> {
    sqlx::query_as!(
        Count,
        r#"select consumer, error_class, state, count(*) as "letters!", min(failed_at) as "oldest!"
           from dead_letters group by consumer, error_class, state order by state, consumer, error_class"#
    )
    .fetch_all(connection)
    .await
}
