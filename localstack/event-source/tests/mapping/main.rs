//! The event source against a real Kafka, with a stand-in for Lambda's Invoke API.

mod batches;
mod faults;
mod group;
mod lambda;
mod payload;
mod schedules;
mod support;
