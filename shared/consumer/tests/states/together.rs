//! Two environments of one function at once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::shop::{Shop, World, process, record};

async fn until_at_the_gate(shop: &Shop) {
    testkit::eventually("a batch at the gate", Duration::from_secs(10), async || {
        (shop.waiting.load(Ordering::SeqCst) > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_wake_up_that_neither_transaction_sees_comes_with_the_next_tick() {
    let world = World::new().await;
    let (one, other, shop) = (world.engine(), world.engine(), Shop::default());
    // Looks for o1 before it is there, and commits after it is.
    let batch = [record(0, "a", "moved o1"), record(1, "b", "noted gated")];
    let slow = process(&one, &shop, 0, &batch);
    let fast = async {
        until_at_the_gate(&shop).await;
        process(&other, &Shop::default(), 0, &[record(2, "c", "opened o1")]).await.unwrap();
        assert_eq!(world.log().await, [2]);
        shop.open.store(true, Ordering::SeqCst);
    };
    let (slow, ()) = tokio::join!(slow, fast);
    slow.unwrap();
    assert_eq!(world.parked().await, [0]);
    assert_eq!(world.tick(60).await.applied, 1);
    assert_eq!((world.parked().await, world.blocked().await), (vec![], 0));
}

#[tokio::test]
async fn two_drains_at_once_release_an_event_once() {
    let world = World::new().await;
    let waiting: Vec<_> = (0..40).map(|offset| record(offset, &format!("k{}", offset % 8), "moved o1")).collect();
    world.deliver(0, &waiting).await;
    world.as_owner("insert into shop_orders values ('o1')").await;
    let (one, other, shop) = (world.engine(), world.engine(), Shop::default());
    let (here, there) = tokio::join!(process(&one, &shop, 60, &[]), process(&other, &shop, 60, &[]));
    assert_eq!(here.unwrap().applied + there.unwrap().applied, 40);
    for key in 0..8 {
        let log: Vec<i64> = world.log().await.into_iter().filter(|number| number % 8 == key).collect();
        assert!(log.is_sorted() && log.len() == 5, "{log:?}");
    }
    assert_eq!(world.blocked().await, 0);
}

/// The pollers of a partition have moved, and the old one's invocation is still under way when the new one delivers it again, with more.
#[tokio::test]
async fn a_batch_delivered_again_with_more_while_the_first_is_under_way_keeps_the_order_of_what_that_parks() {
    let world = World::new().await;
    let (one, other, shop) = (world.engine(), world.engine(), Shop::default());
    let batch = [record(0, "a", "moved o1"), record(1, "b", "noted gated"), record(2, "a", "noted")];
    let first = process(&one, &shop, 0, &batch[..2]);
    let again = async {
        until_at_the_gate(&shop).await;
        let unhindered = Shop { open: true.into(), ..Shop::default() };
        let again = process(&other, &unhindered, 0, &batch);
        let open = async {
            world.until_one_waits_for_a_lock().await;
            shop.open.store(true, Ordering::SeqCst);
        };
        tokio::join!(again, open).0
    };
    let (first, again) = tokio::join!(first, again);
    assert_eq!((first.unwrap().parked, again.unwrap().duplicates), (1, 2));
    assert_eq!((world.log().await, world.parked().await), (vec![1], vec![0, 2]), "2 stands behind 0");
    world.deliver(1, &[record(3, "c", "opened o1")]).await;
    assert_eq!(world.log().await, [1, 3, 0, 2]);
}

#[tokio::test]
async fn one_batch_delivered_to_two_environments_at_once_takes_effect_once() {
    let world = World::new().await;
    let batch: Vec<_> = (0..200)
        .map(|offset| match offset % 5 {
            0 => record(offset, &format!("k{}", offset % 7), "noted bad"),
            1 => record(offset, &format!("k{}", offset % 7), "moved o1"),
            2 => record(offset, &format!("k{}", offset % 7), "opened o2"),
            _ => record(offset, &format!("k{}", offset % 7), "noted"),
        })
        .collect();
    let (one, other, shop) = (world.engine(), world.engine(), Shop::default());
    let (here, there) = tokio::join!(process(&one, &shop, 0, &batch), process(&other, &shop, 0, &batch));
    let (here, there) = (here.unwrap(), there.unwrap());
    assert_eq!(here.duplicates + there.duplicates, 200);
    world.deliver(1, &[record(200, "z", "opened o1")]).await;
    assert_eq!(world.log().await.len(), 161);
    assert_eq!((world.letters().await.len(), world.blocked().await), (40, 0));
}
