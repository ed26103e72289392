//! Which keys each route of events-api lets in.

use events_api::EventsApi;
use settings::Environment;
use testkit::TestDatabase;
use time::macros::datetime;

#[tokio::test]
async fn each_route_is_for_keys_with_its_scope_alone() {
    let database = TestDatabase::new().await;
    let settings = [("DATABASE_URL", database.url()), ("KAFKA_BOOTSTRAP_SERVERS", testkit::bootstrap())];
    let api = EventsApi::start(&Environment::from_iter(settings), || datetime!(2026-11-21 09:30 UTC)).unwrap();
    let (router, description) = events_api::router(api);
    let table = testkit::scope_table(&router, &description, &database).await;
    assert_eq!(table, ["POST /api/events: events"]);
}
