//! What becomes of a change that the database does not let through.

use serde_json::json;
use testkit::sqlx::{self, AssertSqlSafe, PgPool};

use crate::world::{World, letter};

const REDRIVE: &str = "/api/dead-letters/redrive";
const PASSING: &str = "raise exception using errcode = '40P01', message = 'told to'";
const OURS: &str = "raise exception 'told to'";

/// Runs statements as the owner.
async fn as_owner(world: &World, statements: String) {
    let owner = PgPool::connect(&world.database.owner_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&owner).await.unwrap();
}

/// Has the first so many changes of such rows end like this.
async fn fail(world: &World, rows: &str, times: u32, how: &str) {
    as_owner(
        world,
        format!(
            "create sequence failures;
             grant usage, select on sequence failures to onceward_app;
             create function fail() returns trigger language plpgsql as $$
             begin
                 if nextval('failures') <= {times} then
                     {how};
                 end if;
                 return new;
             end $$;
             create trigger fail before update on {rows} execute function fail()"
        ),
    )
    .await;
}

/// How often a row was changed, or was to be.
async fn changes(world: &World) -> i64 {
    sqlx::query_scalar("select last_value from failures").fetch_one(&world.database.pool).await.unwrap()
}

/// Keeps so many open letters, at offsets from 1.
async fn keep(world: &World, letters: i32) {
    sqlx::query(
        "insert into dead_letters (consumer, topic, partition, record_offset, key, value, headers, error_class, error, attempts)
         select 'event-fanout', 'user.events', 0, n, convert_to('u-' || n % 100, 'UTF8'), '{}', '[]', 'malformed', '', 1
         from generate_series(1, $1) as n",
    )
    .bind(letters)
    .execute(&world.database.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn an_erasure_whose_connection_dies_is_tried_on_another() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    fail(&world, "users for each row", 1, "perform pg_terminate_backend(pg_backend_pid())").await;
    let answer = world.post("/api/users/u-1/erase", &json!(null)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((changes(&world).await, world.on_record().len()), (2, 1));
}

#[tokio::test]
async fn an_erasure_that_something_is_always_in_the_way_of_is_tried_a_few_times_and_changes_nothing() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    let before = world.everything().await;
    fail(&world, "users for each row", u32::MAX, PASSING).await;
    world.post("/api/users/u-1/erase", &json!(null)).await.problem(503, "unavailable");
    assert_eq!(changes(&world).await, 5);
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn a_part_of_a_redrive_that_something_is_in_the_way_of_is_tried_again() {
    let world = World::new().await;
    keep(&world, 1500).await;
    fail(&world, "dead_letters for each row when (new.record_offset = 1200)", 2, PASSING).await;
    let answer = world.post(REDRIVE, &json!({"filter": {}})).await;
    assert_eq!((&answer.body["letters"], &answer.body["left"]), (&json!(1500), &json!(0)), "{answer:?}");
    assert_eq!((changes(&world).await, world.on_record().len()), (3, 2));
}

#[tokio::test]
async fn a_redrive_that_fails_on_the_way_answers_what_it_did_and_publishes_that_it_did() {
    let world = World::new().await;
    keep(&world, 2500).await;
    fail(&world, "dead_letters for each row when (new.record_offset = 1200)", u32::MAX, OURS).await;
    let answer = world.post(REDRIVE, &json!({"filter": {}})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((&answer.body["letters"], &answer.body["left"]), (&json!(1000), &json!(1500)), "{answer:?}");
    assert_eq!((changes(&world).await, world.on_record().len()), (1, 1));
    // The next one comes to it at once.
    world.post(REDRIVE, &json!({"filter": {"errorClass": "malformed"}})).await.problem(500, "internal-error");
    assert_eq!(world.on_record().len(), 1);
}

/// An environment that froze or died in the middle must not hold its locks.
#[tokio::test]
async fn every_change_of_an_administrator_has_a_time_limit() {
    let world = World::new().await;
    world.user("u-1", "a@example.com").await;
    let ids = world.letters(&[letter("u-2", 1), letter("u-3", 2)]).await;
    let other = testkit::api_key(&world.database, &["read"], &[]).await;
    as_owner(
        &world,
        "create table limits (milliseconds int);
         grant insert, select on limits to onceward_app;
         create function note_limit() returns trigger language plpgsql as $$
         begin
             insert into limits select setting::int from pg_settings where name = 'transaction_timeout';
             return null;
         end $$;
         create trigger note_limit after insert on outbox execute function note_limit()"
            .to_owned(),
    )
    .await;
    for (path, body) in [
        ("/api/users/u-1/erase".to_owned(), json!(null)),
        (REDRIVE.to_owned(), json!({"ids": [ids[0]]})),
        (format!("/api/dead-letters/{}/discard", ids[1]), json!({"reason": "a test"})),
        ("/api/keys".to_owned(), json!({"name": "a test", "scopes": ["read"]})),
    ] {
        let answer = world.post(&path, &body).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }
    world.revoke(&other[9..21]).await;
    let limits: Vec<i32> =
        sqlx::query_scalar("select milliseconds from limits").fetch_all(&world.database.pool).await.unwrap();
    assert_eq!(limits.len(), 5);
    assert!(limits.iter().all(|limit| (1..=8000).contains(limit)), "{limits:?}");
}
