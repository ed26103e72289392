//! A load while each part of its way is killed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use producer::{Mixture, Pace, Shares, Shop, transmit};
use stack::kafka::{Broker, BrokerPorts};
use stack::postgres::Server;
use testkit::{TestDatabase, eventually, sqlx};

use crate::world::{OPENED, PATIENCE, World};

const PACE: Pace = Pace { rate: Some(300), patience: PATIENCE };
const TROUBLES: Shares = Shares { duplicates: 0.02, rubbish: 0.01, out_of_order: 0.05 };

#[tokio::test(flavor = "multi_thread")]
async fn a_load_during_which_a_consumer_the_database_and_kafka_are_killed_is_complete_once_each() {
    let (logs, rows) = (stack::scratch().unwrap(), stack::scratch().unwrap());
    let mut broker = Broker::start(&testkit::artifacts(), logs.path(), BrokerPorts::free()).await.unwrap();
    let mut server = Server::start(&testkit::artifacts(), rows.path(), stack::free_port()).await.unwrap();
    let database = TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await;
    let world = World::on(database, broker.bootstrap()).await;
    let services = world.serve().await;
    let (way, mut journal) = (world.way(), world.journal(12));
    let over = AtomicBool::new(false);
    // As long as there is something to be killed, and for a moment longer.
    let events = Shop::open(12, "t", OPENED).flatten().take_while(|_| !over.load(Ordering::Relaxed));
    let load = transmit(Mixture::new(events, TROUBLES, 12), &mut journal, &way, PACE, |_| {});
    let kills = async {
        let orders = more_orders(&world, 0).await;
        kill(consumer(&world), Signal::SIGKILL).unwrap();
        let orders = more_orders(&world, orders).await;
        server.kill();
        server.restart().await.unwrap();
        let orders = more_orders(&world, orders).await;
        broker.kill();
        broker.restart().await.unwrap();
        more_orders(&world, orders).await;
        over.store(true, Ordering::Relaxed);
    };
    let (sent, ()) = tokio::join!(load, kills);
    let (sent, verdict) = (sent.unwrap(), world.settled().await);
    assert!(verdict.is_clean(), "{sent:?}: {verdict:#?}");
    assert_eq!(verdict.uncertain, 0);
    let letters = verdict.tables.iter().find(|table| table.what == "dead letters").unwrap();
    assert!(letters.database > 0, "{letters:?}");
    services.stop().await;
}

/// Waits until there are more orders than these, and says how many.
async fn more_orders(world: &World, than: i64) -> i64 {
    eventually("more orders are there", Duration::from_secs(90), async || {
        let counted = sqlx::query_scalar("select count(*) from orders").fetch_one(&world.database.pool).await;
        counted.ok().filter(|orders: &i64| *orders > than)
    })
    .await
}

/// The process of `order-consumer` that works on this database.
fn consumer(world: &World) -> Pid {
    let url = world.database.url();
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let ours = |process: &std::path::PathBuf| {
        let told = std::fs::read(process.join("environ")).unwrap_or_default();
        let is_consumer =
            std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "order-consumer");
        is_consumer && String::from_utf8_lossy(&told).contains(&url)
    };
    let process = processes.into_iter().find(ours).expect("order-consumer has applied something, and runs");
    Pid::from_raw(process.file_name().unwrap().to_str().unwrap().parse().unwrap())
}
