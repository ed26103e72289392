//! An environment that is stopped in the middle of its transaction, as a frozen or dead one is: nobody asks its future any more, and
//! its connection stays open, with all locks.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::shop::{LIMIT, NOW, Shop, World, payload, process, record};

/// Freezes one that was given `remaining`, and says how long another took to apply the same batch.
async fn thaw_after(remaining: Duration) -> Duration {
    let world = World::new().await;
    let (one, other, shop) = (world.engine(), world.engine(), Shop::default());
    let batch = [record(0, "a", "noted gated"), record(1, "b", "moved o1"), record(2, "b", "noted")];
    let mut frozen = Box::pin(one.process(&shop, payload(&batch), remaining, NOW));
    tokio::select! {
        _ = &mut frozen => panic!("it stands at the gate"),
        () = testkit::eventually("a batch at the gate", LIMIT, async || (shop.waiting.load(Ordering::SeqCst) > 0).then_some(())) => {}
    }
    let started = Instant::now();
    let unhindered = Shop { open: true.into(), ..Shop::default() };
    process(&other, &unhindered, 1, &batch).await.unwrap();
    let took = started.elapsed();
    assert_eq!((world.log().await, world.parked().await), (vec![0], vec![1, 2]));
    // It wakes up again, and finds itself too late.
    shop.open.store(true, Ordering::SeqCst);
    let late = frozen.await;
    assert!(late.is_err() || late.is_ok_and(|outcomes| outcomes.duplicates == 3));
    assert_eq!((world.log().await, world.parked().await), (vec![0], vec![1, 2]));
    took
}

#[tokio::test]
async fn another_environment_applies_the_batch_when_the_time_of_the_frozen_one_is_up() {
    let took = thaw_after(Duration::from_secs(3)).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_frozen_environment_with_much_time_left_is_ended_by_the_server_all_the_same() {
    let took = thaw_after(Duration::from_mins(5)).await;
    assert!(took < Duration::from_secs(15), "{took:?}");
}
