//! Discussions, from the request to the aggregates, with each part of the way taken away.

mod consumer_killed;
mod deeds;
mod kafka_down;
mod service_killed;
mod settled;
mod twice;
mod world;
