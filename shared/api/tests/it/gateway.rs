//! Requests as API Gateway's HTTP API hands them to a function, and answers as it takes them (payload format 2.0).

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{any, get};
use http::header::{SET_COOKIE, VARY};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::shop::NOW;

/// Says what came in: the request on `/echo/…`, the segment on `/users/{id}`, the body on `/bytes`.
fn router() -> Router {
    async fn echo(request: Request<Body>) -> String {
        let headers: Vec<_> = request.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        format!("{} {}\n{}", request.method(), request.uri(), headers.join("\n"))
    }
    async fn several() -> impl IntoResponse {
        let cookies = [(SET_COOKIE, "a=1; Expires=Sat, 21 Nov 2026 09:30:30 GMT"), (SET_COOKIE, "b=2")];
        (AppendHeaders(cookies), AppendHeaders([(VARY, "Accept"), (VARY, "Origin")]), [("x-latin", &b"\xe9"[..])], "x")
    }
    Router::new()
        .route("/echo/{*rest}", any(echo))
        .route("/users/{id}", get(async |Path(id): Path<String>| id))
        .route("/bytes", any(async |body: Bytes| body))
        .route("/several", get(several))
        .route("/empty", get(async || StatusCode::NO_CONTENT))
        .route("/panic", get(async || -> Response<Body> { panic!("a mistake of ours") }))
        .fallback(async || (StatusCode::NOT_FOUND, "no route"))
}

