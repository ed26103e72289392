//! Every statement and migration, on a real PostgreSQL.

mod aggregates_check;
mod api_keys;
mod audit_log;
mod click_concurrency;
mod click_partitions;
mod clicks;
mod consumer_failures;
mod dead_letters;
mod discard;
mod discussions;
mod fault;
mod figures;
mod folding;
mod housekeeping;
mod idempotency_keys;
mod link_stats;
mod links;
mod migrations;
#[cfg(target_os = "linux")]
mod nodelay;
mod person_of;
mod pipelines;
mod privileges;
mod redrive;
mod redriven;
mod repairs;
mod shop;
mod shop_constraints;
mod thread_aggregates;
mod transactions;
mod users;

use sqlx::PgPool;
use time::OffsetDateTime;

/// A moment in the middle of everything: of its minute, hour, day and month.
const NOON: OffsetDateTime = time::macros::datetime!(2026-11-15 12:34:56.789 UTC);

/// How many clicks the table has.
async fn stored_clicks(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from clicks").fetch_one(pool).await.unwrap()
}

/// How many of the clicks took effect.
fn count(inserted: &[bool]) -> u64 {
    inserted.iter().filter(|inserted| **inserted).count() as u64
}

/// The SQLSTATE of what the database refused.
fn sqlstate(error: &sqlx::Error) -> String {
    let refused = error.as_database_error().unwrap_or_else(|| panic!("not refused by the database: {error}"));
    refused.code().expect("PostgreSQL always gives one").into_owned()
}
