use serde_json::json;

use crate::api::{Api, STRUCTURED, json_of, registered};

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
