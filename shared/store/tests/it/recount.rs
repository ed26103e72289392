//! The check that other tests rest on must notice what it is there for.

use sqlx::{Connection, PgConnection};
use store::clicks::{self, Click};
use testkit::{TestDatabase, click, rollups_equal_facts, uuid_at};
use tokio::task::JoinError;

use crate::NOON;

/// Spoils the totals of two clicks, then compares.
async fn compare_after(statement: &'static str) -> Result<(), JoinError> {
    let database = TestDatabase::new().await;
    let link = uuid_at(NOON);
    let batch = [click(link, NOON), Click { is_bot: true, ..click(link, NOON) }];
    let mut connection = database.pool.acquire().await.unwrap();
    clicks::insert(&mut connection, &batch).await.unwrap();
    assert_eq!(clicks::fold(&mut connection).await.unwrap(), 1);
    drop(connection);
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::query(statement).execute(&mut owner).await.unwrap();
    tokio::spawn(async move { rollups_equal_facts(&database.pool).await }).await
}

#[tokio::test]
async fn a_total_that_is_off_is_noticed_in_every_rollup() {
    compare_after("select 1").await.unwrap();
    for statement in [
        "update link_clicks_hourly set bots = bots + 1",
        "update link_clicks_hourly set device_desktop = 0, device_mobile = 1",
        "update link_clicks_hourly set hour = hour + interval '1 hour'",
        "update link_clicks_daily set clicks = clicks - 1",
        "update link_clicks_daily set source_email = 1",
        "update link_clicks_by_country set country = 'DE'",
        "delete from link_clicks_by_country",
        "insert into link_clicks_by_country select link_id, day, 'DE', 0, 0 from link_clicks_by_country",
    ] {
        let noticed = compare_after(statement).await.expect_err(statement);
        assert!(noticed.is_panic(), "{statement}");
    }
}
