use std::collections::BTreeSet;

use serde_json::Value;
use store::audit_log::{self, Place, Verification};
use testkit::sqlx;
use tokio::task::JoinSet;

use crate::world::{Figures, World, get, now};

/// Every figure, after a story whose numbers are known.
#[tokio::test]
async fn the_figures_are_those_of_what_was_sent() {
    let world = World::new().await;
    world.publish(9).await;
    let partition = world.partition();
    let of =
        |offsets: std::ops::Range<i64>| offsets.map(|offset| world.click(partition, offset)).collect::<Vec<Value>>();
    let before = now();
    // Five clicks; one of them again, with two that nobody can read; and three that trip the breaker, twice.
    world.deliver("100", &of(0..5)).await.unwrap();
    let mut second = of(5..6);
    second.extend([world.rubbish(partition, 6), world.rubbish(partition, 7)]);
    world.deliver("100", &second).await.unwrap();
    world.deliver("100", &second[..1]).await.unwrap();
    for _ in 0..2 {
        let refused: Vec<Value> = (20..23).map(|offset| world.rubbish(partition, offset)).collect();
        world.deliver("2", &refused).await.unwrap_err();
    }
    world.topic.commit(&world.group, &[(partition, 8)]);
    verified(&world).await;
    waiting(&world).await;

    let figures = world.figures().await;
    let (clicks, audit, quiet) =
        ([("consumer", "clicks")], [("topic", "system.audit")], [("topic", "discussion.events")]);
    let events = |kind, outcome| {
        figures.count("events_consumed_total", &[("consumer", "clicks"), ("type", kind), ("outcome", outcome)])
    };
    assert_eq!(events("link.clicked", "applied"), 6);
    assert_eq!(events("link.clicked", "duplicate"), 1);
    assert_eq!(events("unknown", "dead_lettered"), 2);
    assert_eq!(figures.all("events_consumed_total", &[]).count(), 3);
    for (name, labels, expected) in [
        ("consumer_batches_total", &clicks[..], 3),
        ("consumer_records_total", &clicks, 9),
        ("consumer_retries_total", &clicks, 0),
        ("consumer_failures_total", &[("consumer", "clicks"), ("topic", &*world.topic.name), ("reason", "breaker")], 2),
        ("dead_letters", &[("consumer", "clicks"), ("state", "open")], 2),
        ("outbox_pending_records", &audit, 2),
        ("outbox_stopped_keys", &audit, 1),
        ("outbox_published_records_total", &audit, 9),
        ("outbox_failed_records_total", &audit, 1),
        ("outbox_pending_records", &quiet, 0),
        ("outbox_oldest_pending_age_seconds", &quiet, 0),
        ("outbox_stopped_keys", &quiet, 0),
        ("outbox_published_records_total", &quiet, 5),
        ("outbox_failed_records_total", &quiet, 0),
        ("audit_chains", &[], 2),
        ("audit_broken_chains", &[], 1),
        ("source_up", &[("source", "database")], 1),
        ("source_up", &[("source", "kafka")], 1),
        // The batch begins beyond the topic's end, so that it is of no topic that is there.
        ("consumer_breaker_open", &[("consumer", "clicks"), ("topic", &world.topic.name)], 0),
    ] {
        assert_eq!(figures.count(name, labels), expected, "{name} {labels:?}");
    }
    assert_eq!(figures.all("parked_events", &[]).count(), 0);
    lag(&figures, &world, partition);
    for name in ["batch_duration_seconds", "batch_database_seconds"] {
        histogram(&figures, name, 3);
    }
    histogram(&figures, "event_age_seconds", 6);
    let (oldest, last) = (
        figures.number("outbox_oldest_pending_age_seconds", &audit),
        figures.number("consumer_last_batch_timestamp_seconds", &clicks),
    );
    assert!((50.0..170.0).contains(&oldest), "{oldest}");
    let (from, to) = (before.unix_timestamp(), now().unix_timestamp() + 1);
    assert!(std::ops::Range { start: seconds(from), end: seconds(to) }.contains(&last), "{last}");
    assert!((figures.number("audit_verified_timestamp_seconds", &[]) - last).abs() < 60.0);
}

/// One partition has 9 records, of which the group has passed 8; the other none.
fn lag(figures: &Figures, world: &World, partition: i32) {
    for (of, end, lag, committed) in [(partition, 9, 1, Some(8)), (1 - partition, 0, 0, None)] {
        let of = of.to_string();
        let labels =
            [("consumer", "clicks"), ("group", &*world.group), ("topic", &*world.topic.name), ("partition", &*of)];
        assert_eq!(figures.count("kafka_log_end_offset", &labels[2..]), end, "{of}");
        assert_eq!(figures.count("consumer_group_lag_records", &labels), lag, "{of}");
        let found: Vec<i64> = figures
            .all("consumer_group_committed_offset", &labels)
            .map(|_| figures.count("consumer_group_committed_offset", &labels))
            .collect();
        assert_eq!(found, committed.into_iter().collect::<Vec<i64>>(), "{of}");
    }
}

