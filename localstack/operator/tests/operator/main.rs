//! The command `operator`, run as a person runs it, on a database of its own.

mod aggregates;
mod api_key;
mod audit;
mod dlq;
mod on_record;
mod outbox;
mod parked;
mod repair;
mod repaired;
mod support;
