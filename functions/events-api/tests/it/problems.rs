use insta::assert_json_snapshot;
use serde_json::json;

use crate::api::{Api, BATCH, JSON, STRUCTURED, registered};

#[tokio::test]
async fn problems_are_worded_like_this() {
    let api = Api::start().await;
    let mut first = registered("e-1", "u-1");
    (first["data"]["email"], first["specversion"]) = (json!("nobody"), json!("1.0"));
    let mut second = registered("e-2", "u-2");
    second["Tenant"] = json!("x");
    second["list"] = json!([1]);
    let refused = api.post(BATCH, json!([first, second, 7]).to_string()).await;
    assert_json_snapshot!(refused.body, @r#"
    {
      "detail": "events[0].data.email: is no mail address of at most 254 bytes.",
      "errors": [
        {
          "field": "events[0].data.email",
          "reason": "is no mail address of at most 254 bytes"
        },
        {
          "field": "events[1].Tenant",
          "reason": "is no name of an attribute: those are 1 to 64 of a-z and 0-9"
        },
        {
          "field": "events[1].list",
          "reason": "is neither a text nor a whole number nor true nor false"
        },
        {
          "field": "events[2]",
          "reason": "is no JSON object"
        }
      ],
      "field": "events[0].data.email",
      "status": 422,
      "title": "Invalid event",
      "type": "urn:onceward:problem:invalid-event"
    }
    "#);
    let refused = api.post(STRUCTURED, "{\"specversion\": ").await;
    assert_json_snapshot!(refused.body, @r#"
    {
      "detail": "The body cannot be read: EOF while parsing a value at line 1 column 16.",
      "field": "body",
      "status": 400,
      "title": "Invalid request",
      "type": "urn:onceward:problem:invalid-request"
    }
    "#);
    let refused = api.post(JSON, json!({"eventType": "user.registered", "userId": "u-1", "userType": "x", "metadata": {"source": "/campus"}}).to_string()).await;
    assert_json_snapshot!(refused.body, @r#"
    {
      "detail": "email: is missing.",
      "errors": [
        {
          "field": "email",
          "reason": "is missing"
        }
      ],
      "field": "email",
      "status": 422,
      "title": "Invalid event",
      "type": "urn:onceward:problem:invalid-event"
    }
    "#);
    let refused = api.post("text/plain", "x").await;
    assert_json_snapshot!(refused.body, @r#"
    {
      "detail": "Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with the attributes in ce- headers or in the plain form.",
      "field": "content-type",
      "status": 415,
      "title": "Unsupported media type",
      "type": "urn:onceward:problem:unsupported-media-type"
    }
    "#);
}
