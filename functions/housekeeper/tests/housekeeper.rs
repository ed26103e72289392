//! The housekeeper on a real PostgreSQL, as the role that functions log in as.

use std::time::Duration;

use housekeeper::{Done, Housekeeper};
use settings::Environment;
use testkit::sqlx::{self, AssertSqlSafe, Connection, PgConnection};
use testkit::{TestDatabase, click, rollups_equal_facts, uuid_at};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

fn housekeeper(database: &TestDatabase) -> Housekeeper {
    Housekeeper::start(&Environment::from_iter([("DATABASE_URL", database.url())])).unwrap()
}

async fn owner(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(&database.owner_url()).await.unwrap()
}

async fn execute(database: &TestDatabase, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&mut owner(database).await).await.unwrap();
}

async fn count(database: &TestDatabase, from: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {from}")))
        .fetch_one(&mut owner(database).await)
        .await
        .unwrap()
}

/// Something old and something new of everything.
async fn fill(database: &TestDatabase) {
    execute(
        database,
        "insert into inbox
             select 'c', '/s', state, state, 't', 0, 1, '2026-10-01Z' from unnest('{applied,stale,parked}'::text[]) as state;
         insert into inbox
             select 'd', '/s', state, state, 't', 0, 1, '2026-11-20Z' from unnest('{applied,stale,parked}'::text[]) as state;
         insert into dead_letters (
             consumer, topic, partition, record_offset, headers, error_class, error, attempts, state, resolved_at, failed_at
         )
             select 'c', 't', 0, n, '', 'malformed', 'e', 1, case when n < 3 then 'applied' else 'open' end,
                 case n when 1 then '2026-10-01Z'::timestamptz when 2 then '2026-11-20Z' end, '2026-10-01Z'
             from generate_series(1, 3) as n;
         insert into idempotency_keys select 's', n::text, '', null, '2026-11-21 09:30Z'::timestamptz + (n || ' hours')::interval
             from generate_series(-2, 1) as n;
         insert into consumer_failures
             select 'c', 't', n, 'breaker', 1, '2026-11-20Z'::timestamptz - n * interval '40 days', 'said', 3
             from generate_series(0, 1) as n;
         insert into consumer_batches (
             consumer, processed_at, records, retries, seconds, types, outcomes, counts, ages, age_seconds
         )
             select 'c', '2026-11-21 09:30Z'::timestamptz - (n || ' minutes')::interval, 1, 0, 0.1, '{t}', '{applied}', '{1}', '{1}', 1
             from generate_series(1, 10) as n;",
    )
    .await;
}

async fn rows(database: &TestDatabase) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in
        ["inbox", "dead_letters", "consumer_failures", "idempotency_keys", "consumer_batches", "consumer_totals"]
    {
        rows.push(count(database, table).await);
    }
    rows
}

#[tokio::test]
async fn what_is_old_goes_what_is_new_or_unsettled_stays_and_a_second_run_finds_nothing() {
    let database = TestDatabase::new().await;
    fill(&database).await;
    let housekeeper = housekeeper(&database);
    let done = housekeeper.handle(None, NOW).await.unwrap();
    let expected = Done {
        partitions: Vec::new(),
        inbox_rows: 2,
        dead_letters: 1,
        consumer_failures: 1,
        idempotency_keys: 1,
        batches_folded: 5,
        letters_cleared: 0,
        finished: true,
    };
    assert_eq!(done, expected);
    assert_eq!(rows(&database).await, [4, 2, 1, 3, 5, 1]);
    let again = housekeeper.handle(None, NOW).await.unwrap();
    assert_eq!(again, Done { finished: true, ..Done::default() });
    assert_eq!(rows(&database).await, [4, 2, 1, 3, 5, 1]);
}

#[tokio::test]
async fn more_than_one_transaction_removes_is_removed_all_the_same() {
    let database = TestDatabase::new().await;
    execute(
        &database,
        "insert into inbox select 'c', '/s', n::text, 'applied', 't', 0, n, '2026-10-01Z' from generate_series(1, 25000) as n",
    )
    .await;
    let housekeepers = [housekeeper(&database), housekeeper(&database)];
    let (one, other) = tokio::join!(housekeepers[0].handle(None, NOW), housekeepers[1].handle(None, NOW));
    let (one, other) = (one.unwrap(), other.unwrap());
    let rest = housekeepers[0].handle(None, NOW).await.unwrap();
    assert_eq!(one.inbox_rows + other.inbox_rows + rest.inbox_rows, 25_000, "{one:?} {other:?}");
    assert_eq!(count(&database, "inbox").await, 0);
}

#[tokio::test]
async fn with_its_deadline_near_it_leaves_the_rest_to_the_next_and_says_so() {
    let database = TestDatabase::new().await;
    fill(&database).await;
    let before = rows(&database).await;
    let done = housekeeper(&database).handle(Some(Duration::from_secs(10)), NOW).await.unwrap();
    assert_eq!(done, Done::default());
    assert_eq!(rows(&database).await, before);
}

