//! Threads, comments and votes: what the database itself refuses of them, whoever writes.

use sqlx::{Connection as _, PgConnection};
use store::discussions::comments::{self, NewComment};
use store::discussions::threads::{self, NewThread, Place};
use store::discussions::votes::{self, NewVote, Votes};
use testkit::TestDatabase;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::NOON;
use crate::shop_constraints::violated;

async fn thread(connection: &mut PgConnection) -> Uuid {
    let new = NewThread {
        thread_id: testkit::uuid_at(NOON),
        course_id: "c-1".to_owned(),
        title: "Why?".to_owned(),
        content: "I wonder.".to_owned(),
        author_id: "ada".to_owned(),
        created_at: NOON,
    };
    threads::insert(connection, &new).await.unwrap().thread_id
}

async fn comment(connection: &mut PgConnection, thread_id: Uuid) -> Uuid {
    let Place { place, .. } = threads::add_place(connection, thread_id).await.unwrap().unwrap();
    let new = NewComment {
        comment_id: testkit::uuid_at(NOON),
        thread_id,
        place,
        parent_id: None,
        author_id: "bob".to_owned(),
        content: "Because.".to_owned(),
        created_at: NOON,
    };
    comments::insert(connection, &new).await.unwrap().comment_id
}

#[tokio::test]
async fn what_no_request_can_say_no_row_can() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let (one, other) = (thread(connection).await, thread(connection).await);
    let (of_one, of_other) = (comment(connection, one).await, comment(connection, other).await);
    let new = NewVote { thread_id: one, comment_id: None, voter_id: "bob", previous: "none", vote: "up" };
    votes::cast(connection, &new, NOON).await.unwrap();
    let owner = &mut PgConnection::connect(&database.owner_url()).await.unwrap();
    for (statement, constraint) in [
        (format!("update threads set content = null where thread_id = '{one}'"), "threads_content_check"),
        (format!("update threads set title = null where thread_id = '{one}'"), "threads_title_check"),
        (
            format!("update threads set deleted_at = now(), content = null where thread_id = '{one}'"),
            "threads_title_check",
        ),
        (format!("update threads set up_votes = -1 where thread_id = '{one}'"), "threads_counts_check"),
        (format!("update comments set content = null where comment_id = '{of_one}'"), "comments_content_check"),
        (format!("update comments set place = 0 where comment_id = '{of_one}'"), "comments_counts_check"),
        (format!("update comments set thread_id = '{one}' where comment_id = '{of_other}'"), "comments_place_key"),
        (
            format!("update comments set parent_id = '{of_other}' where comment_id = '{of_one}'"),
            "comments_parents_fkey",
        ),
        (format!("update votes set comment_id = '{of_other}' where thread_id = '{one}'"), "votes_comments_fkey"),
        (format!("insert into votes values ('{one}', 'bob', null, 'down', now())"), "votes_key"),
        (format!("insert into votes values ('{one}', 'cleo', null, 'none', now())"), "votes_vote_check"),
        (format!("insert into votes values ('{of_one}', 'cleo', null, 'up', now())"), "votes_threads_fkey"),
        (format!("delete from threads where thread_id = '{other}'"), "comments_threads_fkey"),
    ] {
        assert_eq!(violated(owner, &statement).await, constraint, "{statement}");
    }
}

/// Environments have clocks of their own.
#[tokio::test]
async fn a_clock_that_is_behind_sets_no_time_back() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let thread_id = thread(connection).await;
    let comment_id = comment(connection, thread_id).await;
    let later = NOON + Duration::MINUTE;
    for (text, now) in [("one", later), ("two", NOON)] {
        threads::edit(connection, thread_id, (Some(text), None), now).await.unwrap().unwrap();
        let thread = threads::find(connection, thread_id).await.unwrap().unwrap();
        assert_eq!((thread.title.as_str(), thread.edited_at), (text, Some(later)));
        let before = comments::find(connection, comment_id).await.unwrap().unwrap();
        comments::edit(connection, &before, text, now).await.unwrap().unwrap();
        let edited = comments::find(connection, comment_id).await.unwrap().unwrap();
        assert_eq!((edited.content.as_deref(), edited.edited_at), (Some(text), Some(later)));
    }
    let edited = comments::find(connection, comment_id).await.unwrap().unwrap();
    comments::delete(connection, &edited, NOON).await.unwrap();
    assert_eq!(comments::find(connection, comment_id).await.unwrap().unwrap().deleted_at, Some(later));
    threads::delete(connection, thread_id, NOON).await.unwrap();
    let deleted_at: Option<OffsetDateTime> = sqlx::query_scalar("select deleted_at from threads where thread_id = $1")
        .bind(thread_id)
        .fetch_one(connection)
        .await
        .unwrap();
    assert_eq!(deleted_at, Some(later));
}

#[tokio::test]
async fn a_vote_on_a_comment_counts_there_and_not_on_its_thread() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let thread_id = thread(connection).await;
    let comment_id = Some(comment(connection, thread_id).await);
    let on_thread = NewVote { thread_id, comment_id: None, voter_id: "bob", previous: "none", vote: "up" };
    let on_comment = NewVote { comment_id, vote: "down", ..on_thread };
    let taken_back = NewVote { previous: "down", vote: "none", ..on_comment };
    for (vote, version, up_votes, down_votes) in [(on_thread, 3, 1, 0), (on_comment, 4, 0, 1), (taken_back, 5, 0, 0)] {
        let votes = votes::cast(connection, &vote, NOON).await.unwrap();
        assert_eq!(votes, Votes { version, up_votes, down_votes }, "{vote:?}");
    }
    assert_eq!(votes::find(connection, thread_id, None, "bob").await.unwrap().as_deref(), Some("up"));
    assert_eq!(votes::find(connection, thread_id, comment_id, "bob").await.unwrap(), None);
    assert_eq!(threads::find(connection, thread_id).await.unwrap().unwrap().up_votes, 1);
}
