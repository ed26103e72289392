use store::dead_letters::DeadLetter;
use testkit::TestDatabase;

use crate::support::{HOSTILE, json, keep, letter, must, raw, refused};

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
async fn without_its_database_it_says_what_to_check() {
    let database = TestDatabase::new().await;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_operator"));
    let output = command.args(["dlq", "list"]).env("DATABASE_URL", "postgres://a@127.0.0.1:1/b").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("DATABASE_URL") && said.contains("make up"), "{said}");
    let help = must(&database, &["dlq", "redrive", "--help"]);
    assert!(help.contains("--dry-run"), "{help}");
}
