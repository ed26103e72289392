//! One trace, from the header of a request to the line of the consumer.

use reqwest::StatusCode;
use serde_json::Value;
use testkit::eventually;

use crate::path::{PATIENCE, Path};

/// The only line of a function with this message and this value.
async fn line(path: &Path, function: &str, message: &str, (field, value): (&str, &str)) -> Value {
    let is_it = |line: &Value| line["message"] == message && line[field] == value;
    let all = || path.lines_of(function).into_iter().filter(is_it).collect::<Vec<_>>();
    let what = format!("{function} says `{message}` with {field} {value}");
    eventually(&what, PATIENCE, || async { (!all().is_empty()).then_some(()) }).await;
    let lines = all();
    let [line] = lines.as_slice() else { panic!("{what}: {lines:#?}") };
    line.clone()
}

#[tokio::test]
async fn a_request_s_trace_is_on_the_line_of_its_click_and_on_the_consumer_s() {
    let path = Path::telling_all().await;
    let poller = path.poll();
    path.make_link("spring").await;
    let traces = ["0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"];
    for trace in traces {
        let parent = format!("00-{trace}-b7ad6b7169203331-01");
        assert_eq!(path.follow_with("spring", &[("traceparent", &parent)]).await, StatusCode::FOUND);
    }
    assert_eq!(path.follow("spring").await, StatusCode::FOUND);
    assert_eq!(path.counted("spring").await, 3);
    let published = |line: &Value| line["message"] == "Event published";
    for trace in traces {
        let published = line(&path, "redirect", "Event published", ("trace.id", trace)).await;
        let processed = line(&path, "click-consumer", "Event processed", ("trace.id", trace)).await;
        for field in ["event.id", "correlation.id", "kafka.topic", "kafka.partition", "kafka.offset"] {
            assert!(!published[field].is_null(), "{field}: {published}");
            assert_eq!(published[field], processed[field], "{field}");
        }
        assert_eq!(processed["outcome"], "applied");
    }
    // A request without a trace begins none.
    let others: Vec<Value> = path.lines_of("redirect").into_iter().filter(published).collect();
    let untraced: Vec<&Value> = others.iter().filter(|line| line["trace.id"].is_null()).collect();
    let [untraced] = untraced.as_slice() else { panic!("{others:#?}") };
    let id = untraced["event.id"].as_str().unwrap();
    let processed = line(&path, "click-consumer", "Event processed", ("event.id", id)).await;
    assert!(processed["trace.id"].is_null(), "{processed}");
    poller.stop().await;
}
