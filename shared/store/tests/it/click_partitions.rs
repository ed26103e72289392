use std::time::{Duration, Instant};

use sqlx::{Connection, PgPool};
use store::clicks::{self, Click};
use testkit::{TestDatabase, click, rollups_equal_facts, uuid_at, uuid_bounds_at};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::{NOON, sqlstate, stored_clicks};

/// No test database has a partition for it.
const FAR_MONTH: OffsetDateTime = datetime!(2031-05-17 08:00 UTC);

async fn make_partitions(pool: &PgPool, first_month: &str, months: i32) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("select make_click_partitions($1::text::date, $2)")
        .bind(first_month)
        .bind(months)
        .fetch_all(pool)
        .await
}

async fn insert(pool: &PgPool, click: &Click) -> u64 {
    let inserted = clicks::insert(&mut pool.acquire().await.unwrap(), std::slice::from_ref(click)).await.unwrap();
    crate::count(&inserted)
}

/// The partition that has the click.
async fn partition(pool: &PgPool, event_id: Uuid) -> String {
    sqlx::query_scalar("select tableoid::regclass::text from clicks where event_id = $1")
        .bind(event_id)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn partitions(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from pg_inherits where inhparent = 'clicks'::regclass")
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_click_of_a_month_without_a_partition_counts_once_before_and_after_it_is_made() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let early = click(uuid_at(NOON), FAR_MONTH);
    let other_month = click(uuid_at(NOON), datetime!(2031-07-01 00:00 UTC));
    assert_eq!(insert(pool, &early).await + insert(pool, &other_month).await, 2);
    assert_eq!(partition(pool, early.event_id).await, "clicks_default");
    assert_eq!(insert(pool, &early).await, 0);

    assert_eq!(make_partitions(pool, "2031-05-31", 1).await.unwrap(), ["clicks_2031_05"]);
    assert_eq!(partition(pool, early.event_id).await, "clicks_2031_05");
    assert_eq!(partition(pool, other_month.event_id).await, "clicks_default");
    let again = Click { clicked_at: early.clicked_at + time::Duration::days(60), ..early };
    assert_eq!(insert(pool, &again).await, 0);
    assert_eq!(stored_clicks(pool).await, 2);
    rollups_equal_facts(pool).await;
}

#[tokio::test]
async fn partitions_that_are_there_are_not_made_again() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let months = ["clicks_2031_11", "clicks_2031_12", "clicks_2032_01"];
    assert_eq!(make_partitions(pool, "2031-11-01", 3).await.unwrap(), months);
    assert_eq!(make_partitions(pool, "2031-11-01", 4).await.unwrap(), ["clicks_2032_02"]);
    assert_eq!(make_partitions(pool, "2031-11-01", 4).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_months_around_now_have_their_partitions_from_the_start() {
    let database = TestDatabase::new().await;
    let mut owner = database.pool.acquire().await.unwrap();
    assert_eq!(clicks::make_partitions(&mut owner, 5).await.unwrap(), Vec::<String>::new());
    let now: OffsetDateTime = sqlx::query_scalar("select now()").fetch_one(&database.pool).await.unwrap();
    let click = click(uuid_at(NOON), now);
    insert(&database.pool, &click).await;
    assert_ne!(partition(&database.pool, click.event_id).await, "clicks_default");
}

#[tokio::test]
async fn a_month_begins_with_its_first_millisecond_and_ends_with_its_last() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    make_partitions(pool, "2031-12-15", 3).await.unwrap();
    let boundaries = [
        (datetime!(2031-12-01 00:00 UTC), "clicks_default", "clicks_2031_12"),
        (datetime!(2032-01-01 00:00 UTC), "clicks_2031_12", "clicks_2032_01"),
        (datetime!(2032-02-01 00:00 UTC), "clicks_2032_01", "clicks_2032_02"),
        (datetime!(2032-03-01 00:00 UTC), "clicks_2032_02", "clicks_default"),
    ];
    for (first, before, after) in boundaries {
        let last = first - time::Duration::milliseconds(1);
        for (moment, expected) in [(last, before), (first, after)] {
            for event_id in uuid_bounds_at(moment) {
                insert(pool, &Click { event_id, ..click(uuid_at(NOON), FAR_MONTH) }).await;
                assert_eq!(partition(pool, event_id).await, expected, "{moment} {event_id}");
            }
        }
    }
}

/// The session of whoever makes partitions may live in any time zone.
#[tokio::test]
async fn a_month_begins_in_utc_whatever_the_session_thinks() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    sqlx::query("set timezone = 'Pacific/Auckland'").execute(&mut *connection).await.unwrap();
    sqlx::query("select make_click_partitions('2031-05-01', 1)").execute(&mut *connection).await.unwrap();
    let bound: String =
        sqlx::query_scalar("select pg_get_expr(relpartbound, oid) from pg_class where relname = 'clicks_2031_05'")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
    let first = datetime!(2031-05-01 00:00 UTC).unix_timestamp() * 1000;
    let hex = format!("{first:012x}");
    assert!(bound.starts_with(&format!("FOR VALUES FROM ('{}-{}-0000-", &hex[..8], &hex[8..])), "{bound}");
}

