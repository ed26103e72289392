//! Publishing to a real broker, and to one that is away.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use events::{Wire, decode};
use kafka::topics::{NewTopic, create_missing};
use kafka::{EventPublisher, KafkaSettings, PublishError};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use settings::Environment;
use stack::kafka::{Broker, BrokerPorts};
use testkit::{TestTopic, bootstrap, click_event, eventually};

/// Longer than any limit of the publisher's own.
const WITHIN: Duration = Duration::from_mins(1);

fn settings(bootstrap: &str, more: &[(&str, &str)]) -> KafkaSettings {
    let fixed = [("KAFKA_BOOTSTRAP_SERVERS", bootstrap)];
    KafkaSettings::read(&fixed.iter().chain(more).copied().collect::<Environment>()).unwrap()
}

#[tokio::test]
async fn an_event_is_on_the_topic_under_its_key_once_publish_returns() {
    let topic = TestTopic::new(6).await;
    let publisher = EventPublisher::start(settings(&bootstrap(), &[]), &topic.name).unwrap();
    // Where Java's default partitioner sends these keys: a mixed fleet must agree.
    for (code, partition) in [("foobar", 0), ("abc", 3)] {
        let event = click_event(code);
        let delivered = publisher.publish(&topic.name, &event, WITHIN).await.unwrap();
        assert_eq!(delivered.partition, partition, "{code}");
        let read = topic.read_all().into_iter().find(|record| record.key.as_deref() == Some(code.as_bytes())).unwrap();
        assert_eq!((read.partition, read.offset), (delivered.partition, delivered.offset));
        assert_eq!(read.headers, [("content-type".to_owned(), b"application/cloudevents+json".to_vec())]);
        let value = read.value.unwrap();
        assert_eq!(decode(Wire { value: &value, headers: &read.headers }).unwrap(), event);
    }
}

#[tokio::test]
async fn a_broker_that_is_away_is_answered_in_time_then_at_once_and_found_again() {
    let artifacts = testkit::artifacts();
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&artifacts, directory.path(), BrokerPorts::free()).await.unwrap();
    let topic = TestTopic::on(&broker.bootstrap(), 1).await;
    let publisher = EventPublisher::start(settings(&broker.bootstrap(), &[]), &topic.name).unwrap();
    publisher.publish(&topic.name, &click_event("before"), WITHIN).await.unwrap();

    broker.kill();
    for _ in 0..3 {
        let started = Instant::now();
        let error = publisher.publish(&topic.name, &click_event("during"), WITHIN).await.unwrap_err();
        assert!(matches!(error, PublishError::Unavailable { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_millis(2600), "{:?}", started.elapsed());
    }
    let started = Instant::now();
    let error = publisher.publish(&topic.name, &click_event("during"), WITHIN).await.unwrap_err();
    assert!(
        started.elapsed() < Duration::from_millis(20),
        "a known outage is answered at once: {:?}",
        started.elapsed()
    );
    assert!(error.to_string().contains("Connect"), "the broker problem is named: {error}");

    broker.restart().await.unwrap();
    let ask = || async { publisher.publish(&topic.name, &click_event("after"), WITHIN).await.ok() };
    eventually("the publisher finds the broker again", Duration::from_secs(20), ask).await;

    // A broker that takes connections and does not answer.
    let pid = Pid::from_raw(broker.pid());
    testkit::freeze(broker.pid()).await;
    for _ in 0..3 {
        let started = Instant::now();
        publisher.publish(&topic.name, &click_event("hangs"), WITHIN).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_millis(2600), "{:?}", started.elapsed());
    }
    let started = Instant::now();
    publisher.publish(&topic.name, &click_event("hangs"), WITHIN).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_millis(20), "{:?}", started.elapsed());
    kill(pid, Signal::SIGCONT).unwrap();
    let ask = || async { publisher.publish(&topic.name, &click_event("after"), WITHIN).await.ok() };
    eventually("the publisher finds the broker again", Duration::from_secs(20), ask).await;

    let keys: Vec<_> = topic.read_all().into_iter().map(|record| record.key.unwrap()).collect();
    assert_eq!((keys[0].as_slice(), keys[keys.len() - 1].as_slice()), (b"before".as_slice(), b"after".as_slice()));
}

