//! Following links on a real PostgreSQL and a real Kafka, and when either is away.

use std::time::{Duration, Instant};

use events::{Data, LinkClicked, Wire, decode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use redirect::{HttpRequest, HttpResponse, Redirect};
use serde_json::{Value, json};
use settings::Environment;
use stack::kafka::{Broker, BrokerPorts};
use stack::postgres::Server;
use store::links::{self, Link};
use testkit::sqlx::{Connection, PgConnection};
use testkit::{Read, TestDatabase, TestTopic, bootstrap, eventually};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);
/// What the contract allows until a 503.
const IN_TIME: Duration = Duration::from_secs(3);

async fn link(database: &TestDatabase, code: &str) -> Link {
    let link = Link {
        link_id: events::uuid_v7_at(NOW),
        code: code.to_owned(),
        target: format!("https://example.com/{code}"),
        created_at: NOW,
    };
    assert!(links::insert(&mut database.pool.acquire().await.unwrap(), &link).await.unwrap());
    link
}

fn start(database_url: &str, bootstrap: &str, topic: &str, more: &[(&str, &str)]) -> Redirect {
    let fixed = [("DATABASE_URL", database_url), ("KAFKA_BOOTSTRAP_SERVERS", bootstrap), ("TOPIC_LINK_CLICKS", topic)];
    Redirect::start(&fixed.iter().chain(more).copied().collect::<Environment>()).unwrap()
}

/// A request as API Gateway gives it (payload format 2.0).
fn request(method: &str, path: &str, query: &str, headers: &Value) -> HttpRequest {
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "GET /{code}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"},
            "requestId": "r-1",
            "stage": "$default",
            "timeEpoch": 0
        },
        "isBase64Encoded": false
    }))
    .unwrap()
}

fn get(code: &str) -> HttpRequest {
    request("GET", &format!("/{code}"), "", &json!({"user-agent": "Mozilla/5.0"}))
}

fn click(record: &Read) -> LinkClicked {
    let value = record.value.as_deref().unwrap();
    let Data::LinkClicked(click) = decode(Wire { value, headers: &record.headers }).unwrap().data else {
        panic!("the redirect publishes clicks")
    };
    click
}

fn is_unavailable(response: &HttpResponse) -> bool {
    let text = serde_json::to_string(&response.body).unwrap();
    response.status_code == 503
        && response.headers["retry-after"] == "2"
        && response.headers["content-type"] == "application/problem+json"
        && text.contains("urn:onceward:problem:unavailable")
        && text.contains("urn:uuid:")
}

#[tokio::test]
async fn a_followed_link_is_answered_and_its_click_is_on_the_topic() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let link = link(&database, "spring").await;
    let redirect = start(&database.url(), &bootstrap(), &topic.name, &[("TRUSTED_EDGE", "cloudflare")]);
    let headers = json!({
        "user-agent": "Mozilla/5.0 \"x\"", "referer": "https://news.example/", "accept-language": "sv",
        "cf-ipcountry": "SE", "cf-connecting-ip": "2001:db8::1"
    });
    let response =
        redirect.handle(&request("GET", "/spring", "utm_source=letter&utm_medium=email", &headers), NOW).await;
    assert_eq!(response.status_code, 302);
    assert_eq!(response.headers["location"], "https://example.com/spring");
    assert_eq!(response.headers["cache-control"], "private, no-store");
    let records = topic.read_all();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].key.as_deref(), Some(b"spring".as_slice()));
    let click = click(&records[0]);
    assert_eq!((click.link_id, click.timestamp), (link.link_id, NOW));
    assert_eq!(click.user_agent.unwrap().as_str(), "Mozilla/5.0 \"x\"");
    assert_eq!(click.ip_address, Some("2001:db8::1".parse().unwrap()));
    assert_eq!(click.edge_country, Some("SE".parse().unwrap()));
    assert_eq!(click.utm.medium.unwrap().as_str(), "email");
}

#[tokio::test]
async fn head_is_answered_and_not_counted() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    link(&database, "spring").await;
    let redirect = start(&database.url(), &bootstrap(), &topic.name, &[]);
    let response = redirect.handle(&request("HEAD", "/spring", "", &json!({})), NOW).await;
    assert_eq!(
        (response.status_code, response.headers["location"].as_bytes()),
        (302, b"https://example.com/spring".as_slice())
    );
    assert_eq!(topic.read_all(), []);
}

#[tokio::test]
async fn an_unknown_or_impossible_code_is_a_404_and_publishes_nothing() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let redirect = start(&database.url(), &bootstrap(), &topic.name, &[]);
    for path in ["/unknown", "/", "", "/a/b", "/%00", "/\u{0}", "/ü", &format!("/{}", "a".repeat(100_000))] {
        let response = redirect.handle(&request("GET", path, "", &json!({})), NOW).await;
        assert_eq!(response.status_code, 404, "{path:.20}");
        assert_eq!(response.headers["content-type"], "application/problem+json");
    }
    assert_eq!(topic.read_all(), []);
}

