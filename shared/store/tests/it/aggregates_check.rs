//! The comparison of aggregates with their facts must notice what it is there for, and nothing else.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use store::aggregates_check::{Aggregate, Verdict, compare, compare_all};
use store::clicks::{self, Click};
use store::inventory::{self, Adjustment};
use store::thread_aggregates::{self, Change, Content, Fact, Happened, Thread, Turn};
use store::{orders, payments};
use testkit::{TestDatabase, aggregates_equal_facts, click, rollups_equal_facts, uuid_at};
use time::{Duration, OffsetDateTime};

use crate::NOON;
use crate::shop::{database, order, payment};

/// Users who logged in and failed to, before and after; and a discussion with comments and votes.
const USERS_AND_THREADS: &str = "
    update users set failed_logins = 1, last_login_at = '2026-11-15 12:00+00' where user_id = 'u-1';
    update users set failed_logins = 2 where user_id = 'u-2';
    insert into users (user_id, erased_at) values ('erased', now());
    insert into user_auth_events (user_id, event_source, event_id, action, status, occurred_at)
    select user_id, '/auth', row_number() over ()::text, action, status, '2026-11-15 12:00+00'
    from (
        values
            ('u-1', 'login', 'failure'), ('u-1', 'login', 'success'), ('u-1', 'login', 'failure'), ('u-1', 'logout', 'success'),
            ('u-2', 'login', 'failure'), ('u-2', 'login', 'failure'), ('u-2', 'password_changed', 'failure'),
            ('erased', 'login', 'failure'), ('erased', 'login', 'success')
    ) as told (user_id, action, status);
    insert into threads (thread_id, course_id, title, content, author_id, comments, up_votes, down_votes, last_place, created_at)
    values
        ('00000000-0000-7000-8000-000000000001', 'c-1', 't', 't', 'u-1', 1, 2, 1, 2, now()),
        ('00000000-0000-7000-8000-000000000002', 'c-1', 't', 't', 'u-1', 0, 0, 0, 0, now());
    insert into comments (comment_id, thread_id, place, author_id, content, up_votes, created_at, deleted_at)
    values
        ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-000000000001', 1, 'u-1', 'a', 1, now(), null),
        ('00000000-0000-7000-8000-00000000000b', '00000000-0000-7000-8000-000000000001', 2, 'u-1', null, 0, now(), now());
    insert into votes (thread_id, voter_id, comment_id, vote, voted_at)
    select '00000000-0000-7000-8000-000000000001', voter_id, comment_id::uuid, vote, now()
    from (
        values
            ('u-1', null, 'up'), ('u-2', null, 'up'), ('u-3', null, 'down'), ('u-1', '00000000-0000-7000-8000-00000000000a', 'up')
    ) as given (voter_id, comment_id, vote)";

/// An event of a thread that takes effect.
fn event(
    thread_id: &str,
    event_type: &'static str,
    change: Change,
    turn: Turn,
    at: OffsetDateTime,
) -> (Fact, Happened) {
    let fact = Fact {
        thread_id: thread_id.to_owned(),
        event_source: "/test".to_owned(),
        event_id: format!("{thread_id} {event_type} {at}"),
        event_type,
        change,
        happened_at: at,
    };
    (fact, Happened { thread_id: thread_id.to_owned(), change, happened_at: at, turn })
}

