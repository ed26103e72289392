use store::api_keys::{self, ApiKey, Revoked};
use testkit::TestDatabase;
use time::{Duration, OffsetDateTime};

use crate::NOON;

fn key(key_id: &str, created_at: OffsetDateTime) -> ApiKey {
    ApiKey {
        key_id: key_id.to_owned(),
        name: "shop".to_owned(),
        secret_sha256: vec![7; 32],
        scopes: vec!["events:*".to_owned(), "links".to_owned()],
        sources: vec!["/shop".to_owned(), "*".to_owned()],
        created_at,
        created_by: "operator:ada".to_owned(),
        expires_at: Some(NOON + Duration::DAY),
        last_used_at: None,
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_key_is_found_as_it_was_inserted_and_its_id_is_taken_once() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    let (one, bare) = (key("a", NOON), ApiKey { sources: vec![], expires_at: None, ..key("b", NOON) });
    for key in [&one, &bare] {
        api_keys::insert(connection, key).await.unwrap();
        assert_eq!(api_keys::find(connection, &key.key_id).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(api_keys::find(connection, "A").await.unwrap(), None);
    let twice = api_keys::insert(connection, &key("a", NOON + Duration::DAY)).await.unwrap_err();
    assert_eq!(twice.as_database_error().unwrap().constraint(), Some("api_keys_pkey"));
    for (broken, constraint) in [
        (ApiKey { secret_sha256: vec![], ..key("c", NOON) }, "api_keys_secret_sha256_check"),
        (ApiKey { scopes: vec![], ..key("c", NOON) }, "api_keys_scopes_check"),
    ] {
        let refused = api_keys::insert(connection, &broken).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint));
    }
}

#[tokio::test]
async fn keys_are_listed_newest_first_and_those_of_one_moment_by_id() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    for (id, age) in [("b", 0), ("c", 0), ("a", 0), ("old", 1)] {
        api_keys::insert(connection, &key(id, NOON - Duration::seconds(age))).await.unwrap();
    }
    let mut list = async |before, limit| {
        let keys = api_keys::list(connection, before, limit).await.unwrap();
        keys.into_iter().map(|key| key.key_id).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 10).await, ["c", "b", "a", "old"]);
    assert_eq!(list(None, 2).await, ["c", "b"]);
    assert_eq!(list(Some((NOON, "b")), 10).await, ["a", "old"]);
    assert_eq!(list(Some((NOON, "a")), 10).await, ["old"]);
    assert_eq!(list(Some((NOON - Duration::SECOND, "old")), 10).await, [""; 0]);
}

#[tokio::test]
async fn a_key_stays_revoked_since_the_first_time_and_no_other_is() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    for id in ["a", "b"] {
        api_keys::insert(connection, &key(id, NOON)).await.unwrap();
    }
    let scopes = key("a", NOON).scopes;
    let first = api_keys::revoke(connection, "a", NOON).await.unwrap();
    assert_eq!(first, Some(Revoked { is_new: true, scopes: scopes.clone() }));
    let second = api_keys::revoke(connection, "a", NOON + Duration::DAY).await.unwrap();
    assert_eq!(second, Some(Revoked { is_new: false, scopes }));
    assert_eq!(api_keys::find(connection, "a").await.unwrap().unwrap().revoked_at, Some(NOON));
    assert_eq!(api_keys::find(connection, "b").await.unwrap(), Some(key("b", NOON)));
    assert_eq!(api_keys::revoke(connection, "c", NOON).await.unwrap(), None);
}

/// Two environments that see an old moment at once write it once.
#[tokio::test]
async fn a_use_that_was_noted_meanwhile_is_not_written_again() {
    let database = TestDatabase::new().await;
    let connection = &mut *database.pool.acquire().await.unwrap();
    api_keys::insert(connection, &key("a", NOON)).await.unwrap();
    let mut used = async |at: OffsetDateTime, unless_since| {
        api_keys::used(connection, "a", at, unless_since).await.unwrap();
        api_keys::find(connection, "a").await.unwrap().unwrap().last_used_at.unwrap()
    };
    assert_eq!(used(NOON, NOON - Duration::MINUTE).await, NOON);
    let later = NOON + Duration::SECOND;
    assert_eq!(used(later, later - Duration::MINUTE).await, NOON);
    let due = NOON + Duration::MINUTE;
    assert_eq!(used(due, due - Duration::MINUTE).await, due);
}
