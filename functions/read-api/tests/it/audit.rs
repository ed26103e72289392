use serde_json::Value;
use store::audit_log::Entry;
use store::audit_trail::{self, TrailFilter};
use testkit::sqlx::{self, Connection as _, PgConnection};

use crate::world::{World, entry};

/// The ids of the events of an answer.
fn ids(body: &Value) -> Vec<&str> {
    body["items"].as_array().unwrap().iter().map(|entry| entry["eventId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_trail_is_found_by_each_filter_and_by_several_the_latest_first() {
    let world = World::new().await;
    let correlated = Entry { correlation_id: Some("request-1".to_owned()), ..entry("u-2", "logout", 10) };
    let other_chain = Entry { chain: "system.audit/0".to_owned(), ..entry("u-1", "export", 20) };
    world.log(&[entry("u-1", "login", 30), other_chain, correlated, entry("u-1", "login", 5)]).await;
    for (query, expected) in [
        ("", &["u-1-login-5", "u-2-logout-10", "u-1-export-20", "u-1-login-30"][..]),
        ("?user=u-1", &["u-1-login-5", "u-1-export-20", "u-1-login-30"]),
        ("?user=u-1&action=login", &["u-1-login-5", "u-1-login-30"]),
        ("?resource=users/u-2", &["u-2-logout-10"]),
        ("?resource=users%2Fu-2", &["u-2-logout-10"]),
        ("?action=export", &["u-1-export-20"]),
        ("?correlationId=request-1", &["u-2-logout-10"]),
        ("?since=2026-11-21T11:59:50.123456Z", &["u-1-login-5", "u-2-logout-10"]),
        ("?until=2026-11-21T12:59:50.123456%2B01:00", &["u-1-export-20", "u-1-login-30"]),
        ("?since=2026-11-21T11:59:40Z&until=2026-11-21T11:59:50Z", &["u-1-export-20"]),
        ("?user=u-3", &[]),
        ("?user=u-1&resource=users/u-2", &[]),
    ] {
        assert_eq!(ids(&world.must_get(&format!("/api/audit{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn an_entry_is_shown_with_its_place_and_hash() {
    let world = World::new().await;
    let stale = Entry { detail: Some("email".to_owned()), is_stale: true, ..entry("u-1", "updated", 0) };
    world.log(&[entry("u-1", "registered", 10), stale]).await;
    let body = world.must_get("/api/audit?limit=1").await;
    let shown = &body["items"][0];
    let hash: String = sqlx::query_scalar("select encode(hash, 'hex') from audit_log where seq = 2")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    let expected = serde_json::json!({
        "chain": "user.events/0", "seq": 2, "hash": hash, "source": "/shop", "eventId": "u-1-updated-0",
        "eventType": "user.auth", "userId": "u-1", "action": "updated", "resource": "users/u-1", "status": "success",
        "detail": "email", "isStale": true, "correlationId": null, "causationId": null,
        "occurredAt": "2026-11-21T12:00:00.123456Z", "recordedAt": "2026-11-21T12:00:00.123456Z",
    });
    assert_eq!(shown, &expected);
}

/// Whoever owns the table can set times that can neither be read nor shown.
#[tokio::test]
async fn an_entry_with_a_time_that_no_moment_has_is_left_out_and_the_others_are_shown() {
    let world = World::new().await;
    world.log(&(0..6).map(|n| entry("u-1", "login", n)).collect::<Vec<_>>()).await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "alter table audit_log disable trigger audit_log_append_only;
         update audit_log set occurred_at = 'infinity' where seq = 1;
         update audit_log set occurred_at = '20000-01-01 00:00+00' where seq = 2;
         update audit_log set occurred_at = '4000-01-01 00:00+00 BC' where seq = 3;
         update audit_log set recorded_at = '-infinity' where seq = 4",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let shown = world.must_get("/api/audit").await;
    let mut seqs: Vec<_> =
        shown["items"].as_array().unwrap().iter().map(|item| item["seq"].as_i64().unwrap()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [5, 6]);
}

/// A page must not cost more the longer the log is, whatever it is filtered by.
#[tokio::test]
async fn each_filter_has_an_index_that_gives_a_page_in_its_order() {
    let world = World::new().await;
    let entries: Vec<Entry> = (0..20_000)
        .map(|n| {
            let correlation_id = (n % 10 == 0).then(|| format!("request-{}", n / 50));
            Entry {
                correlation_id,
                ..entry(&format!("u-{}", n % 500), ["login", "logout"][n % 2], i64::try_from(n).unwrap())
            }
        })
        .collect();
    world.log(&entries).await;
    let scanned = "select coalesce(sum(seq_tup_read), 0)::bigint from pg_stat_user_tables where relname = 'audit_log'";
    let mut connection = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::query("analyze audit_log").execute(&mut connection).await.unwrap();
    let filters = [
        TrailFilter::default(),
        TrailFilter { user_id: Some("u-7".to_owned()), ..Default::default() },
        TrailFilter { resource: Some("users/u-7".to_owned()), ..Default::default() },
        TrailFilter { action: Some("login".to_owned()), ..Default::default() },
        TrailFilter { correlation_id: Some("request-7".to_owned()), ..Default::default() },
    ];
    let before = scanned_rows(&mut connection, scanned).await;
    for filter in &filters {
        // More often than PostgreSQL plans a statement for its values.
        for _ in 0..8 {
            let found = audit_trail::list(&mut connection, filter, None, 20).await.unwrap();
            assert!(!found.is_empty(), "{filter:?}");
            let last = found.last().unwrap();
            let place = (last.occurred_at, last.chain.clone(), last.seq);
            audit_trail::list(&mut connection, filter, Some(&place), 20).await.unwrap();
        }
    }
    assert_eq!(scanned_rows(&mut connection, scanned).await, before, "the table was read from end to end");
    // What is counted is what such a read would be.
    sqlx::query("select from audit_log where event_id = 'none'").execute(&mut connection).await.unwrap();
    assert_eq!(scanned_rows(&mut connection, scanned).await, before + 20_000);
}

async fn scanned_rows(connection: &mut PgConnection, statement: &'static str) -> i64 {
    // What a session has counted itself it makes known now.
    sqlx::query("select pg_stat_force_next_flush()").execute(&mut *connection).await.unwrap();
    sqlx::query("select 1").execute(&mut *connection).await.unwrap();
    sqlx::query_scalar(statement).fetch_one(connection).await.unwrap()
}