#[tokio::test]
async fn a_month_without_a_partition_gets_one_and_its_clicks_move_there_uncounted() {
    let database = TestDatabase::new().await;
    let month: String = sqlx::query_scalar("select to_char(now() at time zone 'UTC' + interval '2 months', 'YYYY_MM')")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    let moment: OffsetDateTime =
        sqlx::query_scalar("select date_trunc('month', now() at time zone 'UTC' + interval '2 months') at time zone 'UTC' + interval '3 days'")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    let name = format!("clicks_{month}");
    let drop = AssertSqlSafe(format!("drop table {name}"));
    sqlx::raw_sql(drop).execute(&mut owner(&database).await).await.unwrap();
    let clicks = [click(uuid_at(NOW), moment)];
    store::clicks::insert(&mut database.pool.acquire().await.unwrap(), &clicks).await.unwrap();
    assert_eq!(count(&database, "clicks_default").await, 1);
    // A writer holds the default partition for longer than one try waits.
    let held = database.pool.begin().await.unwrap();
    let writer = async {
        let mut held = held;
        store::clicks::insert(&mut held, &[click(uuid_at(NOW), moment)]).await.unwrap();
        // That is two seconds.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        held.commit().await.unwrap();
    };
    let housekeeper = housekeeper(&database);
    let (done, ()) = tokio::join!(housekeeper.handle(None, NOW), writer);
    assert_eq!(done.unwrap().partitions, [name.as_str()]);
    assert_eq!((count(&database, "clicks_default").await, count(&database, &name).await), (0, 2));
    rollups_equal_facts(&database.pool).await;
}

#[tokio::test]
async fn a_step_that_fails_stops_no_other_and_fails_the_invocation_by_name() {
    let database = TestDatabase::new().await;
    fill(&database).await;
    execute(&database, "drop function make_click_partitions; revoke delete on dead_letters from onceward_app").await;
    let error = housekeeper(&database).handle(None, NOW).await.unwrap_err().to_string();
    assert!(error.contains("partitions of clicks") && error.contains("settled dead letters"), "{error}");
    assert_eq!(rows(&database).await, [4, 3, 1, 3, 5, 1]);
}

/// It failed while the erasure was under way, or came again.
#[tokio::test]
async fn what_is_left_of_the_erased_is_cleared_and_nothing_of_anybody_else() {
    let database = TestDatabase::new().await;
    execute(
        &database,
        "insert into users (user_id, erased_at) values ('u-1', '2026-11-20Z'), ('u-3', '2026-11-20Z');
         insert into dead_letters (consumer, topic, partition, record_offset, key, value, headers, error_class, error, attempts)
             select consumer, case consumer when 'order-consumer' then 'order.events' when 'discussion-consumer' then 'discussion.events' else 'user.events' end, 0, n, key::bytea, value::bytea, '[]', 'malformed', 'e', 1
             from (values
                 (1, 'event-fanout', 'u-1', 'Ada'), (2, 'event-fanout', 'k', '{\"userId\":\"u-1\"}'),
                 (3, 'event-fanout', 'u-2', 'Bob'), (4, 'event-fanout', 'u-10', '{\"userId\":\"u-10\"}'),
                 (5, 'click-consumer', 'u-3', 'a link of that code'),
                 (6, 'order-consumer', 'o-1', '{\"userId\":\"u-1\",\"address\":\"Ada\"}'),
                 (7, 'order-consumer', 'o-2', '{\"userId\":\"u-2\"}'), (8, 'order-consumer', 'u-1', 'of an order of that name'),
                 (9, 'discussion-consumer', 't-1', '{\"type\":\"thread.created\",\"data\":{\"authorId\":\"u-1\",\"title\":\"Ada\"}}'),
                 (10, 'discussion-consumer', 'u-1', 'of a thread of that name')
             ) as letter (n, consumer, key, value)",
    )
    .await;
    let done = housekeeper(&database).handle(None, NOW).await.unwrap();
    assert_eq!(done, Done { letters_cleared: 4, finished: true, ..Done::default() });
    let left: Vec<i64> = sqlx::query_scalar(
        "select record_offset from dead_letters where state = 'open' and value is not null order by 1",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert_eq!(left, [3, 4, 5, 7, 8, 10]);
    assert_eq!(count(&database, "users where erased_at = '2026-11-20Z'").await, 2);
    let again = housekeeper(&database).handle(None, NOW).await.unwrap();
    assert_eq!(again, Done { finished: true, ..Done::default() });
}

#[test]
fn a_time_to_keep_of_no_days_at_all_is_refused() {
    let environment = Environment::from_iter([("DATABASE_URL", "postgres://a@127.0.0.1/b"), ("INBOX_KEEP_DAYS", "0")]);
    let Err(error) = Housekeeper::start(&environment) else { panic!("it starts") };
    assert!(error.to_string().contains("INBOX_KEEP_DAYS"), "{error}");
}
