//! Topics are made with explicit settings, never by auto-creation.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic as AdminTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

const TIME_LIMIT: Duration = Duration::from_secs(20);

/// A topic to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// How many brokers keep each partition.
    pub replication: i32,
    /// Its settings by Kafka's names, such as `retention.ms`.
    pub config: BTreeMap<String, String>,
}

/// Makes those topics that are not there yet, and says which it made. Topics that are there stay as they are.
pub async fn create_missing(bootstrap: &str, topics: &[NewTopic]) -> anyhow::Result<Vec<String>> {
    let wanted: Vec<AdminTopic<'_>> = topics.iter().map(NewTopic::as_admin).collect();
    let outcomes = admin(bootstrap)?
        .create_topics(&wanted, &options())
        .await
        .with_context(|| format!("no topics could be made at {bootstrap}"))?;
    let mut made = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(name) => made.push(name),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => bail!("topic {name} could not be made: {code}"),
        }
    }
    Ok(made)
}

/// Deletes topics with all their records.
pub async fn delete(bootstrap: &str, names: &[&str]) -> anyhow::Result<()> {
    for outcome in admin(bootstrap)?.delete_topics(names, &options()).await? {
        outcome.map_err(|(name, code)| anyhow::anyhow!("topic {name} could not be deleted: {code}"))?;
    }
    Ok(())
}

impl NewTopic {
    fn as_admin(&self) -> AdminTopic<'_> {
        let topic = AdminTopic::new(&self.name, self.partitions, TopicReplication::Fixed(self.replication));
        self.config.iter().fold(topic, |topic, (name, value)| topic.set(name, value))
    }
}

fn admin(bootstrap: &str) -> anyhow::Result<AdminClient<DefaultClientContext>> {
    ClientConfig::new().set("bootstrap.servers", bootstrap).create().context("the Kafka admin client could not be made")
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(TIME_LIMIT)).request_timeout(Some(TIME_LIMIT))
}
