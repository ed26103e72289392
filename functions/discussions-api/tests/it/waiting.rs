//! What a request finds when it has waited for somebody else's change of the thread: that change, and not what was before it.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use store::discussions::votes::{self, NewVote};
use store::discussions::{comments, threads};
use testkit::{TestDatabase, eventually, sqlx};

use crate::world::{NOW, World, id};

/// Waits until so many sessions wait for a lock.
async fn waiting_for_locks(database: &TestDatabase, sessions: i64) {
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    eventually("sessions that wait for a lock", Duration::from_secs(10), async || {
        let now: i64 = sqlx::query_scalar(waiting).fetch_one(&database.pool).await.unwrap();
        (now >= sessions).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_not_added_to_a_thread_that_was_deleted_meanwhile() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let mut held = world.database.pool.begin().await.unwrap();
    threads::lock(&mut held, id(&thread)).await.unwrap().unwrap();
    threads::delete(&mut held, id(&thread), NOW).await.unwrap();
    let commit = async {
        waiting_for_locks(&world.database, 4).await;
        held.commit().await.unwrap();
    };
    let (comments, said) = (format!("{thread}/comments"), json!({"author": "bob", "content": "Still here."}));
    let (added, edited, voted, viewed, ()) = tokio::join!(
        world.door.post(&comments, &said),
        world.door.patch(&comment, &said),
        world.door.vote(&comment, "ada", "up"),
        world.door.get(&thread),
        commit
    );
    for answer in [added, edited, voted, viewed] {
        answer.problem(410, "gone");
    }
    assert_eq!(world.told().await, ["thread.created", "comment.added"]);
}

#[tokio::test]
async fn a_comment_that_was_deleted_meanwhile_is_not_answered_edited_or_voted_on() {
    let world = World::new().await;
    let thread = world.thread().await;
    let comment = world.comment(&thread).await;
    let mut held = world.database.pool.begin().await.unwrap();
    threads::lock(&mut held, id(&thread)).await.unwrap().unwrap();
    let found = comments::find(&mut held, id(&comment)).await.unwrap().unwrap();
    comments::delete(&mut held, &found, NOW).await.unwrap();
    let commit = async {
        waiting_for_locks(&world.database, 3).await;
        held.commit().await.unwrap();
    };
    let comments = format!("{thread}/comments");
    let answer = json!({"author": "cleo", "content": "Why?", "parentId": id(&comment)});
    let edit = json!({"author": "bob", "content": "So."});
    let (answered, edited, voted, ()) = tokio::join!(
        world.door.post(&comments, &answer),
        world.door.patch(&comment, &edit),
        world.door.vote(&comment, "ada", "up"),
        commit
    );
    for answer in [answered, edited, voted] {
        answer.problem(410, "gone");
    }
    assert_eq!(world.told().await, ["thread.created", "comment.added"]);
}

#[tokio::test]
async fn a_vote_that_was_cast_meanwhile_is_the_previous_one() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut held = world.database.pool.begin().await.unwrap();
    threads::lock(&mut held, id(&thread)).await.unwrap().unwrap();
    let new = NewVote { thread_id: id(&thread), comment_id: None, voter_id: "bob", previous: "none", vote: "up" };
    votes::cast(&mut held, &new, NOW).await.unwrap();
    let commit = async {
        waiting_for_locks(&world.database, 1).await;
        held.commit().await.unwrap();
    };
    let (voted, ()) = tokio::join!(world.door.vote(&thread, "bob", "down"), commit);
    assert_eq!(voted.status, StatusCode::OK, "{voted:?}");
    assert_eq!(voted.body, json!({"vote": "down", "upVotes": 0, "downVotes": 1}));
    assert_eq!(world.events().await[1]["data"]["previous"], "up");
}
