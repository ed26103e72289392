//! Clicks into a real PostgreSQL, once each, whatever is delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use click_consumer::ClickConsumer;
use consumer::{Outcomes, Payload};
use mmdb_writer::Writer;
use serde_json::{Value, json};
use settings::Environment;
use stack::postgres::Server;
use store::link_stats::{self, Totals};
use testkit::{TestDatabase, eventually};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::datetime;
use uuid::Uuid;

const LINK: &str = "01932d3c-0000-7000-8000-000000000001";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

fn start(database: &TestDatabase, more: &[(&str, &str)]) -> ClickConsumer {
    let url = database.url();
    ClickConsumer::start(&[("DATABASE_URL", url.as_str())].iter().chain(more).copied().collect::<Environment>())
        .unwrap()
}

/// The event of a click on the one link, with whatever else its data says.
fn click(id: Uuid, at: &str, mut more: Value) -> Value {
    let mut data = json!({"linkId": LINK, "shortCode": "spring", "timestamp": at, "userAgent": PHONE});
    data.as_object_mut().unwrap().append(more.as_object_mut().unwrap());
    json!({"specversion": "1.0", "id": id, "source": "/onceward/redirect", "type": "link.clicked", "time": at, "data": data})
}

fn id_at(moment: OffsetDateTime) -> Uuid {
    events::uuid_v7_at(moment)
}

/// A payload of records of one partition, from this offset on.
fn batch(offset: usize, values: &[Value]) -> Payload {
    let record = |(place, value): (usize, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        json!({
            "topic": "link.clicks", "partition": 0, "offset": offset + place, "timestamp": 0, "timestampType": "CREATE_TIME",
            "key": STANDARD.encode("spring"), "value": STANDARD.encode(value), "headers": []
        })
    };
    let records: Vec<Value> = values.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({"eventSource": "aws:kafka", "records": {"link.clicks-0": records}})).unwrap()
}

async fn totals(database: &TestDatabase) -> Totals {
    let connection = &mut *database.pool.acquire().await.unwrap();
    link_stats::totals(connection, LINK.parse().unwrap()).await.unwrap()
}

async fn countries(database: &TestDatabase) -> BTreeMap<String, i64> {
    let connection = &mut *database.pool.acquire().await.unwrap();
    let rows = link_stats::countries(connection, LINK.parse().unwrap()).await.unwrap();
    rows.into_iter().map(|row| (row.country, row.clicks)).collect()
}

const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);
const AT: &str = "2026-11-21T09:30:00Z";

#[tokio::test]
async fn a_click_delivered_twice_counts_once() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let clicks: Vec<Value> = (0..3).map(|_| click(id_at(NOW), AT, json!({}))).collect();
    let first = consumer.handle(batch(0, &clicks), None, NOW).await.unwrap();
    assert_eq!(first, Outcomes { applied: 3, ..Outcomes::default() });
    let again = consumer.handle(batch(0, &clicks), None, NOW).await.unwrap();
    assert_eq!(again, Outcomes { duplicates: 3, ..Outcomes::default() });
    assert_eq!(totals(&database).await.clicks, 3);
}

#[tokio::test]
async fn overlapping_batches_count_each_click_once() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let clicks: Vec<Value> = (0..10).map(|_| click(id_at(NOW), AT, json!({}))).collect();
    consumer.handle(batch(0, &clicks[..6]), None, NOW).await.unwrap();
    let second = consumer.handle(batch(4, &clicks[4..]), None, NOW).await.unwrap();
    assert_eq!(second, Outcomes { applied: 4, duplicates: 2, ..Outcomes::default() });
    assert_eq!(totals(&database).await.clicks, 10);
}

#[tokio::test]
async fn a_click_at_another_offset_and_with_another_time_counts_once_and_keeps_its_first_time() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let id = id_at(NOW);
    consumer.handle(batch(0, &[click(id, AT, json!({}))]), None, NOW).await.unwrap();
    let again = consumer.handle(batch(77, &[click(id, "2027-01-01T00:00:00Z", json!({}))]), None, NOW).await.unwrap();
    assert_eq!(again, Outcomes { duplicates: 1, ..Outcomes::default() });
    assert_eq!(totals(&database).await.clicks, 1);
    let connection = &mut *database.pool.acquire().await.unwrap();
    let days =
        link_stats::days(connection, LINK.parse().unwrap(), datetime!(2020-01-01 0:00 UTC).date()).await.unwrap();
    assert_eq!(days.iter().map(|day| day.day).collect::<Vec<_>>(), [NOW.date()]);
}

