//! What a function with routes says of its requests, as CloudWatch reads it.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Response;
use lambda::Request;
use serde_json::{Value, json};
use settings::Environment;
use testkit::{Log, TestDatabase, sqlx};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-21 09:30:00.25 UTC);

fn event(path: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "GET /{proxy+}", "rawPath": path, "rawQueryString": "mail=ada@example.com",
        "headers": {"authorization": "Bearer onceward_secret", "cookie": "ada@example.com"}, "isBase64Encoded": false,
        "requestContext": {
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "ada@example.com"},
            "requestId": "r-1", "stage": "$default", "timeEpoch": 0
        }
    })
}

async fn ask(router: &Router, path: &str) -> Result<(), lambda_runtime::Error> {
    let event = serde_json::from_value(event(path)).unwrap();
    api::answer(Request::begin("shop", NOW), router.clone(), event).await.map(drop)
}

/// The line of a request, as CloudWatch reads it.
fn line_of(line: &Value, status: &str, statements: usize) -> Value {
    let seconds = |name| json!({"Name": name, "Unit": "Seconds"});
    let mut durations = vec![seconds("http_request_duration_seconds")];
    let mut expected = json!({
        "_aws": {"Timestamp": 1_795_253_400_250_i64, "CloudWatchMetrics": [
            {"Namespace": "Onceward", "Dimensions": [["function", "status"]], "Metrics": [{"Name": "http_requests", "Unit": "Count"}]},
            {"Namespace": "Onceward", "Dimensions": [["function"]], "Metrics": []},
        ]},
        "function": "shop", "status": status, "http_requests": 1.0,
        "http_request_duration_seconds": line["http_request_duration_seconds"],
    });
    if statements > 0 {
        durations.push(seconds("database_operation_seconds"));
        expected["database_operation_seconds"] = line["database_operation_seconds"].clone();
        assert_eq!(line["database_operation_seconds"].as_array().unwrap().len(), statements, "{line}");
    }
    expected["_aws"]["CloudWatchMetrics"][1]["Metrics"] = json!(durations);
    expected
}

// One test: the lines of a process go to one place.
#[tokio::test]
async fn each_answer_is_a_line_and_a_panic_is_none() {
    let log = Log::default();
    lambda::init_logs_to(&Environment::default(), log.clone()).unwrap();
    let database = TestDatabase::new().await;
    let pool = database.pool.clone();
    let sleep = async move || {
        sqlx::query("select pg_sleep(0.2)").execute(&pool).await.unwrap();
        sqlx::query("select 1").execute(&pool).await.unwrap();
        "slept"
    };
    let panic = async || -> Response<Body> { panic!("a mistake of ours") };
    let router = Router::new().route("/ada@example.com", get(sleep.clone())).route(
        "/panic",
        get(async move || {
            sleep().await;
            panic().await
        }),
    );

    ask(&router, "/ada@example.com").await.unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "statements are not written: {lines:#?}");
    assert_eq!(lines[0], line_of(&lines[0], "200", 2));
    let seconds: Vec<f64> = serde_json::from_value(lines[0]["database_operation_seconds"].clone()).unwrap();
    let took = lines[0]["http_request_duration_seconds"].as_f64().unwrap();
    assert!(seconds[0] >= 0.2 && seconds[1] < 0.2 && took >= seconds[0] + seconds[1], "{lines:#?}");

    let panicking = router.clone();
    tokio::spawn(async move { ask(&panicking, "/panic").await }).await.unwrap_err();
    assert_eq!(log.lines().len(), 1, "Lambda counts what fails");

    ask(&router, "/unknown").await.unwrap();
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(lines[1], line_of(&lines[1], "404", 0), "statements of a request that failed are not another's");

    for secret in ["ada@example.com", "onceward_secret", "192.0.2.1"] {
        assert!(!log.text().contains(secret), "{}", log.text());
    }
}
