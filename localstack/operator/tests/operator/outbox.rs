use serde_json::json;
use store::outbox::{self, Failure, NewRow};
use testkit::sqlx;
use testkit::{TestDatabase, uuid_at};

use crate::on_record::on_record;
use crate::support::{NOW, json, must, refused};

/// Two events of a refused key and one of another; gives the place of the refused one.
async fn refuse(database: &TestDatabase) -> String {
    let mut connection = database.pool.acquire().await.unwrap();
    let row = |key| NewRow { id: uuid_at(NOW), topic: "t", key, event_type: "link.clicked", payload: b"{}" };
    outbox::insert(&mut connection, &[row("stopped\u{202e}"), row("stopped\u{202e}"), row("other")]).await.unwrap();
    let seq: i64 = sqlx::query_scalar("select min(seq) from outbox").fetch_one(&database.pool).await.unwrap();
    let failure = Failure { topic: "t", key: "stopped\u{202e}", seq, error: "the record is\ntoo large" };
    outbox::record_failures(&mut connection, &[failure]).await.unwrap();
    sqlx::query("update outbox_failures set next_try_at = now() + interval '1 hour'")
        .execute(&database.pool)
        .await
        .unwrap();
    seq.to_string()
}

#[tokio::test]
async fn what_waits_and_what_is_refused_is_said() {
    let database = TestDatabase::new().await;
    assert_eq!(must(&database, &["outbox", "list"]), "Nothing waits in the outbox.\n");
    let seq = refuse(&database).await;
    let listed = must(&database, &["outbox", "list"]);
    assert!(listed.starts_with("3 events wait in the outbox, the oldest for 0s."), "{listed}");
    assert!(listed.contains(r"stopped\xe2\x80\xae  ") && listed.ends_with("the record is\\x0atoo large\n"), "{listed}");
    let figures = listed.lines().skip_while(|line| !line.starts_with("TOPIC")).nth(1).unwrap_or_default();
    assert_eq!(figures.split_whitespace().collect::<Vec<_>>(), ["t", "3", "0s", "1", "0", "1"], "{listed}");
    let read = json(&database, &["outbox", "list", "--json"]);
    assert_eq!(
        (&read["pending"], read["stopped"][0]["id"].to_string(), &read["stopped"][0]["waiting"]),
        (&json!(3), seq, &json!(2))
    );
    let topic = &read["topics"][0];
    assert_eq!(
        [&topic["topic"], &topic["pending"], &topic["stoppedKeys"], &topic["published"], &topic["failed"]],
        [&json!("t"), &json!(3), &json!(1), &json!(0), &json!(1)]
    );
}

#[tokio::test]
async fn a_refused_event_is_tried_at_once_when_it_was_named() {
    let database = TestDatabase::new().await;
    let seq = refuse(&database).await;
    let due = async || -> bool {
        sqlx::query_scalar("select next_try_at <= now() from outbox_failures").fetch_one(&database.pool).await.unwrap()
    };
    for arguments in [
        ["outbox", "retry"].as_slice(),
        &["outbox", "retry", "--all", "--id", &seq],
        &["outbox", "retry", "--id", "999"],
    ] {
        refused(&database, arguments);
        assert!(!due().await, "{arguments:?}");
    }
    must(&database, &["outbox", "retry", "--id", &seq]);
    assert!(due().await);
    assert!(must(&database, &["outbox", "retry", "--all"]).starts_with("1 refused"));
}

#[tokio::test]
async fn only_a_refused_event_is_given_up_and_with_a_reason() {
    let database = TestDatabase::new().await;
    let seq = refuse(&database).await;
    let next = (seq.parse::<i64>().unwrap() + 1).to_string();
    assert!(refused(&database, &["outbox", "discard", "--id", &seq]).contains("--reason"));
    assert!(refused(&database, &["outbox", "discard", "--id", &seq, "--reason", " "]).contains("--reason"));
    assert!(
        refused(&database, &["outbox", "discard", "--id", &next, "--reason", "ours"]).contains("does not refuse it")
    );
    must(&database, &["outbox", "discard", "--id", &seq, "--reason", "a test of ours"]);
    let read = json(&database, &["outbox", "list", "--json"]);
    // The other two, and that it was given up.
    assert_eq!((&read["pending"], &read["stoppedKeys"]), (&json!(3), &json!(0)));
    let expected = ["operator:ada", "outbox.discarded", "discard", &format!("outbox/{seq}"), "reason: a test of ours"];
    assert_eq!(on_record(&database).await, [expected]);
    let letters = json(&database, &["dlq", "list", "--state", "discarded", "--json"]);
    assert_eq!((&letters[0]["consumer"], &letters[0]["reason"]), (&json!("outbox"), &json!("a test of ours")));
}
