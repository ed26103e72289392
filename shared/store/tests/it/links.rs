use store::links::{self, Link};
use testkit::{TestDatabase, uuid_at};

use crate::{NOON, sqlstate};

fn link(code: &str, target: &str) -> Link {
    Link { link_id: uuid_at(NOON), code: code.to_owned(), target: target.to_owned(), created_at: NOON }
}

#[tokio::test]
async fn a_code_that_is_taken_stays_with_its_first_link() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let first = link("abc", "https://example.com/first");
    assert!(links::insert(&mut connection, &first).await.unwrap());
    assert!(!links::insert(&mut connection, &link("abc", "https://example.com/second")).await.unwrap());
    assert_eq!(links::find(&mut connection, "abc").await.unwrap(), Some(first));
}

#[tokio::test]
async fn codes_that_differ_in_case_are_two_links() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let (lower, upper) = (link("abc", "https://example.com/lower"), link("ABC", "https://example.com/upper"));
    assert!(links::insert(&mut connection, &lower).await.unwrap());
    assert!(links::insert(&mut connection, &upper).await.unwrap());
    assert_eq!(links::find(&mut connection, "abc").await.unwrap(), Some(lower));
    assert_eq!(links::find(&mut connection, "ABC").await.unwrap(), Some(upper));
    assert_eq!(links::find(&mut connection, "Abc").await.unwrap(), None);
}

#[tokio::test]
async fn a_link_id_that_is_there_already_is_an_error_and_not_a_code_that_is_taken() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let first = link("abc", "https://example.com/");
    let second = Link { code: "other".to_owned(), ..first.clone() };
    assert!(links::insert(&mut connection, &first).await.unwrap());
    let refused = links::insert(&mut connection, &second).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().constraint(), Some("links_pkey"));
}

#[tokio::test]
async fn what_a_check_of_ours_missed_is_refused_by_the_constraint() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let long = format!("https://example.com/{}", "a".repeat(2048));
    let cases = [
        ("abc", "https://example.com/\r\nset-cookie: a=b", "links_target_check"),
        ("abc", "https://example.com/\u{7f}", "links_target_check"),
        ("abc", "", "links_target_check"),
        ("abc", long.as_str(), "links_target_check"),
        ("", "https://example.com/", "links_code_check"),
        ("a/b", "https://example.com/", "links_code_check"),
        ("abc\n", "https://example.com/", "links_code_check"),
        ("é", "https://example.com/", "links_code_check"),
    ];
    for (code, target, constraint) in cases {
        let link = Link { link_id: uuid_at(NOON), ..link(code, target) };
        let refused = links::insert(&mut connection, &link).await.expect_err(target);
        assert_eq!(sqlstate(&refused), "23514", "{code:?} {target:.60?}");
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{code:?} {target:.60?}");
    }
}
