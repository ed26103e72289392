//! Servers of their own, to be stopped.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use stack::kafka::{Broker, BrokerPorts};
use stack::postgres::Server;
use testkit::{TestDatabase, eventually};

use crate::world::{PATIENCE, World, now};

/// The answer of `/health` has to come within this, whatever is away.
const LIMIT: Duration = Duration::from_millis(3500);

/// Asks for the health, which is down because of this server alone.
async fn is_down(world: &World, server: &str) -> Value {
    let began = Instant::now();
    let answer = world.get("/health").await;
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(answer.headers["retry-after"].to_str().unwrap().parse::<u32>().is_ok());
    // Neither where it is, nor who logs in there, nor what it said.
    for inside in ["127.0.0.1", "localhost", "onceward_app", "postgres:", "refused", "rdkafka", "sqlx"] {
        assert!(!answer.text.contains(inside), "{}", answer.text);
    }
    let health: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(health["status"], "down");
    let other = if server == "kafka" { "database" } else { "kafka" };
    assert_eq!(
        [&health["checks"][server]["status"], &health["checks"][other]["status"]],
        [&json!("down"), &json!("ok")]
    );
    assert_eq!(health["checks"][server]["detail"], "It does not answer.");
    assert_eq!(health["checks"]["consumers"][0]["status"], "unknown", "{health}");
    health
}

/// Figures of one source are there, and those of the other are not.
async fn is_partial(world: &World, away: &str) {
    let began = Instant::now();
    let figures = world.figures().await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    for (source, name) in [("database", "audit_chains"), ("kafka", "kafka_log_end_offset")] {
        let is_there = source != away;
        assert_eq!(figures.count("source_up", &[("source", source)]), i64::from(is_there), "{source}");
        assert_eq!(figures.all(name, &[]).next().is_some(), is_there, "{name}");
    }
    assert_eq!(figures.all("consumer_breaker_open", &[]).count(), 0);
}

async fn is_well(world: &World) {
    let is_well = || async {
        let health: Value = serde_json::from_str(&world.get("/health").await.text).unwrap();
        (health["status"] == "ok").then_some(())
    };
    eventually("all goes on", PATIENCE, is_well).await;
}

#[tokio::test]
async fn a_database_that_hangs_or_is_away_is_named_in_time_and_found_again() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await;
    let world = World::on(database, &testkit::bootstrap(), now).await;
    world.publish(1).await;
    is_well(&world).await;

    server.stop().await.unwrap();
    for _ in 0..2 {
        let health = is_down(&world, "database").await;
        assert_eq!(health["checks"]["consumers"][0]["lagRecords"], 1);
        assert_eq!(
            [&health["checks"]["outbox"]["status"], &health["checks"]["auditLog"]["status"]],
            [&json!("unknown"); 2]
        );
    }
    is_partial(&world, "database").await;
    server.restart().await.unwrap();
    is_well(&world).await;

    // One process lets connections in, and there is one for each.
    world.database.pool.close().await;
    let backends = backends(server.pid());
    for pid in &backends {
        testkit::freeze(*pid).await;
    }
    is_down(&world, "database").await;
    is_down(&world, "database").await;
    is_partial(&world, "database").await;
    for pid in &backends {
        kill(Pid::from_raw(*pid), Signal::SIGCONT).unwrap();
    }
    is_well(&world).await;
}

/// The server's process, and those that it has for connections.
fn backends(server: i32) -> Vec<i32> {
    let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap_or_default();
    [server].into_iter().chain(children.split_whitespace().map(|pid| pid.parse().unwrap())).collect()
}

#[tokio::test]
async fn a_kafka_that_hangs_or_is_away_is_named_in_time_and_found_again() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let world = World::on(TestDatabase::new().await, &broker.bootstrap(), now).await;
    is_well(&world).await;

    testkit::freeze(broker.pid()).await;
    is_down(&world, "kafka").await;
    is_partial(&world, "kafka").await;
    kill(Pid::from_raw(broker.pid()), Signal::SIGCONT).unwrap();
    is_well(&world).await;

    broker.kill();
    is_down(&world, "kafka").await;
    is_down(&world, "kafka").await;
    is_partial(&world, "kafka").await;
    broker.restart().await.unwrap();
    is_well(&world).await;
}

/// Nobody gets in, and both say so at once.
#[tokio::test]
async fn what_was_never_there_is_named_in_time() {
    let groups = "clicks:link.clicks:clicks users:user.events:users";
    let router = crate::world::router("postgres://onceward_app@127.0.0.1:1/none", "127.0.0.1:1", groups, now);
    let began = Instant::now();
    let answer = crate::world::get(&router, "/health").await;
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
    assert_eq!(answer.status, 503, "{answer:?}");
    let health: Value = serde_json::from_str(&answer.text).unwrap();
    let checks = &health["checks"];
    assert_eq!([&checks["database"]["status"], &checks["kafka"]["status"]], [&json!("down"); 2], "{health}");
    let none = crate::world::get(&router, "/metrics").await;
    assert_eq!(
        none.text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>(),
        ["source_up{source=\"database\"} 0", "source_up{source=\"kafka\"} 0"]
    );
}
