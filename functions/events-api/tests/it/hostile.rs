use serde_json::json;

use crate::api::{Api, BATCH, JSON, STRUCTURED, registered};

fn with(field: &str) -> String {
    registered("e-1", "u-1").to_string().replacen("\"userId\"", &format!("{field},\"userId\""), 1)
}

#[tokio::test]
async fn a_hostile_body_is_an_answer_and_publishes_nothing() {
    let api = Api::start().await;
    let nested = format!("{}1{}", "[".repeat(300_000), "]".repeat(300_000));
    let cases = [
        (with(&format!("\"x\":{nested}")), 422),
        (nested.clone(), 400),
        (with("\"x\":1e999999"), 422),
        (with("\"x\":\"\\u0000\""), 422),
        (with("\"x\":\"\\ud800\""), 422),
        (with("\"\\u0000\":1"), 422),
        (with("\"userId\":\"u-2\""), 422),
        (with("\"x\":{\"y\":1,\"y\":2}"), 422),
        (with("\"x\":\"\u{0}\""), 400),
        (registered("e-1", "u-1").to_string().replacen("\"id\"", "\"id\":\"e-0\",\"id\"", 1), 422),
        (format!("{{\"{}\":1}}", "x".repeat(500_000)), 422),
        (format!("{{{}}}", (0..50_000).map(|place| format!("\"x{place}\":1")).collect::<Vec<_>>().join(",")), 422),
    ];
    for (body, status) in cases {
        let answer = api.post(STRUCTURED, body.clone()).await;
        assert_eq!(answer.status.as_u16(), status, "{body:.200}: {answer:?}");
        assert!(answer.body.to_string().len() < 20_000, "the answer does not grow with the request");
    }
    let long = "X".repeat(900_000);
    let named = |beside: &str| format!("{{\"eventType\":\"user.auth\",\"data\":{{}},{beside}}}");
    let plain = [
        nested.clone(),
        named(&format!("\"metadata\":{{\"{long}\":1}}")),
        named(&format!("\"metadata\":{{\"source\":\"/campus\",\"x\":\"{long}\"}}")),
        named(&format!("\"{long}\":1")),
    ];
    for (content_type, body) in plain.into_iter().map(|body| (JSON, body)).chain([(BATCH, nested)]) {
        let answer = api.post(content_type, body).await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        assert!(answer.body.to_string().len() < 20_000, "{answer:?}");
    }
    assert_eq!(api.published(), []);
}

#[tokio::test]
async fn hostile_headers_are_an_answer() {
    let api = Api::start().await;
    let data = registered("e-1", "u-1")["data"].to_string();
    let fixed =
        [("content-type", JSON), ("ce-specversion", "1.0"), ("ce-source", "/campus"), ("ce-type", "user.registered")];
    for (name, value, field) in [
        ("ce-id", "%C0%A0", "id"),
        ("ce-id", "%00", "id"),
        ("ce-id", "%0d%0aset-cookie: x", "id"),
        ("ce-id", "", "id"),
        ("ce-", "x", ""),
        ("ce-data", "x", "data"),
        ("ce-datacontenttype", "application/json", "datacontenttype"),
        ("ce-tenant_id", "x", "tenant_id"),
    ] {
        let headers: Vec<_> = fixed.into_iter().chain([(name, value)]).collect();
        let answer = api.post_with(&headers, data.clone()).await;
        let field = if field.is_empty() { "body" } else { field };
        answer.problem(422, "invalid-event", field);
    }
    let twice: Vec<_> = fixed.into_iter().chain([("ce-id", "a"), ("ce-id", "b")]).collect();
    api.post_with(&twice, data.clone()).await.problem(422, "invalid-event", "id");
    // Headers about the request that make no sense are left out.
    let odd: Vec<_> =
        fixed.into_iter().chain([("ce-id", "a"), ("traceparent", "x"), ("x-correlation-id", "a b")]).collect();
    api.post_with(&odd, data).await.ids();
    let record = crate::api::json_of(&api.published()[0]);
    assert_eq!((&record["correlationid"], record.get("traceparent")), (&json!("a"), None));
}
