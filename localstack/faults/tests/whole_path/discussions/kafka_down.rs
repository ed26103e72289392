use reqwest::{Method, StatusCode};
use serde_json::json;
use stack::kafka::{Broker, BrokerPorts};

use super::deeds::{EVENTS, THREADS};
use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn without_kafka_writes_go_on_and_what_they_leave_is_published_in_order_when_it_is_back() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let world = World::on(&broker.bootstrap()).await;
    let (consumer, relay) = (world.poll(), world.relay());
    let old = world.discuss("course-1").await;
    world.is_whole().await;

    broker.kill();
    world.discuss("course-1").await;
    world.discuss("course-2").await;
    world.vote(&old, "emil", "up").await;
    let waiting = 2 * EVENTS + 1;
    assert_eq!(world.waiting().await, waiting);
    // Whoever looks is told how much waits, and that it is for nobody's fault.
    let page = world.get(&format!("/api/outbox?topic={}&limit=100", world.topic.name)).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(i64::try_from(items.len()).unwrap(), waiting);
    assert!(items.iter().all(|item| item["why"] == "unpublished"), "{page:#}");
    assert_eq!(world.figure_of_topic("outbox_pending_records").await, waiting.to_string());
    let age: f64 = world.figure_of_topic("outbox_oldest_pending_age_seconds").await.parse().unwrap();
    assert!(age > 0.0);

    broker.restart().await.unwrap();
    world.is_whole().await;
    assert_eq!(world.figure_of_topic("outbox_pending_records").await, "0");
    relay.stop().await;
    consumer.stop().await;
}

/// The function has never seen a broker: it is started in the outage.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_starts_without_kafka_writes_all_the_same() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let world = World::on(&broker.bootstrap()).await;
    broker.kill();
    let thread = world.discuss("course-1").await;
    world.delete(&thread).await;
    let vote = json!({"voter": "bert", "vote": "up"});
    let (status, _) = world.ask(Method::PUT, &format!("{THREADS}/{thread}/vote"), Some(&vote)).await;
    assert_eq!(status, StatusCode::GONE);
    assert_eq!(world.waiting().await, EVENTS + 1);

    broker.restart().await.unwrap();
    let (consumer, relay) = (world.poll(), world.relay());
    world.is_whole().await;
    relay.stop().await;
    consumer.stop().await;
}
