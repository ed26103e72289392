use store::blocked_keys::{self, Queue};
use store::dead_letters::DeadLetter;
use testkit::TestDatabase;

use crate::support::{NOW, everything, json, keep, letter, must, must_on, operator, refused};

#[tokio::test]
async fn nothing_is_sent_on_that_was_not_selected() {
    let database = TestDatabase::new().await;
    let ids = keep(&database, &[letter(Some(b"k"), 1)]).await;
    let before = everything(&database).await;
    for command in [["redrive"].as_slice(), &["discard", "--reason", "ours"], &["redrive", "--dry-run"]] {
        let said = refused(&database, &[&["dlq"], command].concat());
        assert!(said.contains("--id") && said.contains("--all"), "{said}");
    }
    for both in [
        ["--id", &ids[0], "--all", "--dry-run"],
        ["--id", &ids[0], "--class", "x"],
        ["--all", "--dry-run", "--class", "x"],
    ] {
        assert!(refused(&database, &[&["dlq", "redrive"], both.as_slice()].concat()).contains("exclude each other"));
    }
    assert_eq!(everything(&database).await, before);
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_says_what_is_then_done_once() {
    let database = TestDatabase::new().await;
    keep(
        &database,
        &(1..=1200_i64).map(|offset| letter(Some(&(offset % 7).to_be_bytes()), offset)).collect::<Vec<_>>(),
    )
    .await;
    let before = everything(&database).await;
    let would = json(&database, &["dlq", "redrive", "--all", "--dry-run", "--json"]);
    assert!(must(&database, &["dlq", "redrive", "--all", "--dry-run"]).contains("Nothing was changed."));
    assert_eq!(everything(&database).await, before);
    let did = operator(&database, &["dlq", "redrive", "--all", "--json"]);
    let done: serde_json::Value = serde_json::from_str(&did.out).unwrap();
    assert_eq!((&done["letters"], &done["byClass"], &done["left"]), (&1200.into(), &would["byClass"], &0.into()));
    let line: serde_json::Value = serde_json::from_str(&did.err).unwrap();
    assert_eq!((&line["dead_letters.redriven"], &line["user"]), (&1200.into(), &"ada".into()), "{line}");
    let after = everything(&database).await;
    assert!(must(&database, &["dlq", "redrive", "--all"]).starts_with("0 dead letters sent on again."));
    assert_eq!(everything(&database).await, after);
}

/// A lock is waited for five seconds at a time.
#[tokio::test]
async fn a_batch_that_holds_a_key_for_long_only_delays_what_is_sent_on() {
    let database = TestDatabase::new().await;
    keep(&database, &[letter(Some(b"k"), 1), letter(Some(b"k"), 2)]).await;
    let mut batch = database.pool.begin().await.unwrap();
    let queue = Queue::of("order.events", 1, 1, Some(b"k"));
    blocked_keys::block(&mut batch, "order-consumer", &[queue], NOW).await.unwrap();
    let moved = tokio::task::spawn_blocking({
        let url = database.url();
        move || must_on(&url, &["dlq", "redrive", "--all"])
    });
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert!(!moved.is_finished());
    batch.rollback().await.unwrap();
    assert!(moved.await.unwrap().starts_with("2 dead letters sent on again."));
    assert_eq!(json(&database, &["dlq", "list", "--json"]), serde_json::json!([]));
}

#[tokio::test]
async fn what_was_named_and_is_not_open_is_said_and_the_others_go_on() {
    let database = TestDatabase::new().await;
    let ids = keep(&database, &(1..=4).map(|offset| letter(Some(b"k"), offset)).collect::<Vec<_>>()).await;
    assert!(refused(&database, &["dlq", "discard", "--id", &ids[0]]).contains("--reason"));
    assert!(refused(&database, &["dlq", "discard", "--id", &ids[0], "--reason", " "]).contains("--reason"));
    let discarded = must(&database, &["dlq", "discard", "--id", &ids[0], "--reason", "a test of ours"]);
    assert!(discarded.starts_with("1 dead letter discarded."), "{discarded}");
    must(&database, &["dlq", "redrive", "--id", &ids[1]]);
    let some = [ids[0].as_str(), &ids[1], &ids[2], "999"].join(",");
    let said = refused(&database, &["dlq", "redrive", "--id", &some, "--id", &ids[3]]);
    assert!(said.starts_with("2 dead letters sent on again."), "{said}");
    for part in [
        format!("Not {}: it was discarded for good: a test of ours.", ids[0]),
        format!("Not {}: it was sent on already", ids[1]),
        "Not 999: there is none".to_owned(),
    ] {
        assert!(said.contains(&part), "{part}: {said}");
    }
}

#[tokio::test]
async fn a_letter_without_a_value_can_only_be_discarded_and_that_is_said() {
    let database = TestDatabase::new().await;
    keep(&database, &[DeadLetter { value: None, ..letter(Some(b"k"), 1) }, letter(Some(b"k"), 2)]).await;
    let said = refused(&database, &["dlq", "redrive", "--all"]);
    assert!(said.starts_with("1 dead letter sent on again.") && said.contains("1 more stay"), "{said}");
    assert!(must(&database, &["dlq", "discard", "--all", "--reason", "empty"]).starts_with("1 dead letter discarded."));
}
