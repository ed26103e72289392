//! The HTTP interface, on a real PostgreSQL: what is answered, and what is stored.

mod api;
mod create;
mod idempotency;
mod outages;
mod paths;
mod refusals;
mod scopes;
mod stats;
