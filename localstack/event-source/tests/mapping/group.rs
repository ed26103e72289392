//! Several members of one group.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use testkit::TestTopic;

use crate::lambda::{Answer, Lambda};
use crate::support::{Source, assert_complete_and_in_order, config, numbered, produce, wait_for, wait_until_committed};

const PARTITIONS: i32 = 4;

async fn produce_to_all(topic: &TestTopic, numbers: std::ops::Range<usize>) {
    for partition in 0..PARTITIONS {
        produce(&topic.name, partition, numbered(numbers.clone())).await;
    }
}

#[tokio::test]
async fn partitions_move_to_a_second_member_and_back_and_nothing_is_lost_or_out_of_order() {
    let topic = TestTopic::new(PARTITIONS).await;
    let lambda = Lambda::start(|_| Answer::SuccessAfter(Duration::from_millis(20))).await;
    produce_to_all(&topic, 0..100).await;
    let first = Source::start(config(&topic, &lambda));
    wait_for("the first member works", || lambda.records() >= 50).await;
    let second = Source::start(config(&topic, &lambda));
    produce_to_all(&topic, 100..200).await;
    wait_for("both work", || lambda.records() >= 500).await;
    first.stop().await;
    produce_to_all(&topic, 200..250).await;
    wait_until_committed(&topic.name, &[Some(250); 4]).await;
    second.stop().await;
    assert_complete_and_in_order(&lambda.succeeded(), &[250; 4]);
}

#[tokio::test]
async fn both_members_get_partitions_and_no_batch_runs_twice_in_an_orderly_change() {
    let topic = TestTopic::new(PARTITIONS).await;
    let (one, two) = (Lambda::start(|_| Answer::Success).await, Lambda::start(|_| Answer::Success).await);
    let first = Source::start(config(&topic, &one));
    produce_to_all(&topic, 0..20).await;
    wait_until_committed(&topic.name, &[Some(20); 4]).await;
    let second = Source::start(config(&topic, &two));
    let mut number = 20;
    while two.records() == 0 {
        assert!(number < 2000, "the second member gets nothing");
        produce_to_all(&topic, number..number + 1).await;
        number += 1;
    }
    second.stop().await;
    let end = i64::try_from(number).unwrap();
    wait_until_committed(&topic.name, &[Some(end); 4]).await;
    first.stop().await;
    let total = number * usize::try_from(PARTITIONS).unwrap();
    assert_eq!(one.records() + two.records(), total, "a record was delivered twice or never");
    assert!(two.succeeded().len() < 4, "the second member had all partitions");
}

#[tokio::test]
async fn a_failed_batch_whose_partitions_move_is_left_to_their_new_owner() {
    let topic = TestTopic::new(PARTITIONS).await;
    let (broken, lambda) = (Lambda::start(|_| Answer::FunctionError).await, Lambda::start(|_| Answer::Success).await);
    produce_to_all(&topic, 0..30).await;
    let first = Source::start(config(&topic, &broken));
    wait_for("the first member fails", || broken.calls().len() >= 2).await;
    let second = Source::start(config(&topic, &lambda));
    wait_for("the second member works although the first one waits", || lambda.records() >= 30).await;
    first.stop().await;
    wait_until_committed(&topic.name, &[Some(30); 4]).await;
    second.stop().await;
    assert_complete_and_in_order(&lambda.succeeded(), &[30; 4]);
}

#[tokio::test]
async fn a_part_of_a_batch_collected_before_a_rebalance_is_left_to_the_new_owner() {
    let (topic, lambda) = (TestTopic::new(PARTITIONS).await, Lambda::start(|_| Answer::Success).await);
    let mut config = config(&topic, &lambda);
    config.mapping.window = Duration::from_secs(3);
    config.mapping.batch_size = 1000;
    let first = Source::start(config.clone());
    produce_to_all(&topic, 0..1).await;
    wait_until_committed(&topic.name, &[Some(1); 4]).await;
    produce_to_all(&topic, 1..3).await;
    // It joins within the three seconds for which the first member collects.
    let second = Source::start(config);
    wait_until_committed(&topic.name, &[Some(3); 4]).await;
    first.stop().await;
    second.stop().await;
    assert_eq!(lambda.succeeded(), (0..4).map(|partition| (partition, vec![0, 1, 2])).collect(), "not once each");
}

#[tokio::test]
async fn a_record_that_did_not_fit_is_forgotten_when_its_batch_is_lost_in_a_rebalance() {
    let topic = TestTopic::new(2).await;
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let answer = move |_| if is_mended.load(Ordering::SeqCst) { Answer::Success } else { Answer::FunctionError };
    let (broken, lambda) = (Lambda::start(answer).await, Lambda::start(|_| Answer::Success).await);
    for partition in 0..2 {
        // Five fit into a payload.
        produce(&topic.name, partition, (0..7).map(|_| "x".repeat(900_000))).await;
    }
    let (mut one, mut two) = (config(&topic, &broken), config(&topic, &lambda));
    one.mapping.window = Duration::from_secs(3);
    two.mapping.window = Duration::from_secs(3);
    let first = Source::start(one);
    wait_for("the first member fails with a full payload", || broken.calls().len() >= 2).await;
    let second = Source::start(two);
    wait_for("the second member works", || lambda.records() > 0).await;
    mended.store(true, Ordering::SeqCst);
    wait_until_committed(&topic.name, &[Some(7), Some(7)]).await;
    first.stop().await;
    second.stop().await;
    for seen in [broken.succeeded(), lambda.succeeded()] {
        assert!(seen.values().all(|offsets| *offsets == [0, 1, 2, 3, 4, 5, 6]), "{seen:?}");
    }
}
