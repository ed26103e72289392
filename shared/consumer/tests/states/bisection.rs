use std::time::Duration;

use crate::shop::{NOW, Shop, World, payload, process, record};

#[tokio::test]
async fn several_culprits_are_found_by_halves_and_all_others_are_applied_in_order() {
    let world = World::new().await;
    let culprits = [0, 3, 4, 255, 511];
    let batch: Vec<_> = (0..512)
        .map(|offset| record(offset, "a", if culprits.contains(&offset) { "noted bad" } else { "noted" }))
        .collect();
    let (engine, shop) = (world.engine(), Shop::default());
    process(&engine, &shop, 0, &batch).await.unwrap();
    assert_eq!(world.letters().await, culprits);
    assert_eq!(world.log().await, (0..512).filter(|number| !culprits.contains(number)).collect::<Vec<_>>());
    let calls = shop.calls.into_inner().unwrap().len();
    assert!(calls <= 1 + 2 * 9 * culprits.len(), "{calls} calls for {} culprits of 512", culprits.len());
}

#[tokio::test]
async fn what_a_culprit_makes_is_not_there_for_those_that_need_it() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "opened o1 bad"), record(1, "a", "moved o1"), record(2, "a", "noted")]).await;
    assert_eq!((world.log().await, world.letters().await), (vec![], vec![0]));
    assert_eq!(world.parked().await, [1, 2]);
}

#[tokio::test]
async fn an_error_that_passes_is_tried_again_whole_and_never_split() {
    let world = World::new().await;
    let statement = "do $$ begin raise exception using errcode = '40P01'; end $$";
    let shop = Shop { first: Some(statement), ..Shop::default() };
    let batch: Vec<_> = (0..64).map(|offset| record(offset, "a", "noted")).collect();
    let engine = world.engine();
    engine.process(&shop, payload(&batch), Duration::from_secs(2), NOW).await.unwrap_err();
    let calls = shop.calls.into_inner().unwrap();
    assert!(calls.len() > 2 && calls.iter().all(|rows| *rows == 64), "{calls:?}");
    assert_eq!((world.log().await, world.letters().await), (vec![], vec![]));
}

#[tokio::test]
async fn an_error_of_ours_is_neither_split_nor_tried_again() {
    let world = World::new().await;
    let shop = Shop { first: Some("select no_such_function()"), ..Shop::default() };
    let batch: Vec<_> = (0..64).map(|offset| record(offset, "a", "noted")).collect();
    process(&world.engine(), &shop, 0, &batch).await.unwrap_err();
    assert_eq!(shop.calls.into_inner().unwrap(), [64]);
}