/// Threads of two courses, of which one was deleted on the next day, and one was viewed alone.
async fn discuss(connection: &mut PgConnection) {
    let viewed = Change { views: 1, ..Change::default() };
    let commented = Change { comments: 1, ..Change::default() };
    let voted = Change { up_votes: 1, down_votes: -1, ..Change::default() };
    let later = |days| NOON + Duration::days(days);
    let mut events = vec![
        event("t-1", "thread.viewed", viewed, Turn::Viewed, later(40)),
        event("t-1", "comment.added", commented, Turn::Active, later(1)),
        event("t-1", "vote.cast", voted, Turn::Active, later(30)),
        event("t-2", "thread.deleted", Change::default(), Turn::Deleted, later(1)),
        event("t-2", "comment.added", commented, Turn::Active, later(2)),
        event("t-3", "thread.viewed", viewed, Turn::Viewed, NOON),
    ];
    let threads = [("t-1", "c-1"), ("t-2", "c-1"), ("t-3", "c-2")].map(|(thread_id, course_id)| {
        let created = Turn::Created { course_id: course_id.to_owned() };
        events.push(event(thread_id, "thread.created", Change::default(), created, NOON));
        let (title, author_id) = ("title".to_owned(), "u-1".to_owned());
        Thread {
            thread_id: thread_id.to_owned(),
            content: Content { course_id: course_id.to_owned(), title, author_id },
            title_sequence: "1".to_owned(),
            event_source: "/test".to_owned(),
            event_id: format!("created {thread_id}"),
            created_at: NOON,
        }
    });
    thread_aggregates::insert(connection, &threads.each_ref()).await.unwrap();
    let (facts, happened): (Vec<Fact>, Vec<Happened>) = events.into_iter().unzip();
    thread_aggregates::record(connection, &facts.iter().collect::<Vec<_>>()).await.unwrap();
    thread_aggregates::add(connection, &happened).await.unwrap();
}

/// A database in which every aggregate has rows.
async fn sound() -> TestDatabase {
    let database = database().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let link = uuid_at(NOON);
    let batch = [click(link, NOON), Click { is_bot: true, ..click(link, NOON) }];
    clicks::insert(connection, &batch).await.unwrap();
    assert_eq!(clicks::fold(connection).await.unwrap(), 1);
    // Which waits to be folded.
    clicks::insert(connection, &[click(link, NOON + Duration::HOUR)]).await.unwrap();
    sqlx::raw_sql(USERS_AND_THREADS).execute(&mut *connection).await.unwrap();
    let placed = [order("o-1", &[(2, 50), (1, 7)]), order("o-2", &[(1, 0)])];
    orders::insert(connection, &placed.each_ref()).await.unwrap();
    let paid = [
        payment("p-1", "o-1", 100, "settled"),
        payment("p-2", "o-1", 7, "refunded"),
        payment("p-3", "o-1", 5, "failed"),
    ];
    payments::insert(connection, &paid.each_ref()).await.unwrap();
    let adjusted = [("a-1", 5), ("a-2", -7)].map(|(adjustment_id, delta)| Adjustment {
        adjustment_id: adjustment_id.to_owned(),
        content: inventory::Content { sku: "mug".to_owned(), delta, reason: "delivery".to_owned() },
        event_source: "/shop".to_owned(),
        event_id: adjustment_id.to_owned(),
        adjusted_at: NOON,
    });
    inventory::insert(connection, &adjusted.each_ref()).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    discuss(&mut transaction).await;
    transaction.commit().await.unwrap();
    database
}

/// What differs after somebody who may do everything has done this; it is undone afterwards.
async fn differing_after(owner: &mut PgConnection, statements: &str) -> Vec<Verdict> {
    let mut transaction = owner.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *transaction).await.expect(statements);
    let mut differing = Vec::new();
    for aggregate in Aggregate::ALL {
        let verdict = compare(&mut transaction, aggregate).await.unwrap();
        differing.extend(Some(verdict).filter(|verdict| verdict.differing > 0));
    }
    transaction.rollback().await.unwrap();
    differing
}

#[tokio::test]
async fn a_database_that_functions_alone_wrote_holds_whole_and_every_aggregate_of_it_has_rows() {
    let database = sound().await;
    let mut said = Vec::new();
    let verdicts =
        compare_all(&mut database.pool.acquire().await.unwrap(), |aggregate| said.push(aggregate)).await.unwrap();
    assert_eq!(said, Aggregate::ALL);
    for verdict in &verdicts {
        assert!(verdict.compared > 0 && verdict.differing == 0 && verdict.first.is_empty(), "{verdict:?}");
    }
    aggregates_equal_facts(&database.pool).await;
}

#[tokio::test]
async fn a_database_without_anything_holds_too() {
    let database = TestDatabase::new().await;
    let verdicts = compare_all(&mut database.pool.acquire().await.unwrap(), |_| ()).await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.compared == 0 && verdict.differing == 0), "{verdicts:?}");
}

