use testkit::{break_tables, routes};

use crate::world::World;

/// The key is good; what the request is for fails in the handler.
#[tokio::test]
async fn a_database_that_fails_behind_the_door_is_said_by_every_route() {
    let world = World::new().await;
    break_tables(&world.database, &world.key).await;
    let routes = routes(&world.description);
    assert_eq!(routes.len(), 3, "{routes:?}");
    for (_, path) in routes {
        let answer = world.get(&path.replace("{id}", "x")).await;
        answer.problem(500, "internal-error");
        assert!(answer.body["instance"].as_str().unwrap().starts_with("urn:uuid:"), "{path}: {answer:?}");
    }
}
