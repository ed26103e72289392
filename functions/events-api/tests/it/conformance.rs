//! The examples of CloudEvents itself: those of its conformance features (github.com/cloudevents/conformance,
//! features/http-protocol-binding.feature) and of its specification 1.0.2 (the JSON event format, and the HTTP protocol binding). Their
//! types are not ours: each is understood, and refused for its type alone; and taken where it has a type and data of ours.

use serde_json::{Value, json};

use crate::api::{Api, BATCH, JSON, STRUCTURED, json_of};

/// Bodies in structured mode, each under the name of its example.
fn structured() -> Vec<(&'static str, Value)> {
    vec![
        (
            "feature: structured content mode",
            json!({
                "specversion": "1.0", "type": "com.example.someevent", "time": "2018-04-05T03:56:24Z", "id": "1234-1234-1234",
                "source": "/mycontext/subcontext", "datacontenttype": "application/json", "data": {"message": "Hello World!"}
            }),
        ),
        (
            "JSON format: binary data",
            json!({
                "specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext", "id": "A234-1234-1234",
                "time": "2018-04-05T17:31:00Z", "comexampleextension1": "value", "comexampleothervalue": 5,
                "datacontenttype": "application/vnd.apache.thrift.binary", "data_base64": "... base64 encoded string ..."
            }),
        ),
        (
            "JSON format: XML in a text",
            json!({
                "specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext", "id": "B234-1234-1234",
                "time": "2018-04-05T17:31:00Z", "comexampleextension1": "value", "comexampleothervalue": 5,
                "unsetextension": null, "datacontenttype": "application/xml", "data": "<much wow=\"xml\"/>"
            }),
        ),
        (
            "JSON format: an object",
            json!({
                "specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext", "subject": null,
                "id": "C234-1234-1234", "time": "2018-04-05T17:31:00Z", "comexampleextension1": "value",
                "comexampleothervalue": 5, "datacontenttype": "application/json",
                "data": {"appinfoA": "abc", "appinfoB": 123, "appinfoC": true}
            }),
        ),
        (
            "JSON format: a number",
            json!({
                "specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext", "subject": null,
                "id": "C234-1234-1234", "time": "2018-04-05T17:31:00Z", "comexampleextension1": "value",
                "comexampleothervalue": 5, "datacontenttype": "application/json", "data": 1.5
            }),
        ),
        (
            "JSON format: a text without a content type",
            json!({
                "specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext", "subject": null,
                "id": "D234-1234-1234", "time": "2018-04-05T17:31:00Z", "comexampleextension1": "value",
                "comexampleothervalue": 5, "data": "I'm just a string"
            }),
        ),
        (
            "JSON format: base 64 without a content type",
            json!({
                "specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext", "id": "D234-1234-1234",
                "data_base64": "eyAieHl6IjogMTIzIH0="
            }),
        ),
    ]
}

type Headers = Vec<(&'static str, &'static str)>;

/// The same examples in binary mode, where their data is JSON: headers and body.
fn binary() -> Vec<(&'static str, Headers, &'static str)> {
    let feature = |content_type| {
        vec![
            ("ce-specversion", "1.0"),
            ("ce-type", "com.example.someevent"),
            ("ce-time", "2018-04-05T03:56:24Z"),
            ("ce-id", "1234-1234-1234"),
            ("ce-source", "/mycontext/subcontext"),
            ("content-type", content_type),
        ]
    };
    let format = |id| {
        vec![
            ("ce-specversion", "1.0"),
            ("ce-type", "com.example.someevent"),
            ("ce-source", "/mycontext"),
            ("ce-id", id),
            ("ce-time", "2018-04-05T17:31:00Z"),
            ("ce-comexampleextension1", "value"),
            ("ce-comexampleothervalue", "5"),
            ("content-type", "application/json"),
        ]
    };
    let hello = "{\n    \"message\": \"Hello World!\"\n}";
    vec![
        ("feature: binary content mode (application/json)", feature("application/json"), hello),
        ("feature: binary content mode (with a charset)", feature("application/json; charset=utf-8"), hello),
        ("JSON format: an object", format("C234-1234-1234"), "{\n \"appinfoA\" : \"abc\",\n \"appinfoB\" : 123\n}"),
        ("JSON format: a number", format("C234-1234-1234"), "1.5"),
        ("JSON format: a text", format("D234-1234-1234"), "\"I'm just a string\""),
    ]
}

