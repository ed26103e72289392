//! When a comparison says that all is well.

use std::process::Command;

use kafka::KafkaSettings;
use producer::verify::Groups;
use producer::{Parcel, Shares, Shop};
use settings::Environment;
use testkit::{TestTopic, unique_name};

use crate::world::{OPENED, World, root};

/// Behind the last record of each partition.
fn ends(topic: &TestTopic) -> Vec<(i32, i64)> {
    let records = topic.read_all();
    let end = |partition| records.iter().filter(|record| record.partition == partition).count();
    (0..3).map(|partition| (partition, i64::try_from(end(partition)).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_complete_is_not_clean_before_consumers_have_come_as_far_as_the_topics_were() {
    let world = World::new().await;
    let services = world.serve().await;
    world.load(&world.way(), 5, 100, Shares { duplicates: 0.2, ..Shares::default() }).await;
    let verdict = world.settled().await;
    assert!(verdict.is_clean(), "{verdict:#?}");
    services.stop().await;

    let environment: Environment = world.variables().into_iter().collect();
    let group = unique_name();
    let pairs = world.topics.iter().map(|(_, topic)| (topic.name.clone(), group.clone()));
    let mut groups = Groups::new(&KafkaSettings::read(&environment).unwrap(), pairs);
    let verdict = world.verify_behind(&mut groups).await;
    assert!(!verdict.is_clean() && verdict.is_only_late(), "{verdict:#?}");
    let ends: Vec<_> = world.topics.iter().map(|(_, topic)| (topic, ends(topic))).collect();
    let records = ends.iter().flat_map(|(_, ends)| ends).map(|(_, end)| end.unsigned_abs()).sum::<u64>();
    assert_eq!(verdict.awaited(), records, "{verdict:#?}");

    // What comes now is of somebody else.
    let behind: Vec<Parcel> =
        Shop::open(6, "behind", OPENED).flatten().take(20).map(|event| Parcel::of(&event)).collect();
    world.way().send(&behind.iter().collect::<Vec<_>>()).await.unwrap();
    for (topic, ends) in &ends {
        topic.commit(&group, ends);
    }
    let verdict = world.verify_behind(&mut groups).await;
    assert!(verdict.is_clean(), "{verdict:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_kafka_does_not_answer_that_is_said() {
    let world = World::new().await;
    drop(world.journal(5));
    // Nobody listens on the port that no server may have.
    let nowhere = Environment::from_iter([("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")]);
    let pairs = [("topic".to_owned(), "group".to_owned())];
    let mut groups = Groups::new(&KafkaSettings::read(&nowhere).unwrap(), pairs);
    let verdict = world.verify_behind(&mut groups).await;
    assert!(!verdict.is_clean() && verdict.is_only_late(), "{verdict:#?}");
    assert!(producer::verify::lines(&verdict).iter().any(|line| line.contains("how far group has come in topic")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_of_which_nothing_was_acknowledged_is_not_compared() {
    let world = World::new().await;
    let parcels: Vec<Parcel> = Shop::open(5, "t", OPENED).flatten().take(5).map(|event| Parcel::of(&event)).collect();
    world.journal(5).sends(&parcels).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_producer"));
    command.args(["verify", "--wait", "0"]).arg(world.path()).current_dir(root()).envs(world.variables());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing can be compared"), "{output:?}");
}
