//! `clicks` and its rollups. Clicks are their own inbox: one that has a row is a duplicate and counts nothing.

mod copy;
mod rollups;

use std::borrow::Borrow;
use std::collections::HashSet;

use sqlx::error::DatabaseError;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

pub use crate::copy::Network;
pub use copy::{copy, encode};
use rollups::Counted;
pub use rollups::{fold, wait_to_be_folded};

/// One click, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Id of the event, a `UUIDv7`.
    pub event_id: Uuid,
    /// The link that was followed.
    pub link_id: Uuid,
    /// When it was followed.
    pub clicked_at: OffsetDateTime,
    /// Whether a program followed it.
    pub is_bot: bool,
    /// The code it was followed by.
    pub short_code: String,
    /// ISO 3166-1 alpha-2, or `ZZ`.
    pub country: String,
    /// `desktop`, `mobile`, `tablet` or `other`.
    pub device: &'static str,
    /// Family of the browser.
    pub browser: Option<String>,
    /// Family of the operating system.
    pub os: Option<String>,
    /// `direct`, `search`, `social`, `email`, `campaign` or `referral`.
    pub traffic_source: &'static str,
    /// Host of the referrer.
    pub referrer_host: Option<String>,
    /// `Referer`, as it was sent.
    pub referrer: Option<String>,
    /// `User-Agent`, as it was sent.
    pub user_agent: Option<String>,
    /// `Accept-Language`, as it was sent.
    pub accept_language: Option<String>,
    /// Address or network of the client.
    pub ip: Option<Network>,
    /// The campaign: source, medium, campaign, term, content.
    pub utm: [Option<String>; 5],
}

/// Inserts those clicks that are not there yet, leaves their counts to be [folded](fold) into the rollups, and says of each whether it was one of them.
///
/// `COPY` is by far the fastest way in, and fails where one is there already. That is seldom, so it is tried at once, and only
/// then are the known ones looked for and left out.
pub async fn insert(connection: &mut PgConnection, clicks: &[impl Borrow<Click>]) -> sqlx::Result<Vec<bool>> {
    // In key order: of two batches with the same clicks in different orders, each would otherwise hold a key that the other waits
    // for. The sort is stable, so of one click twice in a batch the first counts.
    let mut fresh: Vec<(usize, &Click)> = clicks.iter().map(Borrow::borrow).enumerate().collect();
    fresh.sort_by_key(|(_, click)| click.event_id);
    fresh.dedup_by_key(|(_, click)| click.event_id);
    while !fresh.is_empty() {
        let copied: Vec<&Click> = fresh.iter().map(|(_, click)| *click).collect();
        let violation = match copy_all(connection, &copied).await? {
            Ok(counted) => {
                counted.leave(connection).await?;
                break;
            }
            Err(violation) => violation,
        };
        let known = known(connection, &copied).await?;
        if known.is_empty() {
            // It is there and cannot be seen, in a transaction that began before it: trying again would not end.
            return Err(violation);
        }
        fresh.retain(|(_, click)| !known.contains(&click.event_id));
    }
    let mut inserted = vec![false; clicks.len()];
    for (place, _) in fresh {
        inserted[place] = true;
    }
    Ok(inserted)
}

/// Copies and counts them; or says that one of them is there already, and then nothing has changed.
async fn copy_all(connection: &mut PgConnection, clicks: &[&Click]) -> sqlx::Result<Result<Counted, sqlx::Error>> {
    let mut savepoint = connection.begin().await?;
    match copy(&mut savepoint, encode(clicks), || Counted::of(clicks)).await {
        Ok(counted) => savepoint.commit().await.map(|()| Ok(counted)),
        Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => {
            savepoint.rollback().await.map(|()| Err(error))
        }
        Err(error) => Err(error),
    }
}

/// The ids of those that are there.
async fn known(connection: &mut PgConnection, clicks: &[&Click]) -> sqlx::Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = clicks.iter().map(|click| click.event_id).collect();
    let known =
        sqlx::query_scalar!("select event_id from clicks where event_id = any($1)", &ids).fetch_all(connection).await?;
    Ok(known.into_iter().collect())
}

/// Makes the missing partitions of so many months, from the last one on, and moves their rows out of the default partition.
pub async fn make_partitions(connection: &mut PgConnection, months: i32) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select make_click_partitions((now() at time zone 'UTC' - interval '1 month')::date, $1) as "name!""#,
        months
    )
    .fetch_all(connection)
    .await
}
