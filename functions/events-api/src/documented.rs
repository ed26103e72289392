//! The forms in which events come, by name: `localstack/contract` says for each type what they look like, in the words of the events' own
//! schemas. They are read by `events::intake`.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// An event of CloudEvents 1.0 in structured mode.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described, and never made")]
pub(crate) struct Event(BTreeMap<String, Value>);

/// At most 500 events.
#[derive(ToSchema)]
#[schema(max_items = 500)]
#[expect(dead_code, reason = "it is described, and never made")]
pub(crate) struct Batch(Vec<Event>);

/// An event in the plain form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described, and never made")]
pub(crate) struct PlainEvent(BTreeMap<String, Value>);
