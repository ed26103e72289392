//! Whom a record is about: what is erased with them, and nothing else.

use testkit::TestDatabase;
use testkit::sqlx;

async fn person_of(database: &TestDatabase, key: Option<&[u8]>, value: &[u8], headers: &[u8]) -> Option<String> {
    sqlx::query_scalar("select person_of($1, $2, $3)")
        .bind(key)
        .bind(value)
        .bind(headers)
        .fetch_one(&database.pool)
        .await
        .unwrap()
}

/// As the consumers keep them.
async fn headers(database: &TestDatabase, some: &[(&str, &str)]) -> Vec<u8> {
    let (names, values): (Vec<_>, Vec<_>) = some.iter().map(|(name, value)| (*name, value.as_bytes())).unzip();
    sqlx::query_scalar(
        "select convert_to(jsonb_agg(jsonb_build_array(name, encode(value, 'base64')))::text, 'UTF8')
         from unnest($1::text[], $2::bytea[]) as header (name, value)",
    )
    .bind(names)
    .bind(values)
    .fetch_one(&database.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn what_the_event_says_decides_whatever_its_key_is() {
    let database = TestDatabase::new().await;
    for (value, person) in [
        (r#"{"userId":"u-1"}"#, Some("u-1")),
        (r#"{"data":{"userId":"u-1"}}"#, Some("u-1")),
        (r#"{"userId":"u-2","data":{"userId":"u-1"}}"#, Some("u-1")),
        (r#"{"userId":"\u0075-1","name":"\u00fc"}"#, Some("u-1")),
        (r#"{"data":{"userId":1}}"#, Some("1")),
        (r#"{"data":{"userId":"student","userType":"teacher"}}"#, Some("student")),
        // JSON that the database cannot take, and half of one.
        (r#"{"data":{"userId":"u-1","name":"\u0000"}}"#, Some("u-1")),
        (r#"{"data":{"userId":"u-1","n":1e999999}}"#, Some("u-1")),
        (r#"{"data":{"userId":"u-1","#, Some("u-1")),
        (r#"{"userId":":"}"#, Some(":")),
        (r#"{"userId":"u-10","about":"u-1"}"#, Some("u-10")),
    ] {
        let found = person_of(&database, Some(b"somebody"), value.as_bytes(), b"[]").await;
        assert_eq!(found.as_deref(), person, "{value}");
    }
}

#[tokio::test]
async fn an_id_that_nobody_can_have_does_not_hide_the_person_whose_key_it_is() {
    let database = TestDatabase::new().await;
    let long = format!(r#"{{"userId":"{}"}}"#, "u".repeat(129));
    for value in [
        r#"{"userId":""}"#,
        r#"{"userId":"u-1 "}"#,
        r#"{"data":{"userId":{"userId":"u-2"}}}"#,
        &long,
        r#"{"userId":[]}"#,
    ] {
        let found = person_of(&database, Some(b"u-1"), value.as_bytes(), b"[]").await;
        assert_eq!(found.as_deref(), Some("u-1"), "{value}");
        assert_eq!(person_of(&database, Some(b"no id"), value.as_bytes(), b"[]").await, None, "{value}");
    }
}

/// What everybody's events have in them is the id of somebody, too.
#[tokio::test]
async fn a_word_that_stands_in_a_record_does_not_make_it_about_the_user_of_that_id() {
    let database = TestDatabase::new().await;
    let value = br#"{"specversion":"1.0","subject":"data","partitionkey":"1","type":"user.registered",
        "data":{"userId":"u-10","userType":"student","failures":1,"resource":"users/u-1"}}"#;
    for key in ["student", "1", "data", ":", "u-1"] {
        assert_eq!(person_of(&database, Some(key.as_bytes()), value, b"[]").await.as_deref(), Some("u-10"), "{key}");
    }
}

#[tokio::test]
async fn in_binary_mode_the_value_is_the_data() {
    let database = TestDatabase::new().await;
    let binary = headers(&database, &[("CE_SpecVersion", "1.0"), ("ce_subject", "users/u-3")]).await;
    for (value, person) in [
        (r#"{"userId":"u-1","data":{"userId":"u-2"}}"#, "u-1"),
        (r#"{"data":{"userId":"u-2"}}"#, "u-3"),
        ("", "u-3"),
        ("no json", "u-3"),
    ] {
        let found = person_of(&database, None, value.as_bytes(), &binary).await;
        assert_eq!(found.as_deref(), Some(person), "{value}");
    }
}

/// Its key is a thread, which may have the id of somebody.
#[tokio::test]
async fn an_event_of_a_discussion_is_about_who_wrote_read_or_voted() {
    let database = TestDatabase::new().await;
    let binary = headers(&database, &[("ce_specversion", "1.0"), ("ce_type", "vote.cast")]).await;
    let odd = br#"[["ce_specversion","MS4w"],["ce_type","no base64!"]]"#.as_slice();
    for (value, headers, person) in [
        (r#"{"type":"thread.created","data":{"threadId":"t","authorId":"u-1"}}"#, b"[]".as_slice(), "u-1"),
        (r#"{"type":"thread.viewed","data":{"threadId":"t","viewerId":"u-1"}}"#, b"[]", "u-1"),
        (r#"{"type":"thread.viewed","data":{"threadId":"t"}}"#, b"[]", "t"),
        (r#"{"type":"comment.added","data":{"userId":"u-2","authorId":"u-1"}}"#, b"[]", "u-2"),
        (r#"{"type":"comment.added","data":{"authorId":"u 1"}}"#, b"[]", "t"),
        (r#"{"voterId":"u-1","vote":"up"}"#, &binary, "u-1"),
        (r#"{"voterId":"u-1","vote":"up"}"#, odd, "t"),
        // Other events may say who wrote something as well, and are about whom they are about.
        (r#"{"type":"user.registered","data":{"authorId":"u-1"}}"#, b"[]", "t"),
        (r#"{"data":{"voterId":"u-1"}}"#, b"[]", "t"),
        // Half of one.
        (r#"{"type":"thread.created","data":{"threadId":"t","authorId":"u-1","title":"#, b"[]", "u-1"),
        (r#"{"voterId":"u-1","#, &binary, "u-1"),
        (r#"{"type":"user.updated","data":{"authorId":"u-1","#, b"[]", "t"),
    ] {
        let found = person_of(&database, Some(b"t"), value.as_bytes(), headers).await;
        assert_eq!(found.as_deref(), Some(person), "{value}");
    }
}

#[tokio::test]
async fn where_the_data_is_silent_the_key_decides_and_then_the_attributes() {
    let database = TestDatabase::new().await;
    let subject = headers(&database, &[("a", "b"), ("ce_subject", "users/u-2")]).await;
    let both = headers(&database, &[("CE_SUBJECT", "u-2"), ("Ce_PartitionKey", "u-3")]).await;
    let odd = headers(&database, &[("ce_partitionkey", "no id"), ("ce_subject", "u-2")]).await;
    for (key, value, headers, person) in [
        ("u-1", "", subject.as_slice(), Some("u-1")),
        ("u-1", "no json", b"[]", Some("u-1")),
        ("u-1", r#"{"userId":null}"#, b"[]", Some("u-1")),
        ("u-1", "[]", b"[]", Some("u-1")),
        ("no id", "", &subject, Some("u-2")),
        ("no id", "", &both, Some("u-3")),
        ("no id", "", &odd, Some("u-2")),
        ("no id", r#"{"subject":"users/u-4"}"#, b"[]", Some("u-4")),
        ("no id", r#"{"subject":"links/u-4","partitionkey":"u-5"}"#, b"[]", Some("u-5")),
        ("no id", r#"{"subject":"links/u-4"}"#, b"[]", None),
        ("no id", r#"{"note":"\"userId\":\"u-1\""}"#, b"[]", None),
        ("", "", b"[]", None),
    ] {
        let found = person_of(&database, Some(key.as_bytes()), value.as_bytes(), headers).await;
        assert_eq!(found.as_deref(), person, "{key} {value}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_json_are_about_whom_they_seem_to_name() {
    let database = TestDatabase::new().await;
    let hostile = [br#"{"userId":"u-1","#.as_slice(), "\u{ff}".repeat(10_000).as_bytes()].concat();
    let values: [(&[u8], Option<&str>); 10] = [
        (br#"{"userId":"u-1""#, Some("u-1")),
        (b"{\"userId\" :\n \"u-1\",", Some("u-1")),
        (br#"{"\u0075serId":"\u0075\u002d1""#, Some("u-1")),
        (br#"{"userId":"u-1","name":"\u0000"}"#, Some("u-1")),
        (b"\xff{\"userId\":\"u-1\"}\0", Some("u-1")),
        (&hostile, Some("u-1")),
        (br#"{"userId":"u-10","other":"u-1""#, Some("u-10")),
        // A backslash, and then letters.
        (br#"{"userId":"\\u0075-1""#, None),
        (br#"{"userId":"u-1"#, None),
        (b"It was u-1.", None),
    ];
    for (value, person) in values {
        let found = person_of(&database, None, value, b"[]").await;
        assert_eq!(found.as_deref(), person, "{}", String::from_utf8_lossy(value));
    }
}

#[tokio::test]
async fn nothing_in_a_record_makes_it_fail() {
    let database = TestDatabase::new().await;
    let deep = "[".repeat(1_000_000);
    let number = r#"{"data":{"userId":1e100000}}"#;
    for value in ["", "\0", "1e999999", "\"", "{}", "null", "[[]]", number, &deep] {
        for headers in [
            "",
            "no list",
            "[1]",
            "{}",
            "[[]]",
            "null",
            "[[null,null]]",
            r#"[["ce_subject","no base64!"]]"#,
            "\0",
            &deep,
        ] {
            let found = person_of(&database, Some(b"\xff"), value.as_bytes(), headers.as_bytes()).await;
            assert_eq!(found, None);
        }
    }
    let nothing: Option<String> =
        sqlx::query_scalar("select person_of(null, null, null)").fetch_one(&database.pool).await.unwrap();
    assert_eq!(nothing, None);
}

#[tokio::test]
async fn nobody_is_erased_under_an_id_that_no_user_has() {
    let database = TestDatabase::new().await;
    for person in ["", " ", "%", "a@b", "a/b"] {
        let refused = sqlx::query("select erase_dead_letters($1, '{user.events}', now())")
            .bind(person)
            .execute(&database.pool)
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("nobody has such an id"), "{refused}");
    }
}
