use serde_json::json;

use crate::world::{World, letter};

#[tokio::test]
async fn a_letter_is_given_up_once_with_its_reason_on_record() {
    let world = World::new().await;
    let ids = world.letters(&[letter("u-1", 1), letter("u-2", 2)]).await;
    let path = format!("/api/dead-letters/{}/discard", ids[0]);
    let answer = world.post(&path, &json!({"reason": " sent by mistake "})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((&answer.body["state"], &answer.body["reason"]), (&json!("discarded"), &json!("sent by mistake")));
    world.post(&path, &json!({"reason": "again"})).await.problem(409, "dead-letter-not-open");
    let shown = world.must_get(&format!("/api/dead-letters/{}", ids[0])).await;
    assert_eq!((&shown["reason"], &shown["inboxState"]), (&json!("sent by mistake"), &json!("discarded")));
    assert_eq!(world.must_get(&format!("/api/dead-letters/{}", ids[1])).await["state"], "open");
    let detail = "letters: 1 (1 of email-taken), reason: sent by mistake, selection: one";
    let resource = format!("dead-letters/{}", ids[0]);
    assert_eq!(world.on_record(), [["dead-letters.discarded", "discard", &resource, "success", detail]]);
}

#[tokio::test]
async fn a_letter_that_was_sent_on_cannot_be_given_up() {
    let world = World::new().await;
    let ids = world.letters(&[letter("u-1", 1)]).await;
    world.post("/api/dead-letters/redrive", &json!({"ids": ids})).await;
    let refused = world.post(&format!("/api/dead-letters/{}/discard", ids[0]), &json!({"reason": "late"})).await;
    assert!(refused.problem(409, "dead-letter-not-open").contains("sent on"));
    assert_eq!(world.on_record().len(), 1);
}
