//! Topics of the benchmark's own, made anew and removed.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::bail;
use kafka::topics::{self, NewTopic};

/// What the names of all begin with.
pub(crate) const PREFIX: &str = "onceward.bench.";

/// Makes a topic that has no records; one of this name that was left behind is removed.
pub(crate) async fn make_anew(bootstrap: &str, name: &str, partitions: i32) -> anyhow::Result<()> {
    topics::delete(bootstrap, &[name]).await.ok();
    let topic = NewTopic { name: name.to_owned(), partitions, replication: 1, config: BTreeMap::new() };
    // One of the same name that was just deleted is gone in a moment.
    for _ in 0..50 {
        if topics::create_missing(bootstrap, std::slice::from_ref(&topic)).await.is_ok_and(|made| !made.is_empty()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("topic {name} could not be made anew")
}
