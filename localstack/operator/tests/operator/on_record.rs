//! What is put on record of repairs, with the change itself.

use serde_json::Value;
use testkit::{TestDatabase, sqlx};

use crate::support::{keep, letter, must};

/// What is on its way to the audit log: actor, kind of event, action, resource and detail.
pub async fn on_record(database: &TestDatabase) -> Vec<[String; 5]> {
    let payloads: Vec<Vec<u8>> =
        sqlx::query_scalar("select payload from outbox where aggregatetype = 'system.audit' order by seq")
            .fetch_all(&database.pool)
            .await
            .unwrap();
    let read = |payload: &Vec<u8>| {
        let event: Value = serde_json::from_slice(payload).unwrap();
        ["userId", "eventType", "action", "resource", "detail"]
            .map(|field| event["data"][field].as_str().unwrap().to_owned())
    };
    payloads.iter().map(read).collect()
}

#[tokio::test]
async fn who_sent_on_or_gave_up_what_is_on_record_once() {
    let database = TestDatabase::new().await;
    let ids = keep(&database, &(1..=4).map(|offset| letter(Some(b"k"), offset)).collect::<Vec<_>>()).await;
    let redrive = ["dlq", "redrive", "--id", &ids[0]];
    must(&database, &["dlq", "redrive", "--id", &ids[0], "--dry-run"]);
    must(&database, &["dlq", "discard", "--all", "--reason", "ours", "--dry-run"]);
    assert_eq!(on_record(&database).await.len(), 0, "nothing moved");
    must(&database, &redrive);
    crate::support::refused(&database, &redrive);
    must(&database, &["dlq", "redrive", "--class", "invalid-data", "--to-id", &ids[1]]);
    must(&database, &["dlq", "discard", "--all", "--reason", "sent by mistake"]);
    must(&database, &["dlq", "discard", "--all", "--reason", "again"]);
    let entry = |kind: &str, action: &str, resource: &str, detail: String| {
        ["operator:ada", &format!("dead-letters.{kind}"), action, resource, &detail].map(str::to_owned)
    };
    let one = |id: &str| format!("dead-letters/{id}");
    let letters = |n: i64| format!("letters: {n} ({n} of invalid-data)");
    let expected = [
        entry("redriven", "redrive", &one(&ids[0]), format!("{}, selection: id={}", letters(1), ids[0])),
        entry(
            "redriven",
            "redrive",
            &one(&ids[1]),
            format!("{}, selection: class=invalid-data to-id={}", letters(1), ids[1]),
        ),
        entry(
            "discarded",
            "discard",
            "dead-letters",
            format!("{}, reason: sent by mistake, selection: all", letters(2)),
        ),
    ];
    assert_eq!(on_record(&database).await, expected);
}

#[tokio::test]
async fn each_part_is_on_record_with_its_own_transaction() {
    let database = TestDatabase::new().await;
    let letters: Vec<_> = (1..=1200_i64).map(|offset| letter(Some(&(offset % 7).to_be_bytes()), offset)).collect();
    keep(&database, &letters).await;
    must(&database, &["dlq", "redrive", "--all"]);
    let details: Vec<_> = on_record(&database).await.into_iter().map(|[.., detail]| detail).collect();
    let parts = [500, 500, 200].map(|n| format!("letters: {n} ({n} of invalid-data), selection: all"));
    assert_eq!(details, parts);
}

/// The log is kept for ever, and whoever is erased must not stand in it.
#[tokio::test]
async fn a_key_that_was_asked_for_is_not_on_record_and_many_numbers_are_counted() {
    let database = TestDatabase::new().await;
    let keys = ["ada@example.com", "k", "k"];
    let letters: Vec<_> = (1..).zip(keys).map(|(offset, key)| letter(Some(key.as_bytes()), offset)).collect();
    let ids = keep(&database, &letters).await;
    must(&database, &["dlq", "redrive", "--key", "ada@example.com"]);
    must(&database, &["dlq", "discard", "--id", &format!("{},{}", ids[2], ids[1]), "--reason", "a test"]);
    let selected = |[.., detail]: [String; 5]| detail.split_once("selection: ").unwrap().1.to_owned();
    let selected: Vec<_> = on_record(&database).await.into_iter().map(selected).collect();
    // printf %s ada@example.com | sha256sum
    assert_eq!(selected, ["key=sha256:b5fc85e55755".to_owned(), format!("2 ids from {} to {}", ids[1], ids[2])]);
}
