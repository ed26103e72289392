use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::{eventually, sqlx};

use super::deeds::EVENTS;
use super::world::World;
use crate::path::{PATIENCE, processes_of};

fn kill_consumer(world: &World) {
    for process in processes_of("discussion-consumer", &world.database) {
        // It may have ended at this moment.
        kill(Pid::from_raw(process), Signal::SIGKILL).ok();
    }
}

async fn facts(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from thread_activity").fetch_one(&world.database.pool).await.unwrap()
}

/// How many records came again that had been applied.
async fn duplicates(world: &World) -> i64 {
    let sum = "select coalesce(sum(counts[n]), 0)::bigint from consumer_batches, generate_subscripts(outcomes, 1) n
               where outcomes[n] = 'duplicate'";
    sqlx::query_scalar(sum).fetch_one(&world.database.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_away_for_a_while_goes_on_from_where_it_was() {
    // Every event is sent once: what is counted twice below was read twice.
    let world = World::told(&[("OUTBOX_DRAIN_MS", "60000")], &testkit::bootstrap()).await;
    let (poller, relay) = (world.poll(), world.relay());
    let old = world.discuss("course-1").await;
    world.is_whole().await;

    poller.crash();
    kill_consumer(&world);
    let before = facts(&world).await;
    world.vote(&old, "emil", "up").await;
    for _ in 0..3 {
        world.discuss("course-2").await;
    }
    assert_eq!(facts(&world).await, before, "nobody is there to apply anything");

    let poller = world.poll();
    world.is_whole().await;
    assert_eq!(facts(&world).await, 4 * EVENTS + 1);
    assert_eq!(duplicates(&world).await, 0, "it began at an earlier offset");
    relay.stop().await;
    poller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_killed_again_and_again_while_people_write_counts_everything_once() {
    let world = World::on(&testkit::bootstrap()).await;
    let (poller, relay) = (world.poll(), world.relay());
    let over = AtomicBool::new(false);
    let writes = async {
        let mut threads = 0;
        // As long as there is something to be killed, and for a moment longer.
        while !over.load(Ordering::Relaxed) {
            world.discuss(&format!("course-{}", threads % 2)).await;
            threads += 1;
        }
        threads
    };
    let kills = async {
        for _ in 0..3 {
            let before = facts(&world).await;
            let more = async || (facts(&world).await > before).then_some(());
            eventually("more is applied", PATIENCE, more).await;
            kill_consumer(&world);
        }
        over.store(true, Ordering::Relaxed);
    };
    let (threads, ()) = tokio::join!(writes, kills);
    world.is_whole().await;
    assert_eq!(facts(&world).await, threads * EVENTS);
    relay.stop().await;
    poller.stop().await;
}
