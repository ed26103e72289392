//! Sums that are kept beside the facts they come of: each is made anew from these, and compared.
//!
//! `consumer_totals`, `consumer_batch_totals` and `outbox_totals` are not among them: what they count is not kept. Heads of the audit log
//! are compared by who verifies it.

use sqlx::{Connection as _, PgConnection, query_file_as};

/// All are compared with facts of one moment, and nothing is locked or changed.
const SNAPSHOT: &str = "begin isolation level repeatable read read only";
/// How many rows that differ are shown.
const SHOWN: i64 = 5;

/// What is kept, and could be made anew from facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Clicks per link and hour, with what waits to be folded.
    LinkClicksHourly,
    /// Clicks per link and day, with what waits to be folded.
    LinkClicksDaily,
    /// Clicks per link, day and country, with what waits to be folded.
    LinkClicksByCountry,
    /// The last login of users and those that failed since, of their history. Of the last login the history says only that it was one,
    /// and how late it was at most.
    Users,
    /// The totals of orders, of their items, and their sums of money, of their payments.
    Orders,
    /// The stock of articles, of its adjustments.
    Inventory,
    /// Comments and votes of threads, of the rows that are there.
    Threads,
    /// Votes of comments, of the rows that are there.
    Comments,
    /// What happened to threads, of their activity.
    ThreadAggregates,
    /// The same by period.
    ThreadPeriods,
    /// The same by course and day.
    CourseDays,
}

/// How an aggregate compares with its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which one.
    pub aggregate: Aggregate,
    /// Rows that are kept, or should be.
    pub compared: i64,
    /// Those of them that are not what the facts come to.
    pub differing: i64,
    /// The first of these by their keys, a few at most.
    pub first: Vec<Difference>,
}

/// A row that is not what its facts come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which row: the parts of its key with spaces between.
    pub key: String,
    /// What is kept, as JSON, with the names of the columns; none where there is no such row.
    pub stored: Option<String>,
    /// What the facts come to; none where there are no facts of such a row.
    pub recomputed: Option<String>,
}

/// What the statements say.
struct Found {
    compared: i64,
    differing: i64,
    keys: Vec<String>,
    stored: Vec<Option<String>>,
    recomputed: Vec<Option<String>>,
}

impl Aggregate {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::LinkClicksHourly,
        Self::LinkClicksDaily,
        Self::LinkClicksByCountry,
        Self::Users,
        Self::Orders,
        Self::Inventory,
        Self::Threads,
        Self::Comments,
        Self::ThreadAggregates,
        Self::ThreadPeriods,
        Self::CourseDays,
    ];

    /// The table that it stands in.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkClicksHourly => "link_clicks_hourly",
            Self::LinkClicksDaily => "link_clicks_daily",
            Self::LinkClicksByCountry => "link_clicks_by_country",
            Self::Users => "users",
            Self::Orders => "orders",
            Self::Inventory => "inventory",
            Self::Threads => "threads",
            Self::Comments => "comments",
            Self::ThreadAggregates => "thread_aggregates",
            Self::ThreadPeriods => "thread_periods",
            Self::CourseDays => "course_days",
        }
    }
}

/// Compares all of them in a transaction of its own that sees one moment; says which one is next. What is written meanwhile is neither
/// seen nor held up, and takes as much longer to be cleaned up.
pub async fn compare_all(connection: &mut PgConnection, mut next: impl FnMut(Aggregate)) -> sqlx::Result<Vec<Verdict>> {
    let mut snapshot = connection.begin_with(SNAPSHOT).await?;
    let mut verdicts = Vec::with_capacity(Aggregate::ALL.len());
    for aggregate in Aggregate::ALL {
        next(aggregate);
        verdicts.push(compare(&mut snapshot, aggregate).await?);
    }
    snapshot.commit().await?;
    Ok(verdicts)
}

/// Compares one with its facts.
pub async fn compare(connection: &mut PgConnection, aggregate: Aggregate) -> sqlx::Result<Verdict> {
    let Found { compared, differing, keys, stored, recomputed } = find(connection, aggregate).await?;
    let rows = keys.into_iter().zip(stored).zip(recomputed);
    let first = rows.map(|((key, stored), recomputed)| Difference { key, stored, recomputed }).collect();
    Ok(Verdict { aggregate, compared, differing, first })
}

async fn find(connection: &mut PgConnection, aggregate: Aggregate) -> sqlx::Result<Found> {
    match aggregate {
        Aggregate::LinkClicksHourly => {
            query_file_as!(Found, "queries/check_link_clicks_hourly.sql", SHOWN).fetch_one(connection).await
        }
        Aggregate::LinkClicksDaily => {
            query_file_as!(Found, "queries/check_link_clicks_daily.sql", SHOWN).fetch_one(connection).await
        }
        Aggregate::LinkClicksByCountry => {
            query_file_as!(Found, "queries/check_link_clicks_by_country.sql", SHOWN).fetch_one(connection).await
        }
        Aggregate::Users => query_file_as!(Found, "queries/check_users.sql", SHOWN).fetch_one(connection).await,
        Aggregate::Orders => query_file_as!(Found, "queries/check_orders.sql", SHOWN).fetch_one(connection).await,
        Aggregate::Inventory => query_file_as!(Found, "queries/check_inventory.sql", SHOWN).fetch_one(connection).await,
        Aggregate::Threads => query_file_as!(Found, "queries/check_threads.sql", SHOWN).fetch_one(connection).await,
        Aggregate::Comments => query_file_as!(Found, "queries/check_comments.sql", SHOWN).fetch_one(connection).await,
        Aggregate::ThreadAggregates => {
            query_file_as!(Found, "queries/check_thread_aggregates.sql", SHOWN).fetch_one(connection).await
        }
        Aggregate::ThreadPeriods => {
            query_file_as!(Found, "queries/check_thread_periods.sql", SHOWN).fetch_one(connection).await
        }
        Aggregate::CourseDays => {
            query_file_as!(Found, "queries/check_course_days.sql", SHOWN).fetch_one(connection).await
        }
    }
}
