use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use testkit::{TestDatabase, TestTopic, bootstrap, eventually, sqlx};

use crate::killed::start_function;
use crate::path::{PATIENCE, variables};
use crate::runtime_api::RuntimeApi;

const ROWS: i64 = 20_000;

async fn pending(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from outbox").fetch_one(&database.pool).await.unwrap()
}

/// Numbers as they first appear under each key.
fn first_appearances(topic: &TestTopic) -> BTreeMap<Vec<u8>, Vec<i64>> {
    let (mut seen, mut keys) = (BTreeSet::new(), BTreeMap::<_, Vec<i64>>::new());
    for record in topic.read_all() {
        let number = String::from_utf8(record.value.unwrap()).unwrap().parse().unwrap();
        if seen.insert(number) {
            keys.entry(record.key.unwrap()).or_default().push(number);
        }
    }
    keys
}

#[tokio::test]
async fn a_relay_that_is_killed_in_the_middle_leaves_the_rest_to_the_next_in_order() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(3).await);
    sqlx::query(
        "insert into outbox (id, aggregatetype, aggregateid, type, payload)
         select gen_random_uuid(), $1, 'key ' || n % 40, 'a.test', convert_to(n::text, 'UTF8') from generate_series(1, $2) n",
    )
    .bind(&topic.name)
    .bind(ROWS)
    .execute(&database.pool)
    .await
    .unwrap();
    let variables = variables(&database, &bootstrap(), "unused");
    let tick = json!({"detail-type": "Scheduled Event", "detail": {}});

    let api = RuntimeApi::start(tick.clone(), true).await;
    let mut first = start_function("outbox-relay", &api, &variables);
    eventually("the first has begun", PATIENCE, || async { (pending(&database).await < ROWS).then_some(()) }).await;
    first.kill().await.unwrap();
    let left = pending(&database).await;
    assert!(left > 0, "it was killed in the middle");

    let api = RuntimeApi::start(tick, true).await;
    let mut second = start_function("outbox-relay", &api, &variables);
    let limit = Duration::from_secs(30);
    eventually("all is published", limit, || async { (pending(&database).await == 0).then_some(()) }).await;
    second.kill().await.unwrap();
    let keys = first_appearances(&topic);
    assert_eq!(keys.values().map(Vec::len).sum::<usize>(), usize::try_from(ROWS).unwrap());
    assert_eq!(keys.len(), 40);
    for (key, numbers) in keys {
        assert!(numbers.is_sorted(), "{} is out of order", String::from_utf8_lossy(&key));
    }
}
