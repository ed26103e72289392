//! Failures, stops and crashes: nothing is lost, and nothing is committed before it has succeeded.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use stack::artifacts;
use stack::kafka::{Broker, BrokerPorts};
use template::StartingPosition;
use testkit::TestTopic;

use crate::lambda::{Answer, Lambda};
use crate::program::{Program, template};
use crate::support::{
    Source, assert_complete_and_in_order, committed, config, config_at, numbered, produce, produce_at, wait_for,
    wait_until_committed,
};

#[tokio::test]
async fn a_failed_batch_is_delivered_again_as_it_was_with_growing_waits_and_committed_once_it_succeeds() {
    let topic = TestTopic::new(2).await;
    let lambda = Lambda::start(|call| match call {
        0 | 2 => Answer::FunctionError,
        1 | 3 => Answer::InternalError,
        _ => Answer::Success,
    })
    .await;
    produce(&topic.name, 0, numbered(0..20)).await;
    produce(&topic.name, 1, numbered(0..20)).await;
    let source = Source::start(config(&topic, &lambda));
    wait_for("a second attempt", || lambda.calls().len() == 2).await;
    assert_eq!(committed(&testkit::bootstrap(), &topic.name, 2), [None, None], "committed before it succeeded");
    wait_until_committed(&topic.name, &[Some(20), Some(20)]).await;
    source.stop().await;
    let calls = lambda.calls();
    assert!(calls[1..5].iter().all(|call| call.payload == calls[0].payload), "the batch changed");
    let waits: Vec<Duration> = calls[..5].windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    for (wait, (low, high)) in waits.iter().zip([(50, 100), (100, 200), (200, 400), (400, 800)]) {
        assert!(*wait >= Duration::from_millis(low), "{waits:?}");
        assert!(*wait < Duration::from_millis(high) + Duration::from_secs(2), "{waits:?}");
    }
    let once: Vec<i64> = (0..20).collect();
    assert_eq!(lambda.succeeded(), [(0, once.clone()), (1, once)].into(), "lost, twice or out of order");
}

