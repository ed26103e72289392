use audit_verify::{AuditVerify, Checkpointed, Checkpoints, verify_all};
use kafka::{KafkaSettings, OrderedPublisher, Record};
use std::time::Duration;
use store::audit_log;
use testkit::TestTopic;
use testkit::sqlx::Connection as _;

use crate::support::{NOW, World};

/// What a full verification and a run say of the checkpoints, and what became of the run's own.
async fn removed(world: &World) -> (Option<&'static str>, Option<&'static str>, Checkpointed) {
    let all = Checkpoints::of(&world.environment()).unwrap().all().await.unwrap();
    let full = verify_all(&mut world.owner().await, Some(all), |_| {}).await.unwrap();
    let run = world.run().await;
    (full.removed, run.removed, run.checkpoint)
}

async fn write(world: &World, values: &[&[u8]]) {
    let publisher = OrderedPublisher::start(KafkaSettings::read(&world.environment()).unwrap()).unwrap();
    let record = |value| Record { topic: &world.topic.name, key: None, value: Some(value), headers: &[] };
    let records: Vec<_> = values.iter().map(|value| record(*value)).collect();
    assert_eq!(publisher.publish(&records, Duration::from_secs(30)).await.unavailable, None);
}

#[tokio::test]
async fn a_topic_that_keeps_all_it_was_given_is_not_said_to_have_lost_anything() {
    let world = World::new(5).await;
    assert_eq!(removed(&world).await, (None, None, Checkpointed::Published));
    assert_eq!(removed(&world).await, (None, None, Checkpointed::Unmoved));
}

#[tokio::test]
async fn checkpoints_that_were_removed_at_the_beginning_are_missed() {
    let world = World::new(5).await;
    world.run().await;
    world.append(crate::support::CHAIN, 1).await;
    world.run().await;
    world.topic.remove_before(0, 1).await;
    let expected = Some("the topic of the checkpoints does not begin with its first record");
    assert_eq!(removed(&world).await, (expected, expected, Checkpointed::Unmoved));
}

#[tokio::test]
async fn a_topic_that_was_emptied_or_made_anew_is_missed_and_nothing_is_put_into_it_unasked() {
    let mut world = World::new(5).await;
    world.run().await;
    world.topic.remove_before(0, 1).await;
    let expected = Some("the topic of the checkpoints does not begin with its first record");
    for _ in 0..2 {
        assert_eq!(removed(&world).await, (expected, expected, Checkpointed::Unavailable));
    }
    world.topic = TestTopic::new(1).await;
    let expected = Some("the topic of the checkpoints is empty, and chains were verified before");
    for _ in 0..2 {
        assert_eq!(removed(&world).await, (expected, expected, Checkpointed::Unavailable));
    }
}

#[tokio::test]
async fn a_topic_with_nothing_but_what_somebody_else_wrote_has_lost_its_checkpoints() {
    let world = World::new(5).await;
    write(&world, &[b"{}"]).await;
    let expected = Some("there is no checkpoint in the topic that something was written to");
    assert_eq!(removed(&world).await, (expected, expected, Checkpointed::Unavailable));
}

#[tokio::test]
async fn the_last_checkpoint_is_found_behind_many_records_of_somebody_else() {
    let world = World::new(5).await;
    world.run().await;
    write(&world, &vec![&b"{}"[..]; 150]).await;
    assert_eq!(removed(&world).await, (None, None, Checkpointed::Unmoved));
}

#[tokio::test]
async fn of_two_runs_at_once_one_does_nothing_and_says_so() {
    let world = World::new(5).await;
    let mut other = world.owner().await;
    assert!(audit_log::try_lock(&mut other).await.unwrap());
    // An environment that froze with the lock does not keep it.
    let idle: String =
        testkit::sqlx::query_scalar("select setting from pg_settings where name = 'idle_session_timeout'")
            .fetch_one(&mut other)
            .await
            .unwrap();
    assert_eq!(idle, "90000");
    let verified = world.run().await;
    assert_eq!((verified.chains, verified.checkpoint), (0, Checkpointed::AnotherRunIsUnderWay));
    assert_eq!(world.checkpoints(), []);
    audit_log::unlock(&mut other).await.unwrap();
    other.close().await.unwrap();
    // The lock ends with a run, also with one that its environment did not end itself.
    let (one, next) =
        (AuditVerify::start(&world.environment()).unwrap(), AuditVerify::start(&world.environment()).unwrap());
    assert_eq!(one.handle(None, NOW).await.unwrap().checkpoint, Checkpointed::Published);
    assert_eq!(next.handle(None, NOW).await.unwrap().checkpoint, Checkpointed::Unmoved);
    assert_eq!(one.handle(None, NOW).await.unwrap().checkpoint, Checkpointed::Unmoved);
}
