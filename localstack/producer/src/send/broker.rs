use std::time::Duration;

use anyhow::Context as _;
use events::{CLOUDEVENTS_JSON, Topic};
use kafka::{Fate, KafkaSettings, OrderedPublisher, Record};
use settings::Environment;

use super::Answer;
use crate::Parcel;

/// How long a run of records may take: after that, nobody knows whether the rest has arrived.
const WITHIN: Duration = Duration::from_secs(10);

/// The broker, and what its topics are called.
pub struct Broker {
    publisher: OrderedPublisher,
    topics: Vec<(Topic, String)>,
    headers: [(String, Vec<u8>); 1],
}

impl Broker {
    pub(super) fn start(environment: &Environment) -> anyhow::Result<Self> {
        let publisher = OrderedPublisher::start(KafkaSettings::read(environment)?).context("no Kafka producer")?;
        let name = |topic: Topic| environment.optional(topic.variable()).unwrap_or(topic.default_name()).to_owned();
        Ok(Self {
            publisher,
            topics: Topic::ALL.map(|topic| (topic, name(topic))).to_vec(),
            headers: [("content-type".to_owned(), CLOUDEVENTS_JSON.as_bytes().to_vec())],
        })
    }

    pub(super) async fn send(&self, parcels: &[&Parcel]) -> Vec<Answer> {
        let records = parcels.iter().map(|parcel| Record {
            topic: self.name(parcel.topic),
            key: Some(parcel.key.as_bytes()),
            value: Some(&parcel.value),
            headers: &self.headers,
        });
        let records: Vec<Record<'_>> = records.collect();
        let outcome = self.publisher.publish(&records, WITHIN).await;
        let reason = outcome.unavailable.unwrap_or_else(|| "another of its key was refused".to_owned());
        let answer = |fate: Fate| match fate {
            Fate::Acknowledged => Answer::Acknowledged,
            Fate::Refused(refusal) => Answer::Refused(refusal.reason),
            Fate::Waits => Answer::Unknown(reason.clone()),
        };
        outcome.fates.into_iter().map(answer).collect()
    }

    fn name(&self, topic: Topic) -> &str {
        self.topics.iter().find(|(known, _)| *known == topic).map_or(topic.default_name(), |(_, name)| name)
    }
}
