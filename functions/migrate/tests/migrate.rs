//! What a deploy is answered.

use serde_json::{Value, json, to_value};
use testkit::TestDatabase;
use testkit::sqlx::{self, Connection, PgConnection};

#[tokio::test]
async fn an_empty_database_is_filled_and_what_was_applied_is_named() {
    let database = TestDatabase::new().await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    for statement in ["drop schema public cascade", "create schema public"] {
        sqlx::query(statement).execute(&mut owner).await.unwrap();
    }
    let answer = to_value(migrate::handle(&database.owner_url()).await.unwrap()).unwrap();
    let applied = answer["applied"].as_array().unwrap();
    assert_eq!(applied[..2], [json!("0001 roles"), json!("0002 links")]);
    assert!(applied.iter().all(Value::is_string) && applied.len() >= 7, "{answer}");
}

#[tokio::test]
async fn a_second_deploy_applies_nothing() {
    let database = TestDatabase::new().await;
    let answer = to_value(migrate::handle(&database.owner_url()).await.unwrap()).unwrap();
    assert_eq!(answer, json!({ "applied": [] }));
}

#[tokio::test]
async fn a_database_that_refuses_the_role_fails_the_deploy_with_what_to_check() {
    let database = TestDatabase::new().await;
    // The application's role may not do it: the URL of the wrong one is an easy mistake.
    let error = migrate::handle(&database.url()).await.unwrap_err();
    assert!(error.to_string().contains("OWNER_DATABASE_URL"), "{error:#}");
}
