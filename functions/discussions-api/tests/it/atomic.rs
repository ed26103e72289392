//! A change and the event that tells of it are there together, or neither is.

use serde_json::json;
use testkit::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};

use crate::world::{Answer, Door, World, new_thread};

/// Whatever changes something of a thread of `ada` and a comment of `bob`; what takes an `Idempotency-Key` has one, which is kept with it.
async fn each_change(door: &Door, thread: &str, comment: &str) -> Vec<Answer> {
    vec![
        door.post_with_key("/api/discussions/threads", "key", &new_thread()).await,
        door.get(thread).await,
        door.post_with_key(&format!("{thread}/comments"), "key", &json!({"author": "bob", "content": "So."})).await,
        door.vote(thread, "bob", "up").await,
        door.vote(comment, "ada", "down").await,
        door.patch(thread, &json!({"author": "ada", "title": "Where does it end?"})).await,
        door.patch(comment, &json!({"author": "bob", "content": "So."})).await,
        door.delete(comment, "bob").await,
        door.delete(thread, "ada").await,
    ]
}

/// Has the database refuse what this trigger sees.
async fn break_with(world: &World, trigger: &str) {
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    let statements = format!(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
         create {trigger} execute function refuse()"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut owner).await.unwrap();
}

#[tokio::test]
async fn an_event_that_cannot_be_written_leaves_no_change() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    break_with(&world, "trigger refuse before insert on outbox for each row").await;
    let before = world.everything().await;
    for answer in each_change(&world.door, &thread, &comment).await {
        answer.problem(500, "internal-error");
    }
    assert_eq!(world.everything().await, before);
}

/// At the end of the transaction, when both are written.
#[tokio::test]
async fn a_commit_that_fails_leaves_neither() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    break_with(&world, "constraint trigger refuse after insert on outbox deferrable initially deferred for each row")
        .await;
    let before = world.everything().await;
    for answer in each_change(&world.door, &thread, &comment).await {
        answer.problem(500, "internal-error");
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn each_change_writes_its_rows_and_one_event() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let before = world.events().await.len();
    let answers = each_change(&world.door, &thread, &comment).await;
    assert!(answers.iter().all(|answer| answer.status.is_success()), "{answers:?}");
    assert_eq!(world.events().await.len() - before, answers.len());
    assert_eq!(world.everything().await.iter().filter(|row| row.starts_with("idempotency_keys ")).count(), 2);
    world.counts_are_right().await;
}
