use store::dead_letters;

use crate::shop::{NOW, World, raw, record};

impl World {
    /// Sends all open dead letters on again, and says how many.
    pub async fn redrive(&self) -> i64 {
        let letters = self.numbers("select dead_letter_id from dead_letters where state = 'open'").await;
        let connection = &mut *self.database.pool.acquire().await.unwrap();
        let mut transaction = store::Connection::begin(connection).await.unwrap();
        let redriven = dead_letters::redrive(&mut transaction, &letters, NOW).await.unwrap();
        transaction.commit().await.unwrap();
        redriven.iter().map(|tally| tally.letters).sum()
    }

    pub async fn repair(&self) {
        self.as_owner("alter table shop_log drop constraint shop_log_told_check").await;
    }

    async fn states(&self) -> Vec<String> {
        self.texts("select state from dead_letters order by record_offset").await
    }
}

#[tokio::test]
async fn a_redriven_letter_takes_effect_ahead_of_what_waits_behind_it() {
    let world = World::new().await;
    let batch = [record(0, "a", "noted bad"), record(1, "a", "moved o1"), record(2, "a", "noted")];
    world.deliver(0, &batch).await;
    assert_eq!((world.letters().await, world.parked().await), (vec![0], vec![1, 2]));
    world.repair().await;
    assert_eq!(world.redrive().await, 1);
    assert_eq!(world.parked().await, [0, 1, 2]);
    assert_eq!(world.tick(1).await.applied, 1);
    assert_eq!((world.log().await, world.states().await), (vec![0], vec!["applied".to_owned()]));
    world.deliver(2, &[record(3, "b", "opened o1")]).await;
    assert_eq!((world.log().await, world.blocked().await), (vec![0, 3, 1, 2], 0));
}

#[tokio::test]
async fn a_redriven_letter_in_the_middle_of_what_waits_keeps_its_place() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "moved o1"), raw(1, Some("a"), Some(b"rubbish")), record(2, "a", "noted")]).await;
    world.redrive().await;
    world.tick(1).await;
    assert_eq!((world.parked().await, world.letters().await), (vec![0, 2], vec![1]), "rubbish stops nothing");
    world.deliver(2, &[record(3, "b", "opened o1")]).await;
    assert_eq!((world.log().await, world.blocked().await), (vec![3, 0, 2], 0));
}

#[tokio::test]
async fn a_redriven_creator_passes_the_event_that_waits_for_it() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "moved o1"), record(1, "a", "noted"), record(2, "a", "opened o1 bad")]).await;
    assert_eq!((world.letters().await, world.parked().await), (vec![2], vec![0, 1]));
    world.repair().await;
    world.redrive().await;
    world.tick(1).await;
    assert_eq!((world.log().await, world.blocked().await), (vec![2, 0, 1], 0));
}

#[tokio::test]
async fn a_redriven_letter_whose_cause_is_still_there_is_open_again_and_counts_the_attempt() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "noted bad"), record(1, "a", "noted")]).await;
    world.redrive().await;
    assert_eq!(world.tick(1).await.dead_lettered, 1);
    assert_eq!((world.states().await, world.log().await), (vec!["open".to_owned()], vec![1]));
    assert_eq!(world.numbers("select attempts::bigint from dead_letters").await, [2]);
    assert_eq!((world.parked().await, world.blocked().await), (vec![], 0));
    assert_eq!(world.texts("select state from inbox where event_id like '%000'").await, ["dead_lettered"]);
}

#[tokio::test]
async fn redriving_twice_or_after_it_took_effect_moves_nothing() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "noted bad")]).await;
    world.repair().await;
    assert_eq!((world.redrive().await, world.redrive().await), (1, 0));
    // The same record comes from Kafka once more, before the tick and after it.
    assert_eq!(world.deliver(0, &[record(0, "a", "noted bad")]).await.duplicates, 1);
    world.tick(1).await;
    assert_eq!(world.deliver(2, &[record(0, "a", "noted bad")]).await.duplicates, 1);
    assert_eq!((world.redrive().await, world.log().await), (0, vec![0]));
}

#[tokio::test]
async fn new_events_of_a_key_whose_letter_is_redriven_wait_for_it() {
    let world = World::new().await;
    world.deliver(0, &[record(0, "a", "noted bad")]).await;
    world.repair().await;
    world.redrive().await;
    // The drain ahead of the batch tries the letter first.
    world.deliver(1, &[record(1, "a", "noted")]).await;
    assert_eq!((world.log().await, world.blocked().await), (vec![0, 1], 0));
}
