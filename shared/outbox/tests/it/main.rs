//! The outbox, from the rows to the records, on a real PostgreSQL and a real Kafka.

mod counts;
mod debezium;
mod drain;
mod forward;
mod lock;
mod order;
mod publishing;
mod refused;
mod support;
