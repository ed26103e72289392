use serde_json::Value;
use testkit::TestDatabase;
use testkit::sqlx;

use crate::support::{json, must, operator, refused};

const SHOP: [&str; 11] = [
    "api-key",
    "create",
    "--name",
    "shop",
    "--scope",
    "links,events:*",
    "--source",
    "/shop",
    "--expires-in-days",
    "90",
    "--json",
];

/// What is on its way to the audit log, as actor, kind of event, and resource.
async fn audited(database: &TestDatabase) -> Vec<[String; 3]> {
    let payloads: Vec<Vec<u8>> = sqlx::query_scalar("select payload from outbox where aggregatetype = $1 order by seq")
        .bind("system.audit")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    let read = |payload: &Vec<u8>| {
        let data = &serde_json::from_slice::<Value>(payload).unwrap()["data"];
        ["userId", "eventType", "resource"].map(|field| data[field].as_str().unwrap().to_owned())
    };
    payloads.iter().map(read).collect()
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_hash() {
    let database = TestDatabase::new().await;
    let said = operator(&database, &SHOP);
    let made: Value = serde_json::from_str(&said.out).unwrap();
    let (id, key) = (made["keyId"].as_str().unwrap(), made["key"].as_str().unwrap());
    let secret = key.rsplit_once(&format!("{id}_")).unwrap().1;
    assert!(!said.err.contains(secret), "{said:?}");
    let kept: String =
        sqlx::query_scalar("select to_jsonb(k)::text from api_keys as k").fetch_one(&database.pool).await.unwrap();
    assert!(kept.contains(id) && !kept.contains(secret), "{kept}");
    let listed = json(&database, &["api-key", "list", "--json"]);
    assert_eq!(
        (&listed[0]["keyId"], &listed[0]["state"], &listed[0]["createdBy"]),
        (&id.into(), &"good".into(), &"operator:ada".into())
    );
    assert!(listed[0].get("key").is_none() && !must(&database, &["api-key", "list"]).contains(secret));
    assert_eq!(audited(&database).await, [["operator:ada", "key.created", &format!("keys/{id}")]]);
    let said = must(&database, &["api-key", "create", "--name", "reader", "--scope", "read"]);
    assert!(said.contains("for ever") && said.contains("\n  onceward_") && said.contains("Bearer"), "{said}");
}

#[tokio::test]
async fn a_key_is_revoked_once_and_what_is_no_id_is_not_repeated() {
    let database = TestDatabase::new().await;
    let made = json(&database, &SHOP);
    let (id, key) = (made["keyId"].as_str().unwrap(), made["key"].as_str().unwrap());
    let said = refused(&database, &["api-key", "revoke", key]);
    assert!(said.contains("api-key list") && !said.contains(key), "{said}");
    assert!(must(&database, &["api-key", "revoke", id]).contains("from now on"));
    assert!(must(&database, &["api-key", "revoke", id]).contains("before"));
    assert!(must(&database, &["api-key", "list"]).contains("revoked"));
    let resource = format!("keys/{id}");
    let expected = ["key.created", "key.revoked"].map(|kind| ["operator:ada", kind, &resource].map(str::to_owned));
    assert_eq!(audited(&database).await, expected);
}

#[tokio::test]
async fn a_key_that_cannot_be_made_leaves_nothing_behind() {
    let database = TestDatabase::new().await;
    let create = ["api-key", "create", "--name", "shop"];
    for (more, reason) in [
        (["--scope", "everything", "--source", "/a"], "no scope"),
        (["--scope", "events:*", "--scope", "links"], "sources"),
        (["--scope", "links", "--expires-in-days", "0"], "expires-in-days"),
    ] {
        let arguments: Vec<&str> = create.into_iter().chain(more).collect();
        assert!(refused(&database, &arguments).contains(reason), "{arguments:?}");
    }
    assert!(refused(&database, &create).contains("--scope"));
    assert!(must(&database, &["api-key", "list"]).contains("There are no API keys"));
    assert!(audited(&database).await.is_empty());
}
