//! Stock, which may be below zero.

use consumer::Outcomes;
use events::Event;
use testkit::inventory_adjusted;

use crate::world::World;

#[tokio::test]
async fn stock_below_zero_is_oversold_and_comes_back() {
    let world = World::new().await;
    let oversold = "select sku from inventory where quantity < 0";
    world.tell(0, &[inventory_adjusted("a-1", "mug", 1), inventory_adjusted("a-2", "mug", -3)]).await;
    assert_eq!((world.stock().await, world.texts(oversold).await), (vec!["mug -2".to_owned()], vec!["mug".to_owned()]));
    world.tell(2, &[inventory_adjusted("a-3", "mug", 2)]).await;
    assert_eq!((world.stock().await, world.texts(oversold).await), (vec!["mug 0".to_owned()], vec![]));
    assert!(world.letters().await.is_empty());
}

#[tokio::test]
async fn two_thousand_adjustments_of_one_article_in_one_batch_add_up() {
    let world = World::new().await;
    let all: Vec<Event> = (0..2000).map(|n| inventory_adjusted(&format!("a-{n}"), "mug", n - 500)).collect();
    assert_eq!(world.tell(0, &all).await, Outcomes { applied: 2000, ..Outcomes::default() });
    assert_eq!(world.stock().await, ["mug 999000"]);
}

#[tokio::test]
async fn the_largest_adjustments_add_up_beyond_what_one_can_say() {
    let world = World::new().await;
    let all: Vec<Event> = (0..5).map(|n| inventory_adjusted(&format!("a-{n}"), "mug", -2_147_483_648)).collect();
    world.tell(0, &all).await;
    assert_eq!(world.stock().await, ["mug -10737418240"]);
}
