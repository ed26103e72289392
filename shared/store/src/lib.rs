#![doc = include_str!("../README.md")]

pub mod aggregates_check;
pub mod analytics;
pub mod api_keys;
pub mod audit_log;
pub mod audit_trail;
pub mod blocked_keys;
pub mod clicks;
mod connect;
pub mod consumer_batches;
pub mod consumer_failures;
mod copy;
pub mod dead_letters;
pub mod directory;
pub mod discussions;
pub mod erasure;
mod fault;
pub mod figures;
pub mod forwarding;
pub mod health;
pub mod housekeeping;
pub mod idempotency_keys;
pub mod inbox;
pub mod inventory;
pub mod link_stats;
pub mod links;
mod migrate;
#[cfg(target_os = "linux")]
mod nodelay;
pub mod orders;
pub mod outbox;
pub mod parked_events;
pub mod payments;
pub mod shop;
pub mod stock;
pub mod thread_aggregates;
pub mod user_auth_events;
pub mod users;

pub use connect::{limit_transaction, pool, pool_of};
pub use fault::Fault;
pub use migrate::{migrate, migrations};
pub use sqlx::pool::PoolConnection;
pub use sqlx::{Connection, Error, PgConnection, PgPool, Postgres, Transaction};
