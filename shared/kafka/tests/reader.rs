//! Reading a topic back, from a real broker.

use std::time::{Duration, Instant};

use kafka::{KafkaSettings, OrderedPublisher, Record, Start, TopicReader};
use settings::Environment;
use testkit::{TestTopic, bootstrap, unique_name};

const PATIENCE: Duration = Duration::from_secs(20);

fn settings(bootstrap: &str) -> KafkaSettings {
    KafkaSettings::read(&Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", bootstrap)])).unwrap()
}

/// Publishes these values; an empty one is none.
async fn publish(topic: &TestTopic, values: &[&str]) {
    let publisher = OrderedPublisher::start(settings(&bootstrap())).unwrap();
    let value = |value: &str| (!value.is_empty()).then(|| value.as_bytes().to_vec());
    let values: Vec<Option<Vec<u8>>> = values.iter().map(|text| value(text)).collect();
    let records: Vec<Record<'_>> = values
        .iter()
        .map(|value| Record { topic: &topic.name, key: Some(b"k"), value: value.as_deref(), headers: &[] })
        .collect();
    assert_eq!(publisher.publish(&records, PATIENCE).await.unavailable, None);
}

async fn open(topic: &TestTopic, start: Start) -> TopicReader {
    TopicReader::open(&settings(&bootstrap()), &topic.name, start, PATIENCE).await.unwrap()
}

async fn read(reader: &mut TopicReader, limit: usize) -> Vec<String> {
    let values = reader.read(limit).await.unwrap();
    values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect()
}

#[tokio::test]
async fn all_values_come_in_their_order_some_at_a_time_and_then_none() {
    let topic = TestTopic::new(1).await;
    publish(&topic, &["1", "2", "", "3", "4"]).await;
    let mut reader = open(&topic, Start::Beginning).await;
    assert_eq!(reader.left(), 5);
    assert_eq!(read(&mut reader, 3).await, ["1", "2", "3"]);
    // What comes after the reading began belongs to the next one.
    publish(&topic, &["5"]).await;
    assert_eq!(read(&mut reader, 3).await, ["4"]);
    assert_eq!((read(&mut reader, 3).await.len(), reader.left()), (0, 0));
}

#[tokio::test]
async fn the_last_ones_come_without_the_others() {
    let topic = TestTopic::new(1).await;
    publish(&topic, &["1", "2", "3"]).await;
    assert_eq!(read(&mut open(&topic, Start::Last(2)).await, 9).await, ["2", "3"]);
    assert_eq!(read(&mut open(&topic, Start::Last(9)).await, 9).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn what_was_removed_shows_in_where_the_topic_begins() {
    let topic = TestTopic::new(1).await;
    let extent = async |topic: &TestTopic| {
        let reader = open(topic, Start::Last(9)).await;
        (reader.low(), reader.end(), reader.left())
    };
    assert_eq!(extent(&topic).await, (0, 0, 0));
    publish(&topic, &["1", "2", "3"]).await;
    assert_eq!(extent(&topic).await, (0, 3, 3));
    topic.remove_before(0, 2).await;
    assert_eq!(extent(&topic).await, (2, 3, 1));
    assert_eq!(read(&mut open(&topic, Start::Beginning).await, 9).await, ["3"]);
    topic.remove_before(0, 3).await;
    assert_eq!(extent(&topic).await, (3, 3, 0));
}

/// Going on somewhere else would look as if nothing had been there.
#[tokio::test]
async fn records_that_are_removed_before_they_are_read_are_an_error() {
    let topic = TestTopic::new(1).await;
    publish(&topic, &["1", "2", "3"]).await;
    let mut reader = open(&topic, Start::Beginning).await;
    topic.remove_before(0, 2).await;
    let error = reader.read(9).await.unwrap_err();
    assert!(error.to_string().contains("were removed"), "{error:#}");
}

#[tokio::test]
async fn an_empty_topic_has_nothing_and_is_not_waited_for() {
    let topic = TestTopic::new(1).await;
    let began = Instant::now();
    let mut reader = open(&topic, Start::Last(5)).await;
    assert_eq!((reader.left(), read(&mut reader, 5).await.len()), (0, 0));
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_broker_that_is_away_and_a_topic_that_is_not_there_are_told_within_its_patience() {
    let patience = Duration::from_secs(2);
    for (broker, topic) in [("127.0.0.1:1", "t".to_owned()), (&bootstrap(), unique_name())] {
        let began = Instant::now();
        let opened = TopicReader::open(&settings(broker), &topic, Start::Beginning, patience).await;
        let error = opened.map(drop).unwrap_err();
        assert!(format!("{error:#}").contains(&topic), "{error:#}");
        assert!(began.elapsed() < 3 * patience, "{:?}", began.elapsed());
    }
}
