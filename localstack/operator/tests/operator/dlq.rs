use store::blocked_keys::{self, Queue};
use store::dead_letters::DeadLetter;
use store::parked_events::{self, Entity, NewlyParked};
use testkit::TestDatabase;

use crate::support::{NOW, everything, json, keep, letter, must, must_on, operator, raw, refused};

const HOSTILE: &[u8] = b"\0\xff\x1b[2J\\n";

#[tokio::test]
async fn a_list_stands_in_lines_whatever_is_in_a_record_and_its_key_finds_it_again() {
    let database = TestDatabase::new().await;
    let ids =
        keep(&database, &[letter(Some(b"o-1"), 1), letter(Some(HOSTILE), 2), letter(None, 3), letter(Some(b""), 4)])
            .await;
    let listed = must(&database, &["dlq", "list"]);
    let lines: Vec<&str> = listed.lines().take(5).collect();
    assert!(
        lines[0].trim_start().starts_with("ID  AGE  STATE  CONSUMER        TOPIC/PARTITION/OFFSET  KEY "),
        "{listed}"
    );
    let place = lines[0].find("TOPIC/").unwrap();
    for (line, offset) in lines[1..].iter().zip([4, 3, 2, 1]) {
        assert!(line[place..].starts_with(&format!("order.events/1/{offset} ")), "{listed}");
        assert!(line.ends_with(r"quantity is\x0anot a number"), "{listed}");
    }
    assert!(lines[2].contains("(none)") && lines[3].contains(r"\x00\xff\x1b[2J\\n"), "{listed}");
    assert!(listed.contains("In all:\nSTATE  CONSUMER        CLASS         LETTERS"), "{listed}");
    let found = json(&database, &["dlq", "list", "--json", "--key", r"\x00\xff\x1b[2J\\n"]);
    assert_eq!((found[0]["id"].to_string(), found.as_array().unwrap().len()), (ids[1].clone(), 1));
    assert_eq!(json(&database, &["dlq", "list", "--json", "--key", ""])[0]["offset"], 4);
}

#[tokio::test]
async fn a_long_list_comes_page_by_page() {
    let database = TestDatabase::new().await;
    let ids = keep(&database, &(1..=5).map(|offset| letter(Some(b"k"), offset)).collect::<Vec<_>>()).await;
    let first = must(&database, &["dlq", "list", "--limit", "2"]);
    assert!(first.contains(&format!("--before {}", ids[3])), "{first}");
    let second = json(&database, &["dlq", "list", "--limit", "2", "--before", &ids[3], "--json"]);
    assert_eq!([&second[0]["offset"], &second[1]["offset"]], [3, 2]);
    let last = must(&database, &["dlq", "list", "--limit", "2", "--before", &ids[1]]);
    assert!(!last.contains("--before"), "{last}");
}

#[tokio::test]
async fn each_filter_and_state_is_heeded() {
    let database = TestDatabase::new().await;
    assert!(must(&database, &["dlq", "list"]).contains("No open dead letters."));
    let other = DeadLetter { error_class: "malformed", ..letter(Some(b"k"), 2) };
    let ids = keep(&database, &[letter(Some(b"k"), 1), other]).await;
    must(&database, &["dlq", "discard", "--id", &ids[0], "--reason", "ours"]);
    for (arguments, expected) in [
        (["--class", "malformed"], 1),
        (["--class", "invalid-data"], 0),
        (["--state", "any"], 2),
        (["--state", "discarded"], 1),
        (["--consumer", "order-consumer"], 1),
        (["--topic", "user.events"], 0),
        (["--event-id", "2"], 1),
        (["--since", "1h"], 1),
        (["--until", "1h"], 0),
        (["--until", "2026-01-01T00:00:00Z"], 0),
        (["--from-id", ids[1].as_str()], 1),
        (["--to-id", ids[0].as_str()], 0),
    ] {
        let listed = json(&database, &["dlq", "list", "--json", arguments[0], arguments[1]]);
        assert_eq!(listed.as_array().unwrap().len(), expected, "{arguments:?}");
    }
    assert!(must(&database, &["dlq", "list", "--topic", "user.events"]).contains("No open dead letters that match."));
    assert!(refused(&database, &["dlq", "list", "--since", "yesterday"]).contains("2h"));
    assert!(refused(&database, &["dlq", "list", "--key", r"\n"]).contains(r"\xff"));
}

