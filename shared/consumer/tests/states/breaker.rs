use consumer::{Outcomes, ProcessError};
use serde_json::Value;

use crate::shop::{Shop, World, process, raw, record};

/// So many records, of which the first ones are bad.
fn batch(bad: i64, all: i64, worse: impl Fn(i64) -> Value) -> Vec<Value> {
    (0..all).map(|offset| if offset < bad { worse(offset) } else { record(offset, "a", "noted") }).collect()
}

async fn delivered(world: &World, settings: &[(&str, &str)], batch: &[Value]) -> Result<Outcomes, ProcessError> {
    process(&world.engine_with(settings), &Shop::default(), 0, batch).await
}

#[tokio::test]
async fn a_batch_fails_only_past_the_count_and_the_share_whoever_refuses_its_records() {
    let unreadable: fn(i64) -> Value = |offset| raw(offset, Some("a"), Some(b"rubbish"));
    let kinds: [fn(i64) -> Value; 3] =
        [unreadable, |offset| record(offset, "a", "noted bad"), |offset| record(offset, "a", "noted refused")];
    for worse in kinds {
        for (bad, all, applied) in [(100, 100, true), (101, 101, false), (101, 202, true), (101, 201, false)] {
            let world = World::new().await;
            let result = delivered(&world, &[], &batch(bad, all, worse)).await;
            assert_eq!(result.is_ok(), applied, "{bad} of {all}");
            let left = if applied { (bad, all - bad) } else { (0, 0) };
            let found = (world.letters().await.len(), world.log().await.len());
            assert_eq!(found, (usize::try_from(left.0).unwrap(), usize::try_from(left.1).unwrap()), "{bad} of {all}");
        }
    }
}

#[tokio::test]
async fn a_person_lets_a_batch_through_with_a_higher_threshold_and_what_is_known_trips_no_breaker() {
    let world = World::new().await;
    let batch = batch(9, 10, |offset| raw(offset, Some("a"), Some(b"rubbish")));
    let narrow = [("BREAKER_MAX_COUNT", "8")];
    let error = delivered(&world, &narrow, &batch).await.unwrap_err();
    assert!(error.to_string().contains("BREAKER_MAX_COUNT"), "{error}");
    delivered(&world, &[("BREAKER_MAX_COUNT", "9")], &batch).await.unwrap();
    let again = delivered(&world, &narrow, &batch).await.unwrap();
    assert_eq!((again.duplicates, again.dead_lettered), (10, 0));
    assert_eq!(world.letters().await.len(), 9);
}

#[tokio::test]
async fn the_breaker_opens_long_before_a_bad_deploy_has_bisected_the_whole_batch() {
    let world = World::new().await;
    let (engine, shop) = (world.engine(), Shop::default());
    let batch = batch(2000, 2000, |offset| record(offset, "a", "noted bad"));
    process(&engine, &shop, 0, &batch).await.unwrap_err();
    let calls = shop.calls.into_inner().unwrap().len();
    assert!(calls > 1001 && calls < 3000, "{calls} calls for 1001 culprits of 2000");
}
