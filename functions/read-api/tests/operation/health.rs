use serde_json::{Value, json};
use store::audit_log::{self, Place, Verification};
use store::consumer_failures::{self, Beginning, Failure, Reason};
use testkit::sqlx;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::world::{STALLED, World, get, now, router};

/// The one consumer that is looked at.
fn consumer(health: &Value) -> &Value {
    let consumers = health["checks"]["consumers"].as_array().unwrap();
    assert_eq!(consumers.len(), 1, "{health}");
    &consumers[0]
}

#[tokio::test]
async fn where_all_goes_on_every_check_says_so() {
    let world = World::new().await;
    world.publish(3).await;
    let partition = world.partition();
    let batch: Vec<Value> = (0..2).map(|offset| world.click(partition, offset)).collect();
    world.deliver("100", &batch).await.unwrap();
    world.topic.commit(&world.group, &[(partition, 2)]);

    let health = world.health(200).await;
    let checks = &health["checks"];
    assert_eq!(
        (&health["status"], &checks["database"]["status"], &checks["kafka"]["status"]),
        (&json!("ok"), &json!("ok"), &json!("ok"))
    );
    for server in ["database", "kafka"] {
        assert!(checks[server]["tookMs"].as_u64().unwrap() < 1000 && checks[server]["detail"].is_null(), "{health}");
    }
    let of = consumer(&health);
    assert_eq!(
        [&of["consumer"], &of["topic"], &of["group"], &of["status"], &of["detail"], &of["lagRecords"]],
        [&json!("clicks"), &json!(world.topic.name), &json!(world.group), &json!("ok"), &json!(null), &json!(1)]
    );
    assert_eq!(of["breaker"], json!({"open": false, "partition": null, "offset": null, "failedAt": null}));
    let last = OffsetDateTime::parse(of["lastBatchAt"].as_str().unwrap(), &Rfc3339).unwrap();
    let since = of["secondsSinceLastBatch"].as_i64().unwrap();
    assert!((now() - last).whole_seconds() - since <= 1 && (0..60).contains(&since), "{of}");
    let outbox = json!({"status": "ok", "pendingRecords": 0, "oldestPendingSeconds": null, "stoppedKeys": 0});
    assert_eq!(checks["outbox"], outbox);
    assert_eq!(checks["auditLog"], json!({"status": "ok", "chains": 0, "brokenChains": 0, "verifiedAt": null}));
}

#[tokio::test]
async fn a_breaker_is_open_until_the_group_has_passed_the_batch_that_it_refuses() {
    let world = World::new().await;
    world.publish(5).await;
    let partition = world.partition();
    world.topic.commit(&world.group, &[(partition, 1)]);
    let batch: Vec<Value> = (1..4).map(|offset| world.rubbish(partition, offset)).collect();
    world.deliver("2", &batch).await.unwrap_err();

    let health = world.health(200).await;
    let of = consumer(&health);
    assert_eq!((&health["status"], &of["status"]), (&json!("degraded"), &json!("degraded")), "{health}");
    assert_eq!(
        [&of["breaker"]["open"], &of["breaker"]["partition"], &of["breaker"]["offset"]],
        [&json!(true), &json!(partition), &json!(1)]
    );
    assert!(of["breaker"]["failedAt"].is_string(), "{of}");
    let detail = of["detail"].as_str().unwrap();
    assert!(detail.contains("circuit breaker") && detail.contains("offset 1"), "{detail}");
    assert_eq!(
        world.figures().await.count("consumer_breaker_open", &[("consumer", "clicks"), ("topic", &world.topic.name)]),
        1
    );

    // A person lets it through.
    world.deliver("3", &batch).await.unwrap();
    world.topic.commit(&world.group, &[(partition, 4)]);
    let health = world.health(200).await;
    assert_eq!((&health["status"], &consumer(&health)["breaker"]["open"]), (&json!("ok"), &json!(false)), "{health}");
    assert_eq!(
        world.figures().await.count("consumer_breaker_open", &[("consumer", "clicks"), ("topic", &world.topic.name)]),
        0
    );
}

async fn fail(world: &World, reason: Reason, offset: i64, minutes_ago: i64) {
    let beginnings = [Beginning { topic: world.topic.name.clone(), partition: world.partition(), offset }];
    let failed_at = now() - Duration::minutes(minutes_ago);
    let message = "postgres://onceward_app:secret@10.0.0.1/onceward";
    let failure = Failure { consumer: "clicks", reason, message, failed_at, beginnings: &beginnings };
    consumer_failures::record(&mut world.database.pool.acquire().await.unwrap(), &failure).await.unwrap();
}

/// What the database said of it may name hosts, and people.
#[tokio::test]
async fn a_batch_that_fails_for_another_reason_is_told_without_the_words_of_the_error() {
    for (reason, words) in [
        (Reason::Culprits, "the database refuses"),
        (Reason::Database, "does not apply it in time"),
        (Reason::Mistake, "makes a mistake"),
    ] {
        let world = World::new().await;
        world.publish(1).await;
        fail(&world, reason, 0, 1).await;
        let health = world.health(200).await;
        let of = consumer(&health);
        assert_eq!([&of["status"], &of["breaker"]["open"]], [&json!("degraded"), &json!(false)], "{health}");
        assert!(of["detail"].as_str().unwrap().contains(words), "{of}");
        assert!(!health.to_string().contains("secret") && !health.to_string().contains("10.0.0.1"), "{health}");
    }
}

