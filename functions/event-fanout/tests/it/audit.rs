//! What is put on record of each event.

use events::{AuthAction, AuthStatus, Data, Text};
use serde_json::{Value, json};
use testkit::{sqlx, system_audit, user_auth, user_registered, user_updated};

use crate::world::{NOW, TOPIC, World, at};

#[tokio::test]
async fn each_event_is_on_record_with_what_was_done_and_nothing_about_the_person() {
    let world = World::new().await;
    let mut audit = system_audit("key:k1", "create", "keys/k2");
    audit.correlation_id = Text::new("c-1").ok();
    audit.causation_id = Text::new("e-1").ok();
    let Data::SystemAudit(data) = &mut audit.data else { panic!("an audit event") };
    data.detail = Text::new("for the demo").ok();
    let told = [
        user_registered("u-1", "secret@example.com"),
        at(1, user_updated("u-1", &[("email", "secret2@example.com"), ("displayName", "Secret"), ("phone", "1")])),
        user_auth("u-1", AuthAction::Login, AuthStatus::Failure),
    ];
    let mut records: Vec<Value> =
        (0..).zip(&told).map(|(offset, event)| testkit::record(TOPIC, 1, offset, NOW, event)).collect();
    records.push(testkit::record("system.audit", 2, 0, NOW, &audit));
    world.deliver(&records).await;

    let rows: Vec<Value> = sqlx::query_scalar(
        "select to_jsonb(row) - 'hash' - 'previous_hash' - 'recorded_at' - 'event_id' from audit_log as row order by chain desc, seq",
    )
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    let of_user = |seq: u8, event_type: &str, action: &str, status: &str, detail: Option<&str>, minute: u8| {
        json!({
            "chain": "user.events/1", "seq": seq, "event_source": "/test", "event_type": event_type, "user_id": "u-1",
            "action": action, "resource": "users/u-1", "status": status, "detail": detail, "is_stale": false,
            "correlation_id": null, "causation_id": null, "occurred_at": format!("2026-11-21T09:3{minute}:00+00:00"),
        })
    };
    let expected = [
        of_user(1, "user.registered", "registered", "success", None, 0),
        of_user(2, "user.updated", "updated", "success", Some("email, displayName, phone"), 1),
        of_user(3, "user.auth", "login", "failure", None, 0),
        json!({
            "chain": "system.audit/2", "seq": 1, "event_source": "/test", "event_type": "test.done", "user_id": "key:k1",
            "action": "create", "resource": "keys/k2", "status": "success", "detail": "for the demo", "is_stale": false,
            "correlation_id": "c-1", "causation_id": "e-1", "occurred_at": "2026-11-21T09:30:00+00:00",
        }),
    ];
    assert_eq!(rows, expected);
}
