use crate::api::Api;

#[tokio::test]
async fn each_route_is_for_keys_with_its_scope_alone() {
    let api = Api::start().await;
    let table = testkit::scope_table(&api.router, &api.description, &api.database).await;
    assert_eq!(table, ["POST /api/links: links", "GET /api/links/{code}: links", "GET /api/links/{code}/stats: links"]);
    assert_eq!(api.links().await, 0);
}
