use crate::world::World;

#[tokio::test]
async fn each_route_is_for_keys_with_its_scope_alone() {
    let world = World::new().await;
    let mut table = testkit::scope_table(&world.door.router, &world.description, &world.database).await;
    table.sort();
    let expected = [
        "DELETE /api/discussions/comments/{id}: discussions",
        "DELETE /api/discussions/threads/{id}: discussions",
        "GET /api/discussions/threads/{id}/comments: discussions",
        "GET /api/discussions/threads/{id}: discussions",
        "GET /api/discussions/threads: discussions",
        "PATCH /api/discussions/comments/{id}: discussions",
        "PATCH /api/discussions/threads/{id}: discussions",
        "POST /api/discussions/threads/{id}/comments: discussions",
        "POST /api/discussions/threads: discussions",
        "PUT /api/discussions/comments/{id}/vote: discussions",
        "PUT /api/discussions/threads/{id}/vote: discussions",
    ];
    assert_eq!(table, expected);
    assert!(world.everything().await.is_empty());
}
