//! Ordered runs, on a real broker.

use std::time::{Duration, Instant};

use kafka::{Fate, KafkaSettings, OrderedPublisher, Outcome, Record};
use settings::Environment;
use testkit::{TestTopic, bootstrap};

/// Longer than any run takes.
const WITHIN: Duration = Duration::from_secs(20);

fn publisher(bootstrap: &str) -> OrderedPublisher {
    let environment = Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", bootstrap)]);
    OrderedPublisher::start(KafkaSettings::read(&environment).unwrap()).unwrap()
}

fn record<'a>(topic: &'a str, key: &'a str, value: &'a [u8]) -> Record<'a> {
    Record { topic, key: Some(key.as_bytes()), value: Some(value), headers: &[] }
}

/// `a` acknowledged, `r` refused, `w` waiting.
fn brief(outcome: &Outcome) -> String {
    let letter = |fate: &Fate| match fate {
        Fate::Acknowledged => 'a',
        Fate::Refused(_) => 'r',
        Fate::Waits => 'w',
    };
    outcome.fates.iter().map(letter).collect()
}

fn values(topic: &TestTopic) -> Vec<String> {
    let lengths = |value: Vec<u8>| String::from_utf8(value).unwrap().chars().take(2).collect();
    topic.read_all().into_iter().map(|record| lengths(record.value.unwrap())).collect()
}

#[tokio::test]
async fn a_record_that_the_broker_refuses_stops_its_key_alone() {
    // Batches are larger than what the topic takes, too.
    let topic = TestTopic::with_config(&bootstrap(), 1, &[("max.message.bytes", "400")]).await;
    let large = "a2".repeat(500).into_bytes();
    let name = topic.name.as_str();
    let records = [
        record(name, "a", b"a1"),
        record(name, "b", b"b1"),
        record(name, "a", &large),
        record(name, "a", b"a3"),
        record(name, "b", b"b2"),
        record(name, "c", b"c1"),
    ];
    let publisher = publisher(&bootstrap());
    let outcome = publisher.publish(&records, WITHIN).await;
    assert_eq!((brief(&outcome).as_str(), &outcome.unavailable), ("aarwaa", &None), "{outcome:?}");
    assert!(matches!(&outcome.fates[2], Fate::Refused(refusal) if refusal.is_too_large), "{outcome:?}");
    let places =
        outcome.delivered.iter().map(|delivered| delivered.map(|delivered| (delivered.partition, delivered.offset)));
    for (place, record) in places.zip(&records).filter_map(|(place, record)| Some((place?, record))) {
        let there = topic.read_all().into_iter().find(|read| (read.partition, read.offset) == place).unwrap();
        assert_eq!(there.value.as_deref(), record.value, "{place:?}");
    }
    let values = values(&topic);
    assert!(!values.contains(&"a3".to_owned()), "nothing behind it: {values:?}");
    assert!(!publisher.is_away());
    // The publisher is as good as new.
    let outcome = publisher.publish(&records[5..], WITHIN).await;
    assert_eq!(brief(&outcome), "a");
}

