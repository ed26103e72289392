//! Tampering with the audit log, as the role that owns the tables, on a real PostgreSQL and a real Kafka.

mod checkpoints;
mod function;
mod support;
mod tampering;
