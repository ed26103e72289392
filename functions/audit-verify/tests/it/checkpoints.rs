use std::time::Duration;

use audit_verify::{AuditVerify, Checkpointed, Checkpoints, How};
use kafka::{KafkaSettings, OrderedPublisher, Record};
use time::Duration as Span;

use crate::support::{CHAIN, NOW, OTHER, World};

fn seqs(world: &World) -> Vec<Vec<(String, i64)>> {
    let heads = |heads: Vec<audit_verify::Head>| heads.into_iter().map(|head| (head.chain, head.seq)).collect();
    world.checkpoints().into_iter().map(|checkpoint| heads(checkpoint.heads)).collect()
}

fn both(chain: i64, other: i64) -> Vec<(String, i64)> {
    vec![(CHAIN.to_owned(), chain), (OTHER.to_owned(), other)]
}

#[tokio::test]
async fn a_checkpoint_is_written_when_a_chain_has_grown_and_not_when_none_has() {
    let world = World::new(3).await;
    assert_eq!(world.run().await.checkpoint, Checkpointed::Published);
    assert_eq!(world.run_at(NOW + Span::MINUTE).await.checkpoint, Checkpointed::Unmoved);
    world.append(OTHER, 2).await;
    assert_eq!(world.run_at(NOW + Span::minutes(2)).await.checkpoint, Checkpointed::Published);
    assert_eq!(world.run_at(NOW + Span::minutes(3)).await.checkpoint, Checkpointed::Unmoved);
    assert_eq!(seqs(&world), [both(3, 3), both(3, 5)]);
}

#[tokio::test]
async fn a_log_without_rows_has_no_checkpoint() {
    let world = World::new(0).await;
    let verified = world.run().await;
    assert_eq!((verified.chains, verified.checkpoint), (0, Checkpointed::Unmoved));
    assert_eq!(seqs(&world), Vec::<Vec<(String, i64)>>::new());
}

#[tokio::test]
async fn a_record_of_somebody_else_does_not_hide_the_last_checkpoint() {
    let world = World::new(3).await;
    world.run().await;
    let publisher = OrderedPublisher::start(KafkaSettings::read(&world.environment()).unwrap()).unwrap();
    let record = |value| Record { topic: &world.topic.name, key: None, value, headers: &[] };
    let outcome = publisher.publish(&[record(Some(b"{}")), record(None)], Duration::from_secs(10)).await;
    assert_eq!(outcome.unavailable, None);
    let last = Checkpoints::of(&world.environment()).unwrap().last().await.unwrap().checkpoint.unwrap();
    assert_eq!(last.heads.len(), 2);
    assert_eq!(world.run().await.checkpoint, Checkpointed::Unmoved);
}

#[tokio::test]
async fn a_broken_chain_stays_where_it_was_last_vouched_for_and_the_other_goes_on() {
    let world = World::new(3).await;
    world.run().await;
    world.append(CHAIN, 2).await;
    world.append(OTHER, 2).await;
    world.tamper(&format!("update audit_log set status = 'x' where chain = '{CHAIN}' and seq = 4")).await;
    let verified = world.run().await;
    assert_eq!((verified.broken.len(), verified.checkpoint), (1, Checkpointed::Published));
    assert_eq!(seqs(&world), [both(3, 3), both(3, 5)]);
}

#[tokio::test]
async fn rows_that_were_rewritten_before_they_were_in_a_checkpoint_do_not_get_into_one_unseen() {
    let world = World::new(3).await;
    world.run().await;
    world.append(CHAIN, 2).await;
    let away = AuditVerify::start(&world.environment_with("127.0.0.1:1")).unwrap();
    assert_eq!(away.handle(None, NOW).await.unwrap().checkpoint, Checkpointed::Unavailable);
    world.rewrite(4, |row| row.entry.status = "failure".to_owned()).await;
    let verified = world.run().await;
    let broken: Vec<_> = verified.broken.iter().map(|found| (found.broken.seq, found.broken.how)).collect();
    assert_eq!((broken, verified.checkpoint), (vec![(4, How::Edited)], Checkpointed::Unmoved));
    assert_eq!(seqs(&world), [both(3, 3)]);
}

#[tokio::test]
async fn all_checkpoints_are_read_back_some_at_a_time() {
    let world = World::new(1).await;
    for minute in 0..5 {
        world.append(CHAIN, 1).await;
        world.run_at(NOW + Span::minutes(minute)).await;
    }
    let mut all = Checkpoints::of(&world.environment()).unwrap().all().await.unwrap();
    let mut read = Vec::new();
    assert_eq!(all.left(), 5);
    while let Some(some) = all.next(2).await.unwrap() {
        assert!(some.len() <= 2);
        read.extend(some);
    }
    assert_eq!((read, all.left()), (world.checkpoints(), 0));
}
