use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use sqlx::PgPool;
use store::clicks::{self, Click, Network};
use testkit::{TestDatabase, click, rollups_equal_facts, uuid_at};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{NOON, count, stored_clicks};

async fn insert(pool: &PgPool, batch: &[Click]) -> u64 {
    let inserted = clicks::insert(&mut pool.acquire().await.unwrap(), batch).await.unwrap();
    count(&inserted)
}

#[tokio::test]
async fn a_click_twice_in_one_batch_counts_once() {
    let database = TestDatabase::new().await;
    let click = click(uuid_at(NOON), NOON);
    assert_eq!(insert(&database.pool, &[click.clone(), click]).await, 1);
    assert_eq!(stored_clicks(&database.pool).await, 1);
    rollups_equal_facts(&database.pool).await;
}

#[tokio::test]
async fn batches_that_overlap_count_each_click_once() {
    let database = TestDatabase::new().await;
    let link = uuid_at(NOON);
    let clicks: Vec<Click> = (0..30).map(|minute| click(link, NOON + Duration::minutes(minute))).collect();
    assert_eq!(insert(&database.pool, &clicks[..20]).await, 20);
    assert_eq!(insert(&database.pool, &clicks[10..]).await, 10);
    assert_eq!(insert(&database.pool, &clicks).await, 0);
    assert_eq!(stored_clicks(&database.pool).await, 30);
    rollups_equal_facts(&database.pool).await;
}

/// Another time would be another hour, day, and, were it the partition key, another partition.
#[tokio::test]
async fn a_click_redelivered_with_another_time_counts_once_and_where_it_was() {
    let database = TestDatabase::new().await;
    let first = click(uuid_at(NOON), NOON);
    assert_eq!(insert(&database.pool, std::slice::from_ref(&first)).await, 1);
    for later in [Duration::hours(1), Duration::days(1), Duration::days(40), Duration::days(-400)] {
        let again = Click { clicked_at: NOON + later, country: "DE".to_owned(), is_bot: true, ..first.clone() };
        assert_eq!(insert(&database.pool, &[again]).await, 0, "{later}");
    }
    assert_eq!(stored_clicks(&database.pool).await, 1);
    rollups_equal_facts(&database.pool).await;
}

#[tokio::test]
async fn a_batch_of_nothing_changes_nothing() {
    let database = TestDatabase::new().await;
    assert_eq!(insert(&database.pool, &[]).await, 0);
}

#[tokio::test]
async fn every_field_is_stored_in_its_own_column() {
    let database = TestDatabase::new().await;
    let text = |text: &str| Some(text.to_owned());
    let full = Click {
        is_bot: true,
        short_code: "code".to_owned(),
        country: "DE".to_owned(),
        device: "tablet",
        browser: text("browser"),
        os: text("os"),
        traffic_source: "email",
        referrer_host: text("host"),
        referrer: text("referrer"),
        user_agent: text("agent"),
        accept_language: text("language"),
        ip: Some(Network { address: "2001:db8::".parse().unwrap(), prefix: 48 }),
        utm: ["source", "medium", "campaign", "term", "content"].map(text),
        ..click(uuid_at(NOON), NOON)
    };
    insert(&database.pool, std::slice::from_ref(&full)).await;
    let stored: String = sqlx::query_scalar(
        "select concat_ws(' ', event_id, link_id, clicked_at at time zone 'UTC', is_bot, short_code, country, device, browser, os,
             traffic_source, referrer_host, referrer, user_agent, accept_language, ip, utm_source, utm_medium, utm_campaign,
             utm_term, utm_content)
         from clicks",
    )
    .fetch_one(&database.pool)
    .await
    .unwrap();
    let ids = format!("{} {}", full.event_id, full.link_id);
    let rest = "2026-11-15 12:34:56.789 t code DE tablet browser os email host referrer agent language 2001:db8::/48 source medium \
                campaign term content";
    assert_eq!(stored, format!("{ids} {rest}"));
}

/// The ends of hours, days, months and years, and what is between.
fn moments() -> impl Strategy<Value = OffsetDateTime> {
    let boundaries = vec![
        datetime!(2026-11-15 13:00 UTC),
        datetime!(2026-11-16 00:00 UTC),
        datetime!(2026-12-01 00:00 UTC),
        datetime!(2027-01-01 00:00 UTC),
        datetime!(2028-02-29 00:00 UTC),
    ];
    let near =
        (select(boundaries), -2_000_i64..2_000).prop_map(|(moment, micros)| moment + Duration::microseconds(micros));
    let between = (0_i64..90 * 86_400).prop_map(|seconds| NOON + Duration::seconds(seconds));
    prop_oneof![near, between]
}

fn any_click(links: Vec<Uuid>) -> impl Strategy<Value = Click> {
    let devices = select(vec!["desktop", "mobile", "tablet", "other"]);
    let sources = select(vec!["direct", "search", "social", "email", "campaign", "referral"]);
    let countries = select(vec!["DE", "FR", "ZZ"]);
    (select(links), moments(), moments(), any::<bool>(), devices, sources, countries).prop_map(
        |(link, made_at, clicked_at, is_bot, device, traffic_source, country)| Click {
            event_id: uuid_at(made_at),
            is_bot,
            device,
            traffic_source,
            country: country.to_owned(),
            ..click(link, clicked_at)
        },
    )
}

/// Clicks, and batches that deliver them in any order, some several times: as indexes with another time each.
fn deliveries() -> impl Strategy<Value = (Vec<Click>, Vec<Vec<(usize, OffsetDateTime)>>)> {
    let links: Vec<Uuid> = (0..3).map(|_| uuid_at(NOON)).collect();
    vec(any_click(links), 1..40).prop_flat_map(|clicks| {
        let delivery = (0..clicks.len(), moments());
        (Just(clicks), vec(vec(delivery, 0..40), 1..6))
    })
}

#[test]
fn whatever_is_delivered_in_whatever_batches_the_rollups_equal_the_facts() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(TestDatabase::new());
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&deliveries(), |(clicks, batches)| {
        runtime.block_on(async {
            let before = stored_clicks(&database.pool).await;
            let mut inserted = insert(&database.pool, &clicks).await;
            for batch in batches {
                let redelivered: Vec<Click> = batch
                    .into_iter()
                    .map(|(index, time)| Click { clicked_at: time, ..clicks[index].clone() })
                    .collect();
                inserted += insert(&database.pool, &redelivered).await;
            }
            prop_assert_eq!(inserted, clicks.len() as u64);
            prop_assert_eq!(stored_clicks(&database.pool).await - before, i64::try_from(clicks.len()).unwrap());
            rollups_equal_facts(&database.pool).await;
            clicks::fold(&mut database.pool.acquire().await.unwrap()).await.unwrap();
            rollups_equal_facts(&database.pool).await;
            Ok(())
        })
    });
    checked.unwrap();
}
