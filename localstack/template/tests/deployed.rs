//! What the local tools read from the template that is deployed.

use std::path::Path;
use std::time::Duration;

use template::{Function, StartingPosition, Template};

fn deployed() -> Template {
    Template::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/template.yaml"))).unwrap()
}

fn function<'a>(template: &'a Template, name: &str) -> &'a Function {
    template.functions.iter().find(|function| function.name == name).unwrap()
}

#[test]
fn every_function_has_its_limits_and_routes() {
    let routes = |function: &Function| -> Vec<String> {
        function.routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect()
    };
    let read: Vec<_> = deployed()
        .functions
        .iter()
        .map(|function| (function.name.clone(), function.timeout.as_secs(), function.memory_mb, routes(function)))
        .collect();
    let expected = [
        ("redirect", 10, 512, vec!["GET /{code}", "HEAD /{code}"]),
        ("links-api", 10, 512, vec!["POST /api/links", "GET /api/links/{code}", "GET /api/links/{code}/stats"]),
        ("click-consumer", 60, 1024, vec![]),
        ("outbox-relay", 120, 512, vec![]),
        ("housekeeper", 300, 512, vec![]),
        ("migrate", 300, 512, vec![]),
    ];
    let expected = expected.map(|(name, timeout, memory, routes)| {
        (name.to_owned(), timeout, memory, routes.into_iter().map(str::to_owned).collect())
    });
    assert_eq!(read, expected);
}

#[test]
fn clicks_are_mapped_from_the_oldest_record_on() {
    let template = deployed();
    let mappings: Vec<_> = template.functions.iter().flat_map(|function| &function.mappings).collect();
    let [mapping] = mappings.as_slice() else { panic!("one mapping, not {mappings:?}") };
    assert_eq!(function(&template, "click-consumer").mappings, [(*mapping).clone()]);
    assert_eq!(mapping.logical_id, "ClickConsumerClicks");
    assert_eq!(mapping.topic, "link.clicks");
    assert_eq!(mapping.consumer_group, "click-consumer");
    assert_eq!(mapping.batch_size, 5000);
    assert_eq!(mapping.window, Duration::from_secs(1));
    assert_eq!(mapping.starting_position, StartingPosition::TrimHorizon);
    assert!(mapping.enabled);
}

#[test]
fn schedules_come_as_often_as_they_should() {
    let read: Vec<_> = deployed()
        .functions
        .into_iter()
        .flat_map(|function| function.schedules)
        .map(|schedule| (schedule.logical_id, schedule.every, schedule.input))
        .collect();
    let expected = [
        ("ClickConsumerTick", Duration::from_mins(1)),
        ("OutboxRelayTick", Duration::from_mins(1)),
        ("HousekeeperTick", Duration::from_hours(1)),
    ];
    assert_eq!(read, expected.map(|(name, every)| (name.to_owned(), every, None)));
}

#[test]
fn topics_keep_what_they_promise() {
    let day: u64 = 24 * 60 * 60 * 1000;
    let read: Vec<_> = deployed()
        .topics
        .iter()
        .map(|topic| {
            let setting = |name: &str| topic.config[name].parse::<u64>().unwrap();
            let settings = (topic.config.len(), setting("min.insync.replicas"), setting("retention.ms"));
            (topic.name.clone(), topic.partitions, topic.replication, settings)
        })
        .collect();
    assert_eq!(
        read,
        [("link.clicks".to_owned(), 6, 3, (2, 2, 7 * day)), ("link.clicks.dlq".to_owned(), 6, 3, (2, 2, 30 * day)),]
    );
}

/// Without the first, copies of dead letters are refused for good; without the second, nothing releases what waits for another consumer.
#[test]
fn every_topic_that_is_consumed_has_a_dlq_as_wide_as_itself_and_its_consumer_a_tick() {
    let template = deployed();
    for function in template.functions.iter().filter(|function| !function.mappings.is_empty()) {
        let tick = function.schedules.iter().any(|schedule| schedule.every == Duration::from_mins(1));
        assert!(tick, "{} has no tick", function.name);
        for mapping in &function.mappings {
            let partitions = |name: &str| template.topics.iter().find(|topic| topic.name == name)?.partitions.into();
            let dlq: Option<i32> = partitions(&format!("{}.dlq", mapping.topic));
            assert!(dlq.is_some() && dlq == partitions(&mapping.topic), "{}", mapping.topic);
        }
    }
}

#[test]
fn values_that_only_a_deployment_knows_are_left_to_the_environment() {
    let template = deployed();
    let redirect = &function(&template, "redirect").environment;
    assert_eq!(redirect["TOPIC_LINK_CLICKS"], "link.clicks");
    assert_eq!(redirect["TRUSTED_EDGE"], "none");
    assert_eq!(redirect["LOG_LEVEL"], "info");
    for name in ["DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SASL_PASSWORD"] {
        assert!(!redirect.contains_key(name), "{name}");
    }
}