const ROLLUPS: &str = "link_clicks_hourly link_clicks_daily link_clicks_by_country";
const THREAD_SUMS: &str = "thread_aggregates thread_periods course_days";

/// What somebody may do, and which aggregates are not what their facts come to then.
const SPOILED: &[(&str, &str)] = &[
    ("select 1", ""),
    ("update link_clicks_hourly set bots = bots + 1", "link_clicks_hourly"),
    ("update link_clicks_hourly set device_desktop = 0, device_mobile = 1", "link_clicks_hourly"),
    ("update link_clicks_hourly set hour = hour + interval '3 hours'", "link_clicks_hourly"),
    ("delete from link_clicks_hourly", "link_clicks_hourly"),
    ("update link_clicks_daily set clicks = clicks - 1", "link_clicks_daily"),
    ("update link_clicks_daily set source_email = 1", "link_clicks_daily"),
    ("update link_clicks_by_country set country = 'DE'", "link_clicks_by_country"),
    ("delete from link_clicks_by_country", "link_clicks_by_country"),
    (
        "insert into link_clicks_by_country select link_id, day, 'DE', 0, 0 from link_clicks_by_country",
        "link_clicks_by_country",
    ),
    ("delete from link_click_deltas", ROLLUPS),
    ("update link_click_deltas set clicks = '{2}'", "link_clicks_hourly link_clicks_daily"),
    ("delete from clicks", ROLLUPS),
    ("update clicks set clicked_at = clicked_at + interval '1 day'", ROLLUPS),
    ("update users set failed_logins = failed_logins + 1 where user_id = 'u-2'", "users"),
    ("update users set failed_logins = 1 where user_id = 'erased'", "users"),
    ("update users set last_login_at = null", "users"),
    ("update users set last_login_at = last_login_at + interval '1 second'", "users"),
    ("update users set last_login_at = now() where user_id = 'u-2'", "users"),
    ("delete from user_auth_events where status = 'success'", "users"),
    ("update user_auth_events set action = 'logout' where user_id = 'u-2' and action = 'login'", "users"),
    ("update orders set settled = settled + 1 where order_id = 'o-2'", "orders"),
    ("update orders set refunded = 0", "orders"),
    ("alter table orders disable trigger user; update orders set total = total + 1", "orders"),
    ("alter table order_items disable trigger user; delete from order_items where line = 2", "orders"),
    ("delete from payments where payment_id = 'p-1'", "orders"),
    ("update payments set status = 'settled' where payment_id = 'p-3'", "orders"),
    ("update inventory set quantity = quantity + 1", "inventory"),
    ("update inventory set adjustments = adjustments + 1", "inventory"),
    ("insert into inventory (sku, quantity, adjustments) values ('lost', 0, 1)", "inventory"),
    ("delete from inventory_adjustments where adjustment_id = 'a-1'", "inventory"),
    (
        "alter table inventory_adjustments drop constraint inventory_adjustments_inventory_fkey; delete from inventory",
        "inventory",
    ),
    ("update threads set comments = comments + 1", "threads"),
    ("update threads set up_votes = up_votes + 1", "threads"),
    ("update threads set last_place = last_place + 1", "threads"),
    ("update comments set place = 7 where place = 2", "threads"),
    ("update comments set content = null, deleted_at = now()", "threads"),
    ("delete from votes where comment_id is null and vote = 'down'", "threads"),
    ("delete from votes where comment_id is not null", "comments"),
    ("update comments set down_votes = 1 where place = 1", "comments"),
    ("update votes set vote = 'down'", "threads comments"),
    ("update thread_aggregates set views = views + 1 where thread_id = 't-3'", "thread_aggregates"),
    ("update thread_aggregates set last_activity_at = last_activity_at + interval '1 second'", "thread_aggregates"),
    ("update thread_aggregates set created_at = created_at + interval '1 second'", "thread_aggregates"),
    (
        "update thread_aggregates set deleted_at = '2026-11-20 12:00+00' where thread_id = 't-1'",
        "thread_aggregates course_days",
    ),
    ("update thread_aggregates set deleted_at = null", "thread_aggregates course_days"),
    ("delete from thread_aggregates where thread_id = 't-1'", THREAD_SUMS),
    ("update thread_periods set up_votes = up_votes + 1", "thread_periods"),
    ("update thread_periods set starts_on = starts_on + 1 where period = 'week'", "thread_periods"),
    ("update thread_periods set course_id = 'c-9' where thread_id = 't-3'", "thread_periods"),
    ("delete from thread_periods where period = 'month'", "thread_periods"),
    ("insert into thread_periods values ('c-1', 'day', '2020-02-02', 't-1', 1, 0, 0, 0)", "thread_periods"),
    ("update course_days set threads = threads + 1", "course_days"),
    ("delete from course_days where course_id = 'c-2'", "course_days"),
    ("insert into course_days values ('c-3', '2020-02-02', 0, 1, 0, 0, 0)", "course_days"),
    ("delete from thread_activity where event_type = 'comment.added'", THREAD_SUMS),
    (
        "update thread_activity set happened_at = happened_at + interval '1 month' where event_type = 'thread.viewed'",
        "thread_periods course_days",
    ),
    ("delete from thread_activity where event_type = 'thread.deleted'", "thread_aggregates"),
];

