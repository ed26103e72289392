//! `AWS::MSK::Topic`.

use std::collections::BTreeMap;

use crate::Topic;
use crate::error::Refusal;
use crate::parameters::{Parameters, intrinsic};
use crate::properties::Node;

const KNOWN: &[&str] = &["TopicName", "PartitionCount", "ReplicationFactor", "Configs"];
/// Which cluster it is made on: locally there is one.
const IGNORED: &[&str] = &["ClusterArn"];

pub(crate) fn read(logical_id: &str, properties: &Node<'_>, parameters: &Parameters) -> Result<Topic, Refusal> {
    let topic = properties.properties(KNOWN, IGNORED)?;
    Ok(Topic {
        logical_id: logical_id.to_owned(),
        name: parameters.text(topic.required("TopicName")?)?,
        partitions: parameters.number(topic.required("PartitionCount")?, 1..=i32::MAX)?,
        replication: parameters.number(topic.required("ReplicationFactor")?, 1..=i32::from(i16::MAX))?,
        config: topic.get("Configs").map(config).transpose()?.unwrap_or_default(),
    })
}

/// MSK takes a topic's settings as a properties file in base64.
fn config(node: &Node<'_>) -> Result<BTreeMap<String, String>, Refusal> {
    let Some(("Base64", text)) = intrinsic(node) else {
        return node.refuse("must be Fn::Base64 of a literal with a `name=value` on each line");
    };
    let mut config = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once('=') {
            Some((name, value)) => config.insert(name.trim().to_owned(), value.trim().to_owned()),
            None => return node.refuse(format!("the line `{line}` is not `name=value`")),
        };
    }
    Ok(config)
}
