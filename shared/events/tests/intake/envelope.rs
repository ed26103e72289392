//! What a record says, and what of it the event, the request or the arrival gives.

use events::intake::{self, Arrival};
use events::{Wire, decode};
use serde_json::{Value, json};

use crate::{NOW, accept, auth, flaw};

#[test]
fn a_record_says_what_was_sent_and_what_the_envelope_lacked() {
    let mut sent = auth();
    sent["comexampleextension1"] = json!("value");
    sent["flag"] = json!(true);
    sent["number"] = json!(-5);
    sent["unset"] = Value::Null;
    sent["data"]["later"] = json!({"field": [1, 2.50, "x"]});
    let accepted = accept(&sent).unwrap();
    let record: Value = serde_json::from_slice(&accepted.record).unwrap();
    assert_eq!(
        record,
        json!({
            "specversion": "1.0", "id": "e-1", "source": "/campus", "type": "user.auth", "time": "2026-11-21T09:30:00Z",
            "datacontenttype": "application/json", "dataschema": "urn:onceward:event:user.auth:1.0",
            "partitionkey": "u-1", "correlationid": "e-1",
            "comexampleextension1": "value", "flag": true, "number": -5, "data": sent["data"]
        })
    );
    assert_eq!(decode(Wire { value: &accepted.record, headers: &[] }).unwrap(), accepted.event);
}

#[test]
fn what_the_event_says_goes_before_what_the_request_says() {
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let arrival = Arrival::new(NOW, Some("request"), Some(context));
    let accept = |json: Value| intake::structured(json.to_string().as_bytes()).unwrap().accept(&arrival).unwrap().event;
    let event = accept(auth());
    assert_eq!(event.correlation_id.unwrap().as_str(), "request");
    assert_eq!(event.traceparent.unwrap().as_str(), context);
    let mut sent = auth();
    (sent["correlationid"], sent["traceparent"]) = (json!("own"), json!("own-trace"));
    let event = accept(sent);
    assert_eq!(event.correlation_id.unwrap().as_str(), "own");
    assert_eq!(event.traceparent.unwrap().as_str(), "own-trace");
}

#[test]
fn an_event_without_a_time_gets_that_of_its_arrival_and_one_far_ahead_is_refused() {
    let mut sent = auth();
    sent.as_object_mut().unwrap().remove("time");
    assert_eq!(accept(&sent).unwrap().event.time, NOW);
    sent["time"] = json!("2026-11-21T09:35:00Z");
    assert!(accept(&sent).is_ok());
    sent["time"] = json!("2026-11-21T09:35:00.123457Z");
    assert_eq!(flaw(accept(&sent)), "time: is more than 5 minutes ahead");
}
