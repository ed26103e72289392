use serde_json::{Value, json};

use crate::api::{Api, BATCH, JSON, NOW, STRUCTURED, event_of, json_of, registered};

#[tokio::test]
async fn an_event_is_on_its_topic_under_its_key_once_it_is_answered() {
    let api = Api::start().await;
    let answer = api.post(STRUCTURED, registered("e-1", "u-1").to_string()).await;
    assert_eq!(answer.ids(), ["e-1"]);
    let records = api.published();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].key.as_deref(), Some(b"u-1".as_slice()));
    assert_eq!(records[0].headers, [("content-type".to_owned(), STRUCTURED.as_bytes().to_vec())]);
    assert_eq!(
        json_of(&records[0]),
        json!({
            "specversion": "1.0", "id": "e-1", "source": "/campus", "type": "user.registered",
            "time": "2026-11-21T09:30:00Z", "datacontenttype": "application/json",
            "dataschema": "urn:onceward:event:user.registered:1.0", "partitionkey": "u-1", "correlationid": "e-1",
            "data": {"userId": "u-1", "userType": "student", "email": "u-1@example.com"}
        })
    );
}

#[tokio::test]
async fn every_mode_publishes_the_same_record() {
    let api = Api::start().await;
    let mut event = registered("e-1", "u-1");
    (event["tenant"], event["data"]["later"]) = (json!("Örebro"), json!({"kept": [1, 2.50]}));
    let data = event["data"].to_string();
    let plain = json!({
        "eventType": "user.registered", "eventId": "e-1", "timestamp": "2026-11-21T09:30:00Z", "data": event["data"],
        "metadata": {"source": "/campus", "tenant": "Örebro"}
    });
    let mut beside = event["data"].clone();
    for name in ["eventType", "eventId", "timestamp", "metadata"] {
        beside[name] = plain[name].clone();
    }
    let binary = [
        ("content-type", "application/json; charset=UTF-8"),
        ("ce-specversion", "1.0"),
        ("CE-Id", "e-1"),
        ("ce-source", "/campus"),
        ("ce-type", "user.registered"),
        ("ce-time", "2026-11-21T09:30:00Z"),
        ("ce-tenant", "%C3%96rebro"),
    ];
    let answers = [
        api.post(STRUCTURED, event.to_string()).await,
        api.post("Application/CloudEvents+JSON; charset=utf-8", event.to_string()).await,
        api.post(BATCH, format!("[{event}]")).await,
        api.post_with(&binary, data.clone()).await,
        api.post_with(&binary[1..], data).await,
        api.post(JSON, plain.to_string()).await,
        api.post(JSON, beside.to_string()).await,
    ];
    for answer in &answers {
        assert_eq!(answer.ids(), ["e-1"]);
    }
    let records = api.published();
    assert_eq!(records.len(), answers.len());
    for record in &records {
        assert_eq!(json_of(record), json_of(&records[0]));
        assert_eq!((&record.key, &record.headers), (&records[0].key, &records[0].headers));
    }
    assert_eq!(json_of(&records[0])["data"], event["data"]);
}

#[tokio::test]
async fn every_type_that_is_taken_from_outside_goes_to_its_topic() {
    let api = Api::start().await;
    let of = |event_type: &str, data: Value| json!({"specversion": "1.0", "id": event_type, "source": "/campus", "type": event_type, "data": data});
    let events = [
        of("user.registered", json!({"userId": "u-1", "userType": "student", "email": "a@example.com"})),
        of("user.updated", json!({"userId": "u-1", "updatedFields": ["email"], "email": "b@example.com"})),
        of("user.auth", json!({"userId": "u-1", "action": "login", "status": "success"})),
        of(
            "system.audit",
            json!({"eventType": "grade.changed", "userId": "u-1", "action": "change", "resource": "grades/1", "status": "success"}),
        ),
        of(
            "order.placed",
            json!({"orderId": "o-1", "userId": "u-1", "currency": "EUR", "items": [{"sku": "mug", "quantity": 1, "unitPrice": i64::MAX}]}),
        ),
        of(
            "payment.settled",
            json!({"paymentId": "p-1", "orderId": "o-1", "amount": i64::MAX, "currency": "EUR", "status": "settled"}),
        ),
        of("inventory.adjusted", json!({"adjustmentId": "a-1", "sku": "mug", "delta": -1, "reason": "order o-1"})),
    ];
    let answer = api.post(BATCH, json!(events).to_string()).await;
    let taken = events::EventType::ALL.into_iter().filter(|event_type| event_type.is_taken_from_outside());
    assert_eq!(answer.ids(), taken.map(events::EventType::name).collect::<Vec<_>>());
    let audited = api.system_audit.read_all();
    assert_eq!((api.user_events.read_all().len(), audited.len()), (3, 1));
    assert_eq!((event_of(&audited[0]).time, audited[0].key.as_deref()), (NOW, Some(b"u-1".as_slice())));
    let shop = api.order_events.read_all();
    // Partitions are read in any order.
    let mut keys: Vec<&[u8]> = shop.iter().filter_map(|record| record.key.as_deref()).collect();
    keys.sort_unstable();
    assert_eq!(keys, [b"mug".as_slice(), b"o-1", b"o-1"]);
    let order = shop.iter().find_map(|record| match event_of(record).data {
        events::Data::OrderPlaced(order) => Some(order),
        _ => None,
    });
    let order = order.expect("the order is on the topic");
    assert_eq!(order.items.total(), i64::MAX, "money is exact on its way");
}

#[tokio::test]
async fn an_empty_batch_is_answered_with_no_ids() {
    let api = Api::start().await;
    assert_eq!(api.post(BATCH, "[]").await.ids(), [""; 0]);
    assert_eq!(api.published(), []);
}

#[tokio::test]
async fn what_the_request_says_stands_in_for_what_the_event_does_not() {
    let api = Api::start().await;
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("content-type", JSON), ("x-correlation-id", "r-1"), ("traceparent", context)];
    let plain = json!({"eventType": "user.auth", "userId": "u-1", "action": "login", "status": "success", "metadata": {"source": "/campus"}});
    let answer = api.post_with(&headers, plain.to_string()).await;
    let event = event_of(&api.published()[0]);
    assert_eq!(answer.ids(), [event.id.as_str()], "the id that was made is named");
    assert!(event.id.as_uuid_v7().is_some());
    assert_eq!(event.time, NOW);
    assert_eq!((event.correlation_id.unwrap().as_str(), event.traceparent.unwrap().as_str()), ("r-1", context));
}
