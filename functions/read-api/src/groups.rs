use std::collections::HashSet;
use std::time::Duration;

use kafka::{GroupWatch, KafkaSettings, LagError, Progress};
use settings::{Environment, SettingError};
use time::OffsetDateTime;

/// Of each mapping the consumer, the topic and the group.
const VARIABLE: &str = "CONSUMER_GROUPS";
/// Those of the template.
const DEFAULT: &str = "click-consumer:link.clicks:click-consumer event-fanout:user.events:event-fanout-user-events \
                       event-fanout:system.audit:event-fanout-system-audit order-consumer:order.events:order-consumer \
                       discussion-consumer:discussion.events:discussion-consumer";

/// A group that consumes a topic for a consumer.
pub(crate) struct Group {
    pub(crate) consumer: String,
    pub(crate) topic: String,
    pub(crate) name: String,
    watch: GroupWatch,
}

/// How far a group has come in each partition, or why that is not known.
pub(crate) type Come = Result<Vec<Progress>, LagError>;

/// Reads `CONSUMER_GROUPS`: `consumer:topic:group` of each, with spaces between. Each answer of Kafka is given up after `patience`.
pub(crate) fn read(
    environment: &Environment,
    kafka: &KafkaSettings,
    patience: Duration,
) -> Result<Vec<Group>, SettingError> {
    let invalid = |reason: &str| SettingError::Invalid { name: VARIABLE.to_owned(), reason: reason.to_owned() };
    let mut groups = Vec::new();
    let mut seen = HashSet::new();
    for text in environment.optional(VARIABLE).unwrap_or(DEFAULT).split_whitespace() {
        let parts: Vec<&str> = text.split(':').collect();
        let &[consumer, topic, name] = parts.as_slice() else {
            return Err(invalid("it is a list of consumer:topic:group, with spaces between"));
        };
        if consumer.is_empty() || name.is_empty() || !is_topic(topic) {
            return Err(invalid("each entry has a consumer, a topic and a group"));
        }
        if !seen.insert((topic, name)) {
            return Err(invalid("a group has a topic once"));
        }
        let watch = GroupWatch::new(kafka, name, topic, patience);
        groups.push(Group { consumer: consumer.to_owned(), topic: topic.to_owned(), name: name.to_owned(), watch });
    }
    Ok(groups)
}

/// Whether Kafka takes it for a topic's name.
fn is_topic(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=249).contains(&name.len()) && name.bytes().all(is_legal)
}

/// How far each has come, in their order, and which records are older than a moment. All are asked at once.
pub(crate) async fn come(groups: &[Group], moment: OffsetDateTime) -> Vec<Come> {
    let ask = |group: &Group| {
        let watch = group.watch.clone();
        tokio::spawn(async move { watch.progress(moment).await })
    };
    let asked: Vec<_> = groups.iter().map(ask).collect();
    let mut come = Vec::with_capacity(asked.len());
    for asked in asked {
        come.push(asked.await.expect("asking Kafka does not panic"));
    }
    for (group, error) in groups.iter().zip(&come).filter_map(|(group, come)| Some((group, come.as_ref().err()?))) {
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::warn!(
            consumer = group.consumer,
            messaging.destination.name = group.topic,
            messaging.consumer.group.name = group.name,
            error.message = %error,
            error.source = source,
            "How far a group has come is not known"
        );
    }
    come
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(value: &str) -> Result<Vec<[String; 3]>, SettingError> {
        let environment = Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", "b:9092"), (VARIABLE, value)]);
        let kafka = KafkaSettings::read(&environment).unwrap();
        let groups = read(&environment, &kafka, Duration::from_secs(1))?;
        Ok(groups.into_iter().map(|group| [group.consumer, group.topic, group.name]).collect())
    }

    #[test]
    fn each_entry_has_a_consumer_a_topic_and_a_group() {
        assert_eq!(
            groups("a:t.1:g\n b:t-2:g ").unwrap(),
            [["a", "t.1", "g"], ["b", "t-2", "g"]].map(|of| of.map(str::to_owned))
        );
    }

    #[test]
    fn a_bad_list_is_named_by_its_variable() {
        for value in ["a:b", "a:b:c:d", "a:b:", ":b:c", "a::c", "a:b,c:d", "a:b:c b:b:c"] {
            let error = groups(value).unwrap_err();
            assert!(error.to_string().starts_with("CONSUMER_GROUPS has a value that"), "{value}: {error}");
        }
    }

    /// A test of the template compares that line with the mappings.
    #[test]
    fn the_default_is_the_one_that_the_example_of_settings_says() {
        let example = include_str!("../../../.env.example");
        assert!(example.contains(&format!("\n# {VARIABLE}={DEFAULT}\n")), "{DEFAULT}");
        assert_eq!(groups("").unwrap(), groups(DEFAULT).unwrap());
    }
}
