use std::time::{Duration, Instant};

use outbox::{Drained, Publishing};
use settings::Environment;
use stack::kafka::{Broker, BrokerPorts};
use testkit::{TestDatabase, TestTopic, bootstrap, eventually};

use crate::support::{WITHIN, assert_whole, connect, count, numbered, write};

#[tokio::test]
async fn where_publishing_is_off_events_stay_and_no_kafka_is_needed() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let off = Publishing::start(&Environment::from_iter([("OUTBOX_PUBLISHING", "off")])).unwrap();
    let shards = write(&mut connect(&database).await, &topic.name, &numbered(1, 0..3)).await;
    assert_eq!(off.drain(&database.pool, &shards).await, Drained::default());
    assert_eq!((count(&database, "outbox").await, topic.read_all().len()), (3, 0));

    for value in ["on", ""] {
        let environment = [("KAFKA_BOOTSTRAP_SERVERS", bootstrap()), ("OUTBOX_PUBLISHING", value.to_owned())];
        let environment = environment.into_iter().chain([("OUTBOX_DRAIN_MS", "20000".to_owned())]);
        let on = Publishing::start(&environment.collect::<Environment>()).unwrap();
        on.drain(&database.pool, &shards).await;
        assert_eq!(count(&database, "outbox").await, 0);
    }
    assert_eq!(assert_whole(&topic, 1, 3), 3);
}

#[tokio::test]
async fn a_function_that_cannot_say_whether_it_publishes_does_not_start() {
    for value in ["OFF", "false", "0", "yes"] {
        let environment = Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", "b:9092"), ("OUTBOX_PUBLISHING", value)]);
        let error = Publishing::start(&environment).err().unwrap();
        assert!(error.to_string().starts_with("OUTBOX_PUBLISHING has a value that"), "{value}: {error}");
    }
    let error = Publishing::start(&Environment::default()).err().unwrap();
    assert!(error.to_string().starts_with("KAFKA_BOOTSTRAP_SERVERS is not set"), "{error}");
}

/// Every request here finds out whether Kafka is back, which otherwise one does each second.
#[tokio::test]
async fn a_request_waits_little_for_a_kafka_that_is_known_to_be_away_and_publishes_once_it_is_back() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let (database, topic) = (TestDatabase::new().await, TestTopic::on(&broker.bootstrap(), 1).await);
    let publishing = Publishing::start(&Environment::from_iter([
        ("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap().as_str()),
        ("KAFKA_PROBE_INTERVAL_MS", "0"),
        ("OUTBOX_DRAIN_MS", "2000"),
    ]))
    .unwrap();
    let mut connection = connect(&database).await;
    let shards = write(&mut connection, &topic.name, &numbered(1, 0..1)).await;
    assert_eq!(publishing.drain(&database.pool, &shards).await.published, 1);

    broker.kill();
    write(&mut connection, &topic.name, &numbered(1, 1..2)).await;
    for failure in 1..=6 {
        let started = Instant::now();
        assert_eq!(publishing.drain(&database.pool, &shards).await.published, 0);
        let is_known = failure > 3;
        assert!(!is_known || started.elapsed() < Duration::from_millis(500), "{failure}: {:?}", started.elapsed());
    }
    broker.restart().await.unwrap();
    let is_back = || async { (publishing.drain(&database.pool, &shards).await.published == 1).then_some(()) };
    eventually("a request publishes again", WITHIN, is_back).await;
    assert_whole(&topic, 1, 2);
}
