//! The status line: what it says, when it is silent, and that nothing waits for it.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use stack::artifacts;
use stack::kafka::{Broker, BrokerPorts};
use testkit::TestTopic;
use tokio::sync::watch;

use crate::lambda::{Answer, Lambda};
use crate::program::{Program, template};
use crate::support::{numbered, produce, produce_at, wait_for, wait_until_committed};

fn program(bootstrap: &str, topic: &TestTopic, lambda: &Lambda) -> Program {
    Program::start_at(bootstrap, &template(&topic.name), &lambda.endpoint, &["--status-seconds", "1"])
}

/// The status lines so far.
fn lines(program: &Program) -> Vec<String> {
    program.log().lines().filter(|line| line.contains(" Status ")).map(str::to_owned).collect()
}

/// Waits for a line that has all of this.
async fn wait_for_line(program: &Program, texts: &[&str]) {
    let has_all = |line: &String| texts.iter().all(|text| line.contains(text));
    wait_for(&format!("a line with {texts:?}"), || lines(program).iter().any(has_all)).await;
}

#[tokio::test]
async fn a_line_says_what_is_delivered_and_committed_and_none_is_written_while_nothing_changes() {
    let (topic, lambda) = (TestTopic::new(2).await, Lambda::start(|_| Answer::Success).await);
    let mut program = program(&testkit::bootstrap(), &topic, &lambda);
    wait_for_line(&program, &[r#"partitions="0 1" batches=0 records=0 committed="" lag.records=0"#]).await;
    produce(&topic.name, 0, numbered(0..15)).await;
    produce(&topic.name, 1, numbered(0..5)).await;
    let mapping = format!(
        r#"mapping="Function0Records0" function="consumer" topic="{0}" group="{0}" partitions="0 1""#,
        topic.name
    );
    let delivered = [" INFO ", &mapping, "records=20", r#"committed="0:15 1:5" lag.records=0"#, "kafka.answers=true"];
    wait_for_line(&program, &delivered).await;
    let before = lines(&program).len();
    // Four looks at what stays the same.
    tokio::time::sleep(Duration::from_millis(4500)).await;
    assert_eq!(lines(&program).len(), before, "{:#?}", lines(&program));
    assert!(program.end(Signal::SIGTERM).success());
    assert!(!program.log().contains(" WARN "), "{}", program.log());
}

#[tokio::test]
async fn a_batch_that_is_repeated_is_a_line_each_time_with_its_attempts_and_what_waits_behind_it() {
    let (topic, mended) = (TestTopic::new(1).await, watch::Sender::new(false));
    let is_mended = mended.subscribe();
    let answer = move |_| if *is_mended.borrow() { Answer::Success } else { Answer::FunctionError };
    let lambda = Lambda::start(answer).await;
    produce(&topic.name, 0, numbered(0..30)).await;
    let program = program(&testkit::bootstrap(), &topic, &lambda);
    let failing = ["WARN", "batches=0", r#"committed="" lag.records=30"#, "failing.seconds=3", "failing.attempts="];
    wait_for_line(&program, &failing).await;
    mended.send_replace(true);
    wait_until_committed(&topic.name, &[Some(30)]).await;
    wait_for_line(&program, &[" INFO ", r#"batches=3 records=30 committed="0:30" lag.records=0"#]).await;
    let last = lines(&program).pop().unwrap();
    assert!(!last.contains("failing"), "{last}");
}

#[tokio::test]
async fn an_invocation_that_takes_long_is_shown() {
    let (topic, gate) = (TestTopic::new(1).await, watch::Sender::new(false));
    let opens = gate.subscribe();
    let lambda = Lambda::start(move |_| Answer::SuccessWhen(opens.clone())).await;
    produce(&topic.name, 0, numbered(0..5)).await;
    let program = program(&testkit::bootstrap(), &topic, &lambda);
    wait_for_line(&program, &["batches=0", "lag.records=5", "invoking.seconds=3"]).await;
    gate.send_replace(true);
    wait_for_line(&program, &["batches=1", "lag.records=0"]).await;
}

#[tokio::test]
async fn a_kafka_that_is_away_is_named_and_neither_delivery_nor_stop_waits_for_the_line() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local/artifacts");
    let artifacts = tokio::task::spawn_blocking(move || artifacts::install(&root)).await.unwrap().unwrap();
    let folder = stack::scratch().unwrap();
    let mut broker = Broker::start(&artifacts, folder.path(), BrokerPorts::free()).await.unwrap();
    let topic = TestTopic::on(&broker.bootstrap(), 1).await;
    let lambda = Lambda::start(|_| Answer::Success).await;
    let mut program = program(&broker.bootstrap(), &topic, &lambda);
    wait_for_line(&program, &["kafka.answers=true", r#"partitions="0""#]).await;
    broker.kill();
    wait_for_line(&program, &["WARN", "kafka.answers=false error=", "batches=0"]).await;
    broker.restart().await.unwrap();
    produce_at(&broker.bootstrap(), &topic.name, 0, numbered(0..15)).await;
    wait_for_line(&program, &["INFO", r#"records=15 committed="0:15" lag.records=0"#, "kafka.answers=true"]).await;
    broker.kill();
    wait_for("it is away again", || lines(&program).last().unwrap().contains("kafka.answers=false")).await;
    let asked = Instant::now();
    assert!(program.end(Signal::SIGTERM).success());
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    // There is no broker to delete it from.
    std::mem::forget(topic);
}
