use serde_json::json;
use store::dead_letters::DeadLetter;
use testkit::sqlx;

use crate::world::{World, letter};

const PATH: &str = "/api/dead-letters/redrive";

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let world = World::new().await;
    let ids = world.letters(&[letter("u-1", 1), letter("u-2", 2)]).await;
    let before = world.everything().await;
    for which in [json!({"ids": ids, "dryRun": true}), json!({"filter": {}, "dryRun": true})] {
        let answer = world.post(PATH, &which).await;
        let by_class = json!([{"consumer": "event-fanout", "errorClass": "email-taken", "letters": 2}]);
        assert_eq!(answer.body, json!({"dryRun": true, "letters": 2, "byClass": by_class, "left": 0}));
    }
    assert_eq!(world.everything().await, before);
    assert_eq!(world.on_record().len(), 0);
}

#[tokio::test]
async fn letters_are_sent_on_once_and_that_is_put_on_record_once() {
    let world = World::new().await;
    let ids = world.letters(&[letter("u-1", 1), letter("u-2", 2), letter("u-3", 3)]).await;
    let answer = world.post(PATH, &json!({"ids": [ids[0], ids[0]]})).await;
    assert_eq!((&answer.body["letters"], &answer.body["left"]), (&json!(1), &json!(0)), "{answer:?}");
    let all = world.post(PATH, &json!({"filter": {"errorClass": "email-taken", "toId": ids[1]}})).await;
    assert_eq!(all.body["letters"], 1, "{all:?}");
    let again = world.post(PATH, &json!({"ids": ids[..2]})).await;
    let expected = json!({"dryRun": false, "letters": 0, "byClass": [], "left": 2});
    assert_eq!(again.body, expected);
    let parked = world.must_get("/api/parked").await;
    let parked: Vec<_> = parked["items"].as_array().unwrap().iter().map(|one| one["deadLetterId"].clone()).collect();
    assert_eq!(parked, [json!(ids[0]), json!(ids[1])]);
    assert_eq!(world.must_get(&format!("/api/dead-letters/{}", ids[0])).await["inboxState"], "parked");
    assert_eq!(world.must_get(&format!("/api/dead-letters/{}", ids[2])).await["state"], "open");

    let one = |id: i64, selection: String| {
        let detail = format!("letters: 1 (1 of email-taken), selection: {selection}");
        ["dead-letters.redriven", "redrive", &format!("dead-letters/{id}"), "success", &detail].map(str::to_owned)
    };
    let expected = [one(ids[0], format!("id={}", ids[0])), one(ids[1], format!("class=email-taken to-id={}", ids[1]))];
    assert_eq!(world.on_record(), expected);
}

#[tokio::test]
async fn what_cannot_be_sent_on_is_left() {
    let world = World::new().await;
    let ids = world.letters(&[letter("u-1", 1), DeadLetter { value: None, ..letter("u-2", 2) }]).await;
    let answer = world.post(PATH, &json!({"ids": [ids[0], ids[1], 4711]})).await;
    assert_eq!((&answer.body["letters"], &answer.body["left"]), (&json!(1), &json!(2)), "{answer:?}");
}

#[tokio::test]
async fn more_than_one_request_takes_are_dealt_with_by_several() {
    let world = World::new().await;
    sqlx::query(
        "insert into dead_letters (consumer, topic, partition, record_offset, key, value, headers, error_class, error, attempts)
         select 'event-fanout', 'user.events', 0, n, convert_to('u-' || n % 100, 'UTF8'), '{}', '[]', 'malformed', '', 1
         from generate_series(1, 10500) as n",
    )
    .execute(&world.database.pool)
    .await
    .unwrap();
    let (mut moved, mut requests) = (0, 0);
    loop {
        let body = world.post(PATH, &json!({"filter": {"errorClass": "malformed"}})).await.body;
        moved += body["letters"].as_i64().unwrap();
        assert_eq!(moved + body["left"].as_i64().unwrap(), 10_500, "{body}");
        requests += 1;
        if body["left"] == 0 {
            break;
        }
    }
    assert!(requests > 1);
    let counted: i64 =
        sqlx::query_scalar("select count(*) from parked_events").fetch_one(&world.database.pool).await.unwrap();
    assert_eq!(counted, 10_500);
    let records = world.on_record();
    assert!(records.iter().all(|record| record[2] == "dead-letters"), "{records:?}");
    let letters = |detail: &str| -> i64 { detail[9..].split(' ').next().unwrap().parse().unwrap() };
    assert_eq!(records.iter().map(|record| letters(&record[4])).sum::<i64>(), 10_500);
}

/// The log is kept for ever, and whoever is erased must not stand in it.
#[tokio::test]
async fn a_key_or_an_event_id_that_was_asked_for_is_not_put_on_record() {
    let world = World::new().await;
    let personal = DeadLetter { event_id: Some("ada@example.com".to_owned()), ..letter("bob@example.com", 2) };
    let ids = world.letters(&[letter("ada@example.com", 1), personal]).await;
    for filter in [json!({"key": "ada@example.com"}), json!({"eventId": "ada@example.com"})] {
        assert_eq!(world.post(PATH, &json!({"filter": filter})).await.body["letters"], 1, "{filter}");
    }
    let [first, second] = world.on_record().try_into().unwrap();
    // printf %s ada@example.com | sha256sum
    assert!(first[4].ends_with("selection: key=sha256:b5fc85e55755"), "{first:?}");
    assert!(second[4].ends_with("selection: event-id=sha256:b5fc85e55755"), "{second:?}");
    assert_eq!([&first[3], &first[2]], ["success", &format!("dead-letters/{}", ids[0])]);
}

#[tokio::test]
async fn numbers_are_put_on_record_as_how_many_with_the_first_and_the_last() {
    let world = World::new().await;
    let ids = world.letters(&(1..=300).map(|offset| letter("u-1", offset)).collect::<Vec<_>>()).await;
    world.post(PATH, &json!({"ids": ids})).await;
    let detail = format!("letters: 300 (300 of email-taken), selection: 300 ids from {} to {}", ids[0], ids[299]);
    assert_eq!(world.on_record(), [["dead-letters.redriven", "redrive", "dead-letters", "success", &detail]]);
}