#[tokio::test]
async fn a_record_that_is_too_large_for_any_topic_stops_its_key_alone() {
    let topic = TestTopic::new(2).await;
    let large = vec![b'x'; 1_200_000];
    let name = topic.name.as_str();
    let records =
        [record(name, "a", &large), record(name, "a", b"a2"), record(name, "b", b"b1"), record(name, "b", b"b2")];
    let outcome = publisher(&bootstrap()).publish(&records, WITHIN).await;
    assert_eq!((brief(&outcome).as_str(), &outcome.unavailable), ("rwaa", &None), "{outcome:?}");
    assert_eq!(values(&topic), ["b1", "b2"]);
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_known_at_once_and_holds_up_no_other() {
    let (topic, missing) = (TestTopic::new(2).await, testkit::unique_name());
    let (name, too_long) = (topic.name.as_str(), "x".repeat(600));
    for topic in [missing.as_str(), "no topic", "", "..", &too_long] {
        let records = [record(topic, "a", b"a1"), record(topic, "a", b"a2"), record(name, "a", b"b1")];
        let started = Instant::now();
        let outcome = publisher(&bootstrap()).publish(&records, WITHIN).await;
        assert_eq!((brief(&outcome).as_str(), &outcome.unavailable), ("rwa", &None), "{outcome:?}");
        assert!(matches!(&outcome.fates[0], Fate::Refused(refusal) if !refusal.is_too_large), "{outcome:?}");
        assert!(started.elapsed() < Duration::from_secs(3), "{topic}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_broker_that_is_away_refuses_nothing_and_is_answered_in_time() {
    let nowhere = format!("127.0.0.1:{}", stack::free_port());
    let publisher = publisher(&nowhere);
    let records = [record("anything", "a", b"a1")];
    for _ in 0..3 {
        assert!(!publisher.is_away());
        let started = Instant::now();
        let outcome = publisher.publish(&records, Duration::from_millis(300)).await;
        assert_eq!(brief(&outcome), "w");
        assert!(outcome.unavailable.is_some());
        assert!(started.elapsed() < Duration::from_millis(800), "{:?}", started.elapsed());
    }
    assert!(publisher.is_away(), "a request need not find out again");
}

#[tokio::test]
async fn records_without_a_key_or_a_value_and_with_hostile_headers_arrive_as_they_are() {
    let topic = TestTopic::new(1).await;
    let headers = [
        (String::new(), b"no name".to_vec()),
        ("nul\0inside".to_owned(), vec![0, 255, 128]),
        ("same".to_owned(), b"1".to_vec()),
        ("same".to_owned(), Vec::new()),
    ];
    let name = topic.name.as_str();
    let records = [
        Record { topic: name, key: None, value: Some(b"v"), headers: &headers },
        Record { topic: name, key: Some(b"k\0\xff"), value: None, headers: &[] },
        Record { topic: name, key: Some(b""), value: Some(b""), headers: &[] },
    ];
    let outcome = publisher(&bootstrap()).publish(&records, WITHIN).await;
    assert_eq!(brief(&outcome), "aaa", "{outcome:?}");
    let read = topic.read_all();
    // librdkafka gives a name to its reader up to the NUL; the broker has it whole.
    let as_read = headers.map(|(name, value)| (name.split('\0').next().unwrap_or_default().to_owned(), value));
    assert_eq!(read[0].headers, as_read);
    assert_eq!((read[0].key.as_deref(), read[0].value.as_deref()), (None, Some(b"v".as_slice())));
    assert_eq!((read[1].key.as_deref(), read[1].value.as_deref()), (Some(b"k\0\xff".as_slice()), None));
}

#[tokio::test]
async fn nothing_behind_a_refused_batch_is_taken_from_a_producer_that_the_broker_meets_for_the_first_time() {
    let topic = TestTopic::with_config(&bootstrap(), 1, &[("max.message.bytes", "300000")]).await;
    // The first record fills a batch that the topic does not take, the others make batches that it does.
    let environment =
        Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", bootstrap().as_str()), ("KAFKA_BATCH_SIZE", "120000")]);
    let publisher = OrderedPublisher::start(KafkaSettings::read(&environment).unwrap()).unwrap();
    let (large, small) = (vec![b'x'; 350_000], vec![b'x'; 50_000]);
    let name = topic.name.as_str();
    // Refused as the first of its key, and behind one that was taken.
    for (ahead, fates) in [(0, format!("r{}", "w".repeat(20))), (1, format!("ar{}", "w".repeat(20)))] {
        let ahead = std::iter::repeat_n(small.as_slice(), ahead);
        let values = ahead.chain([large.as_slice()]).chain(std::iter::repeat_n(small.as_slice(), 20));
        let records: Vec<_> = values.map(|value| record(name, "a", value)).collect();
        let outcome = publisher.publish(&records, WITHIN).await;
        assert_eq!(brief(&outcome), fates, "{:?}", outcome.unavailable);
    }
    assert_eq!(topic.read_all().len(), 1, "what came before the record in front of it");
}
