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

const READ_API: [&str; 21] = [
    "GET /health",
    "GET /metrics",
    "GET /users/{id}",
    "GET /api/users/{id}/auth-events",
    "POST /api/users/{id}/erase",
    "GET /orders/{id}",
    "GET /api/orders",
    "GET /api/orders/{id}/payments",
    "GET /inventory/{sku}",
    "GET /api/inventory",
    "GET /api/inventory/{sku}/adjustments",
    "GET /api/audit",
    "GET /api/dead-letters",
    "GET /api/dead-letters/{id}",
    "POST /api/dead-letters/redrive",
    "POST /api/dead-letters/{id}/discard",
    "GET /api/parked",
    "GET /api/outbox",
    "POST /api/keys",
    "GET /api/keys",
    "DELETE /api/keys/{id}",
];

const DISCUSSIONS_API: [&str; 11] = [
    "POST /api/discussions/threads",
    "GET /api/discussions/threads",
    "GET /api/discussions/threads/{id}",
    "PATCH /api/discussions/threads/{id}",
    "DELETE /api/discussions/threads/{id}",
    "POST /api/discussions/threads/{id}/comments",
    "GET /api/discussions/threads/{id}/comments",
    "PUT /api/discussions/threads/{id}/vote",
    "PATCH /api/discussions/comments/{id}",
    "DELETE /api/discussions/comments/{id}",
    "PUT /api/discussions/comments/{id}/vote",
];

const ANALYTICS_API: [&str; 3] =
    ["GET /api/analytics/threads/{id}", "GET /api/analytics/courses/{id}", "GET /api/analytics/courses/{id}/top"];

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
        ("events-api", 10, 512, vec!["POST /api/events"]),
        ("discussions-api", 10, 512, DISCUSSIONS_API.to_vec()),
        ("analytics-api", 10, 512, ANALYTICS_API.to_vec()),
        ("read-api", 10, 512, READ_API.to_vec()),
        ("click-consumer", 60, 1024, vec![]),
        ("event-fanout", 60, 1024, vec![]),
        ("order-consumer", 60, 1024, vec![]),
        ("discussion-consumer", 60, 1024, vec![]),
        ("outbox-relay", 120, 512, vec![]),
        ("housekeeper", 300, 512, vec![]),
        ("audit-verify", 60, 512, vec![]),
        ("migrate", 300, 512, vec![]),
    ];
    let expected = expected.map(|(name, timeout, memory, routes)| {
        (name.to_owned(), timeout, memory, routes.into_iter().map(str::to_owned).collect())
    });
    assert_eq!(read, expected);
}

#[test]
fn every_mapping_starts_at_the_oldest_record_and_has_a_group_of_its_own() {
    let template = deployed();
    let mappings: Vec<_> = template
        .functions
        .iter()
        .flat_map(|function| function.mappings.iter().map(|mapping| (function.name.as_str(), mapping)))
        .collect();
    let read: Vec<_> = mappings
        .iter()
        .map(|(function, mapping)| {
            (
                *function,
                mapping.logical_id.as_str(),
                mapping.topic.as_str(),
                mapping.consumer_group.as_str(),
                mapping.batch_size,
            )
        })
        .collect();
    let expected = [
        ("click-consumer", "ClickConsumerClicks", "link.clicks", "click-consumer", 5000),
        ("event-fanout", "EventFanoutUsers", "user.events", "event-fanout-user-events", 2000),
        ("event-fanout", "EventFanoutAudit", "system.audit", "event-fanout-system-audit", 2000),
        ("order-consumer", "OrderConsumerOrders", "order.events", "order-consumer", 2000),
        ("discussion-consumer", "DiscussionConsumerDiscussions", "discussion.events", "discussion-consumer", 2000),
    ];
    assert_eq!(read, expected);
    for (_, mapping) in mappings {
        assert_eq!(mapping.starting_position, StartingPosition::TrimHorizon);
        assert_eq!(mapping.window, Duration::from_secs(1));
        assert!(mapping.enabled);
    }
}

