use std::cell::Cell;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Method;
use serde_json::json;
use stack::kafka::{Broker, BrokerPorts};
use testkit::{eventually, sqlx};
use tokio::time::sleep;

use super::deeds::{EVENTS, THREADS};
use super::world::World;
use crate::path::{PATIENCE, processes_of};

fn kill_service(world: &World) {
    for process in processes_of("discussions-api", &world.database) {
        // It may have ended at this moment.
        kill(Pid::from_raw(process), Signal::SIGKILL).ok();
    }
}

/// Kafka hangs, so that requests are still publishing long after their commit; and there their processes are killed.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_between_commit_and_publishing_leaves_its_events_to_the_relay() {
    let directory = stack::scratch().unwrap();
    let broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    // Longer than a function may run: what ends the publishing is the kill.
    let world = World::told(&[("OUTBOX_DRAIN_MS", "60000")], &broker.bootstrap()).await;
    let old = world.discuss("course-1").await;
    assert_eq!(world.waiting().await, 0, "the service publishes by itself");

    testkit::freeze(broker.pid()).await;
    let thread = json!({"courseId": "course-1", "title": "Why?", "content": "I wonder.", "author": "anna"});
    let (vote, on_old) = (json!({"voter": "emil", "vote": "up"}), format!("{THREADS}/{old}/vote"));
    let kills = async {
        let committed = async || (world.waiting().await == 2).then_some(());
        eventually("both are committed", PATIENCE, committed).await;
        kill_service(&world);
    };
    let (created, voted, ()) = tokio::join!(
        world.ask(Method::POST, THREADS, Some(&thread)),
        world.ask(Method::PUT, &on_old, Some(&vote)),
        kills
    );
    kill(Pid::from_raw(broker.pid()), Signal::SIGCONT).unwrap();
    assert!(created.0.is_server_error() && voted.0.is_server_error(), "{created:?} {voted:?}");
    assert_eq!(world.waiting().await, 2);

    let (consumer, relay) = (world.poll(), world.relay());
    world.is_whole().await;
    let numbers = world.first_appearances();
    assert_eq!((numbers.len(), numbers[&old].len()), (2, usize::try_from(EVENTS).unwrap() + 1));
    // And it goes on as if nothing had been.
    world.discuss("course-2").await;
    world.is_whole().await;
    relay.stop().await;
    consumer.stop().await;
}

/// Has one person after the other vote until a request is cut off, and counts those that are answered.
async fn vote_until_cut_off(world: &World, thread: &str, round: usize, answered: &Cell<i64>) {
    for number in 0.. {
        let vote = json!({"voter": format!("voter-{round}-{number}"), "vote": "up"});
        let (status, text) = world.ask(Method::PUT, &format!("{THREADS}/{thread}/vote"), Some(&vote)).await;
        if status.is_server_error() {
            return;
        }
        assert!(status.is_success(), "{status} {text}");
        answered.set(answered.get() + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_killed_at_any_moment_leaves_no_change_without_its_event_and_no_event_without_its_change() {
    let world = World::on(&testkit::bootstrap()).await;
    let (consumer, relay) = (world.poll(), world.relay());
    let thread = world.create("course-1").await;
    let answered = Cell::new(0);
    for round in 0..5 {
        let before = answered.get();
        let votes = vote_until_cut_off(&world, &thread, round, &answered);
        tokio::pin!(votes);
        loop {
            tokio::select! {
                () = &mut votes => break,
                // Not before it has got something done.
                () = sleep(Duration::from_millis(200)), if answered.get() > before => kill_service(&world),
                () = sleep(Duration::from_millis(20)), if answered.get() == before => {}
            }
        }
    }
    let answered = answered.get();
    world.is_whole().await;
    let counted: i64 = sqlx::query_scalar("select up_votes from threads where thread_id::text = $1")
        .bind(&thread)
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert!(answered >= 5, "it was killed before it did anything");
    // What was cut off may have been done.
    assert!((answered..=answered + 5).contains(&counted), "{answered} were answered, {counted} counted");
    relay.stop().await;
    consumer.stop().await;
}
