//! Which keys each route of read-api lets in.

use read_api::ReadApi;
use settings::Environment;
use testkit::TestDatabase;
use time::macros::datetime;

#[tokio::test]
async fn each_route_is_for_keys_with_its_scope_alone() {
    let database = TestDatabase::new().await;
    let settings = [("DATABASE_URL", database.url()), ("KAFKA_BOOTSTRAP_SERVERS", testkit::bootstrap())];
    let api = ReadApi::start(&Environment::from_iter(settings), || datetime!(2026-11-21 09:30 UTC)).unwrap();
    let (router, description) = read_api::router(api);
    let mut table = testkit::scope_table(&router, &description, &database).await;
    table.sort();
    let expected = [
        "DELETE /api/keys/{id}: admin",
        "GET /api/audit: read",
        "GET /api/dead-letters/{id}: admin",
        "GET /api/dead-letters: admin",
        "GET /api/inventory/{sku}/adjustments: read",
        "GET /api/inventory: read",
        "GET /api/keys: admin",
        "GET /api/orders/{id}/payments: read",
        "GET /api/orders: read",
        "GET /api/outbox: admin",
        "GET /api/parked: admin",
        "GET /api/users/{id}/auth-events: read",
        "GET /health: open",
        "GET /inventory/{sku}: read",
        "GET /metrics: open",
        "GET /orders/{id}: read",
        "GET /users/{id}: read",
        "POST /api/dead-letters/redrive: admin",
        "POST /api/dead-letters/{id}/discard: admin",
        "POST /api/keys: admin",
        "POST /api/users/{id}/erase: admin",
    ];
    assert_eq!(table, expected);
}
