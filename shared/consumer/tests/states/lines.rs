//! What the engine says of events.

use serde_json::{Value, json};
use settings::Environment;
use testkit::Log;

use crate::shop::{World, event, raw};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test]
async fn a_line_about_an_event_says_whose_it_is_which_trace_it_belongs_to_and_what_became_of_it() {
    let log = Log::default();
    // Of all tests of this binary: what one thread alone listens to, another may have switched off.
    lambda::init_logs_to(&Environment::from_iter([("LOG_LEVEL", "info,consumer=debug")]), log.clone()).unwrap();
    let world = World::new().await;
    let traced = |mut event: Value, correlation: &str| {
        event["traceparent"] = json!(format!("00-{TRACE}-b7ad6b7169203331-01"));
        event["correlationid"] = json!(correlation);
        event
    };
    let mut unknown = event(1, "noted");
    unknown["type"] = json!("link.forgotten");
    let events =
        [traced(event(0, "noted"), "c-applied"), traced(unknown, "c-dead"), traced(event(2, "moved o1"), "c-parked")];
    let batch: Vec<Value> = (0..)
        .zip(&events)
        .map(|(offset, event)| raw(offset, Some("lines"), Some(event.to_string().as_bytes())))
        .collect();
    world.deliver(0, &batch).await;
    let mut untraced = event(3, "noted");
    (untraced["correlationid"], untraced["traceparent"]) = (json!("c-untraced"), json!("anything"));
    world.deliver(1, &[raw(3, Some("other"), Some(untraced.to_string().as_bytes()))]).await;
    let lines = log.lines();
    for (correlation, outcome) in [("c-applied", "applied"), ("c-dead", "dead_lettered"), ("c-parked", "parked")] {
        let line = lines.iter().find(|line| line["correlation.id"] == correlation).expect(correlation);
        assert_eq!((&line["outcome"], &line["trace.id"]), (&json!(outcome), &json!(TRACE)), "{line}");
        assert_eq!(line["spans"], json!([{"name": "batch", "consumer": "shop"}]), "{line}");
    }
    let untraced = lines.iter().find(|line| line["correlation.id"] == "c-untraced").expect("a line of the last record");
    assert_eq!(untraced.get("trace.id"), None, "{untraced}");
}