/// So many observations, none of which is missing in the buckets, whose counts never fall.
fn histogram(figures: &Figures, name: &str, count: i64) {
    let clicks = [("consumer", "clicks")];
    assert_eq!(figures.count(&format!("{name}_count"), &clicks), count, "{name}");
    let sum = figures.number(&format!("{name}_sum"), &clicks);
    assert!(sum > 0.0, "{name}: {sum}");
    let mut buckets = figures.buckets(name, &clicks);
    buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    assert!(buckets.is_sorted_by(|(_, one), (_, other)| one <= other), "{buckets:?}");
    assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{name}");
}

/// Two chains, of which one is broken.
async fn verified(world: &World) {
    for (chain, broken) in [("a/0", None), ("a/1", Some((7, "edited".to_owned())))] {
        let verified = Place { seq: 6, hash: vec![0; 32] };
        let verification = Verification { chain: chain.to_owned(), verified, completed_at: None, broken };
        audit_log::write(&mut world.database.pool.acquire().await.unwrap(), &verification, now()).await.unwrap();
    }
}

/// Two events in the outbox, the older of which has waited for a minute and is refused, behind some of two topics that were published.
async fn waiting(world: &World) {
    sqlx::raw_sql(
        "insert into outbox (id, aggregatetype, aggregateid, type, payload, created_at)
         select gen_random_uuid(), 'system.audit', 'k', 'system.audit', '', clock_timestamp() - make_interval(mins => ago)
         from unnest('{1,0}'::int[]) as ago;
         insert into outbox_failures select aggregatetype, aggregateid, min(seq), 1, '', now(), now() from outbox group by 1, 2;
         insert into outbox_totals values ('system.audit', 3, 7, 1), ('system.audit', 4, 2, 0), ('discussion.events', 3, 5, 0)",
    )
    .execute(&world.database.pool)
    .await
    .unwrap();
}

/// The names are a contract: dashboards and alarms are made of them.
#[tokio::test]
async fn every_figure_has_one_type_and_says_what_it_is() {
    let world = World::new().await;
    world.deliver("0", &[world.rubbish(0, 0)]).await.unwrap_err();
    world.deliver("1", &[world.click(0, 1), world.rubbish(0, 2)]).await.unwrap();
    world.topic.commit(&world.group, &[(0, 0)]);
    verified(&world).await;
    park(&world).await;
    waiting(&world).await;
    let text = world.get("/metrics").await.text;
    let of = |prefix: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(prefix));
        lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    let (helped, typed) = (of("# HELP "), of("# TYPE "));
    assert_eq!(helped, typed);
    let expected: BTreeSet<&str> = "audit_broken_chains audit_chains audit_verified_timestamp_seconds batch_database_seconds \
        batch_duration_seconds consumer_batches_total consumer_breaker_open consumer_failures_total consumer_group_committed_offset \
        consumer_group_lag_records consumer_last_batch_timestamp_seconds consumer_records_total consumer_retries_total dead_letters \
        event_age_seconds events_consumed_total kafka_log_end_offset outbox_failed_records_total outbox_oldest_pending_age_seconds \
        outbox_pending_records outbox_published_records_total outbox_stopped_keys parked_events source_up"
        .split_whitespace()
        .collect();
    assert_eq!(typed.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    assert_eq!(Figures::of(&world.get("/metrics").await).count("parked_events", &[("consumer", "clicks")]), 1);
}

/// One event that waits.
async fn park(world: &World) {
    sqlx::raw_sql(
        "with blocked as (insert into blocked_keys (consumer, topic, queue, blocked_at) values ('clicks', 't', '', now()) returning *)
         insert into parked_events (consumer, topic, queue, partition, record_offset, value, headers, parked_at, tries)
         select consumer, topic, queue, 0, 0, '', '', now(), 0 from blocked",
    )
    .execute(&world.database.pool)
    .await
    .unwrap();
}

/// An environment has one connection: scrapes wait for each other, and none goes without.
#[tokio::test]
async fn scrapes_at_the_same_time_have_all_figures() {
    let world = World::new().await;
    let mut scrapes = JoinSet::new();
    for _ in 0..8 {
        let router = world.router.clone();
        scrapes.spawn(async move { Figures::of(&get(&router, "/metrics").await) });
    }
    for figures in scrapes.join_all().await {
        assert_eq!(figures.count("source_up", &[("source", "database")]), 1);
        assert_eq!(figures.count("source_up", &[("source", "kafka")]), 1);
    }
}

fn seconds(unix: i64) -> f64 {
    unix.to_string().parse().unwrap()
}
