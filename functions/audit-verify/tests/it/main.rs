//! Tampering with the audit log, as the role that owns the tables, on a real PostgreSQL and a real Kafka.

mod accepted;
mod checkpoints;
mod function;
mod removed;
mod support;
mod tampering;
