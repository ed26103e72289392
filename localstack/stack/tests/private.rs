//! Servers that belong to one test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kafka::topics::{NewTopic, create_missing};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
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

/// The server's process, and those that it has: some end on their own, even while they are being listed.
fn processes(server: i32) -> Vec<Identity> {
    let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap_or_default();
    let all = [server].into_iter().chain(children.split_whitespace().map(|pid| pid.parse().unwrap()));
    all.filter_map(Identity::of).collect()
}

fn freeze(processes: &[Identity]) {
    for process in processes {
        let sent = kill(Pid::from_raw(process.pid), Signal::SIGSTOP);
        assert!(sent.is_ok() || !process.is_alive(), "{process:?}: {sent:?}");
    }
}

#[tokio::test]
async fn a_frozen_postgres_is_stopped_and_dropped_with_all_its_processes_and_nobody_waits_for_it() {
    let artifacts = installed();
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&artifacts, directory.path(), stack::free_port()).await.unwrap();
    let _client = PgConnection::connect(&server.url("onceward", "onceward_app")).await.unwrap();
    let frozen = processes(server.pid());
    assert!(frozen.len() > 2, "{frozen:?}");
    freeze(&frozen);
    let asked = Instant::now();
    server.stop().await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(!frozen.iter().any(Identity::is_alive), "{frozen:?}");

    server.restart().await.unwrap();
    // A killed server leaves those of connections behind.
    let frozen = processes(server.pid());
    freeze(&frozen[1..]);
    server.kill();
    assert!(frozen[1..].iter().any(Identity::is_alive), "{frozen:?}");
    server.restart().await.unwrap();
    assert!(!frozen.iter().any(Identity::is_alive), "{frozen:?}");

    let frozen = processes(server.pid());
    freeze(&frozen);
    let asked = Instant::now();
    drop(server);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(!frozen.iter().any(Identity::is_alive), "{frozen:?}");
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
fn a_private_server_ends_when_its_test_process_is_killed_even_a_frozen_one() {
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
    freeze(std::slice::from_ref(&server));
    process.kill().unwrap();
    process.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.is_alive() {
        assert!(Instant::now() < deadline, "the server outlives its starter");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_dir_all(directory).unwrap();
}
