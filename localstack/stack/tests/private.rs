//! Servers that belong to one test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kafka::topics::{NewTopic, create_missing};
use sqlx::{Connection, PgConnection};
use stack::artifacts::Artifacts;
use stack::kafka::{Broker, BrokerPorts};
use stack::postgres::Server;
use stack::{Identity, Settings, environment};

/// The servers of the checkout that these tests are part of.
fn installed() -> Artifacts {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let environment = stack::environment::load(&root).unwrap().into_iter().collect();
    stack::artifacts::install(&Settings::new(root, &environment).unwrap().artifacts()).unwrap()
}

#[tokio::test]
async fn a_killed_broker_comes_back_with_its_topics() {
    let artifacts = installed();
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&artifacts, directory.path(), BrokerPorts::free()).await.unwrap();
    let topics = [NewTopic { name: "kept".into(), partitions: 1, replication: 1, config: [].into() }];
    assert_eq!(create_missing(&broker.bootstrap(), &topics).await.unwrap(), ["kept"]);
    let before = Identity::of(broker.pid()).unwrap();
    broker.kill();
    assert!(!before.is_alive());
    broker.restart().await.unwrap();
    assert!(create_missing(&broker.bootstrap(), &topics).await.unwrap().is_empty());
    let after = Identity::of(broker.pid()).unwrap();
    drop(broker);
    assert!(!after.is_alive());
}

#[tokio::test]
async fn a_stopped_postgres_comes_back_with_its_roles_even_while_a_client_is_connected() {
    let artifacts = installed();
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&artifacts, directory.path(), stack::free_port()).await.unwrap();
    let mut client = PgConnection::connect(&server.url("onceward", "onceward_app")).await.unwrap();
    server.stop().await.unwrap();
    assert!(client.ping().await.is_err());
    server.restart().await.unwrap();
    PgConnection::connect(&server.url("onceward", "onceward_owner")).await.unwrap();
}

const SECOND_PROCESS: &str = "ONCEWARD_TEST_SECOND_PROCESS";

/// The second process of the next test: it says its server's id and waits to be killed.
#[tokio::test]
#[expect(clippy::print_stderr, reason = "the other process reads it")]
async fn a_server_of_a_process_that_is_killed() {
    if !environment::load(Path::new("/nowhere")).unwrap().contains_key(SECOND_PROCESS) {
        return;
    }
    let artifacts = installed();
    let directory = stack::scratch().unwrap();
    let server = Server::start(&artifacts, directory.path(), stack::free_port()).await.unwrap();
    eprintln!("server {} in {}", server.pid(), directory.path().display());
    std::future::pending::<()>().await;
}

#[test]
fn a_private_server_ends_when_its_test_process_is_killed() {
    let name = "a_server_of_a_process_that_is_killed";
    let mut process = Command::new(std::env::current_exe().unwrap());
    let mut process = process
        .args(["--exact", name, "--nocapture"])
        .env(SECOND_PROCESS, "yes")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.find(|line| line.starts_with("server ")).unwrap();
    let (pid, directory) = line.trim_start_matches("server ").split_once(" in ").unwrap();
    let server = Identity::of(pid.parse().unwrap()).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.is_alive() {
        assert!(Instant::now() < deadline, "the server outlives its starter");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_dir_all(directory).unwrap();
}
