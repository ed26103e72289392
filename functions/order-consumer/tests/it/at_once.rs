//! Two environments at the same moment.

use events::Event;
use events::PaymentStatus::Settled;
use testkit::{inventory_adjusted, order_placed, payment_settled};

use crate::world::{NOW, World, assert_same, payload, records};

/// The partition has moved, and its old owner's invocation is still under way when the new one delivers the batch again.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_in_two_environments_at_the_same_moment_counts_once() {
    let (world, alone) = (World::new().await, World::new().await);
    let (one, other) = (world.consumer(), world.consumer());
    for round in 0..5 {
        let orders = (0..20).map(|n| order_placed(&format!("o-{round}-{n}"), "u-1", &[("mug", 1, 100)]));
        let payments =
            (0..60).map(|n| payment_settled(&format!("p-{round}-{n}"), &format!("o-{round}-{}", n % 20), 50, Settled));
        let stock = (0..20).map(|n| inventory_adjusted(&format!("a-{round}-{n}"), &format!("sku-{}", n % 3), -1));
        let events: Vec<Event> = orders.chain(payments).chain(stock).collect();
        let batch = || payload(&records(round * 100, &events));
        let (here, there) = tokio::join!(one.handle(batch(), None, NOW), other.handle(batch(), None, NOW));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!((here.applied + there.applied, here.duplicates + there.duplicates), (100, 100));
        alone.tell(round * 100, &events).await;
    }
    assert_same(&world.state().await, &alone.state().await);
    assert_eq!(retries(&world).await, ["0"]);
}

/// Other events with the same ids, in the opposite order, from two producers: the first of each id counts, and nobody waits in vain.
#[tokio::test(flavor = "multi_thread")]
async fn one_id_in_two_environments_at_the_same_moment_is_made_once() {
    let world = World::new().await;
    let (one, other) = (world.consumer(), world.consumer());
    for round in 0..10 {
        let events = |reverse: bool| {
            let mut numbers: Vec<i64> = (0..20).collect();
            if reverse {
                numbers.reverse();
            }
            let orders = numbers.iter().map(|n| order_placed(&format!("o-{round}-{n}"), "u-1", &[("mug", 1, 100)]));
            let stock = numbers.iter().map(|n| inventory_adjusted(&format!("a-{round}-{n}"), &format!("sku-{n}"), 1));
            orders.chain(stock).collect::<Vec<Event>>()
        };
        let here = payload(&records(round * 100, &events(false)));
        let there = payload(&records(round * 100 + 50, &events(true)));
        let (here, there) = tokio::join!(one.handle(here, None, NOW), other.handle(there, None, NOW));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!((here.applied + there.applied, here.duplicates + there.duplicates), (40, 40));
    }
    assert_eq!(world.orders().await.len(), 200);
    assert!(world.stock().await.iter().all(|stock| stock.ends_with(" 10")));
    assert!(world.letters().await.is_empty());
    assert_eq!(retries(&world).await, ["0"]);
}

/// How often a batch had to be tried again: two that wait for each other are one retry at least.
async fn retries(world: &World) -> Vec<String> {
    world.texts("select coalesce(sum(retries), 0)::text from consumer_batches").await
}
