//! What comes from outside: in each way the same record, and what is refused and why.

mod envelope;
mod hostile;
mod modes;
mod plain;
mod refused;

use events::intake::{self, Accepted, Arrival, Draft, Flaw};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-21 09:30:00.123_456 UTC);

fn arrival() -> Arrival {
    Arrival::new(NOW, None, None)
}

fn auth() -> Value {
    json!({
        "specversion": "1.0", "id": "e-1", "source": "/campus", "type": "user.auth", "time": "2026-11-21T10:30:00+01:00",
        "data": {"userId": "u-1", "action": "login", "status": "success"}
    })
}

fn accept(json: &Value) -> Result<Accepted, Vec<Flaw>> {
    intake::structured(json.to_string().as_bytes()).unwrap().accept(&arrival())
}

fn record(draft: Draft) -> Value {
    serde_json::from_slice(&draft.accept(&arrival()).unwrap().record).unwrap()
}

/// The one flaw that there is, as `field: reason`.
fn flaw(result: Result<Accepted, Vec<Flaw>>) -> String {
    let flaws = result.unwrap_err();
    assert_eq!(flaws.len(), 1, "{flaws:?}");
    format!("{}: {}", flaws[0].field, flaws[0].reason)
}
