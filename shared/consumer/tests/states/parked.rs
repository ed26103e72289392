use crate::shop::{Shop, World, process, raw, record};

#[tokio::test]
async fn an_event_waits_for_its_row_and_takes_effect_in_the_transaction_that_makes_it() {
    let world = World::new().await;
    let outcomes = world.deliver(0, &[record(0, "a", "moved o1")]).await;
    assert_eq!((outcomes.parked, world.parked().await, world.blocked().await), (1, vec![0], 1));
    let outcomes = world.deliver(0, &[record(1, "b", "opened o1")]).await;
    assert_eq!((outcomes.applied, world.log().await), (2, vec![1, 0]));
    assert_eq!((world.parked().await, world.blocked().await), (vec![], 0));
}

#[tokio::test]
async fn what_stands_behind_a_waiting_event_of_its_key_follows_in_order_and_other_keys_do_not_wait() {
    let world = World::new().await;
    let batch = [
        record(0, "a", "moved o1"),
        record(1, "a", "noted"),
        record(2, "b", "noted"),
        record(3, "a", "opened o2"),
        record(4, "a", "moved o2"),
    ];
    world.deliver(0, &batch).await;
    assert_eq!((world.log().await, world.parked().await), (vec![2], vec![0, 1, 3, 4]));
    world.deliver(0, &[record(5, "a", "noted"), record(6, "b", "opened o1")]).await;
    assert_eq!(world.log().await, [2, 6, 0, 1, 3, 4, 5]);
}

#[tokio::test]
async fn an_event_ahead_of_one_that_waits_is_applied() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "opened o1"), record(1, "a", "moved o1"), record(2, "a", "moved o2")]).await;
    assert_eq!((world.log().await, world.parked().await), (vec![0, 1], vec![2]));
}

#[tokio::test]
async fn the_creator_behind_the_event_that_waits_for_it_is_applied_and_nothing_else_passes() {
    for together in [true, false] {
        let world = World::new().await;
        let batch = [
            record(0, "a", "moved o1"),
            record(1, "a", "opened o2"),
            record(2, "a", "noted"),
            record(3, "a", "opened o1"),
            record(4, "a", "noted"),
        ];
        let batches = if together { vec![&batch[..]] } else { batch.chunks(1).collect() };
        for batch in batches {
            world.deliver(0, batch).await;
        }
        assert_eq!(world.log().await, [3, 0, 1, 2, 4]);
        assert_eq!(world.blocked().await, 0);
    }
}

#[tokio::test]
async fn a_second_event_that_makes_the_row_passes_nobody() {
    for together in [true, false] {
        let world = World::new().await;
        let batch = [
            record(0, "a", "moved o1"),
            record(1, "a", "noted"),
            record(2, "a", "opened o1"),
            record(3, "a", "opened o1 once more"),
        ];
        let batches = if together { vec![&batch[..]] } else { batch.chunks(1).collect() };
        for batch in batches {
            world.deliver(0, batch).await;
        }
        assert_eq!(world.log().await, [2, 0, 1, 3], "together: {together}");
    }
}

#[tokio::test]
async fn a_creator_that_is_stale_makes_nothing_and_the_next_one_passes() {
    for together in [true, false] {
        let world = World::new().await;
        let batch = [
            record(0, "a", "opened o2 needs o1"),
            record(1, "a", "opened o1 stale"),
            record(2, "a", "opened o3 needs o1"),
            record(3, "a", "opened o1 at last"),
        ];
        let batches = if together { vec![&batch[..]] } else { batch.chunks(1).collect() };
        for batch in batches {
            world.deliver(0, batch).await;
        }
        assert_eq!((world.log().await, world.blocked().await), (vec![3, 0, 2], 0), "together: {together}");
    }
}

#[tokio::test]
async fn an_event_waits_for_its_row_where_what_should_have_made_it_was_stale() {
    let world = World::new().await;
    let batch = [record(0, "a", "opened o1 stale"), record(1, "a", "opened o2 needs o1"), record(2, "b", "moved o1")];
    world.deliver(0, &batch).await;
    assert_eq!((world.log().await, world.parked().await), (vec![], vec![1, 2]));
}

#[tokio::test]
async fn an_event_waits_for_a_row_that_went_away_after_it_was_looked_for() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "opened o1"), record(1, "b", "opened o2")]).await;
    let shop = Shop { first: Some("delete from shop_orders where id = 'o1'"), ..Shop::default() };
    let batch = [record(2, "a", "moved o1"), record(3, "a", "noted"), record(4, "b", "moved o2")];
    let outcomes = process(&world.engine(), &shop, 1, &batch).await.expect("the batch is applied");
    assert_eq!((outcomes.applied, outcomes.parked, outcomes.dead_lettered), (1, 2, 0));
    world.deliver(2, &[record(5, "c", "opened o1")]).await;
    assert_eq!((world.log().await, world.blocked().await), (vec![0, 1, 4, 5, 2, 3], 0));
}

