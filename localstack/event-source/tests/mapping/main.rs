//! The event source against a real Kafka, with a stand-in for Lambda's Invoke API.

mod away;
mod batches;
mod faults;
mod frozen;
mod group;
mod lambda;
mod payload;
mod program;
mod replayed;
mod schedules;
mod several;
mod status;
mod support;
