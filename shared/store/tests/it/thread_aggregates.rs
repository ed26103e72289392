//! What events of discussions come to: what is written once, however often it is told, and what the database refuses.

use std::collections::HashSet;

use sqlx::{Connection, PgConnection};
use store::thread_aggregates::{self, Change, Content, Fact, Happened, Standing, Thread, Turn};
use testkit::TestDatabase;
use time::Duration;

use crate::{NOON, sqlstate};

fn thread(thread_id: &str) -> Thread {
    Thread {
        thread_id: thread_id.to_owned(),
        content: Content { course_id: "c-1".to_owned(), title: "Who?".to_owned(), author_id: "u-1".to_owned() },
        title_sequence: "1".to_owned(),
        event_source: "/test".to_owned(),
        event_id: format!("created {thread_id}"),
        created_at: NOON,
    }
}

fn happened(thread_id: &str, turn: Turn) -> Happened {
    let change = Change { views: 1, comments: 2, up_votes: -3, down_votes: 4 };
    Happened { thread_id: thread_id.to_owned(), change, happened_at: NOON + Duration::MINUTE, turn }
}

fn titled(title: &str, title_sequence: &str) -> Turn {
    Turn::Titled { title: title.to_owned(), title_sequence: title_sequence.to_owned() }
}

async fn texts(connection: &mut PgConnection, statement: &'static str) -> Vec<String> {
    sqlx::query_scalar(statement).fetch_all(connection).await.unwrap()
}

#[tokio::test]
async fn every_column_of_a_fact_is_as_it_was_given() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let fact = |nth: i16| Fact {
        thread_id: format!("t-{nth}"),
        event_source: "/source".to_owned(),
        event_id: format!("event ü {nth}"),
        event_type: "vote.cast",
        change: Change { views: nth, comments: -1, up_votes: i16::MAX, down_votes: i16::MIN },
        happened_at: NOON,
    };
    // More than go at once.
    let facts: Vec<Fact> = (1..=450).map(fact).collect();
    thread_aggregates::record(connection, &facts.iter().collect::<Vec<_>>()).await.unwrap();
    thread_aggregates::record(connection, &[]).await.unwrap();
    let rows = texts(
        connection,
        "select concat_ws(
             ' ', thread_id, event_source, event_id, event_type, views, comments, up_votes, down_votes, happened_at at time zone 'UTC'
         )
         from thread_activity order by activity_id",
    )
    .await;
    let row = |nth| format!("t-{nth} /source event ü {nth} vote.cast {nth} -1 32767 -32768 2026-11-15 12:34:56.789");
    assert_eq!(rows, (1..=450).map(row).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_thread_is_inserted_once_and_known_by_what_it_was_called_first() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let (one, two) = (thread("t-1"), thread("t-2"));
    let new = thread_aggregates::insert(connection, &[&two, &one]).await.unwrap();
    assert_eq!(new, HashSet::from(["t-1".to_owned(), "t-2".to_owned()]));
    thread_aggregates::add(connection, &[happened("t-1", titled("What?", "3"))]).await.unwrap();
    thread_aggregates::add(connection, &[happened("t-1", titled("Why?", "2"))]).await.unwrap();
    let again = Thread { event_id: "another".to_owned(), ..one.clone() };
    assert!(thread_aggregates::insert(connection, &[&again]).await.unwrap().is_empty());
    let there = thread_aggregates::load(connection, &["t-1", "t-3"]).await.unwrap();
    assert_eq!(there.into_iter().collect::<Vec<_>>(), [("t-1".to_owned(), one.content)]);
    let standing = thread_aggregates::standing(connection, &["t-1"]).await.unwrap();
    assert_eq!(standing["t-1"], Standing { title_sequence: "3".to_owned(), is_deleted: false });
    let existing = thread_aggregates::existing(connection, &["t-3".to_owned(), "t-2".to_owned()]).await.unwrap();
    assert_eq!(existing, ["t-2"]);
    let titles = "select thread_id || ' ' || title || ' ' || event_id from thread_aggregates order by 1";
    assert_eq!(texts(connection, titles).await, ["t-1 What? created t-1", "t-2 Who? created t-2"]);
}

#[tokio::test]
async fn what_happens_to_a_thread_that_is_not_there_fails_and_changes_nothing() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    thread_aggregates::insert(connection, &[&thread("t-1")]).await.unwrap();
    let all = [happened("t-1", Turn::Viewed), happened("t-2", Turn::Viewed)];
    let mut transaction = connection.begin().await.unwrap();
    assert!(matches!(thread_aggregates::add(&mut transaction, &all).await, Err(sqlx::Error::RowNotFound)));
    transaction.rollback().await.unwrap();
    assert_eq!(texts(connection, "select views::text from thread_aggregates").await, ["0"]);
    assert!(texts(connection, "select day::text from course_days").await.is_empty());
}

#[tokio::test]
async fn the_score_is_views_and_five_times_comments_and_three_times_the_votes() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    thread_aggregates::insert(connection, &[&thread("t-1")]).await.unwrap();
    thread_aggregates::add(connection, &[happened("t-1", Turn::Active)]).await.unwrap();
    for scores in ["select score::text from thread_aggregates", "select score::text from thread_periods"] {
        let scores = texts(connection, scores).await;
        assert!(scores.iter().all(|score| score == "-10"), "{scores:?}");
    }
}

#[tokio::test]
async fn what_no_event_can_say_no_row_can() {
    let database = TestDatabase::new().await;
    let owner = &mut PgConnection::connect(&database.owner_url()).await.unwrap();
    thread_aggregates::insert(owner, &[&thread("t-1")]).await.unwrap();
    thread_aggregates::add(owner, &[happened("t-1", Turn::Active)]).await.unwrap();
    for (statement, constraint) in [
        ("update thread_aggregates set score = 0", None),
        ("update thread_periods set score = 0", None),
        ("update thread_periods set period = 'year'", Some("thread_periods_period_check")),
        (
            "insert into thread_periods select course_id, period, starts_on, thread_id, 0, 0, 0, 0 from thread_periods",
            Some("thread_periods_pkey"),
        ),
        ("insert into course_days select course_id, day, 0, 0, 0, 0, 0 from course_days", Some("course_days_pkey")),
    ] {
        let refused = sqlx::query(statement).execute(&mut *owner).await.expect_err(statement);
        let of = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(of, constraint, "{statement}: {refused}");
        // A column that is generated takes no value.
        assert_eq!(constraint.is_none(), sqlstate(&refused) == "428C9", "{statement}: {refused}");
    }
}
