use std::collections::BTreeMap;
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use serde_json::{Value, json};
use stack::kafka::{Broker, BrokerPorts};
use stack::postgres::Server;
use testkit::{TestDatabase, eventually};
use tokio::process::{Child, Command};

use crate::path::{PATIENCE, Path, binaries, variables};
use crate::runtime_api::RuntimeApi;

#[tokio::test]
async fn clicks_around_a_killed_broker_are_counted_once_each() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let path = Path::on(TestDatabase::new().await, &broker.bootstrap()).await;
    let poller = path.poll();
    path.make_link("spring").await;
    path.follow_times("spring", 3).await;
    broker.kill();
    assert_eq!(path.follow("spring").await, reqwest::StatusCode::SERVICE_UNAVAILABLE);
    broker.restart().await.unwrap();
    path.follow_times("spring", 3).await;
    let published = i64::try_from(path.published()).unwrap();
    assert!(published >= 6);
    assert_eq!(path.counted("spring").await, published);
    poller.stop().await;
}

#[tokio::test]
async fn clicks_made_while_the_database_is_killed_are_counted_after_it_returns() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await;
    let path = Path::on(database, &testkit::bootstrap()).await;
    let poller = path.poll();
    path.make_link("spring").await;
    path.follow_times("spring", 2).await;
    path.wait_for("spring", 2).await;
    server.kill();
    // The link is known: it is followed without a database.
    path.follow_times("spring", 4).await;
    server.restart().await.unwrap();
    assert_eq!(path.counted("spring").await, 6);
    poller.stop().await;
}

/// Starts a built function on a Runtime API of the test's own.
pub fn start_function(name: &str, api: &RuntimeApi, variables: &BTreeMap<String, String>) -> Child {
    Command::new(binaries().join(name))
        .env_clear()
        .envs(variables)
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", api.address().as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ])
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the functions are built: run `make test`")
}

fn batch_of_one_click() -> Value {
    let click = json!({
        "specversion": "1.0", "id": "01a1fb00-0000-7000-8000-000000000001", "source": "/test", "type": "link.clicked",
        "data": {"linkId": "01a1fb00-0000-7000-8000-000000000002", "shortCode": "spring", "timestamp": "2026-11-21T09:30:00Z"}
    });
    let value = STANDARD.encode(click.to_string());
    let record = json!({"topic": "t", "partition": 0, "offset": 0, "timestamp": 0, "timestampType": "CREATE_TIME", "value": value, "headers": []});
    json!({"eventSource": "aws:kafka", "records": {"t-0": [record]}})
}

#[tokio::test]
async fn a_consumer_killed_between_the_commit_and_the_answer_counts_the_click_once() {
    let database = TestDatabase::new().await;
    let variables = variables(&database, &testkit::bootstrap(), "unused");
    let count = || async {
        let rows: i64 =
            testkit::sqlx::query_scalar("select count(*) from clicks").fetch_one(&database.pool).await.unwrap();
        (rows > 0).then_some(rows)
    };
    // The answer to the first delivery is never taken, and its process dies with the answer on its lips.
    let deaf = RuntimeApi::start(batch_of_one_click(), false).await;
    let mut first = start_function("click-consumer", &deaf, &variables);
    eventually("the click is committed", PATIENCE, count).await;
    eventually("the answer is on its way", PATIENCE, || async { deaf.is_answered().then_some(()) }).await;
    first.kill().await.unwrap();

    let api = RuntimeApi::start(batch_of_one_click(), true).await;
    let mut second = start_function("click-consumer", &api, &variables);
    let answer = eventually("the second delivery is answered", PATIENCE, || async { api.answer() }).await;
    assert_eq!(
        answer,
        json!({"applied": 0, "duplicates": 1, "stale": 0, "parked": 0, "dead_lettered": 0, "skipped": 0})
    );
    let daily: Vec<i64> = testkit::sqlx::query_scalar("select clicks + bots from link_clicks_daily_current")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    assert_eq!(daily, [1]);
    second.kill().await.unwrap();
}
