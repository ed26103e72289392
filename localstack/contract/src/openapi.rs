//! One description of every route of every function.

mod events;
mod redirect;
mod words;

use anyhow::Context as _;
use serde_json::Value;
use settings::Environment;
use time::OffsetDateTime;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use crate::inline::{Parts, inline, is_scalar};

/// Settings with which functions are made and never called: nobody listens at these addresses.
const SETTINGS: [(&str, &str); 3] = [
    ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
    ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"),
    ("PUBLIC_BASE_URL", "http://localhost:9000"),
];

/// `openapi.json`, from what the routers say of themselves. Needs a tokio runtime.
pub fn openapi() -> anyhow::Result<Value> {
    let mut all = words::openapi();
    for description in descriptions()? {
        all.merge(description);
    }
    let mut all = serde_json::to_value(&all).context("a description is JSON")?;
    events::describe(&mut all);
    words::describe_headers(&mut all);
    let parts = all["components"]["schemas"].as_object().into_iter().flatten();
    let parts: Parts = parts.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    inline(&mut all, &parts, is_scalar);
    drop_unused(&mut all);
    Ok(all)
}

/// Drops the schemas that nothing refers to any more.
fn drop_unused(all: &mut Value) {
    loop {
        let text = all.to_string();
        let Some(schemas) = all["components"]["schemas"].as_object_mut() else { return };
        let before = schemas.len();
        schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
        if schemas.len() == before {
            return;
        }
    }
}

fn descriptions() -> anyhow::Result<[OpenApi; 6]> {
    let environment: Environment =
        SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let clock = || OffsetDateTime::UNIX_EPOCH;
    Ok([
        redirect::Redirect::openapi(),
        links_api::router(links_api::LinksApi::start(&environment, clock)?).1,
        events_api::router(events_api::EventsApi::start(&environment, clock)?).1,
        discussions_api::router(discussions_api::DiscussionsApi::start(&environment, clock)?).1,
        read_api::router(read_api::ReadApi::start(&environment, clock)?).1,
        analytics_api::router(analytics_api::AnalyticsApi::start(&environment, clock)?).1,
    ])
}