#[tokio::test]
async fn a_malformed_record_is_one_dead_letter_and_the_next_click_counts() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let (before, after) = (click(id_at(NOW), AT, json!({})), click(id_at(NOW), AT, json!({})));
    let no_v7 = click("6f1c1ae2-6cf4-4b41-9f2b-0d3c3b5f2f10".parse().unwrap(), AT, json!({}));
    let values = [before, json!("{\"half\":"), no_v7, after];
    let first = consumer.handle(batch(0, &values), None, NOW).await.unwrap();
    assert_eq!(first, Outcomes { applied: 2, dead_lettered: 2, ..Outcomes::default() });
    let again = consumer.handle(batch(0, &values), None, NOW).await.unwrap();
    assert_eq!(again, Outcomes { duplicates: 4, ..Outcomes::default() });
    assert_eq!(totals(&database).await.clicks, 2);
    let letters =
        store::dead_letters::list(&mut database.pool.acquire().await.unwrap(), "click-consumer").await.unwrap();
    let classes: Vec<(i64, &str)> = letters.iter().map(|letter| (letter.offset, letter.error_class.as_str())).collect();
    assert_eq!(classes, [(1, "not-cloudevent"), (2, "invalid-attribute")]);
}

#[tokio::test]
async fn a_click_at_a_moment_that_no_database_keeps_is_one_dead_letter() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let moments = ["9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", AT];
    let clicks = moments.map(|moment| click(id_at(NOW), moment, json!({})));
    let outcomes = consumer.handle(batch(0, &clicks), None, NOW).await.unwrap();
    assert_eq!(outcomes, Outcomes { applied: 3, dead_lettered: 1, ..Outcomes::default() });
    assert_eq!(totals(&database).await.clicks, 3);
}

#[tokio::test]
async fn what_a_client_is_and_where_it_came_from_is_told_apart() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let clicks = [
        click(id_at(NOW), AT, json!({"edgeCountry": "SE", "referrer": "https://www.google.com/"})),
        click(id_at(NOW), AT, json!({"userAgent": CRAWLER, "edgeCountry": "US"})),
        click(id_at(NOW), AT, json!({"utm": {"medium": "email"}})),
    ];
    consumer.handle(batch(0, &clicks), None, NOW).await.unwrap();
    let expected =
        Totals { clicks: 2, bots: 1, device_mobile: 2, source_search: 1, source_email: 1, ..Totals::default() };
    assert_eq!(totals(&database).await, expected, "bots are in no breakdown");
    assert_eq!(countries(&database).await, BTreeMap::from([("SE".into(), 1), ("US".into(), 0), ("ZZ".into(), 1)]));
}

#[tokio::test]
async fn addresses_are_stored_truncated_unless_said_otherwise() {
    for (policy, stored) in [("truncated", Some("203.0.113.0/24")), ("full", Some("203.0.113.77")), ("none", None)] {
        let database = TestDatabase::new().await;
        let consumer = start(&database, &[("CLICK_IP", policy)]);
        consumer
            .handle(batch(0, &[click(id_at(NOW), AT, json!({"ipAddress": "203.0.113.77"}))]), None, NOW)
            .await
            .unwrap();
        let ip: Option<String> =
            testkit::sqlx::query_scalar("select abbrev(ip) from clicks").fetch_one(&database.pool).await.unwrap();
        assert_eq!(ip.map(|ip| ip.replace("203.0.113/24", "203.0.113.0/24")).as_deref(), stored, "{policy}");
    }
}

/// A country file in one of the two shapes that are about.
fn country_file(record: &Value) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = Writer::new("Test-Country");
    writer.insert("81.2.69.0/24".parse::<mmdb_writer::ipnet::IpNet>().unwrap(), record).unwrap();
    std::fs::write(file.path(), writer.to_bytes().unwrap()).unwrap();
    file
}

#[tokio::test]
async fn the_country_file_is_asked_in_both_shapes_where_the_edge_said_nothing() {
    for record in [json!({"country_code": "NO"}), json!({"country": {"iso_code": "NO"}})] {
        let (database, file) = (TestDatabase::new().await, country_file(&record));
        let consumer = start(&database, &[("COUNTRY_DATABASE", file.path().to_str().unwrap())]);
        let clicks = [("81.2.69.1", None), ("81.2.69.2", Some("SE")), ("9.9.9.9", None)]
            .map(|(ip, edge)| click(id_at(NOW), AT, json!({"ipAddress": ip, "edgeCountry": edge})));
        consumer.handle(batch(0, &clicks), None, NOW).await.unwrap();
        assert_eq!(countries(&database).await, BTreeMap::from([("NO".into(), 1), ("SE".into(), 1), ("ZZ".into(), 1)]));
    }
}

