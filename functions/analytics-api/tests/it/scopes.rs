use crate::world::World;

#[tokio::test]
async fn each_route_is_for_keys_with_its_scope_alone() {
    let world = World::new().await;
    let mut table = testkit::scope_table(&world.router, &world.description, &world.database).await;
    table.sort();
    let expected = [
        "GET /api/analytics/courses/{id}/top: read",
        "GET /api/analytics/courses/{id}: read",
        "GET /api/analytics/threads/{id}: read",
    ];
    assert_eq!(table, expected);
}