#[tokio::test]
async fn what_a_function_that_succeeds_says_of_single_records_changes_nothing() {
    let topic = TestTopic::new(1).await;
    let failed = r#"{"batchItemFailures":[{"itemIdentifier":{"partition":"a-0","offset":0}}]}"#;
    let lambda = Lambda::start(move |_| Answer::SuccessSaying(failed)).await;
    produce(&topic.name, 0, numbered(0..5)).await;
    let source = Source::start(config(&topic, &lambda));
    wait_until_committed(&topic.name, &[Some(5)]).await;
    source.stop().await;
    assert_eq!(lambda.succeeded()[&0], [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn nothing_is_committed_while_an_invocation_runs() {
    let topic = TestTopic::new(1).await;
    let lambda = Lambda::start(|_| Answer::SuccessAfter(Duration::from_secs(1))).await;
    produce(&topic.name, 0, numbered(0..5)).await;
    let source = Source::start(config(&topic, &lambda));
    wait_for("the invocation has begun", || lambda.calls().len() == 1).await;
    assert_eq!(committed(&testkit::bootstrap(), &topic.name, 1), [None]);
    wait_until_committed(&topic.name, &[Some(5)]).await;
    source.stop().await;
}

#[tokio::test]
async fn a_stop_lets_the_invocation_finish_and_commits_it() {
    let topic = TestTopic::new(1).await;
    let lambda = Lambda::start(|_| Answer::SuccessAfter(Duration::from_secs(1))).await;
    produce(&topic.name, 0, numbered(0..25)).await;
    let source = Source::start(config(&topic, &lambda));
    wait_for("the invocation has begun", || lambda.calls().len() == 1).await;
    source.stop().await;
    assert_eq!(committed(&testkit::bootstrap(), &topic.name, 1), [Some(10)]);
    assert_eq!(lambda.calls().len(), 1, "a new batch was begun after the stop");
}

#[tokio::test]
async fn a_stop_while_a_failed_batch_waits_leaves_it_to_the_next_start() {
    let topic = TestTopic::new(1).await;
    let broken = Lambda::start(|_| Answer::FunctionError).await;
    produce(&topic.name, 0, numbered(0..5)).await;
    let source = Source::start(config(&topic, &broken));
    wait_for("two attempts", || broken.calls().len() == 2).await;
    source.stop().await;
    let lambda = Lambda::start(|_| Answer::Success).await;
    let source = Source::start(config(&topic, &lambda));
    wait_for("all records", || lambda.records() == 5).await;
    source.stop().await;
}

#[tokio::test]
async fn what_is_written_while_no_event_source_runs_is_delivered_at_the_next_start_and_the_rest_is_not_repeated() {
    let (topic, lambda) = (TestTopic::new(1).await, Lambda::start(|_| Answer::Success).await);
    produce(&topic.name, 0, numbered(0..15)).await;
    let source = Source::start(config(&topic, &lambda));
    wait_for("the first records", || lambda.records() == 15).await;
    source.stop().await;
    produce(&topic.name, 0, numbered(15..40)).await;
    let source = Source::start(config(&topic, &lambda));
    wait_for("the later records", || lambda.records() >= 40).await;
    source.stop().await;
    assert_eq!(lambda.succeeded()[&0], (0..40).collect::<Vec<i64>>());
}

#[tokio::test]
async fn latest_skips_what_was_there_before_and_nothing_after_a_failure_and_a_restart() {
    let topic = TestTopic::new(1).await;
    let broken = Lambda::start(|_| Answer::FunctionError).await;
    produce(&topic.name, 0, numbered(0..7)).await;
    let mut latest = config(&topic, &broken);
    latest.mapping.starting_position = StartingPosition::Latest;
    let source = Source::start(latest.clone());
    wait_until_committed(&topic.name, &[Some(7)]).await;
    produce(&topic.name, 0, numbered(7..12)).await;
    wait_for("a failure", || !broken.calls().is_empty()).await;
    source.stop().await;
    let lambda = Lambda::start(|_| Answer::Success).await;
    latest.endpoint.clone_from(&lambda.endpoint);
    let source = Source::start(latest);
    wait_for("what came after the first start", || lambda.records() == 5).await;
    source.stop().await;
    assert_eq!(lambda.succeeded()[&0], (7..12).collect::<Vec<i64>>());
}

#[tokio::test]
async fn an_endpoint_that_is_away_is_waited_for() {
    let topic = TestTopic::new(1).await;
    let listen: SocketAddr = ([127, 0, 0, 1], stack::free_port()).into();
    produce(&topic.name, 0, numbered(0..5)).await;
    let source = Source::start(config_at(&testkit::bootstrap(), &topic.name, &format!("http://{listen}")));
    // Long enough for some attempts, which nobody is there to count.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let lambda = Lambda::start_on(listen, |_| Answer::Success).await;
    wait_for("the records", || lambda.records() == 5).await;
    source.stop().await;
}

#[tokio::test]
async fn killed_in_an_invocation_and_started_again_it_delivers_that_batch_again_and_ends_cleanly_on_sigterm() {
    let topic = TestTopic::new(2).await;
    let slow = |call| if call == 3 { Answer::SuccessAfter(Duration::from_mins(10)) } else { Answer::Success };
    let lambda = Lambda::start(slow).await;
    produce(&topic.name, 0, numbered(0..50)).await;
    produce(&topic.name, 1, numbered(0..50)).await;
    let mut program = Program::start(&template(&topic.name), &lambda.endpoint);
    wait_for("an invocation that does not end", || lambda.calls().len() == 4).await;
    program.end(Signal::SIGKILL);
    let before = lambda.records();
    let mut program = Program::start(&template(&topic.name), &lambda.endpoint);
    wait_until_committed(&topic.name, &[Some(50), Some(50)]).await;
    assert!(program.end(Signal::SIGTERM).success());
    assert!(before < 100, "it was killed too late");
    assert_complete_and_in_order(&lambda.succeeded(), &[50, 50]);
}

#[tokio::test]
async fn a_broker_killed_and_started_again_costs_no_record_and_the_commit_catches_up() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/artifacts");
    let artifacts = tokio::task::spawn_blocking(move || artifacts::install(&root)).await.unwrap().unwrap();
    let folder = stack::scratch().unwrap();
    let mut broker = Broker::start(&artifacts, folder.path(), BrokerPorts::free()).await.unwrap();
    let bootstrap = broker.bootstrap();
    let topic = TestTopic::on(&bootstrap, 2).await;
    let at_the_end = Arc::new(AtomicBool::new(false));
    let is_slow = Arc::clone(&at_the_end);
    let lambda = Lambda::start(move |call| {
        let slow = call == 1 || is_slow.load(Ordering::SeqCst);
        if slow { Answer::SuccessAfter(Duration::from_secs(2)) } else { Answer::Success }
    })
    .await;
    produce_at(&bootstrap, &topic.name, 0, numbered(0..30)).await;
    produce_at(&bootstrap, &topic.name, 1, numbered(0..30)).await;
    let source = Source::start(config_at(&bootstrap, &topic.name, &lambda.endpoint));
    wait_for("an invocation that is under way", || lambda.calls().len() == 2).await;
    broker.kill();
    wait_for("the invocation ends while the broker is away", || lambda.records() >= 20).await;
    broker.restart().await.unwrap();
    wait_for("all records", || lambda.records() >= 60).await;
    let all = [Some(30), Some(30)];
    wait_for("all is committed", || committed(&bootstrap, &topic.name, 2) == all).await;
    produce_at(&bootstrap, &topic.name, 0, numbered(30..35)).await;
    wait_for("records after the return", || lambda.succeeded()[&0].contains(&34)).await;
    // A stop ends without Kafka, too, with a commit that nobody acknowledges.
    at_the_end.store(true, Ordering::SeqCst);
    let calls = lambda.calls().len();
    produce_at(&bootstrap, &topic.name, 1, numbered(30..35)).await;
    wait_for("the last invocation", || lambda.calls().len() > calls).await;
    broker.kill();
    source.stop().await;
    assert_complete_and_in_order(&lambda.succeeded(), &[35, 35]);
    // The broker that the topic would be deleted from.
    broker.restart().await.unwrap();
}