#[test]
fn a_country_file_that_is_not_there_stops_the_start_by_the_variable_s_name() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let environment =
        Environment::from_iter([("DATABASE_URL", "postgres://a@127.0.0.1/a"), ("COUNTRY_DATABASE", "/nowhere.mmdb")]);
    let error = ClickConsumer::start(&environment).err().unwrap();
    assert!(error.to_string().contains("COUNTRY_DATABASE"), "{error}");
}

#[tokio::test]
async fn a_batch_that_meets_no_database_fails_and_counts_when_it_comes_again() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await;
    let consumer = start(&database, &[]);
    let first = [click(id_at(NOW), AT, json!({}))];
    let during = [click(id_at(NOW), AT, json!({})), click(id_at(NOW), AT, json!({}))];
    consumer.handle(batch(0, &first), None, NOW).await.unwrap();

    server.kill();
    let short = Some(Duration::from_secs(2));
    consumer.handle(batch(1, &during), short, NOW).await.unwrap_err();
    server.restart().await.unwrap();
    let ask = || async { consumer.handle(batch(1, &during), short, NOW).await.ok() };
    let outcomes = eventually("the batch succeeds", Duration::from_secs(20), ask).await;
    assert_eq!(outcomes, Outcomes { applied: 2, ..Outcomes::default() });
    assert_eq!(totals(&database).await.clicks, 3);
}

#[tokio::test]
async fn a_click_of_a_month_without_a_partition_counts_once_before_and_after_there_is_one() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let then = datetime!(2031-03-31 23:59:59.999 UTC);
    let clicks = [click(id_at(then), "2031-03-31T23:59:59.999Z", json!({}))];
    consumer.handle(batch(0, &clicks), None, NOW).await.unwrap();
    let made: Vec<String> = testkit::sqlx::query_scalar("select make_click_partitions('2031-03-01', 1)")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    assert_eq!(made, ["clicks_2031_03"]);
    let again = consumer.handle(batch(0, &clicks), None, NOW).await.unwrap();
    assert_eq!(again, Outcomes { duplicates: 1, ..Outcomes::default() });
    let place: String = testkit::sqlx::query_scalar("select tableoid::regclass::text from clicks")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(place, "clicks_2031_03");
}

/// Batches that wait to be folded into the rollups.
async fn waiting(database: &TestDatabase) -> i64 {
    testkit::sqlx::query_scalar("select count(*) from link_click_deltas").fetch_one(&database.pool).await.unwrap()
}

#[tokio::test]
async fn counts_are_right_at_once_and_folded_when_many_wait_and_at_a_tick() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    for n in 1..=40 {
        let minutes = i64::try_from(n).unwrap() * 7;
        let at = (NOW + time::Duration::minutes(minutes)).format(&Rfc3339).unwrap();
        consumer.handle(batch(n, &[click(id_at(NOW), &at, json!({}))]), None, NOW).await.unwrap();
        assert_eq!(totals(&database).await.clicks, i64::try_from(n).unwrap());
    }
    assert_eq!(waiting(&database).await, 8, "the batch that was the 32nd to wait folded them");
    testkit::rollups_equal_facts(&database.pool).await;
    consumer.handle(batch(0, &[]), None, NOW).await.unwrap();
    assert_eq!(waiting(&database).await, 0);
    assert_eq!(totals(&database).await.clicks, 40);
    testkit::rollups_equal_facts(&database.pool).await;
}

#[tokio::test]
async fn a_fold_that_fails_leaves_the_batch_done_and_its_counts_right() {
    let database = TestDatabase::new().await;
    let consumer = start(&database, &[]);
    let owner = testkit::sqlx::PgPool::connect(&database.owner_url()).await.unwrap();
    let refuse = "alter table link_clicks_daily add constraint refused check (clicks < 0) not valid";
    testkit::sqlx::query(refuse).execute(&owner).await.unwrap();
    consumer.handle(batch(0, &[click(id_at(NOW), AT, json!({}))]), None, NOW).await.unwrap();
    consumer.handle(batch(0, &[]), None, NOW).await.unwrap();
    assert_eq!((waiting(&database).await, totals(&database).await.clicks), (1, 1));
    let repair = "alter table link_clicks_daily drop constraint refused";
    testkit::sqlx::query(repair).execute(&owner).await.unwrap();
    consumer.handle(batch(0, &[]), None, NOW).await.unwrap();
    assert_eq!((waiting(&database).await, totals(&database).await.clicks), (0, 1));
}