fn assert_unknown_type_alone(name: &str, answer: &crate::api::Answer, place: &str) {
    answer.problem(422, "invalid-event", &format!("{place}type"));
    let errors = answer.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{name}: {errors:?}");
    assert_eq!(errors[0]["reason"], "is not known", "{name}");
}

#[tokio::test]
async fn their_examples_are_understood_and_refused_for_their_type_alone() {
    let api = Api::start().await;
    for (name, event) in structured() {
        for content_type in [STRUCTURED, "application/cloudevents+json; charset=utf-8"] {
            assert_unknown_type_alone(name, &api.post(content_type, event.to_string()).await, "");
        }
        assert_unknown_type_alone(name, &api.post(BATCH, format!("[{event}]")).await, "events[0].");
    }
    for (name, headers, body) in binary() {
        assert_unknown_type_alone(name, &api.post_with(&headers, body).await, "");
    }
    // The specification's batch of two, and its empty one.
    let all: Vec<Value> = structured().into_iter().map(|(_, event)| event).collect();
    let answer = api.post(BATCH, json!([all[1], all[3]]).to_string()).await;
    let fields: Vec<_> = answer.body["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["events[0].type", "events[1].type"]);
    assert_eq!(api.post(BATCH, "[]").await.ids(), [""; 0]);
    assert_eq!(api.published(), []);
}

#[tokio::test]
async fn their_examples_with_a_type_of_ours_keep_every_attribute() {
    let api = Api::start().await;
    let data = json!({"userId": "u-1", "action": "login", "status": "success", "message": "Hello World!"});
    let mut expected = Vec::new();
    for (_, mut event) in structured() {
        event["type"] = json!("user.auth");
        event["data"] = data.clone();
        let fields = event.as_object_mut().unwrap();
        fields.remove("data_base64");
        fields.insert("datacontenttype".to_owned(), json!("application/json"));
        api.post(STRUCTURED, event.to_string()).await.ids();
        event.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        expected.push(event);
    }
    for (_, headers, _) in binary() {
        let ours = |(name, value)| if name == "ce-type" { (name, "user.auth") } else { (name, value) };
        let headers: Vec<_> = headers.into_iter().map(ours).collect();
        api.post_with(&headers, data.to_string()).await.ids();
        let attributes =
            headers.iter().filter_map(|(name, value)| Some((name.strip_prefix("ce-")?.to_owned(), json!(value))));
        let mut event: Value = attributes.collect();
        (event["data"], event["datacontenttype"]) = (data.clone(), json!(JSON));
        expected.push(event);
    }
    let records: Vec<Value> = api.user_events.read_all().iter().map(json_of).collect();
    assert_eq!(records.len(), expected.len());
    for (mut record, mut event) in records.into_iter().zip(expected) {
        for ours in ["partitionkey", "dataschema", "correlationid", "time"] {
            let added = record.as_object_mut().unwrap().remove(ours).unwrap();
            assert!(ours != "time" || event.get("time").is_none_or(|time| *time == added), "{event}");
            event.as_object_mut().unwrap().remove(ours);
        }
        assert_eq!(record, event);
    }
}

#[tokio::test]
async fn the_example_of_percent_encoding_is_decoded() {
    let api = Api::start().await;
    for (place, encoded) in
        ["Euro%20%E2%82%AC%20%F0%9F%98%80", "\"Euro%20%e2%82%ac \\%F0%9F%98%80\""].into_iter().enumerate()
    {
        let id = place.to_string();
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-type", "user.auth"),
            ("ce-source", "/mycontext"),
            ("ce-id", id.as_str()),
            ("ce-note", encoded),
            ("content-type", JSON),
        ];
        api.post_with(&headers, r#"{"userId":"u-1","action":"login","status":"success"}"#).await.ids();
    }
    let records = api.published();
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(json_of(&record)["note"], "Euro € 😀");
    }
}
