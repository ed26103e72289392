use std::net::IpAddr;

use sqlx::{PgConnection, PgPool};
use store::user_auth_events::{self, AuthEvent};
use store::users::{self, User};
use testkit::TestDatabase;

use crate::NOON;

fn user(user_id: &str, email: &str) -> User {
    User {
        user_id: user_id.to_owned(),
        user_type: Some("student".to_owned()),
        email: Some(email.to_owned()),
        email_key: Some(email.to_lowercase()),
        registered_at: Some(NOON),
        ..User::default()
    }
}

async fn insert(pool: &PgPool, users: &[&User]) -> sqlx::Result<()> {
    users::insert(&mut pool.acquire().await.unwrap(), users).await
}

async fn all(connection: &mut PgConnection) -> Vec<User> {
    users::lock(connection, &["u-1", "u-2", "u-3"]).await.unwrap()
}

#[tokio::test]
async fn what_is_written_of_a_user_is_what_is_read() {
    let database = TestDatabase::new().await;
    let version = |text: &str| Some(text.to_owned());
    let registered = User {
        display_name: version("One"),
        user_type_version: version("1"),
        email_version: version("2"),
        display_name_version: version("3"),
        registered_version: version("4"),
        ..user("u-1", "One@Example.com")
    };
    insert(&database.pool, &[&registered, &user("u-2", "two@example.com")]).await.unwrap();
    let connection = &mut *database.pool.acquire().await.unwrap();
    assert_eq!(all(connection).await, [registered.clone(), user("u-2", "two@example.com")]);
    let updated = User {
        user_type: version("teacher"),
        email: version("new@example.com"),
        email_key: version("new@example.com"),
        display_name: version("Uno"),
        user_type_version: version("5"),
        email_version: version("6"),
        display_name_version: version("7"),
        last_login_at: Some(NOON),
        failed_logins: 3,
        ..registered
    };
    users::update(connection, &[&updated]).await.unwrap();
    assert_eq!(all(connection).await, [updated, user("u-2", "two@example.com")]);
    let holders = users::holders(connection, &["new@example.com", "nobody@example.com"]).await.unwrap();
    assert_eq!(holders, [("new@example.com".to_owned(), "u-1".to_owned())]);
    let existing = users::existing(connection, &["u-0".to_owned(), "u-1".to_owned()]).await.unwrap();
    assert_eq!(existing, ["u-1"]);
}

#[tokio::test]
async fn a_user_or_an_address_that_is_there_is_told_from_other_errors() {
    let database = TestDatabase::new().await;
    insert(&database.pool, &[&user("u-1", "one@example.com")]).await.unwrap();
    for taken in [user("u-1", "other@example.com"), user("u-2", "one@example.com")] {
        let error = insert(&database.pool, &[&taken]).await.unwrap_err();
        assert!(users::is_overtaken(&error), "{error}");
    }
    let error = insert(&database.pool, &[&User { email: None, ..user("u-2", "two@example.com") }]).await.unwrap_err();
    assert!(!users::is_overtaken(&error), "{error}");
}

#[tokio::test]
async fn addresses_that_go_round_are_freed_first() {
    let database = TestDatabase::new().await;
    let [one, two, three] = [("u-1", "1@x"), ("u-2", "2@x"), ("u-3", "3@x")].map(|(id, email)| user(id, email));
    insert(&database.pool, &[&one, &two, &three]).await.unwrap();
    let turned = [user("u-1", "2@x"), user("u-2", "3@x"), user("u-3", "1@x")];
    let turned: Vec<&User> = turned.iter().collect();
    let connection = &mut *database.pool.acquire().await.unwrap();
    let error = users::update(connection, &turned).await.unwrap_err();
    assert!(users::is_overtaken(&error), "{error}");
    users::free_addresses(connection, &["u-1", "u-2", "u-3"]).await.unwrap();
    users::update(connection, &turned).await.unwrap();
    assert_eq!(all(connection).await.iter().collect::<Vec<_>>(), turned);
}

#[tokio::test]
async fn a_user_who_is_not_there_or_was_erased_is_not_updated_in_silence() {
    let database = TestDatabase::new().await;
    insert(&database.pool, &[&user("u-1", "one@example.com")]).await.unwrap();
    let connection = &mut *database.pool.acquire().await.unwrap();
    sqlx::query(
        "update users set erased_at = now(), user_type = null, email = null, email_key = null, registered_at = null",
    )
    .execute(&mut *connection)
    .await
    .unwrap();
    for user in [user("u-1", "one@example.com"), user("u-2", "two@example.com")] {
        assert!(matches!(users::update(connection, &[&user]).await, Err(sqlx::Error::RowNotFound)), "{user:?}");
    }
}

#[tokio::test]
async fn the_history_keeps_order_and_every_form_of_address() {
    let database = TestDatabase::new().await;
    insert(&database.pool, &[&user("u-1", "one@example.com")]).await.unwrap();
    let addresses = [Some("192.0.2.77"), Some("2001:db8::1"), Some("::ffff:192.0.2.77"), None];
    let event = |(place, address): (usize, Option<&str>)| AuthEvent {
        user_id: "u-1".to_owned(),
        event_source: "/test".to_owned(),
        event_id: format!("e-{}", 9 - place),
        action: "login",
        status: "failure",
        ip_address: address.map(|address| address.parse::<IpAddr>().unwrap()),
        user_agent: None,
        occurred_at: NOON,
    };
    let events: Vec<AuthEvent> = addresses.into_iter().enumerate().map(event).collect();
    let connection = &mut *database.pool.acquire().await.unwrap();
    user_auth_events::insert(connection, &events.iter().collect::<Vec<_>>()).await.unwrap();
    let stored: Vec<(String, Option<String>)> =
        sqlx::query_as("select event_id, host(ip_address) from user_auth_events order by auth_event_id")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    let expected: Vec<(String, Option<String>)> = events
        .iter()
        .map(|event| (event.event_id.clone(), event.ip_address.map(|address| address.to_string())))
        .collect();
    assert_eq!(stored, expected);
    let stranger = AuthEvent { user_id: "u-2".to_owned(), ..events[0].clone() };
    let error = user_auth_events::insert(connection, &[&stranger]).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("user_auth_events_users_fkey"), "what event-fanout takes for a user who is missing");
}
