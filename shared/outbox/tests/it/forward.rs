use kafka::OrderedPublisher;
use outbox::Forwarded;
use store::dead_letters::{self, DeadLetter};
use testkit::{Read, TestDatabase, TestTopic, bootstrap, sqlx};
use time::macros::datetime;

use crate::support::{WITHIN, connect, publisher};

/// A topic with its `.dlq`; the first need not be there.
async fn dlq() -> (String, TestTopic) {
    let topic = testkit::unique_name();
    let dlq = TestTopic::named(format!("{topic}.dlq"), &bootstrap(), 2, &[]).await;
    (topic, dlq)
}

fn letter(topic: &str, offset: i64) -> DeadLetter {
    DeadLetter {
        topic: topic.to_owned(),
        partition: 3,
        offset,
        record_time: Some(datetime!(2026-11-21 09:30:00.125 UTC)),
        key: Some(b"abc".to_vec()),
        value: Some(b"rubbish".to_vec()),
        headers: br#"[["traceparent","MDAtYQ=="],["ce_id","MQ=="]]"#.to_vec(),
        event_source: None,
        event_id: None,
        error_class: "malformed",
        error: "is no JSON".to_owned(),
        attempts: 4,
    }
}

async fn keep(database: &TestDatabase, letters: &[DeadLetter]) {
    dead_letters::insert(&mut connect(database).await, "click-consumer", letters).await.unwrap();
}

async fn forward(database: &TestDatabase, publisher: &OrderedPublisher) -> Forwarded {
    outbox::forward(&database.pool, publisher, WITHIN).await.unwrap()
}

fn header<'a>(record: &'a Read, name: &str) -> &'a str {
    let (_, value) = record.headers.iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no {name}"));
    std::str::from_utf8(value).unwrap()
}

#[tokio::test]
async fn a_dead_letter_is_in_the_dlq_once_with_its_bytes_and_what_is_known_of_its_failure() {
    let (database, (topic, dlq)) = (TestDatabase::new().await, dlq().await);
    keep(&database, &[letter(&topic, 41)]).await;
    let publisher = publisher(&bootstrap());
    let expected = Forwarded { forwarded: 1, refused: 0, is_cut_short: false };
    assert_eq!(forward(&database, &publisher).await, expected);
    assert_eq!(forward(&database, &publisher).await, Forwarded::default());
    let read = dlq.read_all();
    let expected = [
        ("traceparent", "00-a"),
        ("ce_id", "1"),
        ("__dlq.errors.topic", topic.as_str()),
        ("__dlq.errors.partition", "3"),
        ("__dlq.errors.offset", "41"),
        ("__dlq.errors.group", "click-consumer"),
        ("__dlq.errors.delivery.count", "4"),
        ("__dlq.errors.message", "is no JSON"),
        ("__dlq.errors.timestamp", "1795253400125"),
        ("__dlq.errors.class", "malformed"),
    ];
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].headers, expected.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())));
    assert_eq!(
        (read[0].key.as_deref(), read[0].value.as_deref()),
        (Some(b"abc".as_slice()), Some(b"rubbish".as_slice()))
    );
}

#[tokio::test]
async fn a_letter_of_any_bytes_is_forwarded() {
    let (database, (topic, dlq)) = (TestDatabase::new().await, dlq().await);
    let letters = [
        DeadLetter { key: None, value: None, record_time: None, headers: b"[]".to_vec(), ..letter(&topic, 1) },
        // A header without a name, one with NUL and one that is no text.
        DeadLetter { headers: br#"[["","AA=="],["a\u0000b","/w=="]]"#.to_vec(), ..letter(&topic, 2) },
        DeadLetter { headers: b"no list".to_vec(), key: Some(vec![0, 255]), value: Some(vec![]), ..letter(&topic, 3) },
        DeadLetter { error: "\u{e9}".repeat(5000), ..letter(&topic, 4) },
    ];
    keep(&database, &letters).await;
    assert_eq!(forward(&database, &publisher(&bootstrap())).await.forwarded, 4);
    let read = dlq.read_all();
    let of = |offset: &str| read.iter().find(|record| header(record, "__dlq.errors.offset") == offset).unwrap();
    assert_eq!((&of("1").key, &of("1").value), (&None, &None));
    assert!(of("1").headers.iter().all(|(name, _)| name != "__dlq.errors.timestamp"));
    // librdkafka gives the name to its reader up to the NUL; the broker has it whole.
    assert_eq!(of("2").headers[..2], [(String::new(), vec![0]), ("a".to_owned(), vec![255])]);
    assert_eq!(of("3").key, Some(vec![0, 255]));
    assert_eq!(header(of("4"), "__dlq.errors.message").len(), 1000);
}

#[tokio::test]
async fn a_letter_that_the_dlq_refuses_is_marked_and_makes_no_new_one() {
    let (database, (topic, dlq)) = (TestDatabase::new().await, dlq().await);
    let nowhere = testkit::unique_name();
    let large = DeadLetter { value: Some(vec![b'x'; 999_990]), ..letter(&topic, 2) };
    keep(&database, &[letter(&nowhere, 1), large, letter(&topic, 3), letter(&topic, 4)]).await;
    let publisher = publisher(&bootstrap());
    let expected = Forwarded { forwarded: 2, refused: 2, is_cut_short: false };
    assert_eq!(forward(&database, &publisher).await, expected);
    assert_eq!(forward(&database, &publisher).await, Forwarded::default());
    assert_eq!(dlq.read_all().len(), 2, "those behind it, of the same key");
    let marks: Vec<(i64, bool, Option<String>)> = sqlx::query_as(
        "select record_offset, forwarded_at is not null, forward_error from dead_letters order by record_offset",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert!(marks[0].2.as_ref().unwrap().contains("Unknown topic"), "{marks:?}");
    assert!(marks[1].2.as_ref().unwrap().contains("too large"), "{marks:?}");
    assert_eq!(marks.iter().map(|mark| mark.1).collect::<Vec<_>>(), [false, false, true, true]);
    assert_eq!(marks.len(), 4);
}

#[tokio::test]
async fn a_letter_that_failed_again_is_forwarded_again_and_one_that_was_given_up_is_not() {
    let (database, (topic, dlq)) = (TestDatabase::new().await, dlq().await);
    keep(&database, &[letter(&topic, 1), letter(&topic, 2)]).await;
    sqlx::query("update dead_letters set state = 'discarded', resolved_at = now() where record_offset = 2")
        .execute(&database.pool)
        .await
        .unwrap();
    let publisher = publisher(&bootstrap());
    assert_eq!(forward(&database, &publisher).await.forwarded, 1);
    let id: i64 = sqlx::query_scalar("select dead_letter_id from dead_letters where record_offset = 1")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    let again =
        [dead_letters::FailedAgain { dead_letter_id: id, event: None, error_class: "missing", error: "still no JSON" }];
    dead_letters::reopen(&mut connect(&database).await, &again, datetime!(2026-11-21 10:00 UTC)).await.unwrap();
    assert_eq!(forward(&database, &publisher).await.forwarded, 1);
    let messages: Vec<_> =
        dlq.read_all().iter().map(|record| header(record, "__dlq.errors.message").to_owned()).collect();
    assert_eq!(messages, ["is no JSON", "still no JSON"]);
}
