//! The relay where somebody else publishes the outbox.

use std::time::Duration;

use outbox_relay::{Relay, Relayed};
use settings::Environment;
use store::outbox::NewRow;
use testkit::{Log, TestDatabase, TestTopic, sqlx};
use time::macros::datetime;

const NOW: time::OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

// One test of the log: the lines of a process go to one place.
#[tokio::test]
async fn where_publishing_is_off_it_publishes_and_forwards_nothing_and_says_so_once() {
    let log = Log::default();
    lambda::init_logs_to(&Environment::default(), log.clone()).unwrap();
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let id = events::uuid_v7_at(NOW);
    let row = NewRow { id, topic: &topic.name, key: "k", event_type: "test.happened", payload: b"{}" };
    store::outbox::insert(&mut database.pool.acquire().await.unwrap(), &[row]).await.unwrap();
    sqlx::query(
        "insert into dead_letters (consumer, topic, partition, record_offset, headers, error_class, error, attempts, state)
         values ('c', $1, 0, 1, '[]', 'malformed', 'e', 1, 'open')",
    )
    .bind(&topic.name)
    .execute(&database.pool)
    .await
    .unwrap();

    // No Kafka is named, and none is needed.
    let environment = [("DATABASE_URL", database.url()), ("OUTBOX_PUBLISHING", "off".to_owned())];
    let relay = Relay::start(&Environment::from_iter(environment)).unwrap();
    assert_eq!(relay.handle(Some(Duration::from_mins(1)), NOW).await.unwrap(), Relayed::default());
    let left: (i64, i64) = sqlx::query_as(
        "select (select count(*) from outbox), (select count(*) from dead_letters where forwarded_at is null)",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    assert_eq!((left, topic.read_all().len()), ((1, 1), 0));
    let said = log.text().matches("OUTBOX_PUBLISHING is off").count();
    assert_eq!(said, 1, "{}", log.text());
}

#[tokio::test]
async fn a_relay_that_cannot_say_whether_it_publishes_does_not_start() {
    let environment =
        [("DATABASE_URL", "postgres://h/d"), ("KAFKA_BOOTSTRAP_SERVERS", "b:9092"), ("OUTBOX_PUBLISHING", "no")];
    let error = Relay::start(&Environment::from_iter(environment)).err().unwrap();
    assert!(error.to_string().starts_with("OUTBOX_PUBLISHING has a value that"), "{error}");
}
