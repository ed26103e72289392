//! Records that go straight to the topic, as another producer would write them.

use std::time::Duration;

use anyhow::Context as _;
use events::{Data, Event, LinkClicked, ShortCode, Text, Utm};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

use crate::plan::Visit;

/// Half an event: no consumer can ever read it.
pub(crate) const MALFORMED: &[u8] = br#"{"specversion":"1.0","type":"link.clicked","id":"#;

/// Writes records of one link to the topic.
pub(crate) struct OtherProducer {
    producer: FutureProducer,
    pub(crate) topic: String,
    link_id: Uuid,
    code: ShortCode,
}

impl OtherProducer {
    pub(crate) fn new(bootstrap: &str, topic: &str, link_id: Uuid, code: &str) -> anyhow::Result<Self> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("acks", "all")
            // The same key goes to the same partition as from every other producer.
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", "15000")
            .create()
            .context("cannot make a Kafka producer")?;
        Ok(Self { producer, topic: topic.to_owned(), link_id, code: code.parse()? })
    }

    /// Delivers a click as often as said, always under the same id.
    pub(crate) async fn click(&self, time: OffsetDateTime, visit: &Visit, times: usize) -> anyhow::Result<()> {
        let value = self.event(time, visit)?.to_structured_json();
        for _ in 0..times {
            self.send(&value).await?;
        }
        Ok(())
    }

    /// Delivers this event.
    pub(crate) async fn send_event(&self, event: &Event) -> anyhow::Result<()> {
        self.send(&event.to_structured_json()).await
    }

    /// Sends a record that is no event.
    pub(crate) async fn malformed(&self) -> anyhow::Result<()> {
        self.send(MALFORMED).await
    }

    async fn send(&self, value: &[u8]) -> anyhow::Result<()> {
        let record = FutureRecord::to(&self.topic).key(self.code.as_str()).payload(value);
        let sent = self.producer.send(record, Duration::from_secs(15)).await;
        sent.map(drop).map_err(|(error, _)| error).context("Kafka took no record: see `make status`")
    }

    /// The click as an event, with an id of its own.
    pub(crate) fn event(&self, time: OffsetDateTime, visit: &Visit) -> anyhow::Result<Event> {
        let seconds = u64::try_from(time.unix_timestamp()).context("the clock shows a time before 1970")?;
        let id = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, time.nanosecond()));
        let [source, medium, campaign] = visit.arrival.utm.map_or([None; 3], |utm| utm.map(Some));
        let named = |value: Option<&str>| value.map(Text::new).transpose();
        let utm = Utm { source: named(source)?, medium: named(medium)?, campaign: named(campaign)?, ..Utm::default() };
        Ok(Event {
            id: id.into(),
            source: Text::new("/onceward/demo")?,
            time,
            subject: Text::new(self.code.as_str()).ok(),
            sequence: None,
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            data: Data::LinkClicked(LinkClicked {
                link_id: self.link_id,
                short_code: self.code.clone(),
                timestamp: time,
                user_agent: Some(Text::new(visit.visitor.user_agent)?),
                ip_address: None,
                referrer: visit.arrival.referrer.map(Text::new).transpose()?,
                accept_language: None,
                utm,
                edge_country: visit.country.map(str::parse).transpose()?,
            }),
        })
    }
}