/// Its controller has given it up by then, so that for a moment it says that the cluster has no broker: a client that hears that
/// forgets every one it knew.
#[tokio::test]
async fn a_broker_that_thaws_after_its_own_session_is_found_again_each_time() {
    let directory = stack::scratch().unwrap();
    let broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let topic = TestTopic::on(&broker.bootstrap(), 1).await;
    let publisher = EventPublisher::start(settings(&broker.bootstrap(), &[]), &topic.name).unwrap();
    for _ in 0..4 {
        let publish = || async { publisher.publish(&topic.name, &click_event("again"), WITHIN).await.ok() };
        eventually("the publisher finds the broker again", Duration::from_secs(20), publish).await;
        testkit::freeze(broker.pid()).await;
        for _ in 0..3 {
            publisher.publish(&topic.name, &click_event("hangs"), WITHIN).await.unwrap_err();
        }
        kill(Pid::from_raw(broker.pid()), Signal::SIGCONT).unwrap();
    }
}

#[tokio::test]
async fn a_caller_with_less_time_is_answered_in_it() {
    let nowhere = format!("127.0.0.1:{}", stack::free_port());
    let publisher = EventPublisher::start(settings(&nowhere, &[]), "anything").unwrap();
    let started = Instant::now();
    publisher.publish("anything", &click_event("hurry"), Duration::from_millis(300)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_and_is_no_outage() {
    let topic = TestTopic::with_config(&bootstrap(), 1, &[("max.message.bytes", "200")]).await;
    let publisher = EventPublisher::start(settings(&bootstrap(), &[("KAFKA_OUTAGE_AFTER", "1")]), &topic.name).unwrap();
    for _ in 0..2 {
        let error = publisher.publish(&topic.name, &click_event("large"), WITHIN).await.unwrap_err();
        assert!(matches!(error, PublishError::Refused { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_full_queue_is_answered_at_once() {
    let nowhere = format!("127.0.0.1:{}", stack::free_port());
    let publisher = EventPublisher::start(
        settings(&nowhere, &[("KAFKA_QUEUE_MESSAGES", "1"), ("KAFKA_OUTAGE_AFTER", "100")]),
        "anything",
    )
    .unwrap();
    // The first one waits for the metadata that were asked for at the start.
    publisher.publish("anything", &click_event("first"), Duration::from_millis(10)).await.unwrap_err();
    let publish = |code| {
        let (publisher, event) = (&publisher, click_event(code));
        async move {
            let started = Instant::now();
            let error = publisher.publish("anything", &event, WITHIN).await.unwrap_err();
            (error.to_string().contains("Queue full"), started.elapsed())
        }
    };
    let (waits, refused) = tokio::join!(publish("waits"), publish("refused"));
    assert_eq!((waits.0, refused.0), (false, true), "the queue has room for one");
    assert!(refused.1 < Duration::from_millis(50), "{:?}", refused.1);
}

#[tokio::test]
async fn a_topic_that_is_there_is_left_as_it_is() {
    let topic = TestTopic::new(2).await;
    let again = NewTopic { name: topic.name.clone(), partitions: 5, replication: 1, config: BTreeMap::new() };
    assert_eq!(create_missing(&bootstrap(), &[again]).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_topic_setting_that_kafka_does_not_know_is_an_error_that_names_the_topic() {
    let name = testkit::unique_name();
    let config = BTreeMap::from([("retention.msx".to_owned(), "1".to_owned())]);
    let error =
        create_missing(&bootstrap(), &[NewTopic { name: name.clone(), partitions: 1, replication: 1, config }]).await;
    assert!(error.unwrap_err().to_string().contains(&name));
}