#[tokio::test]
async fn a_writer_in_the_way_makes_it_give_up_soon_and_leave_everything_as_it_was() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let before = partitions(pool).await;
    let early = click(uuid_at(NOON), FAR_MONTH);
    let mut writer = pool.begin().await.unwrap();
    clicks::insert(&mut writer, std::slice::from_ref(&early)).await.unwrap();

    let started = Instant::now();
    let refused = make_partitions(pool, "2031-04-01", 3).await.unwrap_err();
    assert_eq!(sqlstate(&refused), "55P03", "{refused}");
    assert!((1..4).contains(&started.elapsed().as_secs()), "gave up after {:?}", started.elapsed());
    assert_eq!(partitions(pool).await, before);

    writer.commit().await.unwrap();
    assert_eq!(make_partitions(pool, "2031-04-01", 3).await.unwrap().len(), 3);
    assert_eq!(partition(pool, early.event_id).await, "clicks_2031_05");
    rollups_equal_facts(pool).await;
}

/// It holds the default partition while it moves rows; a batch that comes then waits, and at worst is delivered again.
#[tokio::test]
async fn a_batch_that_meets_a_partition_in_the_making_counts_once() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let early = click(uuid_at(NOON), FAR_MONTH);
    let mut maker = pool.begin().await.unwrap();
    sqlx::query("select make_click_partitions('2031-05-01', 1)").execute(&mut *maker).await.unwrap();
    let writer = async {
        let mut connection = pool.acquire().await.unwrap();
        let first = clicks::insert(&mut connection, std::slice::from_ref(&early)).await;
        // What waited for the default partition finds that the month is no longer its own.
        let first = first.map(|inserted| crate::count(&inserted));
        first.or_else(|error| if sqlstate(&error) == "23514" { Ok(0) } else { Err(error) })
    };
    let release = async {
        crate::click_concurrency::waiting_for_locks(&database, 1).await;
        maker.commit().await.unwrap();
    };
    let (first, ()) =
        tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(writer, release) }).await.unwrap();
    assert_eq!(first.unwrap() + insert(pool, &early).await, 1);
    assert_eq!(partition(pool, early.event_id).await, "clicks_2031_05");
    rollups_equal_facts(pool).await;
}

#[tokio::test]
async fn a_deploy_waits_for_a_writer_that_holds_the_default_partition_longer_than_one_try() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let next_month: String =
        sqlx::query_scalar("select to_char(now() at time zone 'UTC' + interval '1 month', '\"clicks_\"YYYY_MM')")
            .fetch_one(pool)
            .await
            .unwrap();
    let mut owner = sqlx::PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop table {next_month}"))).execute(&mut owner).await.unwrap();
    let mut writer = pool.begin().await.unwrap();
    clicks::insert(&mut writer, &[click(uuid_at(NOON), FAR_MONTH)]).await.unwrap();

    let (url, started) = (database.owner_url(), Instant::now());
    let deploy = tokio::spawn(async move { store::migrate(&url).await });
    // One try lasts two seconds.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!deploy.is_finished(), "it waits");
    writer.commit().await.unwrap();
    deploy.await.unwrap().unwrap();
    assert!(started.elapsed() >= Duration::from_secs(3));
    let made: bool =
        sqlx::query_scalar("select to_regclass($1) is not null").bind(&next_month).fetch_one(pool).await.unwrap();
    assert!(made, "{next_month}");
}
