//! What a redirect says of itself: its lines of figures, as CloudWatch reads them, and its log lines.

use redirect::{HttpRequest, Redirect};
use serde_json::{Value, json};
use settings::Environment;
use store::links::{self, Link};
use testkit::{Log, TestDatabase, TestTopic, bootstrap};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-21 09:30:00.25 UTC);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn request(method: &str, code: &str) -> HttpRequest {
    let headers = json!({
        "traceparent": format!("00-{TRACE}-b7ad6b7169203331-01"), "referer": "https://x.example/?m=ada@example.com",
        "authorization": "Bearer onceward_secret", "user-agent": "agent of ada@example.com", "cookie": "s=onceward_secret"
    });
    serde_json::from_value(json!({
        "version": "2.0", "routeKey": "GET /{code}", "rawPath": format!("/{code}"),
        "rawQueryString": "utm_source=ada@example.com", "headers": headers, "isBase64Encoded": false,
        "requestContext": {
            "http": {"method": method, "path": format!("/{code}"), "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"},
            "requestId": "r-1", "stage": "$default", "timeEpoch": 0
        }
    }))
    .unwrap()
}

fn start(database: &TestDatabase, bootstrap: &str, topic: &str) -> Redirect {
    let url = database.url();
    let fixed = [("DATABASE_URL", url.as_str()), ("KAFKA_BOOTSTRAP_SERVERS", bootstrap), ("TOPIC_LINK_CLICKS", topic)];
    Redirect::start(&fixed.into_iter().collect::<Environment>()).unwrap()
}

/// Answers a request, and gives its status with the lines that were written meanwhile.
async fn ask(redirect: &Redirect, log: &Log, method: &str, code: &str) -> (i64, Vec<Value>) {
    let before = log.lines().len();
    let status = redirect.handle(&request(method, code), NOW).await.status_code;
    (status, log.lines().split_off(before))
}

/// The lines of figures among them.
fn figures(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line.get("_aws").is_some()).collect()
}

/// Checks that these figures are what CloudWatch makes of the line.
fn is_line(line: &Value, groups: &Value, members: &Value) {
    assert_eq!(line["_aws"], json!({"Timestamp": 1_795_253_400_250_i64, "CloudWatchMetrics": groups}));
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => assert!(line[name].as_f64().is_some_and(|seconds| seconds > 0.0 && seconds < 3.0), "{line}"),
            value => assert_eq!(&line[name], value, "{line}"),
        }
    }
    assert_eq!(line.as_object().unwrap().len(), members.as_object().unwrap().len() + 1, "{line}");
}

fn group(dimensions: &[&str], metrics: &[(&str, &str)]) -> Value {
    let metrics: Vec<Value> = metrics.iter().map(|(name, unit)| json!({"Name": name, "Unit": unit})).collect();
    json!({"Namespace": "Onceward", "Dimensions": [dimensions], "Metrics": metrics})
}

/// Checks the line of a request of this status, and whether it asked the database.
fn is_request(line: &Value, status: &str, asked_database: bool) {
    let duration = ("http_request_duration_seconds", "Seconds");
    let durations = [duration, ("database_operation_seconds", "Seconds")];
    let durations = if asked_database { &durations[..] } else { &durations[..1] };
    let groups =
        json!([group(&["function", "status"], &[("http_requests", "Count")]), group(&["function"], durations)]);
    let mut members =
        json!({"function": "redirect", "status": status, "http_requests": 1.0, "http_request_duration_seconds": null});
    if asked_database {
        let seconds = line["database_operation_seconds"].as_array().unwrap();
        assert_eq!(seconds.len(), 1, "one statement reads a link: {line}");
        assert!(seconds[0].as_f64().unwrap() <= line["http_request_duration_seconds"].as_f64().unwrap(), "{line}");
        members["database_operation_seconds"] = line["database_operation_seconds"].clone();
    }
    is_line(line, &groups, &members);
}

// One test: the lines of a process go to one place.
#[tokio::test]
async fn each_request_is_a_line_and_no_line_names_a_person_a_key_or_a_path() {
    let log = Log::default();
    lambda::init_logs_to(&Environment::default(), log.clone()).unwrap();
    let (database, topic) = (TestDatabase::new().await, TestTopic::new(1).await);
    let link = Link {
        link_id: events::uuid_v7_at(NOW),
        code: "spring".to_owned(),
        target: "https://example.com/?mail=ada@example.com".to_owned(),
        created_at: NOW,
    };
    assert!(links::insert(&mut database.pool.acquire().await.unwrap(), &link).await.unwrap());
    let redirect = start(&database, &bootstrap(), &topic.name);

    let (status, lines) = ask(&redirect, &log, "GET", "spring").await;
    assert_eq!((status, lines.len()), (302, 3), "{lines:#?}");
    let published = lines.iter().find(|line| line["message"] == "Event published").unwrap();
    let record: Value = serde_json::from_slice(topic.read_all()[0].value.as_deref().unwrap()).unwrap();
    assert_eq!(record["traceparent"], format!("00-{TRACE}-b7ad6b7169203331-01"), "from which the consumer takes it");
    assert_eq!((&published["trace.id"], &published["correlation.id"]), (&json!(TRACE), &json!("r-1")));
    let publishing = json!([group(&["function", "topic"], &[("publish_duration_seconds", "Seconds")])]);
    let members = json!({"function": "redirect", "topic": topic.name, "publish_duration_seconds": null});
    is_line(figures(&lines)[0], &publishing, &members);
    is_request(figures(&lines)[1], "302", true);

    let (status, lines) = ask(&redirect, &log, "GET", "spring").await;
    assert_eq!((status, lines.len()), (302, 3), "{lines:#?}");
    is_request(figures(&lines)[1], "302", false);

    let (status, lines) = ask(&redirect, &log, "HEAD", "spring").await;
    assert_eq!((status, lines.len()), (302, 1), "{lines:#?}");
    is_request(&lines[0], "302", false);

    let (status, lines) = ask(&redirect, &log, "GET", "unknown").await;
    assert_eq!((status, lines.len()), (404, 1), "{lines:#?}");
    is_request(&lines[0], "404", true);
    let (status, lines) = ask(&redirect, &log, "GET", "ada@example.com").await;
    assert_eq!((status, lines.len()), (404, 1), "{lines:#?}");
    is_request(&lines[0], "404", false);

    let alone = start(&database, &format!("127.0.0.1:{}", stack::free_port()), &topic.name);
    let (status, lines) = ask(&alone, &log, "GET", "spring").await;
    assert_eq!(status, 503);
    let refusal = lines.iter().find(|line| line["message"] == "The click could not be published").unwrap();
    assert_eq!(refusal["trace.id"], TRACE);
    let publishing = json!([group(&["function", "topic"], &[("publish_failures", "Count")])]);
    let members = json!({"function": "redirect", "topic": topic.name, "publish_failures": 1.0});
    is_line(figures(&lines)[0], &publishing, &members);
    is_request(figures(&lines)[1], "503", true);

    for secret in ["ada@example.com", "onceward_secret", "192.0.2.7", "b7ad6b7169203331"] {
        assert!(!log.text().contains(secret), "{secret}: {}", log.text());
    }
    let figures = figures(&log.lines()).iter().map(ToString::to_string).collect::<String>();
    assert!(!figures.contains("spring") && !figures.contains("unknown"), "{figures}");
}