#[tokio::test]
async fn what_is_off_is_noticed_in_the_aggregates_that_it_concerns_and_in_no_other() {
    let database = sound().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    for (statements, expected) in SPOILED {
        let differing = differing_after(&mut owner, statements).await;
        let names: Vec<&str> = differing.iter().map(|verdict| verdict.aggregate.name()).collect();
        assert_eq!(names.join(" "), *expected, "{statements}: {differing:#?}");
    }
}

#[tokio::test]
async fn a_row_that_differs_is_shown_as_it_is_and_as_it_should_be() {
    let database = sound().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let stock = differing_after(&mut owner, "update inventory set quantity = 40").await;
    let (first, sku) = (&stock[0].first[0], r#""sku": "mug""#);
    assert_eq!((stock[0].compared, stock[0].differing, first.key.as_str()), (1, 1, "mug"));
    let shown = |row: &Option<String>| row.clone().unwrap();
    assert_eq!(shown(&first.stored), format!(r#"{{{sku}, "quantity": 40, "adjustments": 2}}"#));
    assert_eq!(shown(&first.recomputed), format!(r#"{{{sku}, "quantity": -2, "adjustments": 2}}"#));
    let many = "insert into inventory select n, n, 1 from generate_series(1, 9) as n";
    let lost = differing_after(&mut owner, many).await;
    let keys: Vec<&str> = lost[0].first.iter().map(|row| row.key.as_str()).collect();
    assert_eq!((lost[0].compared, lost[0].differing, keys), (10, 9, vec!["1", "2", "3", "4", "5"]));
    assert!(lost[0].first.iter().all(|row| row.stored.is_some() && row.recomputed.is_none()), "{lost:?}");
    let gone = differing_after(&mut owner, "delete from course_days where course_id = 'c-2'").await;
    let first = &gone[0].first[0];
    assert_eq!((first.key.as_str(), &first.stored), ("c-2 2026-11-15", &None));
    assert!(first.recomputed.as_deref().unwrap().contains(r#""threads": 1"#), "{first:?}");
}

/// One that is dated far ahead of its record counts as of the record.
#[tokio::test]
async fn a_login_that_counted_as_earlier_than_it_says_holds() {
    let database = sound().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let earlier = "update users set last_login_at = last_login_at - interval '1 hour'";
    let differing = differing_after(&mut owner, earlier).await;
    assert!(differing.is_empty(), "{differing:?}");
}

/// Other tests rest on it.
#[tokio::test]
async fn the_check_of_tests_panics_where_a_rollup_is_off() {
    let database = sound().await;
    rollups_equal_facts(&database.pool).await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::query("update link_clicks_daily set clicks = clicks + 1").execute(&mut owner).await.unwrap();
    let compared = tokio::spawn(async move { rollups_equal_facts(&database.pool).await });
    assert!(compared.await.expect_err("it differs").is_panic());
}
