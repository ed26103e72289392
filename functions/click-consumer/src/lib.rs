//! A batch of clicks in, one transaction: each click is enriched with country, device, browser, operating system and traffic
//! source, inserted once, and added to the rollups from which the statistics are read.

mod address;
mod bots;
mod country;
mod enrich;
mod handler;
mod traffic_source;
mod user_agent;

pub use enrich::Enricher;
pub use handler::ClickConsumer;