#[tokio::test]
async fn a_batch_that_failed_long_ago_or_of_a_topic_that_was_made_anew_is_not_held_against_anybody() {
    let world = World::new().await;
    world.publish(2).await;
    fail(&world, Reason::Breaker, 0, 16).await;
    assert_eq!(world.health(200).await["status"], "ok");
    fail(&world, Reason::Breaker, 2, 1).await;
    assert_eq!(world.health(200).await["status"], "ok");
    fail(&world, Reason::Breaker, 1, 1).await;
    assert_eq!(world.health(200).await["status"], "degraded");
}

#[tokio::test]
async fn a_consumer_that_leaves_records_for_too_long_is_stalled_and_one_at_work_is_behind() {
    let world = World::at(|| now() + Duration::seconds(STALLED + 60)).await;
    world.publish(2).await;
    let health = world.health(200).await;
    let of = consumer(&health);
    assert_eq!(
        [&health["status"], &of["status"], &of["lagRecords"]],
        [&json!("degraded"), &json!("degraded"), &json!(2)]
    );
    assert_eq!(of["detail"], "It is stalled: records wait for more than 120 s, and it has never done anything.");

    let partition = world.partition();
    world.deliver("100", &[world.click(partition, 0)]).await.unwrap();
    world.topic.commit(&world.group, &[(partition, 1)]);
    let detail = consumer(&world.health(200).await)["detail"].clone();
    let detail = detail.as_str().unwrap();
    assert!(
        detail.starts_with("It is stalled: records wait for more than 120 s, and it has done nothing for 1"),
        "{detail}"
    );

    // As of now, the records are new and the batch is too.
    let groups = format!("clicks:{}:{}", world.topic.name, world.group);
    let at = |clock| router(&world.database.url(), &world.bootstrap, &groups, clock);
    let health: Value = serde_json::from_str(&get(&at(now), "/health").await.text).unwrap();
    assert_eq!((&health["status"], &consumer(&health)["lagRecords"]), (&json!("ok"), &json!(1)), "{health}");

    world.topic.commit(&world.group, &[(partition, 2)]);
    assert_eq!(world.health(200).await["status"], "ok");
}

/// It works through what was left while it was away: nothing stands still, and what happened since is not seen yet.
#[tokio::test]
async fn a_consumer_that_is_at_work_on_old_records_is_behind() {
    let world = World::at(|| now() + Duration::seconds(STALLED + 60)).await;
    world.publish(2).await;
    sqlx::query("insert into consumer_batches (consumer, processed_at, records, retries, seconds, types, outcomes, counts, ages, age_seconds)
                 values ('clicks', $1, 1, 0, 0, '{}', '{}', '{}', '{}', 0)")
        .bind(now() + Duration::seconds(STALLED + 50))
        .execute(&world.database.pool)
        .await
        .unwrap();
    let health = world.health(200).await;
    let detail = consumer(&health)["detail"].as_str().unwrap();
    assert!(detail.starts_with("It is behind: records wait for more than 120 s; it did something 1"), "{detail}");
}

#[tokio::test]
async fn an_event_that_waits_in_the_outbox_for_too_long_is_told() {
    let world = World::new().await;
    for (seconds, status) in [(60, "ok"), (STALLED + 5, "degraded")] {
        sqlx::query(
            "insert into outbox (id, aggregatetype, aggregateid, type, payload, created_at) overriding system value
             values (gen_random_uuid(), 'system.audit', 'k', 'system.audit', '', clock_timestamp() - make_interval(secs => $1))",
        )
        .bind(f64::from(i32::try_from(seconds).unwrap()))
        .execute(&world.database.pool)
        .await
        .unwrap();
        let health = world.health(200).await;
        assert_eq!(
            (&health["status"], &health["checks"]["outbox"]["status"]),
            (&json!(status), &json!(status)),
            "{health}"
        );
        sqlx::query("delete from outbox").execute(&world.database.pool).await.unwrap();
    }
}

#[tokio::test]
async fn a_broken_chain_of_the_audit_log_is_told() {
    let world = World::new().await;
    for (chain, broken) in [("a/0", None), ("a/1", Some((7, "edited".to_owned())))] {
        let verified = Place { seq: 6, hash: vec![0; 32] };
        let verification = Verification { chain: chain.to_owned(), verified, completed_at: None, broken };
        audit_log::write(&mut world.database.pool.acquire().await.unwrap(), &verification, now()).await.unwrap();
    }
    let health = world.health(200).await;
    let audit = &health["checks"]["auditLog"];
    assert_eq!(
        [&health["status"], &audit["status"], &audit["chains"], &audit["brokenChains"]],
        [&json!("degraded"), &json!("degraded"), &json!(2), &json!(1)]
    );
    assert!(audit["verifiedAt"].is_string(), "{health}");
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_named_and_kafka_is_not_away() {
    let world = World::new().await;
    let groups = format!("clicks:{}:g other:no.such.topic:g", world.topic.name);
    let router = router(&world.database.url(), &world.bootstrap, &groups, now);
    let health: Value = serde_json::from_str(&get(&router, "/health").await.text).unwrap();
    assert_eq!([&health["status"], &health["checks"]["kafka"]["status"]], [&json!("degraded"); 2], "{health}");
    assert_eq!(health["checks"]["kafka"]["detail"], "The topic no.such.topic is not there.");
    let consumers = health["checks"]["consumers"].as_array().unwrap();
    let statuses: Vec<&Value> = consumers.iter().map(|of| &of["status"]).collect();
    assert_eq!(statuses, [&json!("ok"), &json!("unknown")], "{health}");
}
