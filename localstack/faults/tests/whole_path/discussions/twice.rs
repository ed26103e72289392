use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use testkit::Read;

use super::world::World;

/// Sends a record once more, as it is, to where it was.
async fn copy(world: &World, producer: &FutureProducer, record: &Read) {
    let headers = record
        .headers
        .iter()
        .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
    let copy = FutureRecord::<[u8], [u8]>::to(&world.topic.name)
        .partition(record.partition)
        .key(record.key.as_deref().unwrap())
        .payload(record.value.as_deref().unwrap())
        .headers(headers);
    producer.send_result(copy).map_err(|(error, _)| error).unwrap().await.unwrap().unwrap();
}

/// Threads of two courses, one of which is deleted, with all that belongs to them applied.
async fn world_with_discussions() -> World {
    let world = World::on(&testkit::bootstrap()).await;
    for course in ["course-1", "course-2"] {
        world.discuss(course).await;
        let gone = world.discuss(course).await;
        world.delete(&gone).await;
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_sent_twice_change_nothing() {
    let world = world_with_discussions().await;
    let (poller, relay) = (world.poll(), world.relay());
    world.is_whole().await;
    let before = world.aggregates().await;
    assert!(before.len() > 50, "{before:#?}");

    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &world.bootstrap).create().unwrap();
    let records = world.topic.read_all();
    // The latest first: an order that they never had.
    for record in records.iter().rev() {
        copy(&world, &producer, record).await;
    }
    world.all_committed().await;
    assert_eq!(world.topic.read_all().len(), 2 * records.len());
    assert_eq!(world.aggregates().await, before);
    world.is_whole().await;
    relay.stop().await;
    poller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_replayed_from_the_start_changes_nothing() {
    let world = world_with_discussions().await;
    let (poller, relay) = (world.poll(), world.relay());
    world.is_whole().await;
    let before = world.aggregates().await;
    poller.stop().await;

    world.topic.commit(&world.group, &[(0, 0), (1, 0), (2, 0)]);
    let poller = world.poll();
    world.all_committed().await;
    assert_eq!(world.aggregates().await, before);
    world.is_whole().await;
    // And it takes what is new.
    world.discuss("course-1").await;
    world.is_whole().await;
    relay.stop().await;
    poller.stop().await;
}
