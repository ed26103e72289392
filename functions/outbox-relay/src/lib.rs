//! Publishes what requests left in the outbox, and forwards dead letters to the `.dlq` of their topic.
//!
//! It is invoked every minute, and looks again and again until the next one is near: what is left behind in an outage is in Kafka
//! seconds after its end. Environment: `DATABASE_URL`, `KAFKA_*`, `OUTBOX_RELAY_SECONDS`, `OUTBOX_PUBLISHING`.

mod relay;

pub use relay::{Relay, Relayed};
