//! The template's HTTP routes, as API Gateway's HTTP API has them.

use std::time::Duration;

use crate::support::{Host, function, route};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn host() -> Host {
    let mut probe = function("probe", Duration::from_secs(2));
    probe.routes = vec![
        route("GET", "/{code}"),
        route("HEAD", "/{code}"),
        route("POST", "/api/links"),
        route("GET", "/api/links/{code}/stats"),
        route("ANY", "/any/{rest+}"),
    ];
    Host::start(vec![probe]).await
}

/// Sends bytes as they are, and returns all that comes back until the other side closes.
async fn raw(host: &Host, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(host.running.addr).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn answered_with(host: &Host, answer: &Value) -> reqwest::Response {
    host.client.get(host.url("/abc")).header("x-probe-answer", answer.to_string()).send().await.unwrap()
}

#[tokio::test]
async fn a_request_becomes_the_event_that_api_gateway_documents() {
    let host = host().await;
    let request = host
        .client
        .get(host.url("/api/links/caf%C3%A9/stats?a=1&b=x%20y&a=2&c"))
        .header("user-agent", "tester")
        .header("x-forwarded-for", "198.51.100.7")
        .header("x-many", "one")
        .header("x-many", "two")
        .header("cookie", "k1=v1; k2=v2");
    let mut event: Value = request.send().await.unwrap().json().await.unwrap();
    let port = host.running.addr.port();
    for (pointer, length) in [("/requestContext/requestId", 36), ("/requestContext/time", 26)] {
        let value = event.pointer_mut(pointer).unwrap();
        assert_eq!(value.as_str().unwrap().len(), length, "{value}");
        *value = Value::Null;
    }
    assert!(event["requestContext"]["timeEpoch"].as_i64().unwrap() > 1_700_000_000_000);
    event["requestContext"]["timeEpoch"] = Value::Null;
    let expected = json!({
        "version": "2.0",
        "routeKey": "GET /api/links/{code}/stats",
        "rawPath": "/api/links/café/stats",
        "rawQueryString": "a=1&b=x%20y&a=2&c",
        "cookies": ["k1=v1", "k2=v2"],
        "headers": {
            "accept": "*/*",
            "host": format!("127.0.0.1:{port}"),
            "user-agent": "tester",
            "x-forwarded-for": "198.51.100.7, 127.0.0.1",
            "x-forwarded-port": port.to_string(),
            "x-forwarded-proto": "http",
            "x-many": "one,two",
        },
        "queryStringParameters": { "a": "1,2", "b": "x y", "c": "" },
        "pathParameters": { "code": "café" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
            "http": {
                "method": "GET",
                "path": "/api/links/café/stats",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "tester",
            },
            "requestId": null,
            "routeKey": "GET /api/links/{code}/stats",
            "stage": "$default",
            "time": null,
            "timeEpoch": null,
        },
        "isBase64Encoded": false,
    });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn text_bodies_go_as_text_and_others_as_base64() {
    let host = host().await;
    for (kind, body, seen, encoded) in [
        ("application/json", &b"{}"[..], "{}", false),
        ("text/plain; charset=utf-8", "é".as_bytes(), "é", false),
        ("text/plain", b"\xff", "/w==", true),
        ("application/octet-stream", b"abc", "YWJj", true),
    ] {
        let request = host.client.post(host.url("/api/links")).header("content-type", kind).body(body.to_vec());
        let event: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(seen), &json!(encoded)), "{kind}");
    }
}

#[tokio::test]
async fn status_headers_cookies_and_binary_bodies_reach_the_client() {
    let host = host().await;
    let answer = json!({
        "statusCode": 302,
        "headers": { "x-a": "1", "X-Number": 5, "content-type": "image/gif" },
        "cookies": ["a=1; Secure", "b=2"],
        "body": "R0lGODk=",
        "isBase64Encoded": true,
    });
    let response = answered_with(&host, &answer).await;
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["x-a"], "1");
    assert_eq!(response.headers()["x-number"], "5");
    assert_eq!(response.headers()["content-type"], "image/gif");
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Secure", "b=2"]);
    assert_eq!(response.bytes().await.unwrap(), "GIF89");
}

#[tokio::test]
async fn json_without_a_status_is_a_body_and_a_wrong_answer_is_an_internal_error() {
    let host = host().await;
    let response = answered_with(&host, &json!({ "hello": 1 })).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), (200, r#"{"hello":1}"#.to_owned()));
    for wrong in [
        json!({ "statusCode": "two hundred" }),
        json!({ "statusCode": 7 }),
        json!({ "statusCode": 200, "headers": { "bad name": "x" } }),
        json!({ "statusCode": 200, "headers": { "x": "a\nb" } }),
        json!({ "statusCode": 200, "body": "%", "isBase64Encoded": true }),
    ] {
        let response = answered_with(&host, &wrong).await;
        let seen = (response.status().as_u16(), response.text().await.unwrap());
        assert_eq!(seen, (500, r#"{"message":"Internal Server Error"}"#.to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn head_is_answered_without_a_body() {
    let host = host().await;
    let answer = json!({ "statusCode": 200, "body": "not for HEAD" });
    let request = format!("HEAD /abc HTTP/1.1\r\nhost: a\r\nx-probe-answer: {answer}\r\nconnection: close\r\n\r\n");
    let response = raw(&host, request.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n"), "{response}");
}

#[tokio::test]
async fn paths_and_methods_without_a_route_are_not_found() {
    let host = host().await;
    for request in [
        host.client.get(host.url("/no/such/path")),
        host.client.get(host.url("/")),
        host.client.put(host.url("/abc")),
        host.client.delete(host.url("/api/links")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 404);
        assert_eq!(response.text().await.unwrap(), r#"{"message":"Not Found"}"#);
    }
    let event: Value = host.client.put(host.url("/any/a/b")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&event["routeKey"], &event["pathParameters"]), (&json!("ANY /any/{rest+}"), &json!({ "rest": "a/b" })));
}

#[tokio::test]
async fn header_bytes_that_are_not_text_arrive_and_break_nothing() {
    let host = host().await;
    let response = raw(&host, b"GET /abc HTTP/1.1\r\nhost: a\r\nx-odd: a\xff\xe9b\r\nconnection: close\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.contains(r#""x-odd":"aÿéb""#), "{response}");
}

#[tokio::test]
async fn a_host_that_no_url_could_have_is_refused() {
    let host = host().await;
    for name in ["a b", "[", "a/b?c", "user@a"] {
        let request = format!("GET /abc HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
        let response = raw(&host, request.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{name}: {response}");
    }
}

#[tokio::test]
async fn a_body_beyond_six_megabytes_is_refused() {
    let host = host().await;
    let body = "x".repeat(6 * 1024 * 1024 + 1);
    let response = host.client.post(host.url("/api/links")).body(body).send().await.unwrap();
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn a_function_that_crashes_or_takes_too_long_is_an_internal_error_and_the_next_request_works() {
    let host = host().await;
    for wrong in ["exit", "hang"] {
        host.error("probe", json!({ "do": wrong })).await;
        assert_eq!(host.client.get(host.url("/abc")).send().await.unwrap().status(), 200);
    }
    // The header is no JSON: the handler panics.
    let response = host.client.get(host.url("/abc")).header("x-probe-answer", "{").send().await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(response.text().await.unwrap(), r#"{"message":"Internal Server Error"}"#);
}
