#![doc = include_str!("../README.md")]

pub mod clicks;
mod connect;
pub mod dead_letters;
pub mod idempotency_keys;
pub mod link_stats;
pub mod links;
mod migrate;

pub use connect::{limit_transaction, pool};
pub use migrate::{migrate, migrations};
pub use sqlx::{Error, PgConnection, PgPool, Postgres, Transaction};