/// A test of read-api compares its default with the same line.
#[test]
fn the_groups_that_health_and_metrics_look_at_are_those_of_the_mappings() {
    let template = deployed();
    let of_function = |function: &Function| -> Vec<String> {
        let group =
            |mapping: &template::Mapping| format!("{}:{}:{}", function.name, mapping.topic, mapping.consumer_group);
        function.mappings.iter().map(group).collect()
    };
    let groups: Vec<String> = template.functions.iter().flat_map(of_function).collect();
    assert_eq!(function(&template, "read-api").environment["CONSUMER_GROUPS"], groups.join(" "));
    let example = include_str!("../../../.env.example");
    assert!(example.contains(&format!("\n# CONSUMER_GROUPS={}\n", groups.join(" "))), "{groups:?}");
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
        ("EventFanoutTick", Duration::from_mins(1)),
        ("OrderConsumerTick", Duration::from_mins(1)),
        ("DiscussionConsumerTick", Duration::from_mins(1)),
        ("OutboxRelayTick", Duration::from_mins(1)),
        ("HousekeeperTick", Duration::from_mins(10)),
        ("AuditVerifyTick", Duration::from_mins(1)),
    ];
    assert_eq!(read, expected.map(|(name, every)| (name.to_owned(), every, None)));
}

#[test]
fn topics_keep_what_they_promise() {
    let (day, for_ever) = (24 * 60 * 60 * 1000, -1);
    let read: Vec<_> = deployed()
        .topics
        .into_iter()
        .map(|topic| {
            let setting = |name: &str| topic.config[name].parse::<i64>().unwrap();
            assert_eq!((topic.replication, setting("min.insync.replicas")), (3, 2), "{}", topic.name);
            let timestamps = topic.config.get("message.timestamp.type").cloned().unwrap_or_default();
            assert_eq!(topic.config.len(), 2 + usize::from(!timestamps.is_empty()), "{}", topic.name);
            (topic.name, topic.partitions, setting("retention.ms"), timestamps)
        })
        .collect();
    let expected = [
        ("link.clicks", 6, 7 * day, ""),
        ("link.clicks.dlq", 6, 30 * day, ""),
        ("user.events", 3, 7 * day, "LogAppendTime"),
        ("user.events.dlq", 3, 30 * day, ""),
        ("system.audit", 3, 30 * day, "LogAppendTime"),
        ("system.audit.dlq", 3, 30 * day, ""),
        ("order.events", 3, 7 * day, ""),
        ("order.events.dlq", 3, 30 * day, ""),
        ("discussion.events", 3, 7 * day, "LogAppendTime"),
        ("discussion.events.dlq", 3, 30 * day, ""),
        ("audit.checkpoints", 1, for_ever, ""),
    ];
    let expected = expected.map(|(name, partitions, retention, timestamps)| {
        (name.to_owned(), partitions, retention, timestamps.to_owned())
    });
    assert_eq!(read, expected);
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
fn the_owners_database_is_that_of_migrate_alone() {
    let of_owner = |function: &&template::Function| function.is_given("OWNER_DATABASE_URL");
    let names: Vec<_> = deployed().functions.iter().filter(of_owner).map(|function| function.name.clone()).collect();
    assert_eq!(names, ["migrate"]);
}

/// One that publishes while the others do not would publish what something else has in hand.
#[test]
fn whoever_publishes_the_outbox_is_told_whether_to() {
    let is_told = |function: &Function| function.environment.contains_key("OUTBOX_PUBLISHING");
    let told: Vec<_> = deployed().functions.into_iter().filter(is_told).collect();
    let names: Vec<_> = told.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["discussions-api", "read-api", "outbox-relay"]);
    assert!(told.iter().all(|function| function.environment["OUTBOX_PUBLISHING"] == "on"));
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