#[tokio::test]
async fn one_is_shown_with_all_that_is_known_and_its_value_byte_for_byte() {
    let database = TestDatabase::new().await;
    let large: Vec<u8> = (0..900_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let odd = DeadLetter { value: Some(large.clone()), headers: HOSTILE.to_vec(), ..letter(Some(HOSTILE), 2) };
    let bare = DeadLetter { value: None, key: None, record_time: None, headers: b"[]".to_vec(), ..letter(None, 3) };
    let ids = keep(&database, &[letter(Some(b"o-1"), 1), odd, bare]).await;
    let shown = must(&database, &["dlq", "show", &ids[0]]);
    for part in [
        "state         open",
        "inbox         dead_lettered",
        "header        traceparent: 00-ab",
        r"header        : \xff",
        "\n  \"offset\": 1\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown = must(&database, &["dlq", "show", &ids[1]]);
    assert!(shown.len() < 6000 && shown.contains("900000 bytes") && shown.contains("--value"), "{} bytes", shown.len());
    assert!(!shown.contains('\u{1b}') && shown.contains(r"(unreadable): \x00\xff\x1b[2J\\n"), "{shown:.800}");
    assert!(raw(&database, &["dlq", "show", &ids[1], "--value"]).stdout == large);
    assert!(must(&database, &["dlq", "show", &ids[2]]).contains("value         (none)"));
    assert!(refused(&database, &["dlq", "show", &ids[2], "--value"]).contains("no value"));
    let read = json(&database, &["dlq", "show", &ids[0], "--json"]);
    assert_eq!((&read["headers"][0]["name"], &read["headers"][0]["value"]), (&"traceparent".into(), &"00-ab".into()));
    assert_eq!(json(&database, &["dlq", "show", &ids[1], "--json"])["keyBase64"], "AP8bWzJKXG4=");
    assert!(refused(&database, &["dlq", "show", "999"]).contains("dlq list"));
}

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

#[tokio::test]
async fn what_waits_is_listed_with_what_for_and_how_much_stands_behind() {
    let database = TestDatabase::new().await;
    assert_eq!(must(&database, &["parked", "list"]), "Nothing is parked.\n");
    let mut connection = database.pool.acquire().await.unwrap();
    let queue = Queue::of("order.events", 1, 5, Some(HOSTILE));
    blocked_keys::block(&mut connection, "order-consumer", std::slice::from_ref(&queue), NOW).await.unwrap();
    let (awaits, later) = (Entity::new("user", "u-\u{202e}17"), NOW + time::Duration::days(3650));
    let event = NewlyParked {
        queue,
        partition: 1,
        offset: 5,
        record_time: None,
        key: Some(HOSTILE),
        value: b"waits",
        headers: b"[]".to_vec(),
        event_source: "/orders",
        event_id: "5",
        awaits: Some(&awaits),
        next_try_at: Some(later),
    };
    let behind = NewlyParked { offset: 6, event_id: "6", awaits: None, next_try_at: None, ..event.clone() };
    parked_events::insert(&mut connection, "order-consumer", &[event, behind], NOW).await.unwrap();
    let ids = keep(&database, &[letter(Some(b"k"), 1)]).await;
    must(&database, &["dlq", "redrive", "--id", &ids[0]]);
    let listed = must(&database, &["parked", "list"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(
        listed.contains(r"user u-\xe2\x80\xae17") && listed.contains(&format!("dead letter {}", ids[0])),
        "{listed}"
    );
    let listed = json(&database, &["parked", "list", "--json", "--consumer", "order-consumer"]);
    let row = listed.as_array().unwrap().iter().find(|row| row["offset"] == 5).unwrap();
    assert_eq!((&row["awaitsKind"], &row["inQueue"]), (&"user".into(), &2.into()));
}

#[tokio::test]
async fn without_its_database_it_says_what_to_check() {
    let database = TestDatabase::new().await;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_operator"));
    let output = command.args(["dlq", "list"]).env("DATABASE_URL", "postgres://a@127.0.0.1:1/b").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("DATABASE_URL") && said.contains("make up"), "{said}");
    let help = must(&database, &["dlq", "redrive", "--help"]);
    assert!(help.contains("--dry-run"), "{help}");
}
