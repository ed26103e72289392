//! Invocations at an interval. None of the intervals is as long as a template's could be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use event_source::ScheduleConfig;
use serde_json::json;
use template::Schedule;

use crate::lambda::{Answer, Lambda};
use crate::support::{PATIENCE, Source, function, wait_for};

const EVERY: Duration = Duration::from_millis(150);

fn schedule(endpoint: &str, every: Duration) -> ScheduleConfig {
    let schedule = Schedule { logical_id: "ConsumerTick".to_owned(), every, input: None };
    let mut config = ScheduleConfig::new(&function(), &schedule, endpoint);
    config.first = Duration::ZERO;
    config
}

async fn wait_for_calls(lambda: &Lambda, calls: usize) {
    wait_for(&format!("{calls} invocations"), || lambda.calls().len() >= calls).await;
}

/// That the calls came no earlier than so many intervals after the start each.
fn assert_not_before(lambda: &Lambda, started: Instant, intervals: &[u32]) {
    for (call, intervals) in lambda.calls().iter().zip(intervals) {
        let (at, due) = (call.at - started, EVERY * *intervals);
        assert!(at >= due, "invoked after {at:?} and not after {due:?}");
    }
}

#[tokio::test]
async fn a_function_is_invoked_at_its_interval_with_the_event_of_a_rule() {
    let lambda = Lambda::start(|_| Answer::Success).await;
    let started = Instant::now();
    let source = Source::start_schedule(schedule(&lambda.endpoint, EVERY));
    wait_for_calls(&lambda, 4).await;
    source.stop().await;
    assert_not_before(&lambda, started, &[0, 1, 2, 3]);

    let mut event = lambda.calls()[0].json();
    assert_eq!(event["id"].take().as_str().map(str::len), Some(36));
    assert_eq!(event["time"].take().as_str().map(str::len), Some("2026-11-21T12:00:00Z".len()));
    let expected = json!({
        "version": "0",
        "id": null,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": null,
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/ConsumerTick"],
        "detail": {},
    });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn the_input_of_the_template_is_sent_instead() {
    let lambda = Lambda::start(|_| Answer::Success).await;
    let mut config = schedule(&lambda.endpoint, EVERY);
    config.schedule.input = Some("{\"drain\": true}".to_owned());
    let source = Source::start_schedule(config);
    wait_for_calls(&lambda, 1).await;
    source.stop().await;
    assert_eq!(lambda.calls()[0].payload, "{\"drain\": true}");
}

#[tokio::test]
async fn an_overlong_invocation_makes_the_next_wait_and_those_it_missed_are_one() {
    let slow = EVERY * 3 + EVERY / 2;
    let lambda = Lambda::start(move |call| if call == 0 { Answer::SuccessAfter(slow) } else { Answer::Success }).await;
    let started = Instant::now();
    let source = Source::start_schedule(schedule(&lambda.endpoint, EVERY));
    wait_for_calls(&lambda, 4).await;
    source.stop().await;
    let calls = lambda.calls();
    assert!(calls[1].at - calls[0].at >= slow, "two at once");
    assert_not_before(&lambda, started, &[0, 3, 4, 5]);
}

#[tokio::test]
async fn a_failing_function_is_invoked_again_at_the_next_interval_and_not_before() {
    let lambda = Lambda::start(|call| match call {
        0 => Answer::FunctionError,
        1 => Answer::InternalError,
        _ => Answer::Success,
    })
    .await;
    let started = Instant::now();
    let source = Source::start_schedule(schedule(&lambda.endpoint, EVERY));
    wait_for_calls(&lambda, 4).await;
    source.stop().await;
    assert_not_before(&lambda, started, &[0, 1, 2, 3]);
    assert!(lambda.finished() >= 2);
}

#[tokio::test]
async fn an_event_waits_for_a_host_that_is_not_there_yet() {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, stack::free_port()));
    // The next event is an hour away.
    let source = Source::start_schedule(schedule(&format!("http://{listen}"), Duration::from_hours(1)));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let lambda = Lambda::start_on(listen, |_| Answer::Success).await;
    wait_for_calls(&lambda, 1).await;
    source.stop().await;
    assert_eq!(lambda.finished(), 1);
}

#[tokio::test]
async fn at_the_stop_the_invocation_in_flight_finishes() {
    let lambda = Lambda::start(|_| Answer::SuccessAfter(Duration::from_millis(500))).await;
    let source = Source::start_schedule(schedule(&lambda.endpoint, EVERY));
    wait_for_calls(&lambda, 1).await;
    assert_eq!(lambda.finished(), 0);
    source.stop().await;
    assert_eq!((lambda.calls().len(), lambda.finished()), (1, 1));
}

#[tokio::test]
async fn at_the_stop_no_invocation_is_waited_for_longer_than_it_may_be() {
    let lambda = Lambda::start(|_| Answer::SuccessAfter(PATIENCE * 2)).await;
    let mut config = schedule(&lambda.endpoint, EVERY);
    config.drain = Duration::from_millis(50);
    let source = Source::start_schedule(config);
    wait_for_calls(&lambda, 1).await;
    let asked = Instant::now();
    source.stop().await;
    assert!(asked.elapsed() < PATIENCE / 2);
}

#[tokio::test]
async fn a_schedule_that_waits_for_its_time_stops_at_once() {
    let lambda = Lambda::start(|_| Answer::Success).await;
    let source = Source::start_schedule(schedule(&lambda.endpoint, Duration::from_hours(1)));
    wait_for("the first invocation", || lambda.finished() == 1).await;
    source.stop().await;
    assert_eq!(lambda.calls().len(), 1);
}
