//! What `/health` and `/metrics` say of a real PostgreSQL and a real Kafka, and while one of them is away.

mod away;
mod health;
mod metrics;
mod world;
