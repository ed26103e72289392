//! The topics that the template names, on a cluster of one broker.

use anyhow::Context;
use kafka::topics::{NewTopic, create_missing};
use template::{Template, Topic};

use crate::settings::Settings;

/// Makes those topics of `infra/template.yaml` that are missing, and says which it made.
pub(crate) async fn make(settings: &Settings, bootstrap: &str) -> anyhow::Result<Vec<String>> {
    let path = settings.root.join("infra/template.yaml");
    let template = Template::read(&path).context("cannot tell which topics to make")?;
    let topics: Vec<_> = template.topics.into_iter().map(on_one_broker).collect();
    create_missing(bootstrap, &topics).await
}

/// Deployed there are three copies of each record, two of them acknowledged; one broker has one.
fn on_one_broker(topic: Topic) -> NewTopic {
    let mut config = topic.config;
    config.insert("min.insync.replicas".into(), "1".into());
    NewTopic { name: topic.name, partitions: topic.partitions, replication: 1, config }
}
