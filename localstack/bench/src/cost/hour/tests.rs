#![expect(clippy::float_cmp, reason = "whole milliseconds, and what is nothing or the same")]

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::prices::{Cost, Prices};

const TEMPLATE: &str = "
Globals: {Function: {MemorySize: 512}}
Resources:
  Redirect:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: redirect
      Events:
        Get: {Type: HttpApi, Properties: {Method: GET, Path: '/{code}'}}
  ClickConsumer:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: click-consumer
      MemorySize: 1024
      Events:
        Clicks:
          Type: MSK
          Properties:
            Topics: [link.clicks]
            ConsumerGroupId: click-consumer
            StartingPosition: TRIM_HORIZON
            BatchSize: 5000
            MaximumBatchingWindowInSeconds: 1
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  OutboxRelay:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: outbox-relay
      Events:
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  Housekeeper:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: housekeeper
      Events:
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}
  LinkClicks:
    Type: AWS::MSK::Topic
    Properties: {TopicName: link.clicks, PartitionCount: 6, ReplicationFactor: 3}
";
const LOAD: Load =
    Load { redirects: 99.0, events: 0.0, orders: 0.0, reads: 0.0, links: 0.0, discussions: 0.0, analytics: 0.0 };
/// All of it work of the processor.
const WORK: Conditions = Conditions { processor_share: 1.0, added_ms: 0.0, pollers: 1 };
const PRICES: Prices = Prices { gb_second: 0.00002, million_requests: 0.2, million_http_requests: 1.0, hour: None };

fn figures() -> Figures {
    let mut figures = Figures::default();
    let measured = [
        ("redirect.duration_ms.mean", 2.4),
        ("click-consumer.batch_ms.fixed", 4.0),
        ("click-consumer.record_ms", 0.02),
    ];
    figures.set(&measured.map(|(name, value)| (name.to_owned(), value)));
    figures
}

fn hour_of(load: &Load, conditions: &Conditions) -> Hour {
    hour(&Template::parse(TEMPLATE).unwrap(), &figures(), load, conditions).unwrap()
}

/// Function, invocations, milliseconds billed of each, GB-seconds.
fn lines(hour: &Hour) -> Vec<(&str, f64, f64, f64)> {
    let rounded = |number: f64| (number * 1e6).round() / 1e6;
    let line = |of: &Invocations| (rounded(of.count), of.billed_ms, rounded(of.gb_seconds()));
    let named = |of| {
        let (count, billed_ms, gb_seconds) = line(of);
        (of.function.as_str(), count, billed_ms, gb_seconds)
    };
    hour.invocations.iter().map(named).collect()
}

#[test]
fn an_hour_is_what_one_reckons_by_hand() {
    let hour = hour_of(&LOAD, &WORK);
    assert_eq!(
        lines(&hour),
        [
            // 2.4 ms with 512 of 1,769 MB are 8.29 ms.
            ("redirect", 356_400.0, 9.0, 1603.8),
            // 100 records: 6 ms, with 1,024 MB 10.37 ms.
            ("click-consumer", 3564.0, 11.0, 39.204),
            // 4 ms: 6.91.
            ("click-consumer", 60.0, 7.0, 0.42),
            // 55 of 60 seconds of half a GB.
            ("outbox-relay", 60.0, 55_000.0, 1650.0),
            // 1,000 ms are assumed.
            ("housekeeper", 1.0, 1000.0, 0.5),
        ]
    );
    assert_eq!(hour.invocations.iter().map(|of| of.is_measured).collect::<Vec<_>>(), [true, true, true, true, false]);
    let redirects = PRICES.cost(&hour.invocations[0]);
    assert!((redirects.time - 0.032_076).abs() < 1e-9, "{redirects:?}");
    assert!((redirects.requests - 0.071_28).abs() < 1e-9, "{redirects:?}");
    assert!((redirects.http - 0.3564).abs() < 1e-9, "{redirects:?}");
    assert_eq!(PRICES.cost(&hour.invocations[1]).http, 0.0);
}

#[test]
fn what_waits_takes_no_longer_with_little_memory_and_what_is_added_is_added_once() {
    let waiting = hour_of(&LOAD, &Conditions { processor_share: 0.0, added_ms: 5.0, ..WORK });
    assert_eq!(waiting.invocations[0].billed_ms, 8.0);
    // Half of 2.4 ms is 4.15 ms long.
    let half = hour_of(&LOAD, &Conditions { processor_share: 0.5, ..WORK });
    assert_eq!(half.invocations[0].billed_ms, 6.0);
    // What ends by the clock does so on any processor.
    assert_eq!((waiting.invocations[3].billed_ms, half.invocations[3].billed_ms), (55_000.0, 55_000.0));
}

#[test]
fn more_pollers_than_partitions_make_no_more_batches() {
    let batches = |pollers| hour_of(&LOAD, &Conditions { pollers, ..WORK }).invocations[1].count;
    assert!(batches(6) > batches(1) && batches(7) == batches(6), "{} {} {}", batches(1), batches(6), batches(7));
}

#[test]
fn without_load_the_schedules_alone_cost() {
    let hour = hour_of(&Load { redirects: 0.0, ..LOAD }, &WORK);
    let costs: Vec<Cost> = hour.invocations.iter().map(|of| PRICES.cost(of)).collect();
    assert_eq!((costs[0], costs[1]), (Cost::default(), Cost::default()));
    assert!(costs[2..].iter().all(|cost| cost.total() > 0.0 && cost.http == 0.0), "{costs:?}");
}

#[test]
fn a_figure_that_is_missing_is_named() {
    let template = Template::parse(TEMPLATE).unwrap();
    let error = hour(&template, &Figures::default(), &LOAD, &WORK).unwrap_err();
    assert!(
        format!("{error:#}").starts_with("redirect.duration_ms.mean was not measured: run `make bench`"),
        "{error:#}"
    );
}

/// Whoever adds a function or a topic sees here what the load does not say of it.
#[test]
fn all_of_the_template_is_counted_but_what_no_load_brings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let template = Template::read(&root.join("infra/template.yaml")).unwrap();
    let mut figures = figures();
    for name in ["links-api", "events-api", "read-api", "discussions-api", "analytics-api"] {
        figures.set(&[(format!("{name}.duration_ms.mean"), 1.0)]);
    }
    for name in ["event-fanout", "order-consumer", "discussion-consumer"] {
        figures.set(&[(format!("{name}.batch_ms.fixed"), 1.0), (format!("{name}.record_ms"), 0.1)]);
    }
    let hour = hour(&template, &figures, &LOAD, &WORK).unwrap();
    assert_eq!(hour.left_out, ["records of system.audit", "migrate, which nothing invokes"]);
    let triggers: usize = template.functions.iter().map(|function| function.schedules.len()).sum();
    let scheduled = |of: &&Invocations| matches!(of.trigger, Trigger::Schedule(_));
    assert_eq!(hour.invocations.iter().filter(scheduled).count(), triggers);
    let minute = Trigger::Schedule(Duration::from_mins(1));
    let relay = hour.invocations.iter().find(|of| of.function == "outbox-relay").unwrap();
    assert_eq!((&relay.trigger, relay.billed_ms), (&minute, 55_000.0));
}
