//! A batch of clicks in, one transaction: each click is enriched with country, device, browser, operating system and traffic
//! source, and inserted once; its counts are left to be folded into the rollups from which the statistics are read.

mod address;
mod bots;
mod country;
mod enrich;
mod fold;
mod handler;
mod traffic_source;
mod user_agent;

pub use enrich::Enricher;
pub use handler::ClickConsumer;
