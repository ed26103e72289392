//! A host with real processes, from outside.

mod concurrency;
mod freeze;
mod http;
mod invoke;
mod lifecycle;
mod memory;
mod metrics;
mod readme;
mod support;
