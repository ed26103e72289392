use std::time::Duration;

use audit_verify::{AuditVerify, Checkpointed, How, Verified};
use settings::Environment;
use store::audit_log::{self, Verification};
use testkit::{eventually, sqlx};
use time::{Duration as Span, OffsetDateTime};

use crate::support::{CHAIN, NOW, OTHER, World};

/// Where nobody listens.
const NOBODY: &str = "127.0.0.1:1";

async fn verification(world: &World, chain: &str) -> Verification {
    let known = audit_log::verifications(&mut world.owner().await).await.unwrap();
    known.into_iter().find(|known| known.chain == chain).unwrap()
}

fn broken(verified: &Verified) -> Vec<(&str, i64, How)> {
    verified.broken.iter().map(|found| (found.chain.as_str(), found.broken.seq, found.broken.how)).collect()
}

#[tokio::test]
async fn a_broken_chain_is_told_each_run_until_a_whole_pass_finds_it_whole() {
    let world = World::new(30).await;
    world.run().await;
    world.tamper(&format!("update audit_log set status = 'x' where chain = '{CHAIN}' and seq = 9")).await;
    // The row was verified before, and the pass begins anew only after a day.
    assert_eq!(broken(&world.run_at(NOW + Span::hours(23)).await), []);
    let day = NOW + Span::hours(24);
    for minute in 0..3 {
        let verified = world.run_at(day + Span::minutes(minute)).await;
        assert_eq!(broken(&verified), [(CHAIN, 9, How::Edited)]);
        assert_eq!(verification(&world, CHAIN).await.broken, Some((9, "edited".to_owned())));
        assert_eq!(verification(&world, OTHER).await.broken, None);
    }
    // Somebody brings the row back, from a backup.
    world.tamper(&format!("update audit_log set status = 'success' where chain = '{CHAIN}' and seq = 9")).await;
    assert_eq!(broken(&world.run_at(day + Span::minutes(3)).await), []);
    assert_eq!(verification(&world, CHAIN).await.broken, None);
}

#[tokio::test]
async fn a_run_that_finds_nothing_new_says_that_it_has_looked() {
    let world = World::new(3).await;
    for minute in 0..3 {
        let now = NOW + Span::minutes(minute);
        world.run_at(now).await;
        let verified: Vec<OffsetDateTime> = sqlx::query_scalar("select verified_at from audit_verifications")
            .fetch_all(&mut world.owner().await)
            .await
            .unwrap();
        let seconds = |at: OffsetDateTime| at.unix_timestamp();
        assert_eq!(verified.into_iter().map(seconds).collect::<Vec<_>>(), [seconds(now); 2]);
    }
}

#[tokio::test]
async fn what_was_tampered_with_since_the_last_checkpoint_is_found_in_the_next_run() {
    let world = World::new(30).await;
    world.run().await;
    world.append(CHAIN, 10).await;
    world.tamper(&format!("delete from audit_log where chain = '{CHAIN}' and seq = 35")).await;
    assert_eq!(broken(&world.run().await), [(CHAIN, 35, How::Removed)]);
}

#[tokio::test]
async fn a_log_too_long_for_one_run_is_verified_by_several_and_checkpoints_go_along() {
    let world = World::new(2500).await;
    let hasty = Environment::from_iter([
        ("DATABASE_URL", world.database.url().as_str()),
        ("KAFKA_BOOTSTRAP_SERVERS", &testkit::bootstrap()),
        ("TOPIC_AUDIT_CHECKPOINTS", &world.topic.name),
        ("AUDIT_VERIFY_SECONDS", "0"),
    ]);
    let hasty = AuditVerify::start(&hasty).unwrap();
    let first = hasty.handle(None, NOW).await.unwrap();
    assert_eq!((first.rows, first.checkpoint), (1010, Checkpointed::Published), "a page of each chain");
    assert!(verification_of(&world).await.is_none(), "the pass had no turn");
    assert_eq!(world.checkpoints()[0].heads[0].seq, 1000);
    let rest = world.run().await;
    assert_eq!((rest.checkpoint, broken(&rest)), (Checkpointed::Published, vec![]));
    assert_eq!(verification(&world, CHAIN).await.verified.seq, 2500);
    assert!(verification(&world, CHAIN).await.completed_at.is_some());
}

async fn verification_of(world: &World) -> Option<Verification> {
    audit_log::verifications(&mut world.owner().await).await.unwrap().into_iter().find(|known| known.chain == CHAIN)
}

#[tokio::test]
async fn while_kafka_is_away_the_chains_are_verified_and_the_answer_says_what_is_missing() {
    let world = World::new(30).await;
    let away = AuditVerify::start(&world.environment_with(NOBODY)).unwrap();
    let verified = away.handle(None, NOW).await.unwrap();
    assert_eq!((verified.rows, verified.checkpoint), (40, Checkpointed::Unavailable));
    world.append(CHAIN, 5).await;
    world.tamper(&format!("delete from audit_log where chain = '{CHAIN}' and seq > 33")).await;
    let verified = away.handle(None, NOW + Span::MINUTE).await.unwrap();
    assert_eq!(broken(&verified), [(CHAIN, 34, How::CutOff)]);
}

#[tokio::test]
async fn while_rows_are_added_nothing_is_found_that_is_not_there() {
    let world = World::new(0).await;
    let writing = async {
        for _ in 0..200 {
            world.append(CHAIN, 7).await;
            world.append(OTHER, 1).await;
        }
    };
    let verifying = async {
        let verify = AuditVerify::start(&world.environment()).unwrap();
        eventually("both chains are in a checkpoint to their end", Duration::from_mins(1), || async {
            let verified = verify.handle(None, NOW).await.unwrap();
            assert_eq!(broken(&verified), []);
            assert_eq!(world.full(true).await, None);
            let last = world.checkpoints().pop()?;
            (last.heads.iter().map(|head| head.seq).eq([1400, 200])).then_some(())
        })
        .await;
    };
    tokio::join!(writing, verifying);
}
