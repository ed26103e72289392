//! The HTTP interface, on a real PostgreSQL and a real Kafka: what is answered, and what is on the topics.

mod api;
mod conformance;
mod figures;
mod hostile;
mod log;
mod modes;
mod order;
mod outages;
mod permission;
mod problems;
mod refusals;
