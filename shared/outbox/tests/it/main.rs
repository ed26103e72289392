//! The outbox, from the rows to the records, on a real PostgreSQL and a real Kafka.

mod drain;
mod forward;
mod lock;
mod order;
mod refused;
mod support;