#[tokio::test]
async fn a_waiting_event_without_a_key_holds_up_nothing() {
    let world = World::new().await;
    let waiting = |offset| {
        let value = crate::shop::event(offset, "moved o1").to_string();
        raw(offset, None, Some(value.as_bytes()))
    };
    let noted = crate::shop::event(1, "noted").to_string();
    world.deliver(0, &[waiting(0), raw(1, None, Some(noted.as_bytes())), waiting(2), record(3, "a", "noted")]).await;
    assert_eq!((world.log().await, world.parked().await, world.blocked().await), (vec![1, 3], vec![0, 2], 2));
    world.deliver(0, &[record(4, "a", "opened o1")]).await;
    let mut log = world.log().await;
    log.sort_unstable();
    assert_eq!((log, world.blocked().await), (vec![0, 1, 2, 3, 4], 0));
}

#[tokio::test]
async fn a_row_that_somebody_else_makes_releases_at_the_next_tick() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "moved o1"), record(1, "a", "noted")]).await;
    world.as_owner("insert into shop_orders values ('o1')").await;
    assert_eq!(world.tick(0).await.applied, 0, "it is not due yet");
    assert_eq!(world.tick(2).await.applied, 2);
    assert_eq!((world.log().await, world.blocked().await), (vec![0, 1], 0));
}

#[tokio::test]
async fn a_parked_event_that_comes_again_is_a_duplicate_at_whatever_offset() {
    let world = World::new().await;
    let replay = raw(7, Some("a"), Some(crate::shop::event(0, "moved o1").to_string().as_bytes()));
    world.deliver(0, &[record(0, "a", "moved o1"), replay.clone()]).await;
    assert_eq!(world.deliver(0, &[record(0, "a", "moved o1"), replay.clone()]).await.duplicates, 2);
    assert_eq!(world.parked().await, [0]);
    world.deliver(0, &[record(8, "b", "opened o1"), replay]).await;
    assert_eq!(world.log().await, [8, 0]);
}

#[tokio::test]
async fn what_the_database_refuses_among_parked_events_is_a_dead_letter_and_the_rest_goes_on() {
    let world = World::new().await;
    let batch = [
        record(0, "a", "moved o1"),
        record(1, "a", "noted bad"),
        record(2, "a", "noted refused"),
        record(3, "a", "noted"),
        raw(4, Some("a"), Some(b"rubbish")),
    ];
    world.deliver(0, &batch).await;
    assert_eq!((world.parked().await, world.letters().await), (vec![0, 1, 2, 3], vec![4]));
    world.deliver(0, &[record(5, "b", "opened o1")]).await;
    assert_eq!((world.log().await, world.letters().await), (vec![5, 0, 3], vec![1, 2, 4]));
    assert_eq!(world.texts("select event_id from inbox where state = 'dead_lettered'").await.len(), 2);
}

#[tokio::test]
async fn a_queue_longer_than_one_drain_takes_is_released_to_its_end() {
    let world = World::new().await;
    let mut batch = vec![record(0, "a", "moved o1")];
    batch.extend((1..1300).map(|offset| record(offset, "a", "noted")));
    world.deliver(0, &batch).await;
    assert_eq!(world.parked().await.len(), 1300);
    world.deliver(0, &[record(1300, "b", "opened o1")]).await;
    world.deliver(0, &[record(1301, "a", "noted")]).await;
    world.tick(0).await;
    assert_eq!(world.log().await[1..], (0..1300).chain([1301]).collect::<Vec<_>>());
    assert_eq!(world.blocked().await, 0);
}

#[tokio::test]
async fn a_late_event_of_a_long_queue_that_waits_as_well_does_not_keep_the_others() {
    let world = World::new().await;
    world.as_owner("insert into shop_orders values ('o3')").await;
    let mut batch = vec![record(0, "a", "moved o1")];
    batch.extend((1..700).map(|offset| record(offset, "a", "noted")));
    world.deliver(0, &batch).await;
    // Makes what the first waits for, and waits itself for what never comes.
    world.deliver(0, &[record(700, "a", "opened o1 needs o2")]).await;
    world.as_owner("insert into shop_orders values ('o1')").await;
    for minute in 1..5 {
        world.tick(minute * 60).await;
    }
    assert_eq!(world.log().await, (0..700).collect::<Vec<_>>());
    assert_eq!(world.parked().await, [700]);
}
