//! In which records the id of a person stands: those that are erased with them, and no others.

use testkit::TestDatabase;
use testkit::sqlx;

async fn is_about(database: &TestDatabase, key: &[u8], value: &[u8], headers: &[u8]) -> bool {
    sqlx::query_scalar("select is_about('u-1.x', $1, $2, $3)")
        .bind(key)
        .bind(value)
        .bind(headers)
        .fetch_one(&database.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_record_is_about_a_person_where_their_whole_id_stands_in_it() {
    let database = TestDatabase::new().await;
    let hostile = format!("u-1.x{}", "\u{ff}".repeat(10_000));
    let values: [&[u8]; 13] = [
        b"u-1.x",
        br#"{"userId":"u-1.x"}"#,
        br#"{"userId":"\u0075-1.x"}"#,
        br#"{"userId":"u-1.x","name":"\u00fc"}"#,
        br#"{"resource":"users/u-1.x"}"#,
        br#"{"userId":"u-1.x"#,
        br"\u00 u-1.x",
        b"about u-1.x: they left",
        b"It was u-1.x.",
        b"\0u-1.x\0",
        b"\xffu-1.x\xff",
        b"u-10.x, u-1.x",
        hostile.as_bytes(),
    ];
    for value in values {
        let text = String::from_utf8_lossy(value);
        assert!(is_about(&database, b"", value, b"[]").await, "value {text}");
        assert!(is_about(&database, value, b"", b"[]").await, "key {text}");
    }
}

#[tokio::test]
async fn a_record_is_not_about_a_person_whose_id_is_part_of_another_or_reads_alike() {
    let database = TestDatabase::new().await;
    for value in [
        "",
        "u-10.x",
        "u-1.xy",
        "u-1.x-2",
        "u-1.x_",
        "uu-1.x",
        "a-u-1.x",
        "a:u-1.x",
        "a.u-1.x",
        "u-1.x:a",
        "u-1.x.a",
        "u-1yx",
        "U-1.X",
        "u-1.x@example.com",
        "bob@u-1.x",
        r#"{"userId":"u-1\u002exy"}"#,
    ] {
        assert!(!is_about(&database, value.as_bytes(), value.as_bytes(), b"[]").await, "{value}");
    }
}

#[tokio::test]
async fn a_record_is_about_a_person_whose_id_stands_in_a_header() {
    let database = TestDatabase::new().await;
    // u-1.x; user u-1.x; a name; and headers that are no list.
    for headers in [
        r#"[["ce_subject","dS0xLng="]]"#,
        r#"[["a","/w=="],["ce_subject","dXNlciB1LTEueA=="]]"#,
        r#"[["u-1.x",""]]"#,
        "of u-1.x",
    ] {
        assert!(is_about(&database, b"", b"", headers.as_bytes()).await, "{headers}");
    }
    for headers in
        ["[]", "", "no list", "[1]", "{}", "[[]]", r#"[["a","dS0xMC54"]]"#, r#"[["a","not base64!"]]"#, "\u{0}"]
    {
        assert!(!is_about(&database, b"", b"", headers.as_bytes()).await, "{headers}");
    }
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
