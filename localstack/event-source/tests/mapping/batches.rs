//! When a batch is complete.

use std::time::{Duration, Instant};

use kafka::topics::{self, NewTopic};
use rdkafka::ClientConfig;
use rdkafka::producer::{FutureRecord, Producer as _};
use testkit::TestTopic;

use crate::lambda::{Answer, Lambda};
use crate::support::{PATIENCE, Source, config, config_at, numbered, produce, wait_for, wait_until_committed};

const LIMIT: usize = 6 * 1024 * 1024;

#[tokio::test]
async fn a_full_batch_does_not_wait_for_its_window_and_the_rest_does() {
    let (topic, lambda) = (TestTopic::new(2).await, Lambda::start(|_| Answer::Success).await);
    produce(&topic.name, 0, numbered(0..13)).await;
    produce(&topic.name, 1, numbered(0..12)).await;
    let mut config = config(&topic, &lambda);
    config.mapping.window = Duration::from_secs(3);
    let source = Source::start(config);
    wait_for("25 records", || lambda.records() == 25).await;
    source.stop().await;
    let calls = lambda.calls();
    let sizes: Vec<usize> = calls.iter().map(|call| call.places().len()).collect();
    assert_eq!(sizes, [10, 10, 5]);
    assert!(calls[1].at - calls[0].at < Duration::from_secs(2), "a full batch waited");
    assert!(calls[2].at - calls[1].at > Duration::from_secs(2), "a part did not wait for the window's end");
}

#[tokio::test]
async fn without_a_window_a_record_is_delivered_at_once() {
    let (topic, lambda) = (TestTopic::new(1).await, Lambda::start(|_| Answer::Success).await);
    let mut config = config(&topic, &lambda);
    config.mapping.window = Duration::ZERO;
    config.mapping.batch_size = 1000;
    let source = Source::start(config);
    produce(&topic.name, 0, numbered(0..1)).await;
    wait_for("the first record", || lambda.records() == 1).await;
    let sent = Instant::now();
    produce(&topic.name, 0, numbered(1..2)).await;
    wait_for("the second record", || lambda.records() == 2).await;
    let took = lambda.calls()[1].at - sent;
    assert!(took < Duration::from_secs(1), "{took:?}");
    source.stop().await;
}

#[tokio::test]
async fn a_payload_never_passes_six_megabytes_and_the_record_that_does_not_fit_comes_next() {
    let (topic, lambda) = (TestTopic::new(1).await, Lambda::start(|_| Answer::Success).await);
    // In base64 each takes 1.2 MB: five of them fit.
    produce(&topic.name, 0, (0..12).map(|_| "x".repeat(900_000))).await;
    let mut config = config(&topic, &lambda);
    config.mapping.batch_size = 1000;
    config.mapping.window = Duration::from_secs(2);
    let source = Source::start(config);
    wait_for("12 records", || lambda.records() == 12).await;
    source.stop().await;
    let calls = lambda.calls();
    let sizes: Vec<(usize, bool)> =
        calls.iter().map(|call| (call.places().len(), call.payload.len() <= LIMIT)).collect();
    assert_eq!(sizes, [(5, true), (5, true), (2, true)]);
    assert_eq!(lambda.succeeded()[&0], (0..12).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_record_too_large_for_any_payload_stops_its_partition_alone_and_is_never_passed_over() {
    let (topic, lambda) = (TestTopic::new(1).await, Lambda::start(|_| Answer::Success).await);
    let (bootstrap, name) = (testkit::bootstrap(), format!("{}.large", topic.name));
    let takes_them = [("max.message.bytes".to_owned(), "9000000".to_owned())].into();
    let large = NewTopic { name: name.clone(), partitions: 2, replication: 1, config: takes_them };
    topics::create_missing(&bootstrap, &[large]).await.unwrap();
    produce(&name, 0, numbered(0..2)).await;
    produce(&name, 0, ["x".repeat(5_000_000)]).await;
    produce(&name, 0, numbered(3..6)).await;
    produce(&name, 1, numbered(0..30)).await;
    let source = Source::start(config_at(&bootstrap, &name, &lambda.endpoint));
    wait_until_committed(&name, &[Some(2), Some(30)]).await;
    produce(&name, 1, numbered(30..35)).await;
    wait_until_committed(&name, &[Some(2), Some(35)]).await;
    source.stop().await;
    assert_eq!(lambda.succeeded()[&0], [0, 1]);
    topics::delete(&bootstrap, &[&name]).await.unwrap();
}

#[tokio::test]
async fn records_of_an_aborted_transaction_are_not_delivered() {
    let (topic, lambda) = (TestTopic::new(1).await, Lambda::start(|_| Answer::Success).await);
    let producer: rdkafka::producer::FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", testkit::bootstrap())
        .set("transactional.id", &topic.name)
        .create()
        .unwrap();
    let transactions = producer.clone();
    tokio::task::spawn_blocking(move || transactions.init_transactions(PATIENCE)).await.unwrap().unwrap();
    for (value, commit) in [("aborted", false), ("committed", true)] {
        producer.begin_transaction().unwrap();
        let record = FutureRecord::<str, str>::to(&topic.name).partition(0).payload(value);
        producer.send(record, PATIENCE).await.unwrap();
        let transactions = producer.clone();
        let end = move || {
            if commit { transactions.commit_transaction(PATIENCE) } else { transactions.abort_transaction(PATIENCE) }
        };
        tokio::task::spawn_blocking(end).await.unwrap().unwrap();
    }
    let source = Source::start(config(&topic, &lambda));
    wait_for("the committed record", || lambda.records() == 1).await;
    source.stop().await;
    let payload = lambda.calls()[0].json();
    assert_eq!(payload["records"][format!("{}-0", topic.name)][0]["value"], "Y29tbWl0dGVk");
    assert_eq!(lambda.records(), 1);
}
