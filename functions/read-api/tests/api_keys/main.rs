//! API keys over HTTP, on a real PostgreSQL and a real Kafka.

mod api;
mod create;
mod list;
mod revoke;