/// AWS's example of an event, with this in place of what it has.
fn event(path: &str, changes: &Value) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "GET /users/{id}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "accept": "*/*", "host": "id.execute-api.eu-north-1.amazonaws.com", "x-forwarded-proto": "https" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "authentication": null,
            "domainName": "id.execute-api.eu-north-1.amazonaws.com",
            "domainPrefix": "id",
            "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent" },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "GET /users/{id}",
            "stage": "$default",
            "time": "21/Nov/2026:09:30:30 +0000",
            "timeEpoch": 1_795_253_430_000_i64
        },
        "isBase64Encoded": false
    });
    for (name, value) in changes.as_object().unwrap() {
        match name.as_str() {
            "method" => event["requestContext"]["http"]["method"] = value.clone(),
            _ => event[name] = value.clone(),
        }
    }
    event
}

async fn ask(path: &str, changes: Value) -> Value {
    let event = serde_json::from_value(event(path, &changes)).unwrap();
    serde_json::to_value(api::answer(lambda::Request::begin("shop", NOW), router(), event).await.unwrap()).unwrap()
}

fn first_line(answer: &Value) -> &str {
    answer["body"].as_str().unwrap().lines().next().unwrap()
}

#[tokio::test]
async fn what_a_client_says_of_host_and_scheme_is_not_in_the_address() {
    for hostile in ["a b", "\"<>", "@", "[", "x:99999999", "", "é", "a/b?c#d", "http://"] {
        let headers = json!({ "host": hostile, "x-forwarded-proto": hostile, "x-forwarded-port": hostile });
        let answer = ask("/echo/x", json!({ "headers": headers })).await;
        assert_eq!((answer["statusCode"].as_i64(), first_line(&answer)), (Some(200), "GET /echo/x"), "{hostile}");
    }
}

#[tokio::test]
async fn a_query_that_no_uri_may_have_is_encoded_and_another_left_alone() {
    for (sent, seen) in [
        ("a=\"<b>\"", "a=%22%3Cb%3E%22"),
        ("a=%zz&b=%4&c=%&d=%41%", "a=%25zz&b=%254&c=%25&d=%41%25"),
        ("a=é x\u{0}#[]{}|\\^`", "a=%C3%A9%20x%00%23%5B%5D%7B%7D%7C%5C%5E%60"),
        ("a=1&a=2&b=%20+%2B&c=/?:@!$'()*,;~", "a=1&a=2&b=%20+%2B&c=/?:@!$'()*,;~"),
    ] {
        let answer = ask("/echo/x", json!({ "rawQueryString": sent })).await;
        assert_eq!(first_line(&answer), format!("GET /echo/x?{seen}"));
    }
    assert_eq!(first_line(&ask("/echo/x", json!({ "rawQueryString": null })).await), "GET /echo/x");
}

/// API Gateway decodes paths.
#[tokio::test]
async fn a_decoded_path_is_the_same_path_again() {
    for id in ["u-1?x", "u-1#x", "50%", "%3F", "%2525", "é☃", "a b", "\"<>", "a;b=c", "..", "a\u{0}b", "{id}"] {
        let answer = ask(&format!("/users/{id}"), json!({ "rawQueryString": "q=1" })).await;
        assert_eq!((answer["statusCode"].as_i64(), answer["body"].as_str()), (Some(200), Some(id)));
    }
    // A slash is no longer told from one that separates.
    assert_eq!(ask("/users/a/b", json!({})).await["statusCode"], 404);
    assert_eq!(first_line(&ask("/echo//x//y", json!({})).await), "GET /echo//x//y");
}

/// `cargo lambda watch` does not, and has no route of the template.
#[tokio::test]
async fn a_path_that_is_still_encoded_is_not_encoded_again() {
    for (sent, id) in
        [("u-1%3Fx", "u-1?x"), ("a%2Fb", "a/b"), ("50%25", "50%"), ("%C3%A9", "é"), ("50%", "50%"), ("é", "é")]
    {
        let answer = ask(&format!("/users/{sent}"), json!({ "routeKey": "$default" })).await;
        assert_eq!(answer["body"], id);
    }
}

#[tokio::test]
async fn a_path_without_its_slash_has_no_authority_in_it() {
    for path in ["", "*", "evil.example/users/x", "//evil.example/users/x", "http://evil.example/users/x"] {
        assert_eq!(ask(path, json!({})).await["body"], "no route", "{path}");
    }
    assert_eq!(ask("/", json!({ "rawPath": null })).await["body"], "no route");
}

#[tokio::test]
async fn what_cannot_be_a_request_is_a_problem_of_the_client() {
    for changes in [
        json!({ "body": "no base64!", "isBase64Encoded": true }),
        json!({ "rawQueryString": "x".repeat(70_000) }),
        json!({ "cookies": ["a=1\r\nb: c"] }),
    ] {
        let answer = ask("/bytes", changes).await;
        assert_eq!(
            (&answer["statusCode"], &answer["headers"]["content-type"]),
            (&json!(400), &json!("application/problem+json"))
        );
        assert!(answer["body"].as_str().unwrap().contains("urn:onceward:problem:invalid-request"), "{answer}");
    }
}

#[tokio::test]
async fn bodies_go_through_byte_for_byte() {
    for (body, is_base64_encoded) in [("{\"a\": \"é\"}", false), ("/wD+", true), ("w6k=", true), ("w6k=", false)] {
        let sent = json!({ "method": "POST", "body": body, "isBase64Encoded": is_base64_encoded });
        let answer = ask("/bytes", sent).await;
        // `w6k=` is `é`, which is text; the other is none.
        let expected = if body == "w6k=" && is_base64_encoded { "é" } else { body };
        assert_eq!((answer["body"].as_str(), &answer["isBase64Encoded"]), (Some(expected), &json!(body == "/wD+")));
    }
}

#[tokio::test]
async fn an_empty_body_is_none() {
    for body in [Value::Null, json!("")] {
        for is_base64_encoded in [false, true] {
            let answer = ask("/bytes", json!({ "body": body, "isBase64Encoded": is_base64_encoded })).await;
            assert_eq!((&answer["statusCode"], answer.get("body")), (&json!(200), None), "{answer}");
        }
    }
    let answer = ask("/empty", json!({})).await;
    assert_eq!((&answer["statusCode"], answer.get("body")), (&json!(204), None));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let [get, head] = [ask("/users/u-1", json!({})).await, ask("/users/u-1", json!({ "method": "HEAD" })).await];
    assert_eq!((&get["headers"], &get["body"]), (&head["headers"], &json!("u-1")));
    assert_eq!((&head["statusCode"], head.get("body")), (&json!(200), None));
}

#[tokio::test]
async fn headers_and_cookies_come_in_as_they_are() {
    let headers = json!({ "x-several": "a,b", "x-name": "é", "authorization": "Bearer k" });
    let answer = ask("/echo/x", json!({ "headers": headers, "cookies": ["a=1", "b=2; c"] })).await;
    let mut lines: Vec<_> = answer["body"].as_str().unwrap().lines().skip(1).collect();
    lines.sort_unstable();
    let expected =
        ["authorization: \"Bearer k\"", "cookie: \"a=1; b=2; c\"", r#"x-name: "\xc3\xa9""#, "x-several: \"a,b\""];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn headers_of_one_name_are_joined_and_cookies_are_not() {
    let answer = ask("/several", json!({})).await;
    assert_eq!(answer["cookies"], json!(["a=1; Expires=Sat, 21 Nov 2026 09:30:30 GMT", "b=2"]));
    let headers = &answer["headers"];
    assert_eq!(
        (&headers["vary"], &headers["x-latin"], headers.get("set-cookie")),
        (&json!("Accept,Origin"), &json!("é"), None)
    );
    assert_eq!(answer["multiValueHeaders"], json!({}));
}

/// The runtime makes a failed invocation of it, which API Gateway answers with 500.
#[tokio::test]
async fn a_panic_is_no_answer() {
    let event = serde_json::from_value(event("/panic", &json!({}))).unwrap();
    let failed = tokio::spawn(api::answer(lambda::Request::begin("shop", NOW), router(), event)).await.unwrap_err();
    assert!(failed.is_panic());
}