#[test]
fn hostile_headers_are_never_an_error() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (database, topic) = runtime.block_on(async { (TestDatabase::new().await, TestTopic::new(1).await) });
    runtime.block_on(link(&database, "spring"));
    let name = prop::sample::select(vec![
        "user-agent",
        "referer",
        "accept-language",
        "x-forwarded-for",
        "x-forwarded-proto",
        "host",
        "cookie",
        "traceparent",
        "cf-ipcountry",
        "cf-connecting-ip",
        "cloudfront-viewer-address",
        "forwarded",
    ]);
    // Whatever an HTTP server lets through: no control characters but the tab.
    let value = prop_oneof![
        "[ -~]{0,40}",
        "[\t \\PC]{0,40}",
        "([0-9a-f:.\\[\\]]{0,20},? ?){0,5}",
        (0..5usize).prop_map(|exponent| "x".repeat(10_usize.pow(u32::try_from(exponent).unwrap()))),
    ];
    let headers = prop::collection::hash_map(name, value, 0..12);
    let edge = prop::sample::select(vec!["none", "cloudfront", "cloudflare", "proxy"]);
    let redirects = ["none", "cloudfront", "cloudflare", "proxy"].map(|edge| {
        let _guard = runtime.enter();
        (edge, start(&database.url(), &bootstrap(), &topic.name, &[("TRUSTED_EDGE", edge)]))
    });
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(headers, "[ -~]{0,60}", edge), |(headers, query, edge)| {
        let (_, redirect) = redirects.iter().find(|(name, _)| *name == edge).unwrap();
        let request = request("GET", "/spring", &query, &json!(headers));
        let response = runtime.block_on(redirect.handle(&request, NOW));
        prop_assert_eq!(response.status_code, 302);
        Ok(())
    });
    outcome.unwrap();
    let records = topic.read_all();
    assert!(records.len() >= 200, "{}", records.len());
    // Every one of them is an event that the consumer takes.
    for record in &records {
        click(record);
    }
}

#[tokio::test]
async fn while_kafka_is_away_the_answer_is_503_in_time_then_at_once_until_it_is_back() {
    let directory = stack::scratch().unwrap();
    let mut broker = Broker::start(&testkit::artifacts(), directory.path(), BrokerPorts::free()).await.unwrap();
    let (database, topic) = (TestDatabase::new().await, TestTopic::on(&broker.bootstrap(), 1).await);
    link(&database, "spring").await;
    let redirect = start(&database.url(), &broker.bootstrap(), &topic.name, &[]);
    assert_eq!(redirect.handle(&get("spring"), NOW).await.status_code, 302);

    broker.kill();
    for _ in 0..3 {
        let started = Instant::now();
        assert!(is_unavailable(&redirect.handle(&get("spring"), NOW).await));
        assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
    }
    let started = Instant::now();
    assert!(is_unavailable(&redirect.handle(&get("spring"), NOW).await));
    assert!(started.elapsed() < Duration::from_millis(100), "{:?}", started.elapsed());
    let head = redirect.handle(&request("HEAD", "/spring", "", &json!({})), NOW).await;
    assert_eq!(head.status_code, 302, "what is not counted needs no broker");

    broker.restart().await.unwrap();
    let ask = || async { (redirect.handle(&get("spring"), NOW).await.status_code == 302).then_some(()) };
    eventually("the redirect recovers by itself", Duration::from_secs(20), ask).await;
}

#[tokio::test]
async fn while_the_database_is_away_a_link_that_was_read_is_served_beyond_its_time_and_others_are_503() {
    let directory = stack::scratch().unwrap();
    let mut server = Server::start(&testkit::artifacts(), directory.path(), stack::free_port()).await.unwrap();
    let database = TestDatabase::on(server.url("", "postgres").trim_end_matches('/')).await;
    let topic = TestTopic::new(1).await;
    link(&database, "known").await;
    link(&database, "other").await;
    let redirect = start(&database.url(), &bootstrap(), &topic.name, &[("REDIRECT_CACHE_SECONDS", "0")]);
    assert_eq!(redirect.handle(&get("known"), NOW).await.status_code, 302);

    server.kill();
    let started = Instant::now();
    assert_eq!(redirect.handle(&get("known"), NOW).await.status_code, 302, "beyond its time limit of 0 s");
    assert!(is_unavailable(&redirect.handle(&get("other"), NOW).await));
    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
    assert_eq!(topic.read_all().len(), 2, "no click for the link that could not be looked up");

    server.restart().await.unwrap();
    let ask = || async { (redirect.handle(&get("other"), NOW).await.status_code == 302).then_some(()) };
    eventually("the database is found again", Duration::from_secs(10), ask).await;
}

#[tokio::test]
async fn a_database_that_hangs_is_answered_in_time() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    link(&database, "known").await;
    link(&database, "other").await;
    let redirect = start(&database.url(), &bootstrap(), &topic.name, &[("REDIRECT_CACHE_SECONDS", "0")]);
    assert_eq!(redirect.handle(&get("known"), NOW).await.status_code, 302);
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    let mut holder = owner.begin().await.unwrap();
    testkit::sqlx::query("lock table links in access exclusive mode").execute(&mut *holder).await.unwrap();
    for (code, status) in [("other", 503), ("known", 302)] {
        let started = Instant::now();
        assert_eq!(redirect.handle(&get(code), NOW).await.status_code, status, "{code}");
        assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_cached_link_needs_no_database_within_its_time() {
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    link(&database, "spring").await;
    let redirect = start(&database.url(), &bootstrap(), &topic.name, &[]);
    assert_eq!(redirect.handle(&get("spring"), NOW).await.status_code, 302);
    assert_eq!(redirect.handle(&get("later"), NOW).await.status_code, 404);
    redirect.pool().close().await;
    assert_eq!(redirect.handle(&get("spring"), NOW).await.status_code, 302);
    assert_eq!(redirect.handle(&get("later"), NOW).await.status_code, 404, "unknown codes are remembered too");
}
